//! Times as a Gateway writes them.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;

/// `YYYYMMDD HH:MM:SS zone`, or `YYYYMMDD-HH:MM:SS` in UTC; `None` for anything else, and for zones that this machine does
/// not know.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    if let Ok(utc) = DateTime::strptime("%Y%m%d-%H:%M:%S", text) {
        return TimeZone::UTC.to_timestamp(utc).ok();
    }
    let (date_and_time, zone) = split_zone(text)?;
    TimeZone::get(zone).ok()?.to_timestamp(date_and_time).ok()
}

/// How long the Gateway's day has lasted, by a time that it wrote. Its zone does not matter for that.
pub(crate) fn since_midnight(text: &str) -> Option<Duration> {
    let (date_and_time, _) = split_zone(text)?;
    let since = date_and_time.time().duration_since(Time::midnight());
    Some(since.unsigned_abs())
}

fn split_zone(text: &str) -> Option<(DateTime, &str)> {
    let (date_and_time, zone) = text.split_at_checked("YYYYMMDD HH:MM:SS".len())?;
    let date_and_time = DateTime::strptime("%Y%m%d %H:%M:%S", date_and_time).ok()?;
    Some((date_and_time, zone.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_and_nonsense_is_not() {
        let utc: Timestamp = "2026-03-02T14:30:00Z".parse().unwrap();
        assert_eq!(parse("20260302 09:30:00 US/Eastern"), Some(utc));
        assert_eq!(parse("20260302-14:30:00"), Some(utc));
        for text in ["", "20260302", "20260302 09:30:00", "20260302 09:30:00 Nowhere/Land", "ünïcödé-nonsense-here"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_day_began_as_long_ago_as_the_clock_shows() {
        let nine_thirty = Duration::from_secs(9 * 3600 + 30 * 60);
        assert_eq!(since_midnight("20260302 09:30:00 EST"), Some(nine_thirty));
        assert_eq!(since_midnight("20260302 09:30:00 Central European Standard Time"), Some(nine_thirty));
        assert_eq!(since_midnight(""), None);
    }
}
