//! Orders per minute.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The window that orders are counted in.
pub(crate) const WINDOW: Duration = Duration::from_secs(60);

/// When orders were sent in the last minute.
#[derive(Debug, Default)]
pub(crate) struct SendRate {
    /// Never more than the limit lets through, and what an earlier run had sent.
    sent: VecDeque<Instant>,
}

impl SendRate {
    /// An order was sent.
    pub(crate) fn note(&mut self, now: Instant) {
        self.forget(now);
        self.sent.push_back(now);
    }

    /// How many were sent in the last minute.
    pub(crate) fn count(&self, now: Instant) -> u32 {
        let recent = self.sent.iter().filter(|sent| now.saturating_duration_since(**sent) < WINDOW).count();
        u32::try_from(recent).unwrap_or(u32::MAX)
    }

    fn forget(&mut self, now: Instant) {
        while self.sent.front().is_some_and(|sent| now.saturating_duration_since(*sent) >= WINDOW) {
            self.sent.pop_front();
        }
    }
}
