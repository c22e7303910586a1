//! What a worker takes: memory when connected, and time to start.

use std::io;

use gatewright_link::client::Link;
use gatewright_sys::process::resident_bytes;

use crate::Tools;
use crate::connect::{params, settings};
use crate::figures::{self, Samples, Table};
use crate::gateway::{Flood, StandIn};
use crate::runtime;

const STARTS: u32 = 50;

pub(crate) fn run(tools: &Tools) -> io::Result<()> {
    let gateway = StandIn::start(Flood { ticks: 0, per_second: None })?;
    let runtime = runtime()?;
    let mut starts = Samples::default();
    for _ in 0..STARTS {
        starts.push(runtime.block_on(async {
            let began = figures::now();
            let (link, _events) = Link::spawn(settings(tools)).await.map_err(io::Error::other)?;
            let took = began.elapsed();
            link.stop().await.map_err(io::Error::other)?;
            Ok::<_, io::Error>(took)
        })?);
    }
    let resident = runtime.block_on(async {
        let (link, _events) = Link::spawn(settings(tools)).await.map_err(io::Error::other)?;
        link.connect(params(gateway.address(), 5)).await.map_err(io::Error::other)?;
        let resident = link.worker_pid().and_then(resident_bytes);
        link.stop().await.map_err(io::Error::other)?;
        Ok::<_, io::Error>(resident)
    })?;
    let mut table = Table::default();
    table.row("spawn to first answer", starts.to_string(), "the seed's worker: about 230 ms to its first answer");
    #[expect(clippy::cast_precision_loss, reason = "a few megabytes")]
    let megabytes = resident.map_or("unknown".to_owned(), |bytes| format!("{:.1} MB", bytes as f64 / 1e6));
    table.row("resident memory, connected", megabytes, "the seed's worker: 40.5 MB");
    table.print("A worker's footprint");
    Ok(())
}
