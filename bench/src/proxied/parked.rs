//! What a parked session takes.

use std::io;

use gatewright_sys::process::resident_bytes;

use super::daemon::Daemon;
use super::program::Program;
use super::standing::Gateway;
use crate::Tools;
use crate::figures::Table;

/// Sessions that are parked: what a Gateway takes, but for the daemon's own and one to spare.
const SESSIONS: i32 = 30;

pub(super) fn measure(tools: &Tools, table: &mut Table) -> io::Result<()> {
    let gateway = Gateway::start()?;
    let daemon = Daemon::start(tools, gateway.address())?;
    // The first session brings what all share.
    drop(Program::connect(daemon.proxy, 200)?);
    let (own, worker) = daemon.processes()?;
    let resident = || Some((resident_bytes(own)?, resident_bytes(worker)?));
    let unknown = || io::Error::other("memory cannot be read");
    let before = resident().ok_or_else(unknown)?;
    let mut programs = Vec::new();
    for client_id in 1..=SESSIONS {
        programs.push(Program::connect(daemon.proxy, 200 + client_id)?);
    }
    drop(programs);
    // Asking is behind the ends of the programs' connections.
    let status = daemon.status()?;
    let parked = status["gateways"][0]["proxy"]["clients"].as_array().map_or(0, Vec::len);
    let after = resident().ok_or_else(unknown)?;
    #[expect(clippy::cast_precision_loss, reason = "some megabytes")]
    let each = |after: u64, before: u64| after.saturating_sub(before) as f64 / f64::from(SESSIONS) / 1e3;
    table.row(
        format!("memory of a parked session, {parked} of them"),
        format!("{:.0} kB", each(after.0, before.0) + each(after.1, before.1)),
        format!("daemon {:.0} kB, worker {:.0} kB", each(after.0, before.0), each(after.1, before.1)),
    );
    Ok(())
}
