//! How many messages in the last second, in little room.

use std::time::{Duration, Instant};

/// How fine the count is.
const SLICE: Duration = Duration::from_millis(100);

/// Slices in a second.
const SLICES: u64 = 10;

/// A count of what happened in the last second, to a tenth of it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rate {
    began: Option<Instant>,
    /// For each slice of the second: which one it was, and how many happened in it.
    slices: [(u64, u32); SLICES as usize],
    highest: u32,
}

impl Rate {
    /// Something happened.
    pub(crate) fn count(&mut self, now: Instant) {
        let number = self.number(now);
        let slice = &mut self.slices[usize::try_from(number % SLICES).unwrap_or_default()];
        if slice.0 != number {
            *slice = (number, 0);
        }
        slice.1 = slice.1.saturating_add(1);
        self.highest = self.highest.max(self.in_last_second(now));
    }

    /// How many in the last second.
    pub(crate) fn in_last_second(&self, now: Instant) -> u32 {
        let Some(began) = self.began else { return 0 };
        let last = slice(began, now);
        let recent = self.slices.iter().filter(|(number, _)| number + SLICES > last && *number <= last);
        recent.map(|(_, count)| count).sum()
    }

    /// The most that there ever were in a second.
    pub(crate) fn highest(&self) -> u32 {
        self.highest
    }

    fn number(&mut self, now: Instant) -> u64 {
        slice(*self.began.get_or_insert(now), now)
    }
}

/// Which slice since the first: counted from ten, so that an unused place is never a recent one.
fn slice(began: Instant, now: Instant) -> u64 {
    let passed = now.saturating_duration_since(began).as_millis() / SLICE.as_millis();
    u64::try_from(passed).unwrap_or(u64::MAX / 2) + SLICES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test needs some moment to begin with")]
    fn only_the_last_second_counts_and_the_highest_is_kept() {
        let (now, mut rate) = (Instant::now(), Rate::default());
        assert_eq!(rate.in_last_second(now), 0);
        for n in 0..30 {
            rate.count(now + n * SLICE);
            rate.count(now + n * SLICE);
        }
        let last = now + 29 * SLICE;
        assert_eq!((rate.in_last_second(last), rate.highest()), (20, 20));
        assert_eq!(rate.in_last_second(last + Duration::from_millis(500)), 10);
        assert_eq!(rate.in_last_second(last + Duration::from_secs(60)), 0);
    }
}
