//! Every single tick, not a sample of them.
//!
//! - `request` – starting a stream
//! - `tick` – one tick of a stream

mod request;
#[cfg(test)]
mod tests;
mod tick;

pub use request::TickByTickRequest;
pub use tick::{TickByTick, TickByTickBidAsk, TickByTickData, TickByTickLast};
