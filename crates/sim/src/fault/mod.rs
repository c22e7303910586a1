//! The ways in which the simulated Gateway misbehaves on request.
//!
//! - `list` – every fault: its name, what a client sees, where it was reported
//! - `set` – which faults are on
//! - `parameters` – how long, how many, which

mod list;
mod parameters;
mod set;

pub use list::Fault;
pub use parameters::{Parameters, TurnedAway};
pub use set::FaultSet;
