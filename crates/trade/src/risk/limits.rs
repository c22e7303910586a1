//! The bounds, with their defaults.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::time::Duration;

use rust_decimal::Decimal;
use serde::Serialize;

use crate::account::AccountId;

/// What an order may not exceed.
///
/// The defaults suit a paper account of a person who tries something: large enough for what one tries, small enough that a
/// wrong zero is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RiskLimits {
    /// The largest order, in units of the instrument. Default 1000.
    pub max_order_size: Decimal,
    /// The largest order, in the instrument's currency. Default 100 000.
    pub max_order_value: Decimal,
    /// The largest position to either side, in units, with everything that is still working counted as filled.
    /// Default 1000.
    pub max_position: Decimal,
    /// The largest sum of all our positions' values, each without its sign, with everything that is still working counted
    /// as filled. Default 500 000.
    pub max_gross_exposure: Decimal,
    /// The largest loss since the session's day began, realised and unrealised, with commissions. Default 5000.
    pub max_daily_loss: Decimal,
    /// The most orders in any 60 seconds. Default 30: a strategy on five-second bars that turns at every bar stays below.
    pub max_orders_per_minute: u32,
    /// How far an order's price may lie from the last fresh quote, in percent of it. For a limit order its limit, for a
    /// market order the other side's quote. Default 5.
    pub price_collar_percent: Decimal,
    /// The oldest price that may be traded on. Default 15 s: two of three five-second bars may be missing.
    pub max_data_age: Duration,
    /// What to do while a layer of the connection is neither known to be well nor known to be broken. Default carrying.
    pub unknown_health: UnknownHealth,
    /// When may be traded, by the instrument's own calendar. Default regular hours.
    pub hours: HoursRule,
    /// The symbols that may be traded; empty for all.
    pub symbols: BTreeSet<String>,
    /// The accounts that may be traded; empty for all that the permission allows.
    pub accounts: BTreeSet<AccountId>,
}

impl Default for RiskLimits {
    fn default() -> Self {
        Self {
            max_order_size: Decimal::ONE_THOUSAND,
            max_order_value: Decimal::from(100_000),
            max_position: Decimal::ONE_THOUSAND,
            max_gross_exposure: Decimal::from(500_000),
            max_daily_loss: Decimal::from(5_000),
            max_orders_per_minute: 30,
            price_collar_percent: Decimal::from(5),
            max_data_age: Duration::from_secs(15),
            unknown_health: UnknownHealth::default(),
            hours: HoursRule::default(),
            symbols: BTreeSet::new(),
            accounts: BTreeSet::new(),
        }
    }
}

/// What to do while nobody knows how a layer is. A layer that is known to be broken always stops new orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownHealth {
    /// Orders may be sent.
    Allow,
    /// Nothing is sent unless every layer that an order goes through is known to be well: listener, connection, handshake,
    /// session, the Gateway's link to IBKR, and that orders are accepted. Farms of other regions sleep on the best of days,
    /// and nobody can wake them; what our own streams bring is judged by its age.
    #[default]
    Carrying,
    /// Nothing is sent unless every layer is known to be well.
    Refuse,
}

impl UnknownHealth {
    /// Its name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Carrying => "carrying",
            Self::Refuse => "refuse",
        }
    }
}

impl FromStr for UnknownHealth {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Allow, Self::Carrying, Self::Refuse]
            .into_iter()
            .find(|rule| rule.name() == text)
            .ok_or_else(|| format!("`{text}` is neither `allow`, `carrying` nor `refuse`"))
    }
}

/// When may be traded, by the instrument's own calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HoursRule {
    /// In regular hours, the contract's liquidHours.
    #[default]
    Regular,
    /// Also before and after them, the contract's tradingHours.
    Extended,
    /// Whenever the Gateway takes an order. One that comes while the market is closed waits there for its opening.
    Any,
}

impl HoursRule {
    /// Its name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Regular => "regular",
            Self::Extended => "extended",
            Self::Any => "any",
        }
    }
}

impl FromStr for HoursRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Regular, Self::Extended, Self::Any]
            .into_iter()
            .find(|rule| rule.name() == text)
            .ok_or_else(|| format!("`{text}` is neither `regular`, `extended` nor `any`"))
    }
}
