//! One reading of both clocks.

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// Now: the clock that deadlines are counted by, and the one that people and reset windows are told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The monotonic clock.
    pub at: Instant,
    /// The wall clock.
    pub wall: Timestamp,
}

impl Moment {
    /// Both clocks, read together.
    pub fn new(at: Instant, wall: Timestamp) -> Self {
        Self { at, wall }
    }

    /// The moment `span` later; at the end of the calendar the wall clock stands still.
    pub fn after(self, span: Duration) -> Self {
        Self { at: self.at + span, wall: later(self.wall, span) }
    }

    /// What the wall clock shows at another instant, past or future, as far as can be foreseen.
    pub fn wall_at(self, at: Instant) -> Timestamp {
        match at.checked_duration_since(self.at) {
            Some(ahead) => later(self.wall, ahead),
            None => self.wall.checked_sub(self.at - at).unwrap_or(self.wall),
        }
    }

    /// How long it is until the wall clock shows `wall`; zero if it has.
    pub fn until(self, wall: Timestamp) -> Duration {
        Duration::try_from(wall.duration_since(self.wall)).unwrap_or_default()
    }
}

fn later(wall: Timestamp, span: Duration) -> Timestamp {
    wall.checked_add(span).unwrap_or(wall)
}
