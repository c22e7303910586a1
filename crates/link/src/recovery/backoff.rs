//! How long to wait before the next attempt, and how often a Gateway may be disturbed at all.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::chance::Chance;

/// A succession of waits: the first, doubled up to the longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace {
    pub(super) first: Duration,
    pub(super) max: Duration,
}

impl Pace {
    pub(super) const fn millis(first: u64, max: u64) -> Self {
        Self { first: Duration::from_millis(first), max: Duration::from_millis(max) }
    }
}

/// Where such a succession stands. It is never given up.
#[derive(Debug, Clone, Default)]
pub(super) struct Backoff {
    /// Waits so far at the pace that is being kept.
    waits: u32,
    pace: Option<Pace>,
}

impl Backoff {
    /// The next wait, between half of its length and all of it by chance, so that programs that were cut off together
    /// do not come back together. Another pace than last time starts anew.
    pub(super) fn wait(&mut self, pace: Pace, chance: &mut Chance) -> Duration {
        if self.pace != Some(pace) {
            *self = Self { waits: 0, pace: Some(pace) };
        }
        let full = pace.first.saturating_mul(1 << self.waits.min(20)).min(pace.max);
        self.waits = self.waits.saturating_add(1);
        let half = full / 2;
        half + (full - half).mul_f64(chance.share())
    }

    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }
}

/// So many in any span of time, and not one more.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    limit: usize,
    span: Duration,
    spent: VecDeque<Instant>,
}

impl Budget {
    pub(super) fn new(limit: usize, span: Duration) -> Self {
        Self { limit: limit.max(1), span, spent: VecDeque::with_capacity(limit.max(1)) }
    }

    /// Notes that one was spent; more than the limit need not be remembered.
    pub(super) fn spend(&mut self, now: Instant) {
        if self.spent.len() == self.limit {
            self.spent.pop_front();
        }
        self.spent.push_back(now);
    }

    /// From when on another may be spent; a moment in the past where it may be at once.
    pub(super) fn free_from(&self) -> Option<Instant> {
        (self.spent.len() == self.limit).then(|| self.spent.front().map(|oldest| *oldest + self.span)).flatten()
    }

    pub(super) fn is_free(&self, now: Instant) -> bool {
        self.free_from().is_none_or(|free| free <= now)
    }

    pub(super) fn forgive(&mut self) {
        self.spent.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn waits_grow_to_the_longest_and_another_pace_starts_anew() {
        let (slow, fast) = (Pace::millis(1000, 8000), Pace::millis(50, 50));
        let (mut backoff, mut chance) = (Backoff::default(), Chance::new(3));
        for full in [1000, 2000, 4000, 8000, 8000, 8000] {
            let wait = backoff.wait(slow, &mut chance).as_millis();
            assert!(wait >= full / 2 && wait <= full, "{wait} of {full}");
        }
        assert!(backoff.wait(fast, &mut chance) <= fast.max);
        assert!(backoff.wait(slow, &mut chance) <= slow.first);
    }

    #[test]
    fn a_budget_frees_itself_as_time_passes() {
        let now = clock::now();
        let mut budget = Budget::new(2, Duration::from_secs(10));
        budget.spend(now);
        assert!(budget.is_free(now));
        budget.spend(now + Duration::from_secs(4));
        assert!(!budget.is_free(now + Duration::from_secs(9)));
        assert_eq!(budget.free_from(), Some(now + Duration::from_secs(10)));
        assert!(budget.is_free(now + Duration::from_secs(10)));
    }
}
