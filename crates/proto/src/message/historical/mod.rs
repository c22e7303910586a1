//! Historical bars and real-time bars.
//!
//! - `request` – asking for bars
//! - `bar` – one bar, and what a Gateway sends where there was no trade
//! - `data` – the bars that were asked for, their end, and the newest bar kept up to date
//! - `real_time` – five-second bars
//! - `protobuf` – bars and the requests for them as protobuf

mod bar;
mod data;
mod protobuf;
mod real_time;
mod request;
#[cfg(test)]
mod tests;

pub use bar::Bar;
pub use data::{HistoricalData, HistoricalDataEnd, HistoricalDataUpdate};
pub use real_time::{RealTimeBar, RealTimeBarsRequest};
pub use request::HistoricalDataRequest;
