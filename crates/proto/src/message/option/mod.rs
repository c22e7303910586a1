//! Options: what a model makes of their prices, and exercising them.
//!
//! - `computation` – implied volatility and greeks of a stream
//! - `calculate` – one computation from numbers of the client's own
//! - `exercise` – exercising and lapsing

mod calculate;
mod computation;
mod exercise;
#[cfg(test)]
mod tests;

pub use calculate::{CalculateImpliedVolatility, CalculateOptionPrice};
pub use computation::TickOptionComputation;
pub use exercise::ExerciseOptions;
