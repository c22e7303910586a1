//! Accounts: values, portfolio, positions and summaries.
//!
//! - `request` – asking for any of them
//! - `value` – account values in their three forms
//! - `holding` – positions, with and without their value
//! - `position_multi` – positions of one account or model, with an id
//! - `protobuf` – account values, positions and the requests for them as protobuf

mod holding;
mod position_multi;
mod protobuf;
mod request;
#[cfg(test)]
mod tests;
mod value;

pub use holding::{PortfolioValue, Position};
pub use position_multi::{PositionMulti, PositionsMultiRequest};
pub use request::{AccountSummaryRequest, AccountUpdatesMultiRequest, AccountUpdatesRequest};
pub use value::{AccountDownloadEnd, AccountSummary, AccountUpdateMulti, AccountUpdateTime, AccountValue};
