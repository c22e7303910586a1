//! Accounts: values, portfolio, positions and summaries.
//!
//! - `request` – asking for any of them
//! - `value` – account values in their three forms
//! - `holding` – positions, with and without their value

mod holding;
mod request;
#[cfg(test)]
mod tests;
mod value;

pub use holding::{PortfolioValue, Position};
pub use request::{AccountSummaryRequest, AccountUpdatesMultiRequest, AccountUpdatesRequest};
pub use value::{AccountDownloadEnd, AccountSummary, AccountUpdateMulti, AccountUpdateTime, AccountValue};
