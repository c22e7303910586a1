//! When the Gateway's lists of what is over begin anew: at its midnight. Which zone it lives in is not known here, so every
//! midnight counts that may be it: ours, and IBKR's.

use jiff::tz::{self, TimeZone};
use jiff::{Timestamp, ToSpan};

/// The midnights that may be the Gateway's.
#[derive(Debug, Clone)]
pub struct Midnights {
    zones: Vec<TimeZone>,
    /// The next one; the clock may be set back behind the last.
    next: Timestamp,
}

impl Midnights {
    /// Those of a machine that lives in this zone, from now on.
    pub fn new(ours: TimeZone, now: Timestamp) -> Self {
        // Without a time zone database it is one of these two.
        let new_york = match TimeZone::get("America/New_York") {
            Ok(zone) => vec![zone],
            Err(_) => vec![TimeZone::fixed(tz::offset(-5)), TimeZone::fixed(tz::offset(-4))],
        };
        let mut midnights = Self { zones: new_york, next: now };
        midnights.zones.push(ours);
        midnights.next = midnights.after(now);
        midnights
    }

    /// Whether one lies between these two times.
    pub fn between(&self, then: Timestamp, now: Timestamp) -> bool {
        self.zones.iter().any(|zone| zone.to_datetime(then).date() != zone.to_datetime(now).date())
    }

    /// Whether one has passed since this was last asked.
    pub fn has_passed(&mut self, now: Timestamp) -> bool {
        let passed = self.next <= now;
        if passed {
            self.next = self.after(now);
        }
        passed
    }

    fn after(&self, now: Timestamp) -> Timestamp {
        let tomorrows = self.zones.iter().filter_map(|zone| now.to_zoned_datetime(zone.clone()).tomorrow().ok());
        let midnights =
            tomorrows.filter_map(|tomorrow| tomorrow.start_of_day().ok()).map(|midnight| midnight.timestamp());
        // At the end of the calendar, where there is no tomorrow, any hour may be one.
        midnights.min().unwrap_or_else(|| now.saturating_add(1.hour()).unwrap_or(Timestamp::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    #[test]
    fn a_midnight_is_one_here_or_at_ibkr() {
        let midnights = Midnights::new(TimeZone::get("Europe/Berlin").expect("a zone"), at("2026-11-27T15:00:00Z"));
        assert!(!midnights.between(at("2026-11-27T15:00:00Z"), at("2026-11-27T15:00:05Z")));
        assert!(midnights.between(at("2026-11-27T22:59:59Z"), at("2026-11-27T23:00:00Z")), "in Berlin");
        assert!(midnights.between(at("2026-11-28T04:59:59Z"), at("2026-11-28T05:00:00Z")), "in New York");
        assert!(midnights.between(at("2026-11-27T15:00:00Z"), at("2026-11-26T15:00:00Z")), "a clock that was set back");
    }

    #[test]
    fn each_passes_once_however_late_somebody_asks() {
        let mut midnights = Midnights::new(TimeZone::get("Europe/Berlin").expect("a zone"), at("2026-11-27T15:00:00Z"));
        assert!(!midnights.has_passed(at("2026-11-27T22:59:59Z")));
        assert!(midnights.has_passed(at("2026-11-27T23:00:00Z")) && !midnights.has_passed(at("2026-11-27T23:00:00Z")));
        assert!(midnights.has_passed(at("2026-11-29T12:00:00Z")), "a machine that was suspended");
        assert!(!midnights.has_passed(at("2026-11-29T22:59:59Z")));
        assert!(Midnights::new(TimeZone::UTC, Timestamp::MAX).after(Timestamp::MAX) == Timestamp::MAX);
    }
}
