//! The one place where this program reads a clock.

use std::time::{Duration, Instant};

/// The present, for deadlines and for times that are shown.
#[expect(clippy::disallowed_methods, reason = "this is the binary's shell, and the clock is read only here")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The system's monotonic clock, as other processes read it too: since the machine started.
pub(crate) fn monotonic() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    Duration::try_from(now).unwrap_or_default()
}

/// Milliseconds since a moment.
pub(crate) fn ms_since(start: Instant) -> f64 {
    now().saturating_duration_since(start).as_secs_f64() * 1000.0
}

/// The present by the calendar, for what is recorded.
#[expect(clippy::disallowed_methods, reason = "this is the binary's shell, and the clock is read only here")]
pub(crate) fn wall() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
