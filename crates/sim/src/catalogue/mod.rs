//! The instruments that the simulated Gateway knows.
//!
//! - `instrument` – one instrument
//! - `builtin` – those that come with the simulator
//! - `futures` – the futures among them
//! - `chain` – option chains
//! - `listing` – those that a user adds
//! - `lookup` – from a client's contract to instruments
//! - `details` – contract details

mod builtin;
pub(crate) mod chain;
mod details;
mod futures;
mod instrument;
mod listing;
mod lookup;

pub(crate) use instrument::{Instrument, Kind, Pricing, Right};
pub use listing::Listing;
pub(crate) use lookup::Catalogue;
