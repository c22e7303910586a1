//! What is known of the Gateway's greeting. A client must be answered before it says which client id it wants, and so
//! before its own session can be opened: the version comes from what earlier sessions agreed on.

use std::time::{Duration, Instant};

use gatewright_proto::{ServerVersion, VersionRange};
use jiff::ToSpan;
use jiff::civil::DateTime;

/// How a Gateway writes its clock, in front of the zone.
const CLOCK: &str = "%Y%m%d %H:%M:%S";

/// Characters of such a clock.
const CLOCK_LENGTH: usize = 17;

/// What a Gateway speaks, as far as sessions have shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct GatewayVersion {
    /// It speaks at least this.
    at_least: Option<ServerVersion>,
    /// It was offered more than it speaks, and so this is its highest.
    highest: Option<ServerVersion>,
    /// Its clock and zone, and when that was.
    clock: Option<(String, Instant)>,
}

impl GatewayVersion {
    /// A session was opened: the Gateway chose `agreed` of what it was offered.
    pub(crate) fn learn(&mut self, now: Instant, offered: VersionRange, agreed: ServerVersion, clock: &str) {
        self.at_least = self.at_least.max(Some(agreed));
        if agreed < offered.max {
            self.highest = Some(agreed);
        } else if self.highest.is_some_and(|highest| highest < agreed) {
            // It was another Gateway then.
            self.highest = None;
        }
        self.clock = Some((clock.to_owned(), now));
    }

    /// What was known turned out to be wrong.
    pub(crate) fn forget(&mut self) {
        self.at_least = None;
        self.highest = None;
    }

    /// What a client with this range is to be told; `None` until a session has shown more. A Gateway whose highest
    /// version is below the range says that version, and leaves hanging up to the client.
    pub(crate) fn answer(&self, range: VersionRange) -> Option<ServerVersion> {
        match (self.highest, self.at_least) {
            (Some(highest), _) => Some(range.max.min(highest)),
            (None, Some(at_least)) if range.max <= at_least => Some(range.max),
            (None, Some(_) | None) => None,
        }
    }

    /// The Gateway's clock as it is now, with its zone as it wrote it.
    pub(crate) fn connection_time(&self, now: Instant) -> String {
        let Some((text, at)) = &self.clock else { return String::new() };
        advanced(text, now.saturating_duration_since(*at)).unwrap_or_else(|| text.clone())
    }
}

fn advanced(text: &str, by: Duration) -> Option<String> {
    let (clock, zone) = text.split_at_checked(CLOCK_LENGTH)?;
    let then = DateTime::strptime(CLOCK, clock).ok()?;
    let now = then.checked_add(i64::try_from(by.as_secs()).ok()?.seconds()).ok()?;
    Some(format!("{}{zone}", now.strftime(CLOCK)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "a test needs some moment to begin with")]
    fn begin() -> Instant {
        Instant::now()
    }

    fn v(number: i32) -> ServerVersion {
        ServerVersion::new(number)
    }

    #[test]
    fn a_version_is_answered_only_once_a_session_has_shown_it() {
        let now = begin();
        let mut known = GatewayVersion::default();
        let ib_async = VersionRange::new(157, 178);
        let official = VersionRange::new(100, 225);
        assert_eq!(known.answer(ib_async), None);
        known.learn(now, ib_async, v(178), "");
        assert_eq!((known.answer(ib_async), known.answer(official)), (Some(v(178)), None));
        known.learn(now, official, v(213), "");
        assert_eq!((known.answer(ib_async), known.answer(official)), (Some(v(178)), Some(v(213))));
        assert_eq!(known.answer(VersionRange::new(223, 226)), Some(v(213)), "as a Gateway would say it");
        known.learn(now, VersionRange::new(225, 225), v(225), "");
        assert_eq!(known.answer(official), Some(v(225)), "the Gateway was updated");
        known.forget();
        assert_eq!(known.answer(ib_async), None);
    }

    #[test]
    fn the_gateways_clock_goes_on_in_its_own_words() {
        let now = begin();
        let mut known = GatewayVersion::default();
        known.learn(now, VersionRange::new(1, 1), v(1), "20260405 23:59:58 Central European Standard Time");
        let later = known.connection_time(now + Duration::from_millis(3500));
        assert_eq!(later, "20260406 00:00:01 Central European Standard Time");
        for odd in ["", "now", "20261345 23:59:58 EST", "時時時時時時時時"] {
            known.learn(now, VersionRange::new(1, 1), v(1), odd);
            assert_eq!(known.connection_time(now + Duration::from_secs(1)), odd);
        }
    }
}
