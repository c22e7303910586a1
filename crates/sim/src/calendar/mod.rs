//! When markets are open, as pure functions of the calendar's rules.
//!
//! - `holidays` – the days on which US markets stay closed or close early
//! - `hours` – sessions of each kind of market, and questions about them

mod holidays;
mod hours;

pub(crate) use hours::{Hours, Span, Which};
