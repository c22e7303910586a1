//! What a strategy wants.

use rust_decimal::Decimal;
use serde::Serialize;

use super::bar::BarIn;

/// A strategy's wish.
///
/// It is a position and not an order, so that repeating it is harmless: after a lost connection, a crash or a partial
/// fill the same wish leads to exactly what is missing, and to nothing where nothing is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signal {
    /// The position that the strategy wants to have, signed, in units of the instrument.
    pub target: Decimal,
    /// Why, in a few words for a person.
    pub reason: String,
}

/// Decides for one instrument. Pure: it is told everything, and its only clock is the bars' own time.
pub trait Strategy: Send {
    /// A short name, kept with every order that comes of it.
    fn name(&self) -> &'static str;

    /// How many past bars it needs before it can have an opinion.
    fn warm_up_bars(&self) -> usize;

    /// Starts over from `history`, oldest first. Called at the start and again after every lost connection, because
    /// the bars in between are missing and old ones must not pass for fresh.
    fn on_start(&mut self, history: &[BarIn]);

    /// Takes the next live bar. `None` means no opinion yet, which changes nothing.
    fn on_bar(&mut self, bar: &BarIn) -> Option<Signal>;
}
