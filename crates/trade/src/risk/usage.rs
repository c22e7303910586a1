//! How much of the bounds is used up, for whoever looks.

use rust_decimal::Decimal;
use serde::Serialize;

/// How much of the bounds that concern all instruments is used up.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RiskUsage {
    /// Why all trading is halted, if it is.
    pub halted: Option<String>,
    /// What all our positions are worth, each without its sign; `None` where a price is missing.
    pub gross_exposure: Option<Decimal>,
    /// The most that they may be.
    pub max_gross_exposure: Decimal,
    /// What all instruments came to since the session's day began, with commissions; `None` where a price is missing.
    pub day_result: Option<Decimal>,
    /// The largest loss allowed.
    pub max_daily_loss: Decimal,
    /// Orders sent in the last 60 seconds.
    pub orders_last_minute: u32,
    /// The most allowed.
    pub max_orders_per_minute: u32,
}
