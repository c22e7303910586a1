//! The bars that a strategy is given.

use gatewright_proto::message::historical::{Bar, RealTimeBar};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::calendar::Calendar;

/// The length of `YYYYMMDD`. Seconds since 1970 have ten digits.
const DATE: usize = 8;

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
    /// A historical bar that was asked for with `format_date` 2; `None` when its date is neither a number of seconds nor, as
    /// for bars of a day, a date of the instrument's calendar.
    pub(crate) fn from_history(bar: &Bar, calendar: &Calendar) -> Option<Self> {
        let date = bar.date.trim();
        let time = if date.len() == DATE {
            calendar.midnight(Date::strptime("%Y%m%d", date).ok()?)?
        } else {
            Timestamp::from_second(date.parse().ok()?).ok()?
        };
        Some(Self { time, open: bar.open, high: bar.high, low: bar.low, close: bar.close, volume: bar.volume })
    }

    /// A five-second bar; `None` when its time is out of any calendar.
    pub fn from_live(bar: &RealTimeBar) -> Option<Self> {
        let time = Timestamp::from_second(bar.time).ok()?;
        Some(Self { time, open: bar.open, high: bar.high, low: bar.low, close: bar.close, volume: bar.volume })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_a_historical_bar_is_seconds_or_a_day_and_never_one_for_the_other() {
        let calendar = Calendar::read("", "", "US/Eastern");
        let of = |date: &str| {
            let price = Decimal::ONE;
            let bar = Bar { date: date.into(), open: price, high: price, low: price, close: price, ..Bar::default() };
            BarIn::from_history(&bar, &calendar).map(|bar| bar.time.to_string())
        };
        assert_eq!(of("1772461800").as_deref(), Some("2026-03-02T14:30:00Z"));
        assert_eq!(of("20260302").as_deref(), Some("2026-03-02T05:00:00Z"));
        assert_eq!((of("20261302"), of("soon"), of("")), (None, None, None));
    }
}
