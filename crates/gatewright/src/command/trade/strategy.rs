//! Which strategy, and its parameters.

use std::time::Duration;

use clap::{Args, ValueEnum};
use gatewright_trade::TradeError;
use gatewright_trade::run::ProgramSettings;
use gatewright_trade::strategy::{
    BarLength, BuyAndHold, MAX_PERIOD, MeanReversion, MeanReversionParams, MovingAverageCross,
    MovingAverageCrossParams, Strategy,
};
use rust_decimal::Decimal;

use super::args::duration;
use super::limits::amount;
use crate::config::TradingSettings;

/// The built-in strategies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum BuiltIn {
    /// Long while a fast average of closes is above a slow one, flat otherwise; by market orders
    MovingAverageCross,
    /// Buys far below the average by limit orders, sells at the average
    MeanReversion,
    /// Buys once and holds
    BuyAndHold,
}

/// When to buy and sell, and how much.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Strategy")]
pub(super) struct StrategyArgs {
    /// The strategy
    #[arg(long, value_enum, default_value_t = BuiltIn::MovingAverageCross, conflicts_with = "strategy_cmd")]
    strategy: BuiltIn,

    /// A program that decides, with its arguments: JSON, one object a line (docs/strategies.md)
    #[arg(long, value_name = "COMMAND")]
    strategy_cmd: Option<String>,

    /// How long that program may take to answer [default: 1s]
    #[arg(long, value_name = "DURATION", value_parser = duration, requires = "strategy_cmd")]
    strategy_deadline: Option<Duration>,

    /// The length of the bars, made of the Gateway's live five-second ones: 5s, 10s, 15s, 30s, 1m to 30m, 1h, 1d
    /// [default: 5s]
    #[arg(long, value_name = "LENGTH")]
    bar: Option<BarLength>,

    /// Shares to hold while the strategy is long [default: 10]
    #[arg(long, value_name = "N", value_parser = amount)]
    quantity: Option<Decimal>,

    /// Bars in the fast average of the cross
    #[arg(long, value_name = "BARS", default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..))]
    fast: u8,

    /// Bars in the slow average of the cross
    #[arg(long, value_name = "BARS", default_value_t = 20, value_parser = clap::value_parser!(u8).range(1..=i64::from(MAX_PERIOD)))]
    slow: u8,

    /// Bars in the average of mean reversion
    #[arg(long, value_name = "BARS", default_value_t = 20, value_parser = clap::value_parser!(u8).range(2..=i64::from(MAX_PERIOD)))]
    period: u8,

    /// How many standard deviations below its average mean reversion buys
    #[arg(long, value_name = "N", default_value = "2", value_parser = amount)]
    entry: Decimal,
}

impl StrategyArgs {
    /// A strategy for one instrument; `None` where a program decides.
    ///
    /// # Errors
    ///
    /// A parameter makes no sense.
    pub(super) fn strategy(&self, file: &TradingSettings) -> Result<Option<Box<dyn Strategy>>, TradeError> {
        let Self { fast, slow, period, entry, .. } = *self;
        let quantity = self.quantity(file);
        if self.strategy_cmd.is_some() {
            return Ok(None);
        }
        let strategy: Box<dyn Strategy> = match self.strategy {
            BuiltIn::MovingAverageCross => {
                Box::new(MovingAverageCross::new(MovingAverageCrossParams { fast, slow, quantity })?)
            }
            BuiltIn::MeanReversion => Box::new(MeanReversion::new(MeanReversionParams { period, entry, quantity })?),
            BuiltIn::BuyAndHold => Box::new(BuyAndHold::new(quantity)?),
        };
        Ok(Some(strategy))
    }

    /// The program that decides, where there is one. Words are separated by spaces; there is no shell in between.
    pub(super) fn program(&self, file: &TradingSettings) -> Option<ProgramSettings> {
        let command: Vec<String> = self.strategy_cmd.as_ref()?.split_whitespace().map(str::to_owned).collect();
        let deadline = self.strategy_deadline.unwrap_or(file.strategy_deadline.value.0);
        Some(ProgramSettings { command, deadline })
    }

    /// The length of the bars.
    pub(super) fn bar(&self, file: &TradingSettings) -> BarLength {
        self.bar.unwrap_or(file.bar.value)
    }

    /// The most that a built-in strategy ever holds.
    pub(super) fn most(&self, file: &TradingSettings) -> Decimal {
        if self.strategy_cmd.is_some() { Decimal::ZERO } else { self.quantity(file) }
    }

    fn quantity(&self, file: &TradingSettings) -> Decimal {
        self.quantity.unwrap_or(file.quantity.value.0)
    }
}
