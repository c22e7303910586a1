//! Sessions of each kind of market, and questions about them.

use jiff::civil::Date;

use super::holidays::{DayKind, kind_of};
use crate::new_york::NewYork;

/// How far ahead a next session is looked for, in days: longer than any closed stretch.
const LOOK_AHEAD: i64 = 14;

/// The trading hours that an instrument keeps. All times are New York's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hours {
    /// US stocks and funds: 04:00–20:00, of which 09:30–16:00 are regular; shorter on early closes.
    UsStock,
    /// Options and indexes on US stocks: 09:30–16:00, nothing outside.
    UsOption,
    /// Futures on CME Globex: from 18:00 of the day before to 17:00, of which 09:30–16:00 are regular.
    Globex,
    /// Currencies: from 17:15 of the day before to 17:00, Monday to Friday.
    Forex,
}

/// Which hours are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// Regular (liquid) hours only.
    Regular,
    /// All hours in which anything trades.
    Extended,
}

impl Which {
    /// What a request's `useRTH` means.
    pub(crate) fn from_use_rth(use_rth: bool) -> Self {
        if use_rth { Self::Regular } else { Self::Extended }
    }
}

/// The first second of a session, and the second after its last one, since 1970 UTC.
pub(crate) type Span = (i64, i64);

impl Hours {
    /// The session of a trading day, or `None` when there is none on that day.
    pub(crate) fn session(self, clock: &NewYork, day: Date, which: Which) -> Option<Span> {
        let kind = kind_of(day);
        let at = |day: Date, hour: i8, minute: i8| clock.second(day.at(hour, minute, 0, 0)).unwrap_or_default();
        let before = NewYork::days_later(day, -1);
        let stock_close = if kind == DayKind::Early { 13 } else { 16 };
        match (self, kind, which) {
            (_, DayKind::Weekend | DayKind::Closed, _) | (Self::UsStock | Self::UsOption, DayKind::Holiday, _) => None,
            (Self::UsStock, DayKind::Full | DayKind::Early, Which::Regular) | (Self::UsOption, _, _) => {
                Some((at(day, 9, 30), at(day, stock_close, 0)))
            }
            (Self::UsStock, DayKind::Early, Which::Extended) => Some((at(day, 4, 0), at(day, 17, 0))),
            (Self::UsStock, DayKind::Full, Which::Extended) => Some((at(day, 4, 0), at(day, 20, 0))),
            (Self::Globex, DayKind::Holiday, Which::Regular) => None,
            (Self::Globex, DayKind::Full | DayKind::Early, Which::Regular) => {
                Some((at(day, 9, 30), at(day, stock_close, 0)))
            }
            (Self::Globex, DayKind::Full, Which::Extended) => Some((at(before, 18, 0), at(day, 17, 0))),
            (Self::Globex, DayKind::Early | DayKind::Holiday, Which::Extended) => {
                Some((at(before, 18, 0), at(day, 13, 0)))
            }
            (Self::Forex, DayKind::Full | DayKind::Early | DayKind::Holiday, _) => {
                Some((at(before, 17, 15), at(day, 17, 0)))
            }
        }
    }

    /// The session that a second is in, if any, with its trading day.
    pub(crate) fn session_at(self, clock: &NewYork, second: i64, which: Which) -> Option<(Date, Span)> {
        let today = clock.day(second);
        // A session that begins in the evening belongs to the next day.
        [today, NewYork::days_later(today, 1)].into_iter().find_map(|day| {
            let span = self.session(clock, day, which)?;
            (span.0 <= second && second < span.1).then_some((day, span))
        })
    }

    /// Whether the market is open in a second.
    pub(crate) fn is_open(self, clock: &NewYork, second: i64, which: Which) -> bool {
        self.session_at(clock, second, which).is_some()
    }

    /// The second after the last one of the session that `second` is in; `None` when the market is closed.
    pub(crate) fn session_end(self, clock: &NewYork, second: i64, which: Which) -> Option<i64> {
        self.session_at(clock, second, which).map(|(_, span)| span.1)
    }

    /// The first second after `second` in which a session starts.
    pub(crate) fn next_open(self, clock: &NewYork, second: i64, which: Which) -> Option<i64> {
        let today = clock.day(second);
        (0..LOOK_AHEAD)
            .filter_map(|later| self.session(clock, NewYork::days_later(today, later), which))
            .map(|(start, _)| start)
            .find(|start| *start > second)
    }

    /// The sessions that lie in `span` or overlap it, cut to it, oldest first.
    pub(crate) fn sessions_within(self, clock: &NewYork, span: Span, which: Which) -> Vec<Span> {
        let mut found = Vec::new();
        let (mut day, last) = (clock.day(span.0), NewYork::days_later(clock.day(span.1), 1));
        while day <= last {
            if let Some((from, to)) = self.session(clock, day, which) {
                let cut = (from.max(span.0), to.min(span.1));
                if cut.0 < cut.1 {
                    found.push(cut);
                }
            }
            let next = NewYork::days_later(day, 1);
            if next == day {
                break;
            }
            day = next;
        }
        found
    }

    /// The trading day that starts last at or before a second: the newest one of which there can be data.
    pub(crate) fn last_trading_day(self, clock: &NewYork, second: i64, which: Which) -> Option<Date> {
        let tomorrow = NewYork::days_later(clock.day(second), 1);
        (0..LOOK_AHEAD)
            .map(|back| NewYork::days_later(tomorrow, -back))
            .find(|day| self.session(clock, *day, which).is_some_and(|(start, _)| start <= second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(clock: &NewYork, text: &str) -> i64 {
        clock.parse(text).unwrap()
    }

    #[test]
    fn stocks_open_and_close_by_the_clock_of_new_york() {
        let clock = NewYork::default();
        let open = |text: &str, which| Hours::UsStock.is_open(&clock, second(&clock, text), which);
        assert!(open("20260302 09:30:00", Which::Regular) && open("20260302 15:59:59", Which::Regular));
        assert!(!open("20260302 16:00:00", Which::Regular) && !open("20260302 09:29:59", Which::Regular));
        assert!(open("20260302 04:00:00", Which::Extended) && !open("20260302 20:00:00", Which::Extended));
        // The day after the clocks were put forward.
        assert!(open("20260309 09:30:00", Which::Regular) && !open("20260309 09:29:59", Which::Regular));
        assert!(!open("20260307 12:00:00", Which::Extended), "a Saturday");
        assert!(!open("20261126 12:00:00", Which::Extended), "Thanksgiving");
        assert!(open("20261127 12:59:59", Which::Regular) && !open("20261127 13:00:00", Which::Regular));
        assert!(open("20261127 16:59:59", Which::Extended) && !open("20261127 17:00:00", Which::Extended));
    }

    #[test]
    fn futures_rest_for_an_hour_and_currencies_for_a_quarter() {
        let clock = NewYork::default();
        let open = |hours: Hours, text: &str| hours.is_open(&clock, second(&clock, text), Which::Extended);
        assert!(open(Hours::Globex, "20260301 18:00:00"), "Sunday evening belongs to Monday");
        assert!(!open(Hours::Globex, "20260301 17:59:59") && !open(Hours::Globex, "20260302 17:30:00"));
        assert!(!open(Hours::Globex, "20260306 18:00:00"), "Friday evening is the weekend");
        assert!(open(Hours::Globex, "20260907 12:00:00") && !open(Hours::Globex, "20260907 13:00:00"), "Labor Day");
        assert!(open(Hours::Forex, "20260301 17:15:00") && !open(Hours::Forex, "20260302 17:10:00"));
        assert!(open(Hours::Forex, "20261126 12:00:00") && !open(Hours::Forex, "20261225 12:00:00"));
        assert!(open(Hours::UsOption, "20260302 09:30:00") && !open(Hours::UsOption, "20260302 16:00:00"));
    }

    #[test]
    fn a_session_knows_its_end_and_the_next_one_its_start() {
        let clock = NewYork::default();
        let friday = second(&clock, "20260306 15:00:00");
        let end = Hours::UsStock.session_end(&clock, friday, Which::Regular).unwrap();
        assert_eq!(clock.text(end), "20260306 16:00:00 US/Eastern");
        let next = Hours::UsStock.next_open(&clock, friday, Which::Regular).unwrap();
        assert_eq!(clock.text(next), "20260309 09:30:00 US/Eastern");
        assert_eq!(Hours::UsStock.session_end(&clock, end, Which::Regular), None);
        assert_eq!(
            Hours::Globex.next_open(&clock, friday, Which::Extended).map(|it| clock.text(it)),
            Some("20260308 18:00:00 US/Eastern".into())
        );
    }

    #[test]
    fn the_sessions_of_a_span_are_cut_to_it_and_the_last_trading_day_is_found() {
        let clock = NewYork::default();
        let span = (second(&clock, "20260306 15:00:00"), second(&clock, "20260309 10:00:00"));
        let found = Hours::UsStock.sessions_within(&clock, span, Which::Regular);
        assert_eq!(found.iter().map(|(from, to)| to - from).collect::<Vec<_>>(), [3_600, 1_800]);
        let last = |text: &str| Hours::UsStock.last_trading_day(&clock, second(&clock, text), Which::Regular).unwrap();
        assert_eq!(last("20260308 12:00:00").to_string(), "2026-03-06");
        assert_eq!(last("20260309 09:00:00").to_string(), "2026-03-06");
        assert_eq!(last("20260309 09:30:00").to_string(), "2026-03-09");
    }
}
