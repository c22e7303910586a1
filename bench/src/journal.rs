//! From a wish to trade to bytes on the wire, with the disk's share; what a journal grows by, and how fast it is read.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use gatewright_journal::{
    CommissionRecord, Evidence, ExecutionRecord, Intent, IntentFilter, IntentState, Journal, OrderIdKey, OrderType,
    Side, StateKind, Transition,
};
use gatewright_link::client::Link;
use gatewright_link::protocol::OrderParams;
use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::order::{Action, Order};
use gatewright_proto::{ClientId, OrderId, PermId};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use tempfile::TempDir;

use crate::Tools;
use crate::connect::{params, settings};
use crate::figures::{self, Samples, Span, Table};
use crate::gateway::{Flood, StandIn};
use crate::runtime;

/// Orders that go to the wire; the worker lets 40 a second out, so that more would take long.
const SENT: u32 = 200;
const APART: Duration = Duration::from_millis(30);

/// Orders in a row that only become durable.
const DURABLE: u32 = 2000;

/// Orders of the journal that is read again. Each filled one has an intent, three transitions, an execution and what it
/// cost, which are six rows: a million in all.
const LIVED: u32 = 166_667;
const ROWS_EACH: u32 = 6;

/// How often it is read.
const READS: u32 = 5;

/// Of the last orders, how many are still open when the trader starts again.
const OPEN: u32 = 20;

/// 2026-03-04, 10:10 in New York.
const BEGIN: Timestamp = Timestamp::constant(1_772_637_000, 0);

/// Runs the benchmark.
pub(crate) fn run(tools: &Tools) -> io::Result<()> {
    let mut table = Table::default();
    let folder = TempDir::new()?;
    to_the_wire(tools, folder.path(), &mut table)?;
    in_a_row(folder.path(), &mut table)?;
    reading(&mut table)?;
    table.print("The journal");
    Ok(())
}

/// What a disk takes to keep one page, with nothing of ours in between.
fn syncs(folder: &Path) -> io::Result<Samples> {
    let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(folder.join("floor"))?;
    let mut samples = Samples::default();
    for _ in 0..SENT {
        let began = figures::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        samples.push(began.elapsed());
    }
    Ok(samples)
}

#[expect(clippy::disallowed_methods, reason = "a load generator has to keep its pace")]
fn to_the_wire(tools: &Tools, folder: &Path, table: &mut Table) -> io::Result<()> {
    let floor = syncs(folder)?;
    let gateway = StandIn::start(Flood { ticks: 0, per_second: None })?;
    let mut journal = open(&folder.join("wire.db"))?;
    let key = key();
    let (mut durable, mut wire, mut rest) = (Samples::default(), Samples::default(), Samples::default());
    runtime()?.block_on(async {
        let (link, _events) = Link::spawn(settings(tools)).await.map_err(io::Error::other)?;
        link.connect(params(gateway.address(), 6)).await.map_err(io::Error::other)?;
        for number in 0..SENT {
            std::thread::sleep(APART);
            let began = figures::now();
            let (_, order_id) = journal
                .record_outgoing(&intent(number), &key, OrderId::new(1), evidence("handed to the session"))
                .map_err(io::Error::other)?;
            let kept = began.elapsed();
            let mut order = Order::limit(Action::Buy, Decimal::ONE, Decimal::from(100));
            order.order_ref = format!("bench-{number}");
            let contract = Contract::stock("AAPL");
            let order = OrderParams { client_id: None, order_id: Some(order_id), contract, order };
            link.place_order(order).await.map_err(io::Error::other)?;
            let arrived = gateway.last_order().ok_or_else(|| io::Error::other("an order did not arrive"))?;
            let whole = arrived.saturating_duration_since(began);
            durable.push(kept);
            rest.push(whole.saturating_sub(kept));
            wire.push(whole);
        }
        link.stop().await.map_err(io::Error::other)
    })?;
    table.row("4 kB appended and synced", floor.to_string(), "floor: the disk");
    table.row(
        "intent, id and \"sent\" durable",
        durable.to_string(),
        format!("{:.2} × floor", figures::ratio(&durable, &floor)),
    );
    table.row("then through the worker to the Gateway", rest.to_string(), "");
    table.row(
        "intent to wire",
        wire.to_string(),
        format!("{:.0} % of it the journal", 100.0 * figures::ratio(&durable, &wire)),
    );
    Ok(())
}

fn in_a_row(folder: &Path, table: &mut Table) -> io::Result<()> {
    let mut journal = open(&folder.join("row.db"))?;
    let key = key();
    let began = figures::now();
    for number in 0..DURABLE {
        journal
            .record_outgoing(&intent(number), &key, OrderId::new(1), evidence("handed to the session"))
            .map_err(io::Error::other)?;
    }
    let rate = f64::from(DURABLE) / began.elapsed().as_secs_f64();
    table.row("orders made durable one after the other", format!("{rate:.0} a second"), "each synced by itself");
    Ok(())
}

/// A journal of a million rows, written where syncing costs nothing, and read where it costs what it costs.
fn reading(table: &mut Table) -> io::Result<()> {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { TempDir::new_in(memory)? } else { TempDir::new()? };
    let path = folder.path().join("long.db");
    fill(&path)?;
    let size = File::open(&path)?.metadata()?.len();
    #[expect(clippy::cast_precision_loss, reason = "some hundred megabytes")]
    let each = size as f64 / f64::from(LIVED);
    table.row(
        "a journal's growth by 100 000 filled orders",
        format!("{:.0} MB", each * 1e5 / 1e6),
        format!("{each:.0} bytes an order"),
    );
    let disk = TempDir::new()?;
    let copy = disk.path().join("long.db");
    std::fs::copy(&path, &copy)?;
    drop(folder);
    let (mut opens, mut reads) = (Samples::default(), Samples::default());
    for _ in 0..READS {
        let began = figures::now();
        let journal = open(&copy)?;
        opens.push(began.elapsed());
        as_a_trader(&journal)?;
        reads.push(began.elapsed());
    }
    table.row(format!("opening it with {} rows", LIVED * ROWS_EACH), opens.to_string(), "");
    table.row(
        "… and reading all that a trader starts with",
        reads.to_string(),
        format!("slowest {}", Span(reads.quantile(1.0))),
    );
    Ok(())
}

/// What `gatewright trade` reads before its first order: what is open, with its history and its executions, what today
/// and this minute had, what is held, whether trading is halted.
fn as_a_trader(journal: &Journal) -> io::Result<()> {
    let now = at(LIVED);
    let open = journal.open_intents().map_err(io::Error::other)?;
    assert_eq!(open.len(), OPEN as usize, "the last orders are open");
    for record in &open {
        journal.history(record.id).map_err(io::Error::other)?;
        journal.executions(record.id).map_err(io::Error::other)?;
    }
    let day = now.checked_sub(SignedDuration::from_hours(24)).map_err(io::Error::other)?;
    for execution in journal.executions_between(day, Timestamp::MAX).map_err(io::Error::other)? {
        if let Some(intent) = execution.intent {
            journal.intent(intent).map_err(io::Error::other)?;
        }
    }
    journal.commissions(day, Timestamp::MAX).map_err(io::Error::other)?;
    let minute = now.checked_sub(SignedDuration::from_secs(60)).map_err(io::Error::other)?;
    let recent = IntentFilter { created_from: Some(minute), ..IntentFilter::default() };
    journal.intents(&recent).map_err(io::Error::other)?;
    journal.holdings().map_err(io::Error::other)?;
    journal.halted().map_err(io::Error::other)?;
    Ok(())
}

/// Orders that were sent, named, filled and charged, and a few at the end that were only named.
fn fill(path: &Path) -> io::Result<()> {
    let mut journal = open(path)?;
    let key = key();
    for number in 0..LIVED {
        let now = at(number);
        let (id, order_id) = journal
            .record_outgoing(&intent(number), &key, OrderId::new(1), evidence("handed to the session"))
            .map_err(io::Error::other)?;
        let step = |from, to, message| Transition { from, to, at: now, evidence: evidence(message) };
        let named = step(StateKind::Sent, IntentState::Acknowledged, "orderStatus Submitted");
        journal.record_transition(id, &named).map_err(io::Error::other)?;
        if number + OPEN >= LIVED {
            continue;
        }
        let exec_id = format!("0000e0d5.{number:08x}.01.01");
        let execution = ExecutionRecord {
            exec_id: exec_id.clone(),
            intent: Some(id),
            perm_id: PermId::new(i64::from(order_id.get()) + 1_000_000_000),
            account: "DU1234567".into(),
            symbol: "AAPL".into(),
            side: if number.is_multiple_of(2) { Side::Buy } else { Side::Sell },
            quantity: Decimal::ONE,
            price: Decimal::new(18_700 + i64::from(number % 100), 2),
            at: now,
        };
        journal.record_execution(&execution).map_err(io::Error::other)?;
        let cost = CommissionRecord { exec_id, amount: Decimal::ONE, currency: "USD".into(), at: now };
        journal.record_commission(&cost).map_err(io::Error::other)?;
        let filled = step(StateKind::Acknowledged, IntentState::Filled, "orderStatus Filled");
        journal.record_transition(id, &filled).map_err(io::Error::other)?;
    }
    Ok(())
}

fn open(path: &Path) -> io::Result<Journal> {
    Journal::open(path).map_err(io::Error::other)
}

fn key() -> OrderIdKey {
    OrderIdKey { gateway: "127.0.0.1:4002".into(), client_id: ClientId::new(6) }
}

/// An order each half a minute: a busy trader's day has some hundred.
fn at(number: u32) -> Timestamp {
    BEGIN.checked_add(SignedDuration::from_secs(i64::from(number) * 30)).unwrap_or(BEGIN)
}

fn evidence(message: &str) -> Evidence {
    Evidence { message: message.into(), ..Evidence::default() }
}

fn intent(number: u32) -> Intent {
    Intent {
        order_ref: format!("bench-{number}"),
        symbol: "AAPL".into(),
        side: if number.is_multiple_of(2) { Side::Buy } else { Side::Sell },
        quantity: Decimal::ONE,
        order_type: OrderType::Market,
        strategy: "moving-average-cross".into(),
        reason: "the short average has crossed the long one".into(),
        created_at: at(number),
    }
}
