//! Which way an order goes.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which way an order goes. JSON and the wire use the same words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Action {
    /// `BUY`.
    #[serde(rename = "BUY")]
    Buy,
    /// `SELL`; from a position of nothing this sells short.
    #[serde(rename = "SELL")]
    Sell,
    /// `SSHORT`: sells short, for institutions that must say so.
    #[serde(rename = "SSHORT")]
    SellShort,
    /// `SLONG`: sells a long position of which not all was delivered yet, for the same institutions.
    #[serde(rename = "SLONG")]
    SellLong,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 4] = [Self::Buy, Self::Sell, Self::SellShort, Self::SellLong];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Buy => "BUY",
            Self::Sell => "SELL",
            Self::SellShort => "SSHORT",
            Self::SellLong => "SLONG",
        }
    }

    /// The action of that word.
    pub fn from_wire(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == word)
    }

    /// Whether it reduces a long position or opens a short one.
    pub const fn is_sell(self) -> bool {
        !matches!(self, Self::Buy)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
