//! Why an order was not sent.

use std::fmt;

use gatewright_link::protocol::LayerState;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;

use super::limits::HoursRule;
use crate::account::AccountId;

/// Why an order was not sent: the limit, the figure and the bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "limit", rename_all = "snake_case")]
pub enum Refusal {
    /// The trader is stopping.
    Stopping,
    /// All trading is halted, by `gatewright halt`.
    Halted {
        /// Why, in the words of whoever halted it.
        why: String,
    },
    /// There is no ready session.
    SessionNotReady,
    /// A layer of the connection is broken, or unknown where that is not allowed.
    SessionNotWell {
        /// The layer.
        layer: String,
        /// How it is.
        figure: LayerState,
        /// What tells us.
        evidence: String,
    },
    /// The account is not on the list of those that may be traded.
    Account {
        /// The account.
        figure: AccountId,
    },
    /// The symbol is not on the list of those that may be traded.
    Symbol {
        /// The symbol.
        figure: String,
    },
    /// Whether earlier orders exist is not known yet.
    OrdersInDoubt {
        /// How many.
        figure: usize,
    },
    /// What is held is not known for sure, so that no limit could be kept.
    PositionUnknown {
        /// Why not, by its name.
        why: &'static str,
    },
    /// The market is closed, or nobody knows whether it is.
    TradingHours {
        /// Which hours are allowed.
        bound: HoursRule,
        /// When they begin, where that is known.
        opens: Option<Timestamp>,
    },
    /// No price has come since the session began.
    NoData {
        /// The oldest that would do, in milliseconds.
        bound_ms: u64,
    },
    /// The last price is too old.
    DataAge {
        /// Its age in milliseconds.
        figure_ms: u64,
        /// The oldest that would do, in milliseconds.
        bound_ms: u64,
    },
    /// There have been too many orders.
    OrdersPerMinute {
        /// How many there would be.
        figure: u32,
        /// The most that would do.
        bound: u32,
    },
    /// The order is too large.
    OrderSize {
        /// Its size.
        figure: Decimal,
        /// The largest that would do.
        bound: Decimal,
    },
    /// The order is worth too much.
    OrderValue {
        /// Its value.
        figure: Decimal,
        /// The most that would do.
        bound: Decimal,
    },
    /// The order's price lies too far from the market's.
    PriceCollar {
        /// The order's price, or the price that a market order would get.
        price: Decimal,
        /// The market's.
        market: Decimal,
        /// How far apart they are, in percent of the market's.
        figure: Decimal,
        /// The most that would do.
        bound: Decimal,
    },
    /// The position would get too large.
    Position {
        /// What it could become.
        figure: Decimal,
        /// The largest that would do, to either side.
        bound: Decimal,
    },
    /// All positions together would be worth too much.
    GrossExposure {
        /// What they would be worth; `None` where a price is missing.
        figure: Option<Decimal>,
        /// The most that would do.
        bound: Decimal,
    },
    /// Too much has been lost since the session's day began.
    DailyLoss {
        /// The loss; `None` where a price is missing.
        figure: Option<Decimal>,
        /// The most that would do.
        bound: Decimal,
    },
}

impl Refusal {
    /// The limit's name, as it stands in JSON and in the summary.
    pub fn limit(&self) -> &'static str {
        match self {
            Self::Stopping => "stopping",
            Self::Halted { .. } => "halted",
            Self::SessionNotReady => "session_not_ready",
            Self::SessionNotWell { .. } => "session_not_well",
            Self::Account { .. } => "account",
            Self::Symbol { .. } => "symbol",
            Self::OrdersInDoubt { .. } => "orders_in_doubt",
            Self::PositionUnknown { .. } => "position_unknown",
            Self::TradingHours { .. } => "trading_hours",
            Self::NoData { .. } => "no_data",
            Self::DataAge { .. } => "data_age",
            Self::OrdersPerMinute { .. } => "orders_per_minute",
            Self::OrderSize { .. } => "order_size",
            Self::OrderValue { .. } => "order_value",
            Self::PriceCollar { .. } => "price_collar",
            Self::Position { .. } => "position",
            Self::GrossExposure { .. } => "gross_exposure",
            Self::DailyLoss { .. } => "daily_loss",
        }
    }

    /// The same but for figures that change by the second: two that are equal so are one piece of news.
    pub(crate) fn is_same_news(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::SessionNotWell { layer: one, .. }, Self::SessionNotWell { layer: two, .. }) => one == two,
            (one, two) => one.limit() == two.limit(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.limit();
        match self {
            Self::Stopping => write!(f, "{name}: the trader is stopping"),
            Self::Halted { why } => write!(f, "{name}: {why}; only `gatewright resume` ends this"),
            Self::SessionNotReady => write!(f, "{name}: there is no ready session"),
            Self::SessionNotWell { layer, figure, evidence } => {
                let state = if *figure == LayerState::No { "broken" } else { "unknown" };
                write!(f, "{name}: {layer} is {state}, it must be well ({evidence})")
            }
            Self::Account { figure } => write!(f, "{name}: {figure} is not among the accounts that may be traded"),
            Self::Symbol { figure } => write!(f, "{name}: {figure} is not among the symbols that may be traded"),
            Self::OrdersInDoubt { figure } => write!(f, "{name}: {figure} in doubt, none allowed"),
            Self::PositionUnknown { why } => write!(f, "{name}: {why}; nothing is sent until a person has looked"),
            Self::TradingHours { bound, opens } => match opens {
                Some(opens) => write!(f, "{name}: closed until {opens}, {} hours allowed", bound.name()),
                None => {
                    write!(f, "{name}: when the market is open is not known, {} hours allowed", bound.name())
                }
            },
            Self::NoData { bound_ms } => {
                write!(f, "{name}: no price since the session began, none older than {bound_ms} ms allowed")
            }
            Self::DataAge { figure_ms, bound_ms } => {
                write!(f, "{name}: the last price is {figure_ms} ms old, at most {bound_ms} ms allowed")
            }
            Self::OrdersPerMinute { figure, bound } => {
                write!(f, "{name}: it would be order {figure} within a minute, at most {bound} allowed")
            }
            Self::OrderSize { figure, bound } => write!(f, "{name}: the order is {figure}, at most {bound} allowed"),
            Self::OrderValue { figure, bound } => {
                write!(f, "{name}: the order is worth {}, at most {bound} allowed", figure.round_dp(2))
            }
            Self::PriceCollar { price, market, figure, bound } => write!(
                f,
                "{name}: {price} is {} % from the market's {market}, at most {bound} % allowed",
                figure.round_dp(2)
            ),
            Self::Position { figure, bound } => {
                write!(f, "{name}: the position would be {figure}, at most {bound} allowed")
            }
            Self::GrossExposure { figure: Some(figure), bound } => {
                write!(f, "{name}: all positions would be worth {}, at most {bound} allowed", figure.round_dp(2))
            }
            Self::GrossExposure { figure: None, bound } => {
                write!(f, "{name}: what all positions are worth is not known, at most {bound} allowed")
            }
            Self::DailyLoss { figure: Some(figure), bound } => {
                write!(f, "{name}: the day has lost {}, at most {bound} allowed", figure.round_dp(2))
            }
            Self::DailyLoss { figure: None, bound } => {
                write!(f, "{name}: what the day came to is not known, at most a loss of {bound} allowed")
            }
        }
    }
}
