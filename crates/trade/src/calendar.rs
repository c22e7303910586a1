//! When an instrument trades, read from its contract's hours. Pure.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::risk::{HoursRule, Market};

/// The most sessions that are read: a Gateway lists about a week, with breaks at noon two a day.
const MOST_SESSIONS: usize = 64;

/// An instrument's sessions, as far as its contract details list them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calendar {
    zone: Option<TimeZone>,
    regular: Sessions,
    extended: Sessions,
}

/// Sessions in order, and until when they are all there are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Sessions {
    open: Vec<Session>,
    known_until: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Session {
    from: Timestamp,
    until: Timestamp,
}

impl Calendar {
    /// Reads `tradingHours`, `liquidHours` and `timeZoneId`. What cannot be read is unknown, never closed.
    pub fn read(trading_hours: &str, liquid_hours: &str, time_zone_id: &str) -> Self {
        let Ok(zone) = TimeZone::get(time_zone_id.trim()) else { return Self::default() };
        let regular = Sessions::read(liquid_hours, &zone).unwrap_or_default();
        let extended = Sessions::read(trading_hours, &zone).unwrap_or_default();
        Self { zone: Some(zone), regular, extended }
    }

    /// Whether the market is open at a moment, by the hours that `rule` looks at.
    pub fn market(&self, at: Timestamp, rule: HoursRule) -> Market {
        let sessions = match rule {
            HoursRule::Regular => &self.regular,
            HoursRule::Extended | HoursRule::Any => &self.extended,
        };
        sessions.market(at)
    }

    /// The day that a moment belongs to: the date on which its session ends, or the next one, in the instrument's own
    /// zone. A futures session that opens in the evening belongs to the day after.
    pub fn day(&self, at: Timestamp) -> Date {
        let zone = self.zone.clone().unwrap_or(TimeZone::UTC);
        let own = zone.to_datetime(at).date();
        let session = self.extended.open.iter().find(|session| session.until > at);
        // A session that lies days ahead says nothing about this day.
        let soon = session.filter(|session| session.from.duration_since(at) < SignedDuration::from_hours(24));
        match soon {
            Some(session) if session.from <= at => self.date_of(session).max(own),
            Some(_) | None => own,
        }
    }

    /// The midnight at which a date begins in the instrument's zone.
    pub(crate) fn midnight(&self, day: Date) -> Option<Timestamp> {
        let zone = self.zone.clone().unwrap_or(TimeZone::UTC);
        zone.to_timestamp(day.to_datetime(Default::default())).ok()
    }

    /// The end of the session that a moment lies in, before and after regular hours too, where it lies in one.
    pub(crate) fn session_end(&self, at: Timestamp) -> Option<Timestamp> {
        self.extended.open.iter().find(|session| session.from <= at && at < session.until).map(|session| session.until)
    }

    /// A moment's [day](Self::day): the midnight that begins its date, and the end of its last session, else the next
    /// midnight.
    pub(crate) fn day_span(&self, at: Timestamp) -> (Timestamp, Timestamp) {
        let day = self.day(at);
        let sessions = self.extended.open.iter().filter(|session| self.date_of(session) == day);
        let closes = sessions.map(|session| session.until).max();
        let next = || day.tomorrow().ok().and_then(|next| self.midnight(next)).unwrap_or(at);
        (self.midnight(day).unwrap_or(at), closes.unwrap_or_else(next))
    }

    /// The date on which a session ends. One that ends at midnight ends on the day before it.
    fn date_of(&self, session: &Session) -> Date {
        let zone = self.zone.clone().unwrap_or(TimeZone::UTC);
        let last = session.until.checked_sub(SignedDuration::from_secs(1)).unwrap_or(session.until);
        zone.to_datetime(last).date()
    }

    /// When a moment's day began: at its session's opening where that was on the day before, else at midnight.
    pub fn day_began(&self, at: Timestamp) -> Timestamp {
        let zone = self.zone.clone().unwrap_or(TimeZone::UTC);
        let day = self.day(at);
        let midnight = zone.to_timestamp(day.to_datetime(Default::default())).unwrap_or(at);
        let session = self.extended.open.iter().find(|session| session.from <= at && at < session.until);
        session.map_or(midnight, |session| session.from.min(midnight)).min(at)
    }
}

impl Sessions {
    /// `YYYYMMDD:HHMM-YYYYMMDD:HHMM;YYYYMMDD:CLOSED;…`, of older Gateways `YYYYMMDD:HHMM-HHMM,HHMM-HHMM;…`.
    fn read(text: &str, zone: &TimeZone) -> Option<Self> {
        let mut sessions = Self::default();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (day, rest) = part.split_once(':')?;
            let day = Date::strptime("%Y%m%d", day).ok()?;
            sessions.known(zone.to_timestamp(day.tomorrow().ok()?.to_datetime(Default::default())).ok()?);
            if rest == "CLOSED" {
                continue;
            }
            for span in rest.split(',') {
                let (from, until) = span.split_once('-')?;
                let (from, until) = (moment(day, from, zone)?, moment(day, until, zone)?);
                if from < until && sessions.open.len() < MOST_SESSIONS {
                    sessions.open.push(Session { from, until });
                    sessions.known(until);
                }
            }
        }
        sessions.open.sort_by_key(|session| session.from);
        Some(sessions)
    }

    fn known(&mut self, until: Timestamp) {
        self.known_until = Some(self.known_until.map_or(until, |known| known.max(until)));
    }

    fn market(&self, at: Timestamp) -> Market {
        if let Some(session) = self.open.iter().find(|session| session.from <= at && at < session.until) {
            return Market::Open { until: session.until };
        }
        match self.known_until {
            Some(known_until) if at < known_until => {
                let next = self.open.iter().find(|session| session.from > at);
                Market::Closed { until: next.map(|session| session.from) }
            }
            Some(_) | None => Market::Unknown,
        }
    }
}

/// `HHMM` of the part's own day, or `YYYYMMDD:HHMM`.
fn moment(day: Date, text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let (day, time) = match text.split_once(':') {
        Some((day, time)) => (Date::strptime("%Y%m%d", day).ok()?, time),
        None => (day, text),
    };
    let (hour, minute) = (time.get(..2)?.parse().ok()?, time.get(2..)?.parse().ok()?);
    let at: DateTime = if hour == 24 && minute == 0 {
        day.tomorrow().ok()?.to_datetime(Default::default())
    } else {
        day.to_datetime(jiff::civil::Time::new(hour, minute, 0, 0).ok()?)
    };
    zone.to_timestamp(at).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const REGULAR: &str = "20260306:0930-20260306:1600;20260307:CLOSED;20260308:CLOSED;20260309:0930-20260309:1600";
    const EXTENDED: &str = "20260306:0400-20260306:2000;20260307:CLOSED;20260308:CLOSED;20260309:0400-20260309:2000";

    fn stock() -> Calendar {
        Calendar::read(EXTENDED, REGULAR, "US/Eastern")
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_stock_trades_in_its_hours_and_the_clocks_may_change_in_between() {
        let open = |text, rule| stock().market(at(text), rule);
        assert_eq!(
            open("2026-03-06T14:29:59Z", HoursRule::Regular),
            Market::Closed { until: Some(at("2026-03-06T14:30:00Z")) }
        );
        assert_eq!(
            open("2026-03-06T14:30:00Z", HoursRule::Regular),
            Market::Open { until: at("2026-03-06T21:00:00Z") }
        );
        assert_eq!(
            open("2026-03-06T14:29:59Z", HoursRule::Extended),
            Market::Open { until: at("2026-03-07T01:00:00Z") }
        );
        // The clocks were put forward on Sunday: 09:30 is 13:30 UTC from then on.
        let monday = Market::Closed { until: Some(at("2026-03-09T13:30:00Z")) };
        assert_eq!(open("2026-03-06T21:00:00Z", HoursRule::Regular), monday);
        assert_eq!(open("2026-03-08T12:00:00Z", HoursRule::Regular), monday);
        assert_eq!(open("2026-03-09T21:00:00Z", HoursRule::Regular), Market::Closed { until: None });
    }

    #[test]
    fn what_the_contract_does_not_say_is_unknown_and_not_closed() {
        assert_eq!(stock().market(at("2026-03-10T15:00:00Z"), HoursRule::Regular), Market::Unknown);
        for calendar in [
            Calendar::default(),
            Calendar::read("", "", "US/Eastern"),
            Calendar::read(EXTENDED, REGULAR, "Nowhere"),
            Calendar::read("soon", "20260306:0930", "US/Eastern"),
            Calendar::read("20260306:0930-20260306:9999", "20269999:CLOSED", "US/Eastern"),
        ] {
            assert_eq!(calendar.market(at("2026-03-06T15:00:00Z"), HoursRule::Regular), Market::Unknown);
        }
    }

    #[test]
    fn older_forms_with_a_break_at_noon_are_read() {
        let hours = "20260306:0900-1130,1230-1500";
        let calendar = Calendar::read(hours, hours, "Asia/Tokyo");
        let open = |text| matches!(calendar.market(at(text), HoursRule::Regular), Market::Open { .. });
        assert!(open("2026-03-06T00:00:00Z") && open("2026-03-06T03:30:00Z"));
        assert!(!open("2026-03-06T03:00:00Z") && !open("2026-03-06T06:00:00Z"));
    }

    #[test]
    fn a_day_is_the_instruments_own() {
        let stock = stock();
        assert_eq!(stock.day(at("2026-03-07T00:30:00Z")), Date::constant(2026, 3, 6), "still Friday in New York");
        assert_eq!(stock.day_began(at("2026-03-06T15:00:00Z")), at("2026-03-06T05:00:00Z"));
        let globex = "20260308:1700-20260309:1600;20260309:1700-20260310:1600";
        let future = Calendar::read(globex, globex, "US/Central");
        let sunday_evening = at("2026-03-08T23:00:00Z");
        assert_eq!(future.day(sunday_evening), Date::constant(2026, 3, 9));
        assert_eq!(future.day_began(sunday_evening), at("2026-03-08T22:00:00Z"));
        assert_eq!(future.day(at("2026-03-09T18:00:00Z")), Date::constant(2026, 3, 9));
        assert_eq!(future.day_began(at("2026-03-09T18:00:00Z")), at("2026-03-08T22:00:00Z"));
        assert_eq!(Calendar::default().day(at("2026-03-09T23:59:59Z")), Date::constant(2026, 3, 9));
    }

    #[test]
    fn a_market_that_never_closes_has_a_new_day_at_midnight() {
        let always = "20260306:0000-20260307:0000;20260307:0000-20260308:0000";
        let calendar = Calendar::read(always, always, "UTC");
        assert_eq!(calendar.day(at("2026-03-06T23:59:59Z")), Date::constant(2026, 3, 6));
        assert_eq!(calendar.day(at("2026-03-07T00:00:00Z")), Date::constant(2026, 3, 7));
        assert_eq!(calendar.day_began(at("2026-03-07T08:00:00Z")), at("2026-03-07T00:00:00Z"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(trading in "[0-9:;,A-Z-]{0,60}", liquid in ".{0,40}", second in any::<u32>()) {
            let calendar = Calendar::read(&trading, &liquid, "US/Eastern");
            let at = Timestamp::from_second(i64::from(second)).unwrap();
            let _ = calendar.market(at, HoursRule::Regular);
            prop_assert!(calendar.day_began(at) <= at);
        }
    }
}
