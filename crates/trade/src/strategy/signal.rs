//! What a strategy wants.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A strategy's wish.
///
/// It is a position and not an order, so that repeating it is harmless: after a lost connection, a crash or a partial
/// fill the same wish leads to exactly what is missing, and to nothing where nothing is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signal {
    /// The position that the strategy wants to have, signed, in units of the instrument.
    pub target: Decimal,
    /// The worst price at which it wants it: the order is a limit order then, and one that is still open when the wish
    /// changes is cancelled first. Without it the order is a market order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Decimal>,
    /// Why, in a few words for a person.
    #[serde(default)]
    pub reason: String,
}

impl Signal {
    /// Wants a position at whatever the market gives.
    pub fn market(target: Decimal, reason: impl Into<String>) -> Self {
        Self { target, limit: None, reason: reason.into() }
    }

    /// Wants a position at this price or better.
    pub fn limit(target: Decimal, limit: Decimal, reason: impl Into<String>) -> Self {
        Self { target, limit: Some(limit), reason: reason.into() }
    }

    /// Whether it wants the same, whatever the reason.
    pub fn wants_same(&self, other: &Self) -> bool {
        self.target == other.target && self.limit == other.limit
    }
}
