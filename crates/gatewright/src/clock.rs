//! The one place where this program reads a clock.

use std::time::Instant;

/// The present, for deadlines and for times that are shown.
#[expect(clippy::disallowed_methods, reason = "this is the binary's shell, and the clock is read only here")]
pub(crate) fn now() -> Instant {
    Instant::now()
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
