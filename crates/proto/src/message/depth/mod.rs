//! Market depth: the order book of one exchange or of all.
//!
//! - `request` – starting and ending a stream
//! - `book` – changes of single rows
//! - `exchanges` – which exchanges have a book

mod book;
mod exchanges;
mod request;
#[cfg(test)]
mod tests;

pub use book::{MarketDepth, MarketDepthL2};
pub use exchanges::{DepthMktDataDescription, MktDepthExchanges};
pub use request::{CancelMktDepth, MktDepthRequest};
