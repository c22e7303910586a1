//! What an order waits for.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::wire::Wire;
use crate::ids::ConId;

/// The fewest fields of a condition: its type, its conjunction and two of its own.
pub(super) const CONDITION_FIELDS: usize = 4;

/// One condition of an order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderCondition {
    /// How it goes with the condition that follows.
    #[serde(default)]
    pub conjunction: Conjunction,
    /// What must happen.
    #[serde(flatten)]
    pub trigger: Trigger,
}

/// How a condition goes with the one that follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Conjunction {
    /// Both must hold; `a` on the wire.
    #[default]
    And,
    /// One of them must hold; `o` on the wire.
    Or,
}

/// What must happen. `is_more` means "at or above" or "at or after", otherwise "at or below" or "before".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Trigger {
    /// 1: a price is reached.
    Price {
        /// From below or from above.
        is_more: bool,
        /// The price.
        #[schemars(with = "f64")]
        price: Decimal,
        /// Of which instrument.
        con_id: ConId,
        /// At which exchange.
        exchange: String,
        /// Which price counts, as in [`Order::trigger_method`](super::Order::trigger_method).
        trigger_method: i32,
    },
    /// 3: a time is reached.
    Time {
        /// After or before.
        is_more: bool,
        /// `YYYYMMDD HH:MM:SS zone`.
        time: String,
    },
    /// 4: the margin cushion of the account reaches a percentage.
    Margin {
        /// From below or from above.
        is_more: bool,
        /// The percentage.
        #[schemars(with = "f64")]
        percent: Decimal,
    },
    /// 5: the account trades something.
    Execution {
        /// Of which type.
        sec_type: String,
        /// At which exchange.
        exchange: String,
        /// Of which symbol.
        symbol: String,
    },
    /// 6: a volume is reached.
    Volume {
        /// From below or from above.
        is_more: bool,
        /// The volume.
        volume: i64,
        /// Of which instrument.
        con_id: ConId,
        /// At which exchange.
        exchange: String,
    },
    /// 7: a price has changed by a percentage.
    PercentChange {
        /// From below or from above.
        is_more: bool,
        /// The percentage.
        #[schemars(with = "f64")]
        change_percent: Decimal,
        /// Of which instrument.
        con_id: ConId,
        /// At which exchange.
        exchange: String,
    },
}

impl Default for Trigger {
    fn default() -> Self {
        Self::Time { is_more: true, time: String::new() }
    }
}

impl OrderCondition {
    pub(super) fn pass<W: Wire>(&mut self, wire: &mut W) -> Result<(), W::Error> {
        wire.word(&mut self.trigger, Trigger::number, Trigger::of_number, "a known condition type")?;
        wire.word(&mut self.conjunction, Conjunction::letter, Conjunction::of_letter, "a conjunction")?;
        self.trigger.pass(wire)
    }
}

impl Conjunction {
    fn letter(&self) -> &'static str {
        match self {
            Self::And => "a",
            Self::Or => "o",
        }
    }

    /// As in the official clients, whatever is not "and" is "or".
    fn of_letter(letter: &str) -> Option<Self> {
        Some(if letter == "a" { Self::And } else { Self::Or })
    }
}

impl Trigger {
    pub(super) fn number(&self) -> &'static str {
        match self {
            Self::Price { .. } => "1",
            Self::Time { .. } => "3",
            Self::Margin { .. } => "4",
            Self::Execution { .. } => "5",
            Self::Volume { .. } => "6",
            Self::PercentChange { .. } => "7",
        }
    }

    pub(super) fn of_number(number: &str) -> Option<Self> {
        let (is_more, con_id) = (false, ConId::default());
        let text = String::new;
        Some(match number {
            "1" => Self::Price { is_more, price: Decimal::ZERO, con_id, exchange: text(), trigger_method: 0 },
            "3" => Self::Time { is_more, time: text() },
            "4" => Self::Margin { is_more, percent: Decimal::ZERO },
            "5" => Self::Execution { sec_type: text(), exchange: text(), symbol: text() },
            "6" => Self::Volume { is_more, volume: 0, con_id, exchange: text() },
            "7" => Self::PercentChange { is_more, change_percent: Decimal::ZERO, con_id, exchange: text() },
            _ => return None,
        })
    }

    fn pass<W: Wire>(&mut self, wire: &mut W) -> Result<(), W::Error> {
        match self {
            Self::Price { is_more, price, con_id, exchange, trigger_method } => {
                wire.flag(is_more)?;
                wire.amount(price)?;
                wire.id(con_id)?;
                wire.text(exchange)?;
                wire.whole(trigger_method)
            }
            Self::Time { is_more, time } => {
                wire.flag(is_more)?;
                wire.text(time)
            }
            Self::Margin { is_more, percent } => {
                wire.flag(is_more)?;
                wire.amount(percent)?;
                // The official Python client says 30.0 of what it read as 30, and ib_async cannot read that.
                *percent = percent.normalize();
                Ok(())
            }
            Self::Execution { sec_type, exchange, symbol } => {
                wire.text(sec_type)?;
                wire.text(exchange)?;
                wire.text(symbol)
            }
            Self::Volume { is_more, volume, con_id, exchange } => {
                wire.flag(is_more)?;
                wire.long(volume)?;
                wire.id(con_id)?;
                wire.text(exchange)
            }
            Self::PercentChange { is_more, change_percent, con_id, exchange } => {
                wire.flag(is_more)?;
                wire.amount(change_percent)?;
                wire.id(con_id)?;
                wire.text(exchange)
            }
        }
    }
}
