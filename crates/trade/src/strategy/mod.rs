//! What decides: bars in, wishes out.
//!
//! - `bar` – the bars that a strategy is given
//! - `signal` – what a strategy wants, and the [`Strategy`] trait
//! - `moving_average_cross` – the built-in strategy

mod bar;
mod moving_average_cross;
mod signal;

pub use bar::BarIn;
pub use moving_average_cross::{MAX_PERIOD, MovingAverageCross, MovingAverageCrossParams};
pub use signal::{Signal, Strategy};
