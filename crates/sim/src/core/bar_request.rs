//! The words of historical requests: durations, bar sizes, what to show.

use gatewright_proto::message::historical::HistoricalDataRequest;
use jiff::civil::Date;

use crate::calendar::Which;
use crate::market::{Detail, Show};
use crate::new_york::NewYork;

/// The most bars that one request may give: a 16 MiB frame holds about twice as many.
const MAX_BARS: i64 = 100_000;

/// The furthest that one request may reach back, in days.
const MAX_DAYS: i64 = 40 * 366;

/// The sizes that a Gateway knows, in its own order, for its error message.
const LEGAL_SIZES: &str = "1 secs, 5 secs, 10 secs, 15 secs, 30 secs, 1 min, 2 mins, 3 mins, 5 mins, 10 mins, 15 mins, \
20 mins, 30 mins, 1 hour, 2 hours, 3 hours, 4 hours, 8 hours, 1 day, 1W, 1M";

/// How long a bar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BarSize {
    /// This many seconds, counted from midnight in New York.
    Seconds(i64),
    /// A day of New York.
    Day,
    /// Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
}

/// What a historical request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// Bars of one kind of price.
    Prices(Show),
    /// Bars that open at the bid, close at the ask and reach from the lowest bid to the highest ask.
    BidAsk,
    /// Something that exists, and of which the simulator has no data.
    Nothing,
    /// The sessions themselves.
    Schedule,
}

/// A historical request, understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The first second.
    pub(super) start: i64,
    /// The second after the last one.
    pub(super) end: i64,
    pub(super) size: BarSize,
    pub(super) what: What,
    /// Which hours count.
    pub(super) which: Which,
    /// Bar times as seconds since 1970 rather than as text.
    pub(super) epoch_dates: bool,
}

/// Why a request cannot be answered: code and text.
pub(super) type Refused = (i32, String);

impl Wanted {
    /// Understands a request that arrives at second `now`.
    pub(super) fn read(request: &HistoricalDataRequest, clock: &NewYork, now: i64) -> Result<Self, Refused> {
        let invalid = |cause: &str| (321, format!("Error validating request.-'bR' : cause - {cause}"));
        let size = bar_size(&request.bar_size).ok_or_else(|| {
            invalid(&format!("Historical data bar size setting is invalid. Legal ones are: {LEGAL_SIZES}."))
        })?;
        let what = what(&request.what_to_show).ok_or_else(|| invalid("What to show field is missing or incorrect."))?;
        if what == What::Schedule && size != BarSize::Day {
            return Err(invalid("Only a bar size of 1 day is supported for historical schedules"));
        }
        if request.what_to_show.eq_ignore_ascii_case("ADJUSTED_LAST") && !request.end_date_time.trim().is_empty() {
            return Err(invalid("End Date/Time not supported for adjusted last"));
        }
        let end = match request.end_date_time.trim() {
            "" => now + 1,
            _ if request.keep_up_to_date => {
                return Err(invalid("End Date/Time not supported when requesting for keep up to date."));
            }
            text => clock.parse(text).ok_or_else(|| invalid("Invalid date format for end date/time"))?.min(now + 1),
        };
        let start = start(&request.duration, clock, end, size)
            .ok_or_else(|| invalid("Historical data query duration is invalid"))?;
        let wanted = Self {
            start,
            end,
            size,
            what,
            which: Which::from_use_rth(request.use_rth),
            epoch_dates: request.format_date == 2,
        };
        if (end - start) / size.shortest() > MAX_BARS {
            return Err((162, "Historical Market Data Service error message:invalid step".into()));
        }
        Ok(wanted)
    }
}

impl BarSize {
    /// The bar that a second is in, as its first second and the second after its last one.
    pub(super) fn bar_at(self, second: i64, clock: &NewYork) -> (i64, i64) {
        let day = clock.day(second);
        let days = |from: Date, to: Date| (clock.day_start(from), clock.day_start(to));
        match self {
            // Minutes and shorter divide every hour, so no calendar is needed; the longer ones start at midnight.
            Self::Seconds(length) if length <= 3_600 => {
                let start = second.div_euclid(length) * length;
                (start, start + length)
            }
            Self::Seconds(length) => {
                let (midnight, next) = days(day, NewYork::days_later(day, 1));
                let start = midnight + (second - midnight).div_euclid(length) * length;
                (start, (start + length).min(next))
            }
            Self::Day => days(day, NewYork::days_later(day, 1)),
            Self::Week => {
                let monday = NewYork::days_later(day, -i64::from(day.weekday().to_monday_zero_offset()));
                days(monday, NewYork::days_later(monday, 7))
            }
            Self::Month => days(day.first_of_month(), NewYork::days_later(day.last_of_month(), 1)),
        }
    }

    /// Whether bars are named by a date and not by a time.
    pub(super) fn by_date(self) -> bool {
        !matches!(self, Self::Seconds(_))
    }

    /// How closely averages are worked out: to the second up to five minutes, so that they are those of the stream.
    pub(super) fn detail(self) -> Detail {
        if self.shortest() <= 300 { Detail::Exact } else { Detail::Coarse }
    }

    /// How many seconds it has at least.
    pub(super) fn shortest(self) -> i64 {
        match self {
            Self::Seconds(length) => length,
            Self::Day => 82_800,
            Self::Week => 6 * 86_400,
            Self::Month => 27 * 86_400,
        }
    }
}

/// Reads `1 min`, `5 mins`, `1 hour`, `1 day`, `1W`, `1 month`, …
pub(super) fn bar_size(text: &str) -> Option<BarSize> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let count: i64 = text[..digits].parse().ok()?;
    let legal = |legal: &[i64], unit: i64| legal.contains(&count).then_some(BarSize::Seconds(count * unit));
    match text[digits..].trim() {
        "s" | "sec" | "secs" => legal(&[1, 5, 10, 15, 30], 1),
        "min" | "mins" => legal(&[1, 2, 3, 5, 10, 15, 20, 30], 60),
        "h" | "hour" | "hours" => legal(&[1, 2, 3, 4, 8], 3_600),
        "d" | "day" => (count == 1).then_some(BarSize::Day),
        "w" | "week" => (count == 1).then_some(BarSize::Week),
        "m" | "month" => (count == 1).then_some(BarSize::Month),
        _ => None,
    }
}

fn what(text: &str) -> Option<What> {
    match text.to_ascii_uppercase().as_str() {
        "TRADES" | "ADJUSTED_LAST" => Some(What::Prices(Show::Trades)),
        "MIDPOINT" => Some(What::Prices(Show::Midpoint)),
        "BID" => Some(What::Prices(Show::Bid)),
        "ASK" => Some(What::Prices(Show::Ask)),
        "BID_ASK" => Some(What::BidAsk),
        "SCHEDULE" => Some(What::Schedule),
        "HISTORICAL_VOLATILITY"
        | "OPTION_IMPLIED_VOLATILITY"
        | "FEE_RATE"
        | "REBATE_RATE"
        | "YIELD_BID"
        | "YIELD_ASK"
        | "YIELD_BID_ASK"
        | "YIELD_LAST"
        | "AGGTRADES" => Some(What::Nothing),
        _ => None,
    }
}

/// The number and unit of a duration such as `3 D`.
pub(super) fn count_and_unit(duration: &str) -> Option<(i64, &str)> {
    let (count, unit) = duration.trim().split_once(' ')?;
    Some((count.parse().ok().filter(|count| *count > 0)?, unit.trim()))
}

/// The first second of `duration` up to `end`: for whole days and longer at the start of a bar.
fn start(duration: &str, clock: &NewYork, end: i64, size: BarSize) -> Option<i64> {
    let mut words = duration.split_whitespace();
    let count: i64 = words.next()?.parse().ok()?;
    let unit = words.next().unwrap_or("S");
    if words.next().is_some() || !(1..=86_400).contains(&count) {
        return None;
    }
    let last_day = clock.day(end - 1);
    let days = match unit {
        "S" => return Some(size.bar_at(end - count, clock).0),
        "D" => count,
        "W" => count * 7,
        "M" => count * 365 / 12,
        "Y" => count * 365,
        _ => return None,
    };
    if days > MAX_DAYS {
        return None;
    }
    if size.by_date() {
        let first = size.bar_at(clock.day_start(last_day), clock).0;
        let reach = clock.day_start(NewYork::days_later(last_day, 1 - days));
        return Some(size.bar_at(reach, clock).0.min(first));
    }
    // The market never closes, so a day of intraday bars is the last 24 hours, from the first bar that is whole.
    Some(size.bar_at(end - days * 86_400 - 1, clock).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_of_the_error_text_is_read() {
        for text in LEGAL_SIZES.split(", ") {
            assert!(bar_size(text).is_some(), "{text}");
        }
        for text in ["", "7 mins", "min", "1", "99999999999999999999 secs", "1 fortnight"] {
            assert_eq!(bar_size(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_of_minutes_has_1440_and_a_week_of_days_has_7() {
        let clock = NewYork::default();
        let end = clock.parse("20260302 12:00:00").unwrap();
        for (end, expected) in [(end, "12:00:00"), (end + 1, "12:01:00"), (end + 60, "12:01:00")] {
            let first = start("1 D", &clock, end, BarSize::Seconds(60)).unwrap();
            assert_eq!(clock.text(first), format!("20260301 {expected} US/Eastern"));
        }
        let first = start("1 W", &clock, end, BarSize::Day).unwrap();
        assert_eq!(clock.text(first), "20260224 00:00:00 US/Eastern");
    }

    #[test]
    fn bars_of_hours_start_at_midnight_and_end_with_the_day() {
        let clock = NewYork::default();
        let noon = clock.parse("20260302 12:00:00").unwrap();
        let (from, to) = BarSize::Seconds(8 * 3_600).bar_at(noon, &clock);
        assert_eq!(clock.text(from), "20260302 08:00:00 US/Eastern");
        assert_eq!(clock.text(to), "20260302 16:00:00 US/Eastern");
        let (from, to) = BarSize::Month.bar_at(noon, &clock);
        assert_eq!((clock.date_text(from).as_str(), clock.date_text(to).as_str()), ("20260301", "20260401"));
    }
}
