//! What a run came to.

use std::collections::BTreeMap;

use gatewright_journal::StateKind;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::account::AccountId;
use crate::event::OrderStatusLine;
use crate::position::BookFigures;

/// What a run came to. Serialises to one JSON document.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Summary {
    /// From the start to the end, in milliseconds.
    pub duration_ms: u64,
    /// The account that was traded; `None` when no session got ready.
    pub account: Option<AccountId>,
    /// How many orders stand where, over this run and what it took over from earlier ones.
    pub orders: BTreeMap<&'static str, u64>,
    /// Those that are not done.
    pub open_orders: Vec<OrderStatusLine>,
    /// Executions.
    pub fills: usize,
    /// Each instrument's figures.
    pub symbols: BTreeMap<String, SymbolSummary>,
    /// Received minus paid, without commissions.
    pub cash_flow: Decimal,
    /// Profit of what was closed, without commissions.
    pub realised: Decimal,
    /// Profit of what is still open, at the last prices; `None` when a price is missing.
    pub unrealised: Option<Decimal>,
    /// Commissions.
    pub commissions: Decimal,
    /// Realised and unrealised profit minus commissions; `None` when a price is missing.
    pub net_profit: Option<Decimal>,
    /// What the session's day came to, over all runs of it; `None` when a price is missing.
    pub day_result: Option<Decimal>,
    /// How often the session was opened again.
    pub reconnects: u64,
    /// Orders in doubt that were settled.
    pub in_doubt_settled: u64,
    /// Orders that a dry run would have sent.
    pub assumed: u64,
    /// Orders that were not sent, by the limit that stood in the way.
    pub refusals: BTreeMap<&'static str, u64>,
    /// Data that was lost because we were too slow.
    pub data_lost: u64,
}

/// One instrument's part of a [`Summary`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SymbolSummary {
    /// Position and money.
    #[serde(flatten)]
    pub book: BookFigures,
    /// The last price.
    pub last_price: Option<Decimal>,
    /// What the session's day came to, over all runs of it; `None` when a price is missing.
    pub day_result: Option<Decimal>,
    /// Executions.
    pub fills: usize,
    /// Live bars.
    pub bars: u64,
    /// Why nothing may be sent for it until a person has looked; `None` where nothing stands in the way.
    pub halted: Option<&'static str>,
}

/// What a day came to, told when the last market closes. Counts are of this run, the result is of all runs of the day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DaySummary {
    /// When the last market closed, by the calendar.
    pub closed_at: Timestamp,
    /// When the first one opens again, where the calendar reaches so far.
    pub opens_at: Option<Timestamp>,
    /// What it came to, realised and unrealised, with commissions; `None` when a price is missing.
    pub result: Option<Decimal>,
    /// Orders that were sent.
    pub orders: u64,
    /// Executions.
    pub fills: u64,
    /// Orders that were not sent.
    pub refusals: u64,
    /// What is held of each instrument.
    pub positions: BTreeMap<String, Decimal>,
}

impl Summary {
    /// Adds the instruments' figures up.
    pub fn total(mut self) -> Self {
        let books = || self.symbols.values().map(|symbol| &symbol.book);
        let cash_flow = books().map(|book| book.cash_flow).sum();
        let realised: Decimal = books().map(|book| book.realised).sum();
        let commissions: Decimal = books().map(|book| book.commissions).sum();
        let unrealised: Option<Decimal> = books().map(|book| book.unrealised).sum();
        let fills = self.symbols.values().map(|symbol| symbol.fills).sum();
        self.net_profit = unrealised.map(|unrealised| realised + unrealised - commissions);
        (self.cash_flow, self.realised, self.commissions, self.unrealised) =
            (cash_flow, realised, commissions, unrealised);
        self.fills = fills;
        self
    }

    /// How many orders were handed to a session.
    pub fn orders_sent(&self) -> u64 {
        let unsent = [StateKind::Intended.name(), StateKind::NotPlaced.name()];
        self.orders.iter().filter(|(state, _)| !unsent.contains(state)).map(|(_, count)| count).sum()
    }
}
