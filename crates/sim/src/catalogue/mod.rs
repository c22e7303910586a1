//! The instruments that the simulated Gateway knows.
//!
//! - `instrument` – one instrument
//! - `builtin` – those that come with the simulator
//! - `lookup` – from a client's contract to instruments
//! - `details` – contract details

mod builtin;
mod details;
mod instrument;
mod lookup;

pub(crate) use instrument::{Instrument, Kind};
pub(crate) use lookup::Catalogue;
