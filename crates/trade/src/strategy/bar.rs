//! The bars that a strategy is given.

use gatewright_proto::message::historical::{Bar, RealTimeBar};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;

/// One bar, from history or live; a strategy cannot and need not tell which.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BarIn {
    /// The start of the bar, by the Gateway's clock. Strategies know no other time.
    pub time: Timestamp,
    /// First price.
    pub open: Decimal,
    /// Highest price.
    pub high: Decimal,
    /// Lowest price.
    pub low: Decimal,
    /// Last price.
    pub close: Decimal,
    /// Volume, where there is one.
    pub volume: Option<Decimal>,
}

impl BarIn {
    /// A historical bar that was asked for with `format_date` 2; `None` when its date is no number of seconds.
    pub fn from_history(bar: &Bar) -> Option<Self> {
        let time = Timestamp::from_second(bar.date.trim().parse().ok()?).ok()?;
        Some(Self { time, open: bar.open, high: bar.high, low: bar.low, close: bar.close, volume: bar.volume })
    }

    /// A five-second bar; `None` when its time is out of any calendar.
    pub fn from_live(bar: &RealTimeBar) -> Option<Self> {
        let time = Timestamp::from_second(bar.time).ok()?;
        Some(Self { time, open: bar.open, high: bar.high, low: bar.low, close: bar.close, volume: bar.volume })
    }
}
