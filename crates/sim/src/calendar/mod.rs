//! When markets are open, as pure functions of the calendar's rules.
//!
//! - `holidays` – the days on which US markets stay closed or close early
//! - `hours` – sessions of each kind of market, and questions about them
//! - `stretch` – whether a market is open, remembered

mod holidays;
mod hours;
mod stretch;

pub(crate) use hours::{Hours, Span, Which};
pub(crate) use stretch::Stretches;
