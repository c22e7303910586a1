//! The civil time of the simulated Gateway: New York, by the rules in force since 2007.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// The zone name on the wire, as Gateways with that setting write it.
pub(crate) const ZONE: &str = "US/Eastern";

/// New York's clock, from the rule itself: the same on every machine, whatever zone files it has.
#[derive(Debug, Clone)]
pub(crate) struct NewYork {
    zone: TimeZone,
}

impl Default for NewYork {
    fn default() -> Self {
        Self { zone: TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").expect("the rule of New York is well-formed") }
    }
}

impl NewYork {
    /// What the clock shows at a second since 1970 UTC; the clock of 1970 for seconds out of any calendar.
    pub(crate) fn civil(&self, second: i64) -> DateTime {
        self.zone.to_datetime(Timestamp::from_second(second).unwrap_or_default())
    }

    /// How many seconds the clock is ahead of UTC; negative, as New York is behind.
    pub(crate) fn offset(&self, second: i64) -> i64 {
        i64::from(self.zone.to_offset(Timestamp::from_second(second).unwrap_or_default()).seconds())
    }

    /// The second since 1970 UTC at which the clock shows this, or `None` out of any calendar.
    pub(crate) fn second(&self, civil: DateTime) -> Option<i64> {
        self.zone.to_timestamp(civil).ok().map(Timestamp::as_second)
    }

    /// The second at which a day starts.
    pub(crate) fn day_start(&self, day: Date) -> i64 {
        self.second(day.at(0, 0, 0, 0)).unwrap_or_default()
    }

    /// The first second of the day that a second is in.
    pub(crate) fn start_of_day(&self, second: i64) -> i64 {
        self.day_start(self.day(second))
    }

    /// The day that a second is in.
    pub(crate) fn day(&self, second: i64) -> Date {
        self.civil(second).date()
    }

    /// The day `days` later; the same day at the end of the calendar.
    pub(crate) fn days_later(day: Date, days: i64) -> Date {
        Span::new().try_days(days).ok().and_then(|span| day.checked_add(span).ok()).unwrap_or(day)
    }

    /// `YYYYMMDD`.
    pub(crate) fn date_text(&self, second: i64) -> String {
        self.civil(second).strftime("%Y%m%d").to_string()
    }

    /// `YYYYMMDD HH:MM:SS US/Eastern`, one space, as Gateways write it since server version 174.
    pub(crate) fn text(&self, second: i64) -> String {
        format!("{} {ZONE}", self.civil(second).strftime("%Y%m%d %H:%M:%S"))
    }

    /// `YYYYMMDD HH:MM:SS EST`, for the greeting: a name that every client's zone table has.
    pub(crate) fn greeting(&self, second: i64) -> String {
        format!("{} EST", self.civil(second).strftime("%Y%m%d %H:%M:%S"))
    }

    /// `HH:MM`.
    pub(crate) fn minute_text(&self, second: i64) -> String {
        self.civil(second).strftime("%H:%M").to_string()
    }

    /// Reads `YYYYMMDD HH:MM:SS [zone]`, `YYYYMMDD-HH:MM:SS` (UTC) or `YYYYMMDD`; `None` when it is none of them.
    ///
    /// Zones other than UTC's names are taken as New York, the only zone of this Gateway.
    pub(crate) fn parse(&self, text: &str) -> Option<i64> {
        let text = text.trim();
        if let Some((day, clock)) = text.split_once('-') {
            let civil = DateTime::strptime("%Y%m%d %H:%M:%S", format!("{} {}", day.trim(), clock.trim())).ok()?;
            return TimeZone::UTC.to_timestamp(civil).ok().map(Timestamp::as_second);
        }
        let mut parts = text.split_whitespace();
        let day = parts.next()?;
        let clock = parts.next().unwrap_or("00:00:00");
        let civil = DateTime::strptime("%Y%m%d %H:%M:%S", format!("{day} {clock}")).ok()?;
        match parts.next() {
            Some("UTC" | "GMT" | "Etc/UTC") => TimeZone::UTC.to_timestamp(civil).ok().map(Timestamp::as_second),
            Some(_) | None => self.second(civil),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summer_and_winter_are_told_apart() {
        let clock = NewYork::default();
        let winter = clock.parse("20260302 09:30:00").unwrap();
        assert_eq!(clock.text(winter), "20260302 09:30:00 US/Eastern");
        assert_eq!(winter, clock.parse("20260302-14:30:00").unwrap());
        let summer = clock.parse("20260702 09:30:00 US/Eastern").unwrap();
        assert_eq!(summer, clock.parse("20260702 13:30:00 UTC").unwrap());
    }

    #[test]
    fn nonsense_is_no_time() {
        let clock = NewYork::default();
        for text in ["", "yesterday", "20261301 00:00:00", "20260302 9", "-", "99999999-00:00:00"] {
            assert_eq!(clock.parse(text), None, "{text}");
        }
    }
}
