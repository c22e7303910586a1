//! What advisors and brokers have: groups, families of accounts, soft dollars.
//!
//! - `configuration` – groups and aliases, as XML
//! - `family` – which accounts belong together
//! - `soft_dollar` – tiers of soft dollars

mod configuration;
mod family;
mod soft_dollar;
#[cfg(test)]
mod tests;

pub use configuration::{FaReplace, FaRequest, ReceiveFa, ReplaceFaEnd};
pub use family::{FamilyCode, FamilyCodes};
pub use soft_dollar::SoftDollarTiers;
