//! What no order may exceed.

use std::time::Duration;

use clap::Args;
use gatewright_trade::{HoursRule, RiskLimits, UnknownHealth};
use rust_decimal::Decimal;

use super::args::duration;
use crate::config::TradingSettings;

/// What no order may exceed. What is not given comes from the settings' file, else from the defaults.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits: an order beyond one is not sent")]
pub(super) struct LimitArgs {
    /// The largest order [default: 1000]
    #[arg(long, value_name = "N", value_parser = amount)]
    max_order: Option<Decimal>,

    /// The largest order's value [default: 100000]
    #[arg(long, value_name = "MONEY", value_parser = amount)]
    max_order_value: Option<Decimal>,

    /// The largest position of ours in one symbol [default: 1000]
    #[arg(long, value_name = "N", value_parser = amount)]
    max_position: Option<Decimal>,

    /// The largest value of all positions of ours together [default: 500000]
    #[arg(long, value_name = "MONEY", value_parser = amount)]
    max_exposure: Option<Decimal>,

    /// The largest loss since the session's day began, over all runs of the day [default: 5000]
    #[arg(long, value_name = "MONEY", value_parser = amount)]
    max_daily_loss: Option<Decimal>,

    /// The most orders in any minute of our own clock [default: 30, with --speed that many times as many]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_orders_per_minute: Option<u32>,

    /// How far an order's price may lie from the last fresh quote, in percent [default: 5]
    #[arg(long, value_name = "PERCENT", value_parser = amount)]
    price_collar: Option<Decimal>,

    /// The oldest price that may be traded on [default: 15s]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    max_data_age: Option<Duration>,

    /// When may be traded, by the instrument's calendar: regular, extended or any [default: regular]
    #[arg(long, value_name = "HOURS")]
    hours: Option<HoursRule>,

    /// What an unknown layer of the connection stops: allow (nothing), carrying (orders, if they go through it: all but
    /// farms and data streams) or refuse (orders, whichever it is) [default: carrying]
    #[arg(long, value_name = "RULE")]
    unknown_health: Option<UnknownHealth>,
}

impl LimitArgs {
    /// The limits that hold, above those of the file, where simulated time passes `speed` times as fast as our own.
    pub(super) fn limits(&self, file: &TradingSettings, speed: u32) -> RiskLimits {
        let below = file.limits();
        // A simulated minute may have as many orders as a real one.
        let scale = if file.leaves_rate_open() { speed } else { 1 };
        let orders_per_minute = below.max_orders_per_minute.saturating_mul(scale);
        RiskLimits {
            max_order_size: self.max_order.unwrap_or(below.max_order_size),
            max_order_value: self.max_order_value.unwrap_or(below.max_order_value),
            max_position: self.max_position.unwrap_or(below.max_position),
            max_gross_exposure: self.max_exposure.unwrap_or(below.max_gross_exposure),
            max_daily_loss: self.max_daily_loss.unwrap_or(below.max_daily_loss),
            max_orders_per_minute: self.max_orders_per_minute.unwrap_or(orders_per_minute),
            price_collar_percent: self.price_collar.unwrap_or(below.price_collar_percent),
            max_data_age: self.max_data_age.unwrap_or(below.max_data_age),
            hours: self.hours.unwrap_or(below.hours),
            unknown_health: self.unknown_health.unwrap_or(below.unknown_health),
            ..below
        }
    }
}

/// Reads a number above zero.
pub(super) fn amount(text: &str) -> Result<Decimal, String> {
    let amount = text.parse::<Decimal>().ok().filter(|amount| *amount > Decimal::ZERO);
    amount.ok_or_else(|| "it must be a number above zero".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_decimals_above_zero() {
        assert_eq!(amount("2.5"), Ok(Decimal::new(25, 1)));
        assert!(amount("0").is_err() && amount("-1").is_err() && amount("ten").is_err());
    }
}
