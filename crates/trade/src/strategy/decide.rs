//! The [`Strategy`] trait.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;

use super::bar::BarIn;
use super::signal::Signal;
use crate::risk::Quote;

/// What a strategy begins with, and begins again with after every lost connection.
#[derive(Debug, Clone, Copy)]
pub struct Start<'a> {
    /// The instrument's symbol.
    pub symbol: &'a str,
    /// Bars up to now, oldest first; those in between two sessions are among them as far as the Gateway has them.
    pub history: &'a [BarIn],
    /// The signed position that is the strategy's own.
    pub position: Decimal,
}

/// An execution of one of the strategy's orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FillIn {
    /// How much, signed: below zero was sold.
    pub quantity: Decimal,
    /// At which price.
    pub price: Decimal,
    /// The signed position afterwards.
    pub position: Decimal,
}

/// How the connection is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HealthIn {
    /// Whether there is a session.
    pub ready: bool,
    /// The layers that are known to be broken, by name.
    pub broken: Vec<String>,
}

/// Decides for one instrument. Pure: it is told everything, and never asks, waits or looks at a clock.
///
/// Each call may return a wish, which stands until another one comes; `None` changes nothing. What becomes of a wish is not
/// the strategy's business: the trader orders what is missing, one order at a time, if every limit lets it pass.
pub trait Strategy: Send {
    /// A short name, kept with every order that comes of it.
    fn name(&self) -> &str;

    /// How many past bars it needs before it can have an opinion.
    fn warm_up_bars(&self) -> usize;

    /// Starts over. Called when the first live bar has come, and again after every lost connection, because the bars in
    /// between are missing and old ones must not pass for fresh.
    fn on_start(&mut self, start: &Start<'_>) -> Option<Signal>;

    /// Takes the next live bar, when it is complete.
    fn on_bar(&mut self, bar: &BarIn) -> Option<Signal>;

    /// Takes new prices, several times a second where there are that many.
    fn on_tick(&mut self, _quote: &Quote) -> Option<Signal> {
        None
    }

    /// Takes an execution.
    fn on_fill(&mut self, _fill: &FillIn) -> Option<Signal> {
        None
    }

    /// Takes a change of the connection's health. Without a session nothing can be sent, whatever is wished for.
    fn on_health(&mut self, _health: &HealthIn) -> Option<Signal> {
        None
    }

    /// Called about once a second, with the time on the wall.
    fn on_timer(&mut self, _now: Timestamp) -> Option<Signal> {
        None
    }
}
