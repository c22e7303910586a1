//! When IBKR resets its servers and a Gateway restarts itself: what is to be expected, never what is.

use std::time::Duration;

use jiff::civil::{Date, Time, Weekday, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the account's servers stand; it decides when IBKR resets them each day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Region {
    /// 23:45 to 00:45 New York time.
    #[default]
    NorthAmerica,
    /// 05:45 to 06:45 Central European time.
    Europe,
    /// 16:30 to 17:00 New York time and 20:15 to 21:00 Hong Kong time.
    Asia,
}

/// When the Gateway restarts itself each day (its auto-restart setting), in its own zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DailyRestart {
    /// The time of day that the Gateway is set to; 23:45 unless changed.
    pub time: Time,
    /// The Gateway's time zone.
    pub zone: TimeZone,
}

/// What is expected to be going on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Expected {
    /// What, as a fragment: `nightly restart of the Gateway`.
    pub what: String,
    /// Until when.
    #[schemars(with = "String")]
    pub until: Timestamp,
}

/// A Gateway's restart takes up to four minutes (measured by others: 33 s to 4 min), and begins within a minute.
const RESTART_TAKES: Duration = Duration::from_secs(5 * 60);

/// The zones by their rules: the same on every machine, whatever zone files it has.
const NEW_YORK: &str = "EST5EDT,M3.2.0,M11.1.0";
const CENTRAL_EUROPE: &str = "CET-1CEST,M3.5.0,M10.5.0/3";
const HONG_KONG: &str = "HKT-8";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Days {
    Every,
    Only(Weekday),
}

#[derive(Debug, Clone)]
struct Window {
    zone: TimeZone,
    start: Time,
    lasts: Duration,
    days: Days,
    what: &'static str,
}

/// All windows of one Gateway.
#[derive(Debug, Clone)]
pub struct ResetWindows {
    windows: Vec<Window>,
}

impl ResetWindows {
    /// The windows of a region, and the Gateway's own restart where it is known.
    ///
    /// The regional times and the Friday window, which all regions have, are those that LEAN works by and IBKR publishes.
    pub fn new(region: Region, restart: Option<DailyRestart>) -> Self {
        let daily = "daily reset of IBKR's servers";
        let regional = match region {
            Region::NorthAmerica => vec![(NEW_YORK, time(23, 45, 0, 0), 60)],
            Region::Europe => vec![(CENTRAL_EUROPE, time(5, 45, 0, 0), 60)],
            Region::Asia => vec![(NEW_YORK, time(16, 30, 0, 0), 30), (HONG_KONG, time(20, 15, 0, 0), 45)],
        };
        let daily = regional.into_iter().map(|(rule, start, minutes)| window(rule, start, minutes, Days::Every, daily));
        let weekly =
            window(NEW_YORK, time(23, 0, 0, 0), 240, Days::Only(Weekday::Friday), "weekly reset of IBKR's servers");
        let own = restart.map(|restart| Window {
            zone: restart.zone,
            start: restart.time,
            lasts: RESTART_TAKES,
            days: Days::Every,
            what: "nightly restart of the Gateway",
        });
        Self { windows: daily.chain([weekly]).chain(own).collect() }
    }

    /// What is expected at `wall`; of several the one that lasts longest.
    pub fn expected(&self, wall: Timestamp) -> Option<Expected> {
        let expected = self.windows.iter().filter_map(|window| {
            let until = window.end(wall)?;
            Some(Expected { what: window.what.to_owned(), until })
        });
        expected.max_by_key(|expected| expected.until)
    }
}

fn window(rule: &str, start: Time, minutes: u64, days: Days, what: &'static str) -> Window {
    let zone = TimeZone::posix(rule).expect("the rules above are well-formed");
    Window { zone, start, lasts: Duration::from_secs(minutes * 60), days, what }
}

impl Window {
    /// Until when this window lasts, if `wall` is in it. It may have begun yesterday.
    fn end(&self, wall: Timestamp) -> Option<Timestamp> {
        let today = self.zone.to_datetime(wall).date();
        let days = [Some(today), today.checked_sub(1.day()).ok()].into_iter().flatten();
        let begun = days.filter_map(|day| self.on(day)).find(|(start, end)| *start <= wall && wall < *end);
        begun.map(|(_, end)| end)
    }

    /// Its start and end on a day that it falls on.
    fn on(&self, day: Date) -> Option<(Timestamp, Timestamp)> {
        let falls = match self.days {
            Days::Every => true,
            Days::Only(weekday) => day.weekday() == weekday,
        };
        let start = falls.then(|| self.zone.to_timestamp(day.to_datetime(self.start)).ok()).flatten()?;
        Some((start, start.checked_add(self.lasts).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    #[test]
    fn each_region_has_its_hours_in_summer_and_in_winter() {
        let cases = [
            (Region::NorthAmerica, "2026-03-03T04:44:59Z", None),
            (Region::NorthAmerica, "2026-03-03T04:45:00Z", Some("2026-03-03T05:45:00Z")),
            (Region::NorthAmerica, "2026-03-03T05:44:59Z", Some("2026-03-03T05:45:00Z")),
            (Region::NorthAmerica, "2026-03-03T05:45:00Z", None),
            (Region::NorthAmerica, "2026-07-01T03:50:00Z", Some("2026-07-01T04:45:00Z")),
            (Region::Europe, "2026-01-14T05:00:00Z", Some("2026-01-14T05:45:00Z")),
            (Region::Europe, "2026-07-14T04:00:00Z", Some("2026-07-14T04:45:00Z")),
            (Region::Asia, "2026-07-14T12:20:00Z", Some("2026-07-14T13:00:00Z")),
            (Region::Asia, "2026-07-14T20:31:00Z", Some("2026-07-14T21:00:00Z")),
        ];
        for (region, wall, until) in cases {
            let expected = ResetWindows::new(region, None).expected(at(wall));
            assert_eq!(expected.map(|expected| expected.until), until.map(at), "{region:?} at {wall}");
        }
    }

    #[test]
    fn friday_night_is_long_everywhere() {
        let friday_23_30_in_new_york = at("2026-03-07T04:30:00Z");
        for region in [Region::NorthAmerica, Region::Europe, Region::Asia] {
            let expected = ResetWindows::new(region, None).expected(friday_23_30_in_new_york).expect("a window");
            assert_eq!(expected.until, at("2026-03-07T08:00:00Z"), "{region:?}");
            assert!(expected.what.contains("weekly"), "{}", expected.what);
        }
    }

    #[test]
    fn the_gateways_own_restart_is_expected_where_it_is_known() {
        let restart = DailyRestart { time: time(12, 0, 0, 0), zone: TimeZone::UTC };
        let windows = ResetWindows::new(Region::NorthAmerica, Some(restart));
        let expected = windows.expected(at("2026-03-03T12:04:00Z")).expect("a window");
        assert_eq!(expected.what, "nightly restart of the Gateway");
        assert_eq!(windows.expected(at("2026-03-03T12:05:00Z")), None);
    }
}
