//! The simulated Gateway without a clock, sockets or tasks: `handle_*` in, `poll_*` out.
//!
//! - `instant` – a moment of simulated time
//! - `action` – what the shell has to do
//! - `world` – the whole as one value
//! - `agenda` – everything that is due later
//! - `outbox` – bytes on their way to a client
//! - `connection` – one connection and its session
//! - `greeting` – from the first byte to a session
//! - `dispatch` – from a request to what answers it
//! - `refusal` – errors, notices and what is not supported
//! - `contracts` – contract details
//! - `ticks` – tick streams and snapshots
//! - `history` – historical bars
//! - `bar_request` – the words of historical requests
//! - `real_time` – five-second bars
//! - `ledger` – cash, positions and profit, to the cent
//! - `valuation` – an account's values at the market's prices
//! - `account` – account values, summaries and positions for clients
//! - `book` – every order, and every execution
//! - `placing` – orders placed and modified
//! - `cancelling` – orders cancelled
//! - `matching` – orders against the market
//! - `filling` – what a fill does
//! - `reports` – order messages, open and completed orders, executions
//! - `survey` – the whole state as plain data

mod account;
mod action;
mod agenda;
mod bar_request;
mod book;
mod cancelling;
mod connection;
mod contracts;
mod dispatch;
mod filling;
mod greeting;
mod history;
mod instant;
mod ledger;
mod matching;
mod outbox;
mod placing;
mod real_time;
mod refusal;
mod reports;
mod survey;
mod ticks;
mod valuation;
mod world;

#[cfg(test)]
#[expect(clippy::wildcard_enum_match_arm, reason = "a test looks for one kind of message among all")]
mod tests;

pub use action::{Action, ConnId, How};
pub use instant::SimInstant;
pub use world::World;
