//! What the core is told, and what it wants done.

use std::collections::BTreeMap;
use std::time::Duration;

use gatewright_journal::IntentId;
use gatewright_link::LinkError;
use gatewright_link::protocol::{CancelOrderParams, ErrorData, Layer, OrderEvent, OrderParams, OrderResult};
use gatewright_proto::OrderId;
use gatewright_proto::message::contract::Contract;
use jiff::Timestamp;

use crate::account::AccountId;
use crate::calendar::Calendar;
use crate::event::TradeEvent;
use crate::outbox::CompleteAnswers;
use crate::risk::Quote;
use crate::strategy::program::Hello;
use crate::strategy::{BarIn, Signal, StrategyEvent};

/// Everything that can happen to a trader.
#[derive(Debug)]
pub enum Event {
    /// A session can trade from here on.
    Ready(Box<SessionStart>),
    /// The session is over although nobody wanted that.
    Lost(Box<ErrorData>),
    /// The session was closed in order, because the trader was told to stop.
    Closed,
    /// A live five-second bar.
    Bar {
        /// The instrument.
        symbol: String,
        /// The bar.
        bar: BarIn,
    },
    /// Live prices, those that have changed.
    Prices {
        /// The instrument.
        symbol: String,
        /// The prices.
        quote: Quote,
    },
    /// How the connection is, layer by layer; an error where that could not be asked.
    Health(Result<BTreeMap<String, Layer>, LinkError>),
    /// The strategy program has said or done something.
    Program(ProgramNews),
    /// The Gateway said something about an order.
    Order(OrderEvent),
    /// An order that was to be placed was answered.
    Placed {
        /// The order's intent.
        intent: IntentId,
        /// The answer.
        answer: Result<OrderResult, LinkError>,
    },
    /// An order that was to be cancelled was answered.
    Cancelled {
        /// The order's intent.
        intent: IntentId,
        /// The answer.
        answer: Result<OrderResult, LinkError>,
    },
    /// The Gateway was asked about orders.
    Answers(Result<Box<CompleteAnswers>, LinkError>),
    /// Items of a stream were lost, because we were too slow.
    DataLost {
        /// The instrument, where the stream is of one.
        symbol: Option<String>,
        /// How many.
        count: u64,
    },
    /// Time has passed.
    Tick,
    /// No new orders from here on.
    Stop,
}

/// What a session begins with.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionStart {
    /// The account that is traded.
    pub account: AccountId,
    /// The Gateway's nextValidId.
    pub next_valid_id: OrderId,
    /// The Gateway's clock; our own where it could not be read.
    pub clock: Timestamp,
    /// Open orders, executions and positions, asked for in this session.
    pub answers: CompleteAnswers,
    /// How the connection is, layer by layer.
    pub layers: BTreeMap<String, Layer>,
    /// Each instrument.
    pub symbols: Vec<SymbolStart>,
}

/// What a session begins with for one instrument.
#[derive(Debug, Clone, PartialEq)]
pub struct SymbolStart {
    /// Its symbol, as it was given.
    pub symbol: String,
    /// The instrument, fully named.
    pub contract: Contract,
    /// When it trades.
    pub calendar: Calendar,
    /// Bars up to now, oldest first.
    pub history: Vec<BarIn>,
}

/// What the core wants done. In order.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Place this order, once. Its answer comes back as [`Event::Placed`].
    Place {
        /// The order's intent.
        intent: IntentId,
        /// The order.
        params: Box<OrderParams>,
    },
    /// Cancel this order. Its answer comes back as [`Event::Cancelled`].
    Cancel {
        /// The order's intent.
        intent: IntentId,
        /// The order.
        params: CancelOrderParams,
    },
    /// Tell the strategy program. What it wants comes back as [`Event::Program`].
    Consult(StrategyEvent),
    /// Ask for open orders, executions and positions. What comes of it is [`Event::Answers`].
    Ask,
    /// Tell whoever listens.
    Tell(Box<TradeEvent>),
}

/// What a strategy program has said or done.
#[derive(Debug, Clone, PartialEq)]
pub enum ProgramNews {
    /// It was started again and is there.
    Up(Hello),
    /// It wants something.
    Wish {
        /// The instrument.
        symbol: String,
        /// The wish.
        signal: Signal,
    },
    /// It is talked to no more.
    Down {
        /// Why.
        why: String,
        /// When it is started again; `None` where its budget is used up.
        again_in: Option<Duration>,
    },
}
