//! What the proxy adds to each message, and how much it carries: against a direct connection of the same run.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use gatewright_proto::{ClientMessage, ServerMessage};

use super::daemon::Daemon;
use super::program::Program;
use super::relay;
use super::standing::{Gateway, locked};
use crate::Tools;
use crate::figures::{self, Samples, Span, Table};
use crate::gateway::{Flood, StandIn, rounded};
use crate::{floor, rivals};

/// Stamped ticks of one run, and how far apart they are.
const TICKS: u32 = 4000;
const APART: Duration = Duration::from_micros(500);

/// Questions of one run: they may go out at 35 a second, so that more would take long.
const QUESTIONS: u32 = 150;
const QUESTIONS_APART: Duration = Duration::from_millis(35);

/// Ticks of one flood.
const FLOOD: u32 = 3_000_000;
const RIVAL_FLOOD: u32 = 300_000;

/// Of a flood to a program slower than the Gateway the proxy keeps 32 MiB, and then disconnects it.
const READ_FLOOD: u32 = 500_000;
const FLOODS: u32 = 3;

/// Between a Gateway and a program stand the worker and the daemon.
const PROCESSES_BETWEEN: u32 = 2;

pub(super) fn measure(tools: &Tools, table: &mut Table) -> io::Result<()> {
    let gateway = Gateway::start()?;
    let daemon = Daemon::start(tools, gateway.address())?;
    let copied = relay::chain(gateway.address(), PROCESSES_BETWEEN)?;
    let down = [(gateway.address(), 101), (copied, 102), (daemon.proxy, 103)];
    added(table, "a tick, Gateway to program, 2000 a second", down, |at, id| ticks(&gateway, at, id))?;
    let round = [(gateway.address(), 104), (copied, 105), (daemon.proxy, 106)];
    added(table, "a question and its answer, one each 35 ms", round, questions)?;
    drop(daemon);

    let gateway = StandIn::start(Flood { ticks: FLOOD, per_second: None })?;
    let daemon = Daemon::start(tools, gateway.address())?;
    let copied = relay::chain(gateway.address(), PROCESSES_BETWEEN)?;
    let places = [gateway.address(), copied, daemon.proxy];
    carried(table, "ticks to a program that only counts them", places, |at| {
        Ok(per_second(FLOOD, floor::drink(at, rounded(FLOOD))?))
    })?;
    drop(daemon);
    let gateway = StandIn::start(Flood { ticks: READ_FLOOD, per_second: None })?;
    let daemon = Daemon::start(tools, gateway.address())?;
    let places = [gateway.address(), relay::chain(gateway.address(), PROCESSES_BETWEEN)?, daemon.proxy];
    carried(table, "… that reads each of them, in Rust", places, |at| {
        let mut program = Program::connect(at, 107)?;
        program.subscribe()?;
        let began = figures::now();
        for _ in 0..rounded(READ_FLOOD) {
            program.tick()?;
        }
        Ok(per_second(READ_FLOOD, began.elapsed()))
    })?;
    if let Some(python) = &tools.python {
        let gateway = StandIn::start(Flood { ticks: RIVAL_FLOOD, per_second: None })?;
        let daemon = Daemon::start(tools, gateway.address())?;
        let places = [gateway.address(), relay::chain(gateway.address(), PROCESSES_BETWEEN)?, daemon.proxy];
        carried(table, "… to ib_async 2.1.0", places, |at| rivals::ib_async_ticks(python, at, RIVAL_FLOOD))?;
    }
    Ok(())
}

fn per_second(ticks: u32, took: Duration) -> f64 {
    f64::from(rounded(ticks)) / took.as_secs_f64()
}

/// Directly, through relays that only copy, and through the proxy.
fn added(
    table: &mut Table,
    what: &str,
    places: [(SocketAddr, i32); 3],
    measure: impl Fn(SocketAddr, i32) -> io::Result<Samples>,
) -> io::Result<()> {
    let [direct, copied, through] = places.map(|(at, client_id)| measure(at, client_id));
    let (direct, copied, through) = (direct?, copied?, through?);
    let more = |than: &Samples, share| Span(through.quantile(share).saturating_sub(than.quantile(share))).to_string();
    let both = |than: &Samples| format!("+{} p50, +{} p99", more(than, 0.5), more(than, 0.99));
    table.row(format!("{what}, direct"), direct.to_string(), "");
    table.row("… through two relays that only copy", copied.to_string(), "floor: as many processes between");
    let against = format!("{} of direct; {} of the floor", both(&direct), both(&copied));
    table.row("… through the proxy", through.to_string(), against);
    Ok(())
}

/// Ticks a second: directly, through relays that only copy, and through the proxy.
fn carried(
    table: &mut Table,
    what: &str,
    places: [SocketAddr; 3],
    measure: impl Fn(SocketAddr) -> io::Result<f64>,
) -> io::Result<()> {
    let mut rates = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..FLOODS {
        for (place, rates) in places.iter().zip(&mut rates) {
            rates.push(measure(*place)?);
        }
    }
    let [direct, copied, through] = rates.map(|mut rates| {
        rates.sort_by(f64::total_cmp);
        rates.get(rates.len() / 2).copied().unwrap_or_default()
    });
    let rate = |rate: f64| format!("{:.0} k/s", rate / 1e3);
    let share = |of: f64| 100.0 * through / of;
    table.row(format!("{what}, direct"), rate(direct), "");
    table.row("… through two relays that only copy", rate(copied), "floor");
    let against = format!("{:.0} % of direct, {:.0} % of the floor", share(direct), share(copied));
    table.row("… through the proxy", rate(through), against);
    Ok(())
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
