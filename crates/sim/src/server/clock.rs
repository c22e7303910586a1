//! From wall time to simulated time and back.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::config::SimConfig;
use crate::core::SimInstant;

/// Maps the machine's monotonic clock to simulated time.
#[derive(Debug, Clone, Copy)]
pub(super) struct SimClock {
    wall: Instant,
    start: SimInstant,
    speed: u32,
}

impl SimClock {
    /// A clock that starts now, at the time and the speed of the configuration.
    pub(super) fn start(config: &SimConfig) -> Self {
        Self { wall: read_wall(), start: config.start.resolve(read_calendar()), speed: config.speed }
    }

    /// Jumps ahead.
    pub(super) fn skip(&mut self, span: Duration) {
        self.start = self.start + span;
    }

    /// The simulated time of now.
    pub(super) fn now(&self) -> SimInstant {
        self.start + read_wall().duration_since(self.wall).saturating_mul(self.speed)
    }

    /// The simulated time at which the clock was started.
    pub(super) fn first(&self) -> SimInstant {
        self.start
    }

    /// Wall time since the clock was started.
    pub(super) fn since_start(&self) -> Duration {
        read_wall().duration_since(self.wall)
    }

    /// When the machine's clock will show a simulated moment; rounded up, so that it is never too early.
    pub(super) fn wall(&self, at: SimInstant) -> Instant {
        let wait = at.since(self.start) / self.speed + Duration::from_nanos(1);
        self.wall.checked_add(wait).unwrap_or(self.wall)
    }
}

#[expect(clippy::disallowed_methods, reason = "the shell reads its monotonic clock in this one place")]
pub(super) fn read_wall() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "the shell reads the calendar in this one place, to start `now`")]
fn read_calendar() -> Timestamp {
    Timestamp::now()
}
