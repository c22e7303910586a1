//! `gatewright up` between programs and a Gateway: what it adds, what it holds, and how fast everything is back.

mod daemon;
mod latency;
mod outage;
mod parked;
mod program;
mod standing;

use std::io;

use crate::Tools;
use crate::figures::Table;

/// Runs the benchmark.
pub(crate) fn run(tools: &Tools) -> io::Result<()> {
    let mut table = Table::default();
    latency::measure(tools, &mut table)?;
    parked::measure(tools, &mut table)?;
    outage::measure(tools, &mut table)?;
    table.print("Through the session proxy");
    Ok(())
}
