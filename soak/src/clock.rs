//! Virtual time in the units of everybody: spans since the beginning, both clocks of recovery, the simulator's instants.

use std::time::{Duration, Instant};

use gatewright_link::recovery::Moment;
use gatewright_sim::core::SimInstant;
use jiff::Timestamp;

/// Turns spans since the beginning into what each part counts by, and back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    begin: Moment,
    world: SimInstant,
}

impl Clock {
    /// A clock that shows `wall` at the beginning.
    #[expect(clippy::disallowed_methods, reason = "an instant can only be had from a clock; only spans from it matter")]
    pub(crate) fn new(wall: Timestamp) -> Self {
        Self { begin: Moment::new(Instant::now(), wall), world: SimInstant::from_timestamp(wall) }
    }

    pub(crate) fn moment(&self, at: Duration) -> Moment {
        self.begin.after(at)
    }

    pub(crate) fn world(&self, at: Duration) -> SimInstant {
        self.world + at
    }

    pub(crate) fn of_instant(&self, instant: Instant) -> Duration {
        instant.saturating_duration_since(self.begin.at)
    }

    pub(crate) fn of_world(&self, instant: SimInstant) -> Duration {
        instant.since(self.world)
    }
}
