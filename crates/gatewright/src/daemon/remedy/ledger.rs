//! The restarts that were ordered, and whether another one is allowed. Pure; whoever keeps it writes it down before it orders.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Restarts are at least this far apart: a Gateway takes up to four minutes to start and three to log in, and one that is
/// stuck again right after it is not helped by the same once more.
const APART: SignedDuration = SignedDuration::from_mins(30);

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Entries that are kept: a week of the most that can be allowed.
const KEPT: usize = 84;

/// One order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Restart {
    /// When.
    pub(crate) at: Timestamp,
    /// What proved the Gateway to be stuck.
    pub(crate) proofs: Vec<String>,
    /// What came of the order; `null` while that is not known, which is for ever if we died over it.
    pub(crate) outcome: Option<String>,
    /// Whether IBC may have been given it. What nobody was told is not part of the day's budget.
    pub(crate) given: bool,
}

/// All orders for one Gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ledger {
    restarts: Vec<Restart>,
}

impl Ledger {
    /// Until when no restart is allowed; `None` where one is. `a_day`: how many are, in any 24 hours.
    ///
    /// An order that lies ahead of us was written under another clock. It counts as one of now.
    pub(crate) fn spent_until(&self, now: Timestamp, a_day: u32) -> Option<Timestamp> {
        let ahead = |at: Timestamp, span: SignedDuration| at.min(now).checked_add(span).unwrap_or(now);
        let apart = self.restarts.last().map(|last| ahead(last.at, APART));
        let allowed = usize::try_from(a_day).unwrap_or(usize::MAX);
        let spent = match allowed {
            0 => Some(ahead(now, DAY)),
            allowed => self
                .restarts
                .iter()
                .rev()
                .filter(|restart| restart.given)
                .nth(allowed - 1)
                .map(|oldest| ahead(oldest.at, DAY)),
        };
        apart.into_iter().chain(spent).filter(|until| *until > now).max()
    }

    /// Notes an order that is about to be given.
    pub(crate) fn begin(&mut self, now: Timestamp, proofs: Vec<String>) {
        self.restarts.push(Restart { at: now, proofs, outcome: None, given: true });
        let surplus = self.restarts.len().saturating_sub(KEPT);
        self.restarts.drain(..surplus);
    }

    /// Notes what came of the last order.
    pub(crate) fn end(&mut self, outcome: String, given: bool) {
        if let Some(last) = self.restarts.last_mut() {
            last.outcome = Some(outcome);
            last.given = given;
        }
    }

    /// The last order.
    pub(crate) fn last(&self) -> Option<&Restart> {
        self.restarts.last()
    }

    /// How many were ordered in the last 24 hours.
    pub(crate) fn in_a_day(&self, now: Timestamp) -> usize {
        self.restarts.iter().filter(|restart| restart.given && now.duration_since(restart.at) < DAY).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn restarts_are_apart_and_few_in_a_day() {
        let mut ledger = Ledger::default();
        let first = at("2026-03-02T10:00:00Z");
        assert_eq!(ledger.spent_until(first, 2), None);
        ledger.begin(first, vec!["a".into(), "b".into()]);
        assert_eq!(ledger.spent_until(at("2026-03-02T10:29:59Z"), 2), Some(at("2026-03-02T10:30:00Z")));
        assert_eq!(ledger.spent_until(at("2026-03-02T10:30:00Z"), 2), None);
        ledger.begin(at("2026-03-02T11:00:00Z"), Vec::new());
        assert_eq!(ledger.spent_until(at("2026-03-02T11:01:00Z"), 2), Some(at("2026-03-03T10:00:00Z")));
        assert_eq!(ledger.in_a_day(at("2026-03-03T10:30:00Z")), 1);
        assert_eq!(ledger.spent_until(at("2026-03-03T10:00:00Z"), 2), None);
        assert!(ledger.spent_until(at("2026-03-09T10:00:00Z"), 0).is_some(), "0 a day means none");
    }

    #[test]
    fn an_order_that_we_died_over_is_spent_and_one_from_a_wrong_clock_too() {
        let mut ledger = Ledger::default();
        ledger.begin(at("2031-01-01T00:00:00Z"), Vec::new());
        let text = serde_json::to_string(&ledger).unwrap();
        let ledger: Ledger = serde_json::from_str(&text).unwrap();
        assert_eq!(ledger.last().unwrap().outcome, None);
        assert_eq!(ledger.spent_until(at("2026-03-02T10:00:00Z"), 2), Some(at("2026-03-02T10:30:00Z")));
    }

    #[test]
    fn an_order_that_nobody_was_given_is_not_spent_but_is_not_tried_again_at_once() {
        let mut ledger = Ledger::default();
        let first = at("2026-03-02T10:00:00Z");
        for attempt in 0..4 {
            let now = first + SignedDuration::from_mins(30 * attempt);
            assert_eq!(ledger.spent_until(now, 1), None);
            ledger.begin(now, Vec::new());
            ledger.end("not reached".into(), false);
            assert_eq!(ledger.spent_until(now, 1), Some(now + SignedDuration::from_mins(30)));
        }
        assert_eq!(ledger.in_a_day(first), 0);
    }

    #[test]
    fn the_ledger_does_not_grow_for_ever() {
        let mut ledger = Ledger::default();
        for hour in 0..200 {
            ledger.begin(at("2026-03-02T10:00:00Z") + SignedDuration::from_hours(hour), Vec::new());
            ledger.end("ordered".into(), true);
        }
        assert_eq!(ledger.restarts.len(), KEPT);
    }
}
