//! So much in any span of time.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Added to each span, so that two messages at the two ends of one are never both in it, whatever a timer's grain.
const GRAIN: Duration = Duration::from_millis(1);

/// A limit on the sum of weights in any window of a span's length, not only in those that a clock's tick begins.
#[derive(Debug, Clone)]
pub(super) struct SlidingWindow {
    limit: u32,
    span: Duration,
    spent: VecDeque<(Instant, u32)>,
    sum: u32,
}

impl SlidingWindow {
    pub(super) fn new(limit: u32, span: Duration) -> Self {
        Self { limit: limit.max(1), span: span + GRAIN, spent: VecDeque::new(), sum: 0 }
    }

    /// From when on `weight` more may be spent; `None` for at once. More than the limit waits for an empty window.
    pub(super) fn free_from(&self, weight: u32) -> Option<Instant> {
        let mut excess = (self.sum + weight).saturating_sub(self.limit);
        for (at, spent) in &self.spent {
            if excess == 0 {
                return None;
            }
            excess = excess.saturating_sub(*spent);
            if excess == 0 {
                return Some(*at + self.span);
            }
        }
        self.spent.back().filter(|_| excess > 0).map(|(at, _)| *at + self.span)
    }

    pub(super) fn is_free(&mut self, now: Instant, weight: u32) -> bool {
        self.forget(now);
        self.free_from(weight).is_none()
    }

    pub(super) fn spend(&mut self, now: Instant, weight: u32) {
        self.forget(now);
        self.spent.push_back((now, weight));
        self.sum += weight;
    }

    /// What has been spent in the span that ends now.
    pub(super) fn used(&self, now: Instant) -> u32 {
        self.spent.iter().filter(|(at, _)| *at + self.span > now).map(|(_, weight)| weight).sum()
    }

    pub(super) fn limit(&self) -> u32 {
        self.limit
    }

    fn forget(&mut self, now: Instant) {
        while let Some((at, weight)) = self.spent.front()
            && *at + self.span <= now
        {
            self.sum -= weight;
            self.spent.pop_front();
        }
    }
}
