//! What is known when an order is about to be sent.

use std::time::Duration;

use gatewright_journal::OrderType;
use gatewright_link::protocol::LayerState;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::account::AccountId;

/// An order as it would be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proposal<'a> {
    /// The account that it is for.
    pub account: &'a AccountId,
    /// The instrument's symbol.
    pub symbol: &'a str,
    /// How much, signed: below zero sells.
    pub quantity: Decimal,
    /// On which terms.
    pub order_type: OrderType,
}

/// The last fresh prices of an instrument. Those of a session that is over are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Quote {
    /// What somebody would pay.
    pub bid: Option<Decimal>,
    /// What somebody would take.
    pub ask: Option<Decimal>,
    /// The price of the last trade.
    pub last: Option<Decimal>,
}

impl Quote {
    /// The price in the middle of what is known: of bid and ask, else of the last trade.
    pub fn middle(&self) -> Option<Decimal> {
        match (self.bid, self.ask) {
            (Some(bid), Some(ask)) => bid.checked_add(ask).map(|sum| sum / Decimal::TWO),
            (Some(_), None) | (None, Some(_)) | (None, None) => self.last,
        }
    }
}

/// Whether an instrument's market is open, by the hours that the rule in force looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "market", rename_all = "snake_case")]
pub enum Market {
    /// It is.
    Open {
        /// When it closes.
        until: Timestamp,
    },
    /// It is not.
    Closed {
        /// When it opens, where the calendar reaches so far.
        until: Option<Timestamp>,
    },
    /// The contract's hours could not be read, or do not reach so far.
    Unknown,
}

/// A layer of the connection that is not known to be well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SickLayer {
    /// Its name.
    pub layer: String,
    /// Broken, or unknown.
    pub state: LayerState,
    /// What tells us.
    pub evidence: String,
}

/// What is known when an order is about to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct RiskView<'a> {
    /// Whether the session is ready and its start-up questions are answered.
    pub session_ready: bool,
    /// Whether the trader has been told to stop.
    pub stopping: bool,
    /// Why all trading is halted, if it is.
    pub halt: Option<&'a str>,
    /// Orders in this instrument of which nobody knows whether they exist.
    pub in_doubt: usize,
    /// Why nothing may be sent for this instrument until a person has looked, if so.
    pub unknown_position: Option<&'static str>,
    /// The layers of the connection that are not known to be well.
    pub sick: &'a [SickLayer],
    /// Whether the market is open.
    pub market: Market,
    /// How long ago the last price came, by our own clock; `None` when none has come since the session began.
    pub data_age: Option<Duration>,
    /// The last prices of this session.
    pub quote: Quote,
    /// The signed position now.
    pub position: Decimal,
    /// The signed sum of what is working already.
    pub working: Decimal,
    /// What all our other positions are worth, each without its sign and with what is working counted as filled; `None`
    /// where one of them has no price.
    pub other_exposure: Option<Decimal>,
    /// What all instruments came to since the session's day began; `None` where a price is missing.
    pub day_result: Option<Decimal>,
    /// Orders that were sent in the last 60 seconds.
    pub orders_last_minute: u32,
}
