//! What the proxy adds to each message, and how much it carries: against a direct connection of the same run.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use gatewright_proto::{ClientMessage, ServerMessage};

use super::daemon::Daemon;
use super::program::Program;
use super::standing::{Gateway, locked};
use crate::Tools;
use crate::figures::{self, Samples, Span, Table};
use crate::floor;
use crate::gateway::{Flood, StandIn, rounded};

/// Stamped ticks of one run, and how far apart they are.
const TICKS: u32 = 4000;
const APART: Duration = Duration::from_micros(500);

/// Questions of one run: they may go out at 35 a second, so that more would take long.
const QUESTIONS: u32 = 150;
const QUESTIONS_APART: Duration = Duration::from_millis(35);

/// Ticks of one flood.
const FLOOD: u32 = 3_000_000;
const FLOODS: u32 = 3;

pub(super) fn measure(tools: &Tools, table: &mut Table) -> io::Result<()> {
    let gateway = Gateway::start()?;
    let daemon = Daemon::start(tools, gateway.address())?;
    let down = [ticks(&gateway, gateway.address(), 101)?, ticks(&gateway, daemon.proxy, 102)?];
    added(table, "a tick, Gateway to program, 2000 a second", &down);
    let round = [questions(gateway.address(), 103)?, questions(daemon.proxy, 104)?];
    added(table, "a question and its answer, one each 35 ms", &round);
    drop(daemon);

    let gateway = StandIn::start(Flood { ticks: FLOOD, per_second: None })?;
    let daemon = Daemon::start(tools, gateway.address())?;
    let (mut direct, mut through) = (Samples::default(), Samples::default());
    for _ in 0..FLOODS {
        direct.push(floor::drink(gateway.address(), rounded(FLOOD))?);
        through.push(floor::drink(daemon.proxy, rounded(FLOOD))?);
    }
    let rate = |samples: &Samples| f64::from(rounded(FLOOD)) / samples.median().as_secs_f64() / 1e3;
    table.row("ticks to one program, direct", format!("{:.0} k/s", rate(&direct)), "floor: frames only counted");
    let share = 100.0 * rate(&through) / rate(&direct);
    table.row("… through the proxy", format!("{:.0} k/s", rate(&through)), format!("{share:.0} % of direct"));
    Ok(())
}

fn added(table: &mut Table, what: &str, [direct, through]: &[Samples; 2]) {
    let more = |share| Span(through.quantile(share).saturating_sub(direct.quantile(share))).to_string();
    table.row(format!("{what}, direct"), direct.to_string(), "floor");
    table.row("… through the proxy", through.to_string(), format!("+{} p50, +{} p99", more(0.5), more(0.99)));
}

/// From before a tick is written until the program has read it.
fn ticks(gateway: &Gateway, address: SocketAddr, client_id: i32) -> io::Result<Samples> {
    let notes = gateway.notes();
    locked(&notes.sent).clear();
    notes.apart.store(u32::try_from(APART.as_micros()).unwrap_or(u32::MAX), Ordering::SeqCst);
    notes.stamped.store(TICKS, Ordering::SeqCst);
    let mut program = Program::connect(address, client_id)?;
    program.subscribe()?;
    let mut samples = Samples::default();
    loop {
        let number = program.tick()?;
        let arrived = figures::now();
        if let Some(sent) = number.checked_sub(1).and_then(|index| locked(&notes.sent).get(index as usize).copied()) {
            samples.push(arrived.saturating_duration_since(sent));
        }
        if number == TICKS {
            notes.stamped.store(0, Ordering::SeqCst);
            return Ok(samples);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a load generator has to keep its pace")]
fn questions(address: SocketAddr, client_id: i32) -> io::Result<Samples> {
    let mut program = Program::connect(address, client_id)?;
    let mut samples = Samples::default();
    for _ in 0..QUESTIONS {
        std::thread::sleep(QUESTIONS_APART);
        let began = figures::now();
        program.say(&ClientMessage::ReqCurrentTime)?;
        while !matches!(program.message()?, ServerMessage::CurrentTime(_)) {}
        samples.push(began.elapsed());
    }
    Ok(samples)
}
