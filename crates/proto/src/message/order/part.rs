//! The small structures inside an order.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::ConId;

/// A named parameter.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TagValue {
    /// Its name.
    pub tag: String,
    /// Its value.
    pub value: String,
}

/// A soft dollar tier.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct SoftDollarTier {
    /// Its name.
    pub name: String,
    /// Its value.
    pub val: String,
    /// Its name for people; only a Gateway says so.
    pub display_name: String,
}

/// The price of one leg of a combination.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OrderComboLeg {
    /// The price, where legs have their own.
    #[schemars(with = "Option<f64>")]
    pub price: Option<Decimal>,
}

/// One leg of a combination that is traded; quotes name legs by less, see
/// [`ComboLeg`](crate::message::market_data::ComboLeg).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct OrderLeg {
    /// The leg's instrument.
    pub con_id: ConId,
    /// How many per combination.
    pub ratio: i32,
    /// `BUY` or `SELL`.
    pub action: String,
    /// Where.
    pub exchange: String,
    /// 0 the same as the combination, 1 opens, 2 closes, 3 unknown.
    pub open_close: i32,
    /// 1 the broker holds the shares, 2 they come from elsewhere.
    pub short_sale_slot: i32,
    /// Where they come from, for slot 2.
    pub designated_location: String,
    /// Why a short sale is exempt; -1 for not.
    pub exempt_code: i32,
}

impl Default for OrderLeg {
    fn default() -> Self {
        Self {
            con_id: ConId::default(),
            ratio: 1,
            action: String::new(),
            exchange: String::new(),
            open_close: 0,
            short_sale_slot: 0,
            designated_location: String::new(),
            exempt_code: -1,
        }
    }
}
