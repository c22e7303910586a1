//! A strategy of one's own on Gatewright's trader: `cargo run -- 127.0.0.1 4002 AAPL`.
//!
//! `gatewright` has to be in the PATH: it is the worker that owns the connection. `gatewright sim` is a Gateway to try this
//! with; paper accounts are all that it trades on, since nothing here permits more.

use std::error::Error;
use std::path::PathBuf;

use gatewright_link::client::{LinkSettings, WorkerCommand};
use gatewright_link::protocol::ConnectParams;
use gatewright_proto::ClientId;
use gatewright_trade::run::{Instrument, Sending, TraderSettings, run};
use gatewright_trade::strategy::{BarIn, BarLength, FillIn, Signal, Start, Strategy};
use gatewright_trade::{Permission, RiskLimits, TradeEvent};
use rust_decimal::Decimal;

/// Holds one share after three bars that each closed higher than the one before, none after one that closed lower.
struct ThreeUp {
    last: Option<Decimal>,
    ups: u32,
}

impl ThreeUp {
    fn count(&mut self, close: Decimal) {
        let is_up = self.last.is_some_and(|last| close > last);
        self.ups = if is_up { self.ups.saturating_add(1) } else { 0 };
        self.last = Some(close);
    }
}

impl Strategy for ThreeUp {
    fn name(&self) -> &str {
        "three-up"
    }

    fn warm_up_bars(&self) -> usize {
        4
    }

    fn on_start(&mut self, start: &Start<'_>) -> Option<Signal> {
        *self = Self { last: None, ups: 0 };
        for bar in start.history {
            self.count(bar.close);
        }
        None
    }

    fn on_bar(&mut self, bar: &BarIn) -> Option<Signal> {
        self.count(bar.close);
        match self.ups {
            0 => Some(Signal::market(Decimal::ZERO, "it fell")),
            3.. => Some(Signal::limit(Decimal::ONE, bar.close, format!("{} times up", self.ups))),
            1 | 2 => None,
        }
    }

    fn on_fill(&mut self, fill: &FillIn) -> Option<Signal> {
        println!("filled {} at {}, now {}", fill.quantity, fill.price, fill.position);
        None
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "give host, port and symbol: 127.0.0.1 4002 AAPL";
    let host = arguments.next().ok_or(usage)?;
    let port = arguments.next().ok_or(usage)?.parse()?;
    let symbol = arguments.next().ok_or(usage)?;
    let state = PathBuf::from("my-strategy-state");
    std::fs::create_dir_all(&state)?;
    let settings = TraderSettings {
        connect: ConnectParams { host, port, client_id: ClientId::new(31), ..ConnectParams::default() },
        permission: Permission::Paper,
        instruments: vec![Instrument { symbol, strategy: Some(Box::new(ThreeUp { last: None, ups: 0 })) }],
        program: None,
        bar: BarLength::LIVE,
        sending: Sending::Real,
        limits: RiskLimits { max_position: Decimal::TEN, ..RiskLimits::default() },
        lock_dir: state.join("locks"),
        journal: state.join("journal.db"),
        stop_after: None,
    };
    let link = LinkSettings::new(WorkerCommand::new("gatewright", ["worker"]));
    let mut listener = |event: TradeEvent| match event {
        TradeEvent::Status(_) | TradeEvent::Bar { .. } => {}
        event => println!("{event:?}"),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(run(
        settings,
        link,
        async {
            // Where signals cannot be had, it trades until it is killed.
            let _ = tokio::signal::ctrl_c().await;
        },
        &mut listener,
    ));
    println!("{:#?}", outcome.summary);
    outcome.error.map_or(Ok(()), |error| Err(error.into()))
}
