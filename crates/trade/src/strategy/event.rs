//! The calls of [`super::Strategy`] as data, for a strategy that is a program of its own.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;

use super::bar::BarIn;
use super::decide::{FillIn, HealthIn};
use crate::risk::Quote;

/// One call of a strategy, as data.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum StrategyEvent {
    /// Starts an instrument over.
    Start {
        /// Its symbol.
        symbol: String,
        /// Bars up to now, oldest first.
        history: Vec<BarIn>,
        /// The signed position that is the strategy's own.
        position: Decimal,
    },
    /// A complete bar.
    Bar {
        /// The instrument.
        symbol: String,
        /// The bar.
        #[serde(flatten)]
        bar: BarIn,
    },
    /// New prices.
    Tick {
        /// The instrument.
        symbol: String,
        /// The prices.
        #[serde(flatten)]
        quote: Quote,
    },
    /// An execution.
    Fill {
        /// The instrument.
        symbol: String,
        /// The execution.
        #[serde(flatten)]
        fill: FillIn,
    },
    /// The connection's health has changed.
    Health {
        /// How it is.
        #[serde(flatten)]
        health: HealthIn,
    },
    /// About once a second.
    Timer {
        /// The time on the wall.
        now: Timestamp,
    },
}

impl StrategyEvent {
    /// Whether a later event of the same kind says all that this one does, so that of those that wait only the last needs
    /// to be told.
    pub fn is_superseded_by(&self, later: &Self) -> bool {
        match (self, later) {
            (Self::Tick { symbol: one, .. }, Self::Tick { symbol: two, .. }) => one == two,
            (Self::Timer { .. }, Self::Timer { .. }) => true,
            (
                Self::Start { .. }
                | Self::Bar { .. }
                | Self::Tick { .. }
                | Self::Fill { .. }
                | Self::Health { .. }
                | Self::Timer { .. },
                _,
            ) => false,
        }
    }
}
