//! How fast one client may send, where its own limit says so: what is above it waits, and who never catches up goes.

use std::time::{Duration, Instant};

/// A client that has been held back for so long is told, each time anew: as often as a Gateway would, and no more often
/// than a person reads.
pub(crate) const TOLD_AFTER: Duration = Duration::from_secs(10);

/// A client that has not caught up for so long does not stop by itself. A connect set with hundreds of subscriptions takes
/// a quarter of it.
pub(crate) const CUT_AFTER: Duration = Duration::from_secs(60);

/// What is due about a client that is held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// It is to be told.
    Tell,
    /// It is to be disconnected.
    Cut,
}

/// One client's messages against its limit.
///
/// The bucket is kept as the moment at which it would be full again, so that nothing has to be filled up as time passes.
#[derive(Debug)]
pub(crate) struct Leash {
    per_second: u32,
    full_at: Instant,
    held_since: Option<Instant>,
    told: u32,
}

impl Leash {
    /// For so many messages a second, at least one; as many may come at once after a pause of a second.
    pub(crate) fn new(now: Instant, per_second: u32) -> Self {
        Self { per_second: per_second.max(1), full_at: now, held_since: None, told: 0 }
    }

    /// Whether one more message may pass; it counts then.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let free = now >= self.free_at();
        if free {
            self.full_at = self.full_at.max(now) + self.cost();
        }
        free
    }

    /// One more message passes whatever the limit says, and counts.
    pub(crate) fn pass(&mut self, now: Instant) {
        // A second's worth ahead at the most: who orders much is not kept from asking for ever.
        let most = now + Duration::from_secs(2);
        self.full_at = (self.full_at.max(now) + self.cost()).min(most);
    }

    /// From when on the next one may pass.
    pub(crate) fn free_at(&self) -> Instant {
        let burst = Duration::from_secs(1).saturating_sub(self.cost());
        self.full_at.checked_sub(burst).unwrap_or(self.full_at)
    }

    /// Something waits, or nothing does.
    pub(crate) fn holds(&mut self, now: Instant, anything: bool) {
        if anything {
            self.held_since.get_or_insert(now);
        } else {
            (self.held_since, self.told) = (None, 0);
        }
    }

    /// When there is something to be done about it: a message may pass, or the client is to be told.
    pub(crate) fn timeout(&self) -> Option<Instant> {
        let since = self.held_since?;
        let tell = since + TOLD_AFTER * (self.told + 1);
        Some(self.free_at().min(tell).min(since + CUT_AFTER))
    }

    /// What is due by now; each only once.
    pub(crate) fn due(&mut self, now: Instant) -> Option<Due> {
        let since = self.held_since?;
        if now >= since + CUT_AFTER {
            return Some(Due::Cut);
        }
        let tell = now >= since + TOLD_AFTER * (self.told + 1);
        self.told += u32::from(tell);
        tell.then_some(Due::Tell)
    }

    fn cost(&self) -> Duration {
        Duration::from_secs(1) / self.per_second
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[expect(clippy::disallowed_methods, reason = "a test needs some moment to begin with")]
    fn leash(per_second: u32) -> (Instant, Leash) {
        let now = Instant::now();
        (now, Leash::new(now, per_second))
    }

    #[test]
    fn a_seconds_worth_comes_at_once_and_then_one_by_one() {
        let (now, mut leash) = leash(10);
        let passed = (0..100).filter(|_| leash.take(now)).count();
        assert_eq!(passed, 10);
        assert_eq!(leash.free_at(), now + 100 * MS);
        assert!(!leash.take(now + 99 * MS));
        assert!(leash.take(now + 100 * MS) && !leash.take(now + 100 * MS));
        // A pause makes room for a second's worth, and for no more.
        let later = now + Duration::from_secs(60);
        assert_eq!((0..100).filter(|_| leash.take(later)).count(), 10);
    }

    #[test]
    fn no_window_of_a_second_holds_more_than_twice_the_limit_and_a_long_time_only_the_limit() {
        for per_second in [1, 3, 7, 50, 1000] {
            let (now, mut leash) = leash(per_second);
            let passed = (0..10_000).filter(|ms| leash.take(now + *ms * MS)).count();
            let most = usize::try_from(per_second).unwrap() * 11;
            assert!((most - most / 11..=most).contains(&passed), "{per_second}: {passed}");
        }
    }

    #[test]
    fn orders_count_and_do_not_hold_the_rest_back_for_long() {
        let (now, mut leash) = leash(10);
        for _ in 0..1000 {
            leash.pass(now);
        }
        assert!(!leash.take(now));
        assert!(leash.free_at() <= now + Duration::from_secs(2));
    }

    #[test]
    fn who_is_held_back_is_told_every_ten_seconds_and_cut_off_after_a_minute() {
        let (now, mut leash) = leash(1);
        assert_eq!((leash.due(now), leash.timeout()), (None, None));
        leash.holds(now, true);
        let mut told = Vec::new();
        for second in 0..=60 {
            if let Some(due) = leash.due(now + Duration::from_secs(second)) {
                told.push((second, due));
            }
        }
        let tell = |second| (second, Due::Tell);
        assert_eq!(told, [tell(10), tell(20), tell(30), tell(40), tell(50), (60, Due::Cut)]);
        leash.holds(now, false);
        assert_eq!(leash.due(now + Duration::from_secs(100)), None);
    }
}
