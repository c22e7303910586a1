//! How fast everything is back: after the Gateway was away, and after the worker was killed.

use std::io;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::daemon::Daemon;
use super::program::Program;
use super::standing::{Gateway, locked};
use crate::Tools;
use crate::figures::{self, Samples, Span, Table};

/// Programs with one subscription each: as many as a Gateway takes, but for the daemon's own session.
const PROGRAMS: i32 = 31;

/// How often a Gateway goes and comes back.
const ROUNDS: u32 = 5;

/// How long it is away: long enough that recovery has begun to wait, and a nightly restart is no shorter.
const AWAY: Duration = Duration::from_secs(3);

/// How often a worker is killed.
const KILLS: u32 = 10;

pub(super) fn measure(tools: &Tools, table: &mut Table) -> io::Result<()> {
    let mut gateway = Gateway::start()?;
    let daemon = Daemon::start(tools, gateway.address())?;
    let mut programs = Vec::new();
    for client_id in 1..=PROGRAMS {
        let mut program = Program::connect(daemon.proxy, 300 + client_id)?;
        program.subscribe()?;
        program.tick()?;
        programs.push(program);
    }
    let (mut first, mut last) = (Samples::default(), Samples::default());
    for _ in 0..ROUNDS {
        gateway.go()?;
        pause(AWAY);
        let began = figures::now();
        gateway.come()?;
        // All read at once; what matters is when each has its tick.
        let arrived: Vec<Duration> = thread::scope(|scope| {
            let reads: Vec<_> = programs
                .iter_mut()
                .map(|program| scope.spawn(move || program.tick().map(|_| began.elapsed())))
                .collect();
            reads
                .into_iter()
                .map(|read| read.join().map_err(|_| io::Error::other("a reader panicked"))?)
                .collect::<io::Result<_>>()
        })?;
        first.push(arrived.iter().min().copied().unwrap_or_default());
        last.push(arrived.iter().max().copied().unwrap_or_default());
    }
    let messages = 2 * PROGRAMS;
    table.row("Gateway back to the first program's ticks", first.to_string(), "");
    table.row(
        format!("… to the ticks of all {PROGRAMS}"),
        last.to_string(),
        format!("{messages} messages at 40 a second: {:.2} s at least", f64::from(messages - 40) / 40.0),
    );
    drop(programs);
    drop(daemon);
    killed(tools, table)
}

fn killed(tools: &Tools, table: &mut Table) -> io::Result<()> {
    let gateway = Gateway::start()?;
    let daemon = Daemon::start(tools, gateway.address())?;
    let mut program = Program::connect(daemon.proxy, 400)?;
    program.subscribe()?;
    program.tick()?;
    let (mut session, mut flowing) = (Samples::default(), Samples::default());
    for _ in 0..KILLS {
        let (_, worker) = daemon.processes()?;
        let pid = i32::try_from(worker).ok().and_then(Pid::from_raw).ok_or_else(|| io::Error::other("no process"))?;
        gateway.notes().sessions.store(0, Ordering::SeqCst);
        let began = figures::now();
        kill_process(pid, Signal::KILL)?;
        program.tick()?;
        flowing.push(began.elapsed());
        if let Some(at) = *locked(&gateway.notes().session_began) {
            session.push(at.saturating_duration_since(began));
        }
        // A worker that is killed again and again is started ever later; that is not what is measured.
        pause(Duration::from_secs(12));
    }
    table.row("worker killed to the last session begun again", session.to_string(), "");
    table.row("… to the program's ticks", flowing.to_string(), format!("slowest {}", Span(flowing.quantile(1.0))));
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the length of an outage is what is measured against, not a wait for something"
)]
fn pause(length: Duration) {
    thread::sleep(length);
}
