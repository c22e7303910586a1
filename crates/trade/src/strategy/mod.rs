//! What decides: bars, prices, fills and health in, wishes out.
//!
//! - `bar` – the bars that a strategy is given
//! - `bar_length` – how long they are, and where each lies; `aggregator` – making them of shorter ones
//! - `signal` – what a strategy wants
//! - `decide` – the [`Strategy`] trait
//! - `event` – the same calls as data, for a strategy that is a program of its own
//! - `program` – the conversation with such a program
//! - `buy_and_hold`, `mean_reversion`, `moving_average_cross` – the built-in strategies

mod aggregator;
mod bar;
mod bar_length;
mod buy_and_hold;
mod decide;
mod event;
mod mean_reversion;
mod moving_average_cross;
pub mod program;
mod signal;

pub(crate) use aggregator::Aggregator;
pub use bar::BarIn;
pub use bar_length::BarLength;
pub use buy_and_hold::BuyAndHold;
pub use decide::{FillIn, HealthIn, Start, Strategy};
pub use event::StrategyEvent;
pub use mean_reversion::{MeanReversion, MeanReversionParams};
pub use moving_average_cross::{MAX_PERIOD, MovingAverageCross, MovingAverageCrossParams};
pub use signal::Signal;
