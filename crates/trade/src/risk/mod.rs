//! The gate that every order passes: what may be sent, given what is known right now.
//!
//! Pure: [`RiskLimits::check`] is told everything, and only it makes the [`Passed`] without which the outbox takes nothing.
//! A refusal names the limit, the figure and the bound.
//!
//! - `limits` – the bounds, with their defaults
//! - `view` – what is known when an order is about to be sent
//! - `refusal` – why an order was not sent
//! - `gate` – [`RiskLimits::check`]
//! - `rate` – orders per minute
//! - `usage` – how much of the bounds is used up, for whoever looks

mod gate;
mod limits;
mod rate;
mod refusal;
mod usage;
mod view;

#[cfg(test)]
mod tests;

pub use gate::Passed;
pub use limits::{HoursRule, RiskLimits, UnknownHealth};
pub(crate) use rate::SendRate;
pub use refusal::Refusal;
pub use usage::RiskUsage;
pub use view::{Market, Proposal, Quote, RiskView, SickLayer};
