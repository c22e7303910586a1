//! The messages of the TWS API, one file per family; names are the API's own.
//!
//! - `client` – everything a client can send, as one enum
//! - `server` – everything a server can send, as one enum
//! - `start` – start-up, ids, clock, errors and notices
//! - `codes` – what the codes of error messages mean
//! - `contract` – contracts and their details
//! - `account` – accounts, values, positions, summaries
//! - `market_data` – streaming ticks and their settings
//! - `historical` – historical and real-time bars
//! - `order` – orders: placing, cancelling, open, completed, status
//! - `execution` – executions and commission reports

pub mod account;
mod client;
mod codes;
pub mod contract;
pub mod execution;
pub mod historical;
pub mod market_data;
pub mod order;
mod server;
pub mod start;
#[cfg(test)]
mod tests;

pub use client::ClientMessage;
pub use codes::{CodeClass, Connectivity, FarmFamily, FarmState, HistoricalAnswer, classify, farm_name};
pub use server::ServerMessage;
