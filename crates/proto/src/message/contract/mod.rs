//! Contracts and their details.
//!
//! - `instrument` – an instrument as far as it is named, as every other family embeds it
//! - `request` – asking for details
//! - `details` – one contract with its details
//! - `fund` – what only funds have

mod details;
mod fund;
mod instrument;
mod request;
#[cfg(test)]
mod tests;

pub use details::{ContractDetails, IneligibilityReason};
pub use fund::FundDetails;
pub use instrument::Contract;
pub use request::ContractDetailsRequest;
