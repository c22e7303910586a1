//! When to try again. Pure.

use std::time::Duration;

/// How long to wait between attempts to come back: doubled each time up to a bound, and never given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
    attempts: u32,
}

impl Backoff {
    /// Waits from `first` to `longest`.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, next: first.min(longest), attempts: 0 }
    }

    /// How long to wait after another failed attempt.
    pub fn failed(&mut self) -> Duration {
        let wait = self.next;
        self.next = wait.saturating_mul(2).min(self.longest);
        self.attempts = self.attempts.saturating_add(1);
        wait
    }

    /// An attempt succeeded: the next failure begins anew.
    pub fn succeeded(&mut self) {
        *self = Self::new(self.first, self.longest);
    }

    /// Failed attempts since the last success.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }
}

impl Default for Backoff {
    /// 250 ms, doubled up to 30 s: a Gateway that restarts is back within a minute or two.
    fn default() -> Self {
        Self::new(Duration::from_millis(250), Duration::from_secs(30))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_bound_and_begin_anew_after_a_success() {
        let mut backoff = Backoff::default();
        let waits: Vec<u128> = (0..9).map(|_| backoff.failed().as_millis()).collect();
        assert_eq!(waits, [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
        assert_eq!(backoff.attempts(), 9);
        backoff.succeeded();
        assert_eq!((backoff.attempts(), backoff.failed()), (0, Duration::from_millis(250)));
    }
}
