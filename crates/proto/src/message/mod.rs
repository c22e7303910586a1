//! The messages of the TWS API, one file or folder per family; names are the API's own.
//!
//! - `client` – everything a client can send, as one enum
//! - `server` – everything a server can send, as one enum
//! - `table` – how these enums are declared: one line per message
//! - `layout` – how messages are declared whose fields stand one behind another
//! - `protobuf` – which messages have a protobuf body
//! - `start` – start-up, ids, clock, errors and notices
//! - `clock` – the clock in milliseconds
//! - `user` – who is logged in
//! - `codes` – what the codes of error messages mean
//! - `contract` – contracts and bonds with their details
//! - `symbols` – searching instruments
//! - `option_chain` – which expirations and strikes an underlying has
//! - `market_rule` – price steps
//! - `smart_components` – the exchanges behind the letters of a quote
//! - `account` – accounts, values, positions, summaries
//! - `pnl` – profit and loss
//! - `advisor` – configuration, families of accounts, soft dollars
//! - `market_data` – streaming ticks and their settings
//! - `tick_by_tick` – every single tick
//! - `depth` – order books
//! - `option` – implied volatility and greeks, calculations, exercising
//! - `historical` – historical and real-time bars
//! - `historical_ticks` – past ticks
//! - `historical_schedule` – past trading sessions
//! - `head_timestamp` – how far a history goes back
//! - `histogram` – how much was traded at which price
//! - `order` – orders: placing, cancelling, open, completed, status
//! - `execution` – executions and commission reports
//! - `scanner` – market scanners
//! - `news` – bulletins, headlines, articles
//! - `fundamental` – fundamental data
//! - `wsh` – corporate events
//! - `display_group` – display groups of TWS
//! - `verify` – how programs prove who they are

pub mod account;
pub mod advisor;
mod client;
pub mod clock;
mod codes;
pub mod contract;
pub mod depth;
pub mod display_group;
pub mod execution;
pub mod fundamental;
pub mod head_timestamp;
pub mod histogram;
pub mod historical;
pub mod historical_schedule;
pub mod historical_ticks;
mod layout;
pub mod market_data;
pub mod market_rule;
pub mod news;
pub mod option;
pub mod option_chain;
pub mod order;
pub mod pnl;
mod protobuf;
pub mod scanner;
mod server;
pub mod smart_components;
pub mod start;
pub mod symbols;
mod table;
#[cfg(test)]
mod tests;
pub mod tick_by_tick;
pub mod user;
pub mod verify;
pub mod wsh;

pub use client::ClientMessage;
pub use codes::{CodeClass, Connectivity, FarmFamily, FarmState, HistoricalAnswer, classify, farm_name, listed_farms};
pub use server::ServerMessage;
