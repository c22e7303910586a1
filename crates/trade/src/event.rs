//! What a trader tells while it runs, as data. Whoever prints it decides how.

use std::collections::BTreeMap;
use std::time::Duration;

use gatewright_journal::{Side, StateKind};
use gatewright_link::LinkError;
use gatewright_link::protocol::{ErrorData, Layer};
use gatewright_proto::session::{Acts, Stage};
use gatewright_proto::{ClientId, ConId, OrderId};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::account::AccountId;
use crate::position::BookFigures;
use crate::risk::{Market, Refusal, RiskUsage};
use crate::strategy::{BarIn, Signal};
use crate::summary::DaySummary;

/// Something that happened, in the order in which it did.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum TradeEvent {
    /// A worker process runs.
    WorkerStarted {
        /// Its process id.
        pid: u32,
    },
    /// The worker process ended, and a new one will be started.
    WorkerDied {
        /// How it ended.
        how: String,
    },
    /// A stage of the connection has passed.
    Stage {
        /// The stage.
        stage: Stage,
        /// Milliseconds from entering to leaving it.
        ms: f64,
    },
    /// The session is ready.
    Connected {
        /// `HOST:PORT`.
        gateway: String,
        /// The client id that was taken.
        client_id: ClientId,
        /// The negotiated server version.
        server_version: i32,
        /// The account that is traded.
        account: AccountId,
        /// All stages together, in milliseconds.
        total_ms: f64,
        /// What was noticed and did not prevent the connection.
        warnings: Vec<String>,
    },
    /// An instrument was found.
    Instrument {
        /// Its symbol.
        symbol: String,
        /// IBKR's number for it.
        con_id: ConId,
        /// The company's or product's name.
        name: String,
    },
    /// The strategy was warmed up.
    History {
        /// The instrument.
        symbol: String,
        /// How many bars there were.
        bars: usize,
        /// How many the strategy needs for an opinion.
        needed: usize,
        /// The start of the last one.
        last: Option<Timestamp>,
    },
    /// What the Gateway says is held.
    Position {
        /// The instrument.
        symbol: String,
        /// The trader's own part.
        own: Decimal,
        /// What belongs to the account's owner or other programs, and is left alone.
        others: Decimal,
        /// Whether it is not what the trader expected.
        differs: bool,
    },
    /// Live data flows, and trading begins.
    Trading,
    /// A bar.
    Bar {
        /// The instrument.
        symbol: String,
        /// The bar.
        bar: BarIn,
    },
    /// The strategy changed its mind.
    Signal {
        /// The instrument.
        symbol: String,
        /// What it wants now.
        #[serde(flatten)]
        signal: Signal,
    },
    /// An order goes out. It is durable already.
    OrderSent {
        /// The order.
        #[serde(flatten)]
        order: OrderLine,
        /// Why, in the strategy's words.
        reason: String,
    },
    /// An order stands elsewhere now.
    OrderMoved {
        /// The order.
        #[serde(flatten)]
        order: OrderLine,
        /// Where it stood.
        #[serde(serialize_with = "state_name")]
        from: StateKind,
        /// Why we believe it.
        evidence: String,
    },
    /// An order was executed, wholly or in part.
    Fill {
        /// The order.
        #[serde(flatten)]
        order: OrderLine,
        /// The Gateway's id for the execution.
        exec_id: String,
        /// How much was executed.
        shares: Decimal,
        /// At which price.
        price: Decimal,
        /// The instrument's figures afterwards.
        book: BookFigures,
    },
    /// What an execution cost.
    Commission {
        /// The instrument.
        symbol: String,
        /// The execution.
        exec_id: String,
        /// The amount.
        amount: Decimal,
        /// Its currency.
        currency: String,
    },
    /// A working order is in the way of what the strategy wants; it is being cancelled.
    CancelSent {
        /// The order.
        #[serde(flatten)]
        order: OrderLine,
    },
    /// A dry run: this order would have been sent, and is assumed to be filled.
    Assumed {
        /// The instrument.
        symbol: String,
        /// Which way.
        #[serde(serialize_with = "side_name")]
        side: Side,
        /// How much.
        quantity: Decimal,
        /// At which price.
        price: Decimal,
        /// Why, in the strategy's words.
        reason: String,
        /// The instrument's figures afterwards.
        book: BookFigures,
    },
    /// The strategy program is there.
    StrategyStarted {
        /// What it calls itself.
        name: String,
    },
    /// The strategy program is talked to no more, and nothing new is traded for it. The trader goes on.
    StrategyStopped {
        /// Why.
        why: String,
        /// Milliseconds until it is started again; `None` when its budget is used up.
        again_in_ms: Option<u64>,
    },
    /// Trading was halted by `gatewright halt`, or allowed again.
    Halt {
        /// Why it is halted; `None` where it is not any more.
        why: Option<String>,
    },
    /// The last market has closed.
    DayEnded(DaySummary),
    /// An order was not sent.
    Refused {
        /// The instrument.
        symbol: String,
        /// What the position was to become.
        target: Decimal,
        /// The limit, the figure and the bound.
        refusal: Refusal,
    },
    /// The Gateway said something that belongs to no call.
    Notice {
        /// IBKR's code.
        code: i32,
        /// The text.
        text: String,
    },
    /// Data of a stream was lost, because we were too slow.
    DataLost {
        /// The instrument, where the stream is of one.
        symbol: Option<String>,
        /// How much.
        count: u64,
    },
    /// The session is over; it will be opened again.
    SessionLost {
        /// How.
        failure: Failing,
    },
    /// An attempt to come back failed; another follows.
    Retrying {
        /// Attempts so far.
        attempt: u32,
        /// Milliseconds to the next one.
        in_ms: u64,
        /// Why this one failed.
        failure: Failing,
    },
    /// Something is wrong that trading can go on with, and a person should know.
    Problem {
        /// What.
        #[serde(flatten)]
        failure: Failing,
    },
    /// No new orders from here on; what is on its way may arrive, then the session is closed.
    Stopping {
        /// Orders that are not done yet.
        working: usize,
    },
    /// The session is closed.
    Disconnected {
        /// Sockets of ours that the Gateway still held in CLOSE_WAIT; `None` where it cannot be seen.
        left_in_close_wait: Option<usize>,
    },
    /// Where everything stands right now. Comes regularly.
    Status(Box<Status>),
}

/// An order, in the few words that a line has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrderLine {
    /// Our reference.
    pub order_ref: String,
    /// Its number with this client id.
    pub order_id: Option<OrderId>,
    /// The instrument.
    pub symbol: String,
    /// Which way.
    #[serde(serialize_with = "side_name")]
    pub side: Side,
    /// How much.
    pub quantity: Decimal,
    /// Where it stands.
    #[serde(serialize_with = "state_name")]
    pub state: StateKind,
}

/// A failure, for a person and a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failing {
    /// One of a closed set of names.
    pub cause: String,
    /// What happened.
    pub message: String,
    /// What to do.
    pub remedy: String,
    /// Who has to act.
    pub acts: Acts,
}

impl From<&ErrorData> for Failing {
    fn from(data: &ErrorData) -> Self {
        Self { cause: data.cause.clone(), message: data.message.clone(), remedy: data.remedy.clone(), acts: data.acts }
    }
}

impl From<&LinkError> for Failing {
    fn from(error: &LinkError) -> Self {
        Self::from(&error.data())
    }
}

/// Where everything stands right now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// Whether the session is ready.
    pub ready: bool,
    /// Orders that are not done yet.
    pub working: usize,
    /// Orders in doubt.
    pub in_doubt: usize,
    /// Executions so far.
    pub fills: usize,
    /// Each instrument.
    pub symbols: Vec<SymbolStatus>,
    /// Each layer of the connection by its name, as the worker sees it; only the session where there is none.
    pub layers: BTreeMap<String, Layer>,
    /// Orders that are not done yet, oldest first.
    pub orders: Vec<OrderStatusLine>,
    /// How much of the limits is used up.
    pub risk: RiskUsage,
}

/// An order that is not done yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrderStatusLine {
    /// The order.
    #[serde(flatten)]
    pub order: OrderLine,
    /// How much of it is executed.
    pub executed: Decimal,
    /// The TWS API's word for its type.
    pub order_type: &'static str,
    /// Its limit, where it has one.
    pub limit_price: Option<Decimal>,
    /// Since it was decided, in milliseconds.
    pub age_ms: u64,
}

/// Where one instrument stands right now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SymbolStatus {
    /// Its symbol.
    pub symbol: String,
    /// The last price; `None` when none has come since the session began.
    pub price: Option<Decimal>,
    /// How old that price is.
    #[serde(serialize_with = "in_milliseconds", rename = "price_age_ms")]
    pub price_age: Option<Duration>,
    /// What somebody would pay.
    pub bid: Option<Decimal>,
    /// What somebody would take.
    pub ask: Option<Decimal>,
    /// The start of the last bar, by the Gateway's clock.
    pub bar_time: Option<Timestamp>,
    /// The position that the strategy wants.
    pub target: Option<Decimal>,
    /// What the strategy wants, in full.
    pub signal: Option<Signal>,
    /// What stands in the way of an order that it wants.
    pub refused: Option<Refusal>,
    /// Why nothing may be sent for it until a person has looked.
    pub halted: Option<&'static str>,
    /// Whether its market is open, by the hours that may be traded.
    #[serde(flatten)]
    pub market: Market,
    /// What it came to since the session's day began; `None` where a price is missing.
    pub day_result: Option<Decimal>,
    /// Position and money.
    #[serde(flatten)]
    pub book: BookFigures,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes every field so")]
fn state_name<S: serde::Serializer>(state: &StateKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(state.name())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes every field so")]
fn side_name<S: serde::Serializer>(side: &Side, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(side.name())
}

fn in_milliseconds<S: serde::Serializer>(age: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    age.map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX)).serialize(serializer)
}

/// Takes what a trader tells. Called in the run loop, so it must not wait.
pub trait Listener {
    /// Takes one event.
    fn hear(&mut self, event: TradeEvent);
}

impl<F: FnMut(TradeEvent)> Listener for F {
    fn hear(&mut self, event: TradeEvent) {
        self(event);
    }
}
