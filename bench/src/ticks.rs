//! Ticks a second from a Gateway's socket through the worker into a client, and how many were lost.

use std::io;
use std::time::Duration;

use gatewright_link::client::{Link, StreamItem};

use crate::Tools;
use crate::connect::{params, settings};
use crate::figures::{self, Table};
use crate::gateway::{Flood, StandIn, rounded};
use crate::{floor, rivals, round_trip, runtime};

const TICKS: u32 = 3_000_000;
const RIVAL_TICKS: u32 = 300_000;
const RUNS: usize = 5;

pub(crate) fn run(tools: &Tools) -> io::Result<()> {
    let ticks = rounded(TICKS);
    let gateway = StandIn::start(Flood { ticks, per_second: None })?;
    let mut floor_rates = Vec::new();
    let mut rates = Vec::new();
    let mut lost = 0;
    for _ in 0..RUNS {
        floor_rates.push(f64::from(ticks) / floor::drink(gateway.address(), ticks)?.as_secs_f64());
        let drunk = runtime()?.block_on(drink(tools, &gateway, ticks))?;
        rates.push(f64::from(ticks) / drunk.took.as_secs_f64());
        lost += drunk.lost;
    }
    let (floor, ours) = (median(&mut floor_rates), median(&mut rates));
    let mut table = Table::default();
    table.row("raw socket, counting frames only", rate(floor), "floor");
    table.row(
        "through the worker into a client",
        rate(ours),
        format!("{:.2} × floor; {lost} lost in {RUNS} runs", ours / floor),
    );
    if let Some(python) = &tools.python {
        let gateway = StandIn::start(Flood { ticks: RIVAL_TICKS, per_second: None })?;
        let rival = rivals::ib_async_ticks(python, gateway.address(), RIVAL_TICKS)?;
        table.row("ib_async 2.1.0", rate(rival), format!("ours: {:.1} ×", ours / rival));
    }
    table.print(&format!("Ticks delivered ({ticks} a run, as fast as they are taken)"));
    Ok(())
}

struct Drunk {
    took: Duration,
    lost: u64,
}

async fn drink(tools: &Tools, gateway: &StandIn, ticks: u32) -> io::Result<Drunk> {
    let (link, _events) = Link::spawn(settings(tools)).await.map_err(io::Error::other)?;
    link.connect(params(gateway.address(), 4)).await.map_err(io::Error::other)?;
    let began = figures::now();
    let mut stream = link.subscribe(round_trip::ticks()).await.map_err(io::Error::other)?;
    let mut seen = 0;
    while seen + stream.dropped() < u64::from(ticks) {
        match stream.next().await {
            Some(StreamItem::Ticks(event)) => seen += event.ticks.len() as u64,
            Some(StreamItem::Bar(_) | StreamItem::Account(_) | StreamItem::Order(_) | StreamItem::Lost { .. }) => {}
            Some(StreamItem::Ended(_)) | None => return Err(io::Error::other("the stream ended")),
        }
    }
    let took = began.elapsed();
    let lost = u64::from(ticks) - seen;
    link.stop().await.map_err(io::Error::other)?;
    Ok(Drunk { took, lost })
}

fn median(rates: &mut [f64]) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or_default()
}

fn rate(per_second: f64) -> String {
    format!("{:.0} k/s", per_second / 1e3)
}
