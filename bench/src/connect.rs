//! Connect to ready: in process, through a spawned worker, against a raw socket and ib_async.

use std::io;
use std::net::SocketAddr;

use gatewright_link::client::{Link, LinkSettings, WorkerCommand, WorkerStderr};
use gatewright_link::connect_once;
use gatewright_link::protocol::ConnectParams;
use gatewright_proto::ClientId;

use crate::Tools;
use crate::figures::{self, Samples, Table, ratio};
use crate::gateway::{Flood, StandIn};
use crate::{floor, rivals, runtime};

const IN_PROCESS: u32 = 300;
const SPAWNED: u32 = 50;
const RIVAL: u32 = 50;

pub(crate) fn run(tools: &Tools) -> io::Result<()> {
    let gateway = StandIn::start(Flood { ticks: 0, per_second: None })?;
    let (mut raw, mut ours, mut looks) = (Samples::default(), Samples::default(), Samples::default());
    let runtime = runtime()?;
    // One after the other, so that a busy moment of the machine meets both.
    for _ in 0..IN_PROCESS {
        raw.push(floor::connect(gateway.address())?);
        let (connected, _) = runtime.block_on(connect_once(params(gateway.address(), 1))).map_err(io::Error::other)?;
        ours.push(std::time::Duration::from_secs_f64(connected.total_ms / 1e3));
        let inspect = connected.stages.first().map_or(0.0, |stage| stage.ms);
        looks.push(std::time::Duration::from_secs_f64(inspect / 1e3));
    }
    let mut spawned = Samples::default();
    for _ in 0..SPAWNED {
        spawned.push(runtime.block_on(spawn_and_connect(tools, gateway.address()))?);
    }
    let mut table = Table::default();
    table.row("raw socket, same messages", raw.to_string(), "floor");
    table.row("in process", ours.to_string(), format!("{:.2} × floor", ratio(&ours, &raw)));
    table.row("… of which the look at the socket table", looks.to_string(), "the floor has none");
    table.row("spawned worker, spawn to ready", spawned.to_string(), format!("{:.1} × floor", ratio(&spawned, &raw)));
    if let Some(python) = &tools.python {
        let rival = rivals::ib_async_connect(python, gateway.address(), RIVAL)?;
        table.row(
            "ib_async 2.1.0 connect()",
            rival.to_string(),
            format!("ours in process: {:.2} ×", ratio(&ours, &rival)),
        );
    }
    table.print("Connect to ready (a Gateway that answers at once)");
    Ok(())
}

/// What every benchmark connects with.
pub(crate) fn params(address: SocketAddr, client_id: i32) -> ConnectParams {
    ConnectParams {
        host: address.ip().to_string(),
        port: address.port(),
        client_id: ClientId::new(client_id),
        ..ConnectParams::default()
    }
}

/// How every benchmark starts a worker.
pub(crate) fn settings(tools: &Tools) -> LinkSettings {
    let mut settings = LinkSettings::new(WorkerCommand::new(&tools.gatewright, ["worker"]));
    settings.stderr = WorkerStderr::Discard;
    settings
}

async fn spawn_and_connect(tools: &Tools, address: SocketAddr) -> io::Result<std::time::Duration> {
    let began = figures::now();
    let (link, _events) = Link::spawn(settings(tools)).await.map_err(io::Error::other)?;
    link.connect(params(address, 2)).await.map_err(io::Error::other)?;
    let took = began.elapsed();
    link.stop().await.map_err(io::Error::other)?;
    Ok(took)
}
