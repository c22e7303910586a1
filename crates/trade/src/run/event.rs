//! What the core is told, and what it wants done.

use gatewright_journal::IntentId;
use gatewright_link::LinkError;
use gatewright_link::protocol::{ErrorData, OrderEvent, OrderParams, OrderResult};
use gatewright_proto::OrderId;
use gatewright_proto::message::contract::Contract;
use rust_decimal::Decimal;

use crate::account::AccountId;
use crate::event::TradeEvent;
use crate::outbox::CompleteAnswers;
use crate::strategy::BarIn;

/// Everything that can happen to a trader.
#[derive(Debug)]
pub enum Event {
    /// A session can trade from here on.
    Ready(Box<SessionStart>),
    /// The session is over.
    Lost(Box<ErrorData>),
    /// A live bar.
    Bar {
        /// The instrument.
        symbol: String,
        /// The bar.
        bar: BarIn,
    },
    /// A live price.
    Price {
        /// The instrument.
        symbol: String,
        /// The price of the last trade.
        price: Decimal,
    },
    /// The Gateway said something about an order.
    Order(OrderEvent),
    /// An order that was to be placed was answered.
    Placed {
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
    /// Open orders, executions and positions, asked for in this session.
    pub answers: CompleteAnswers,
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
    /// Ask for open orders, executions and positions. What comes of it is [`Event::Answers`].
    Ask,
    /// Tell whoever listens.
    Tell(Box<TradeEvent>),
}
