//! A request through the worker and back: idle, and while ticks flow.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use gatewright_link::client::{Link, StreamItem};
use gatewright_link::health::Market;
use gatewright_link::protocol::{SessionParams, StreamKind, SubscribeParams};
use gatewright_proto::message::contract::Contract;

use crate::Tools;
use crate::connect::{params, settings};
use crate::figures::{self, Samples, Table, ratio};
use crate::gateway::{Flood, StandIn};
use crate::runtime;

const ROUNDS: u32 = 5000;
const RATE: u32 = 50_000;

pub(crate) fn run(tools: &Tools) -> io::Result<()> {
    let echo = echo()?;
    let gateway = StandIn::start(Flood { ticks: RATE * 60, per_second: Some(RATE) })?;
    let runtime = runtime()?;
    let (idle, accounts, busy) = runtime.block_on(async {
        let (link, _events) = Link::spawn(settings(tools)).await.map_err(io::Error::other)?;
        link.connect(params(gateway.address(), 3)).await.map_err(io::Error::other)?;
        let idle = pings(&link).await?;
        let mut accounts = Samples::default();
        for _ in 0..ROUNDS {
            let began = figures::now();
            link.accounts(SessionParams::default()).await.map_err(io::Error::other)?;
            accounts.push(began.elapsed());
        }
        let mut stream = link.subscribe(ticks()).await.map_err(io::Error::other)?;
        let drinking = async {
            while let Some(item) = stream.next().await {
                if matches!(item, StreamItem::Ended(_)) {
                    break;
                }
            }
            Err(io::Error::other("the stream ended"))
        };
        let busy = tokio::select! {
            busy = pings(&link) => busy,
            ended = drinking => ended,
        }?;
        link.stop().await.map_err(io::Error::other)?;
        Ok::<_, io::Error>((idle, accounts, busy))
    })?;
    let mut table = Table::default();
    table.row("a line through `cat` and back, blocking pipes", echo.to_string(), "floor");
    table.row("ping, idle", idle.to_string(), format!("{:.2} × floor; the seed's worker: 460 µs", ratio(&idle, &echo)));
    table.row(
        "accounts, idle",
        accounts.to_string(),
        format!("{:.2} × floor; the seed's worker: 420 µs", ratio(&accounts, &echo)),
    );
    table.row("ping under 50 000 ticks/s", busy.to_string(), format!("{:.2} × floor", ratio(&busy, &echo)));
    table.print("Round trip through the worker");
    Ok(())
}

async fn pings(link: &Link) -> io::Result<Samples> {
    let mut samples = Samples::default();
    for _ in 0..ROUNDS {
        let began = figures::now();
        link.ping(SessionParams::default()).await.map_err(io::Error::other)?;
        samples.push(began.elapsed());
    }
    Ok(samples)
}

/// A stream of one stock's ticks.
pub(crate) fn ticks() -> SubscribeParams {
    SubscribeParams {
        client_id: None,
        kind: StreamKind::Ticks,
        contract: Some(Contract::stock("AAPL")),
        account: String::new(),
        generic_ticks: String::new(),
        what_to_show: String::new(),
        use_rth: false,
        market: Market::Unknown,
    }
}

fn echo() -> io::Result<Samples> {
    let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (Some(mut to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(io::Error::other("no pipes"));
    };
    let mut from = BufReader::new(from);
    let mut samples = Samples::default();
    let mut line = String::new();
    for _ in 0..ROUNDS {
        let began = figures::now();
        to.write_all(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{}}\n")?;
        line.clear();
        from.read_line(&mut line)?;
        samples.push(began.elapsed());
    }
    drop(to);
    child.wait()?;
    Ok(samples)
}
