//! Contracts and their details.
//!
//! - `instrument` – an instrument as far as it is named, as every other family embeds it
//! - `request` – asking for details
//! - `details` – one contract with its details
//! - `bond` – one bond with its details
//! - `fund` – what only funds have
//! - `protobuf` – instruments, details and the request for them as protobuf

mod bond;
mod details;
mod fund;
mod instrument;
mod protobuf;
mod request;
#[cfg(test)]
mod tests;

pub use bond::{Bond, BondContractDetails, BondMarket, SecurityId};
pub use details::{ContractDetails, IneligibilityReason};
pub use fund::FundDetails;
pub use instrument::Contract;
pub(crate) use protobuf::Beside;
pub use request::ContractDetailsRequest;
