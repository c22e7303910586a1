//! The one place where this crate reads a clock.

use std::time::Instant;

/// The present, to hold against the deadlines that callers pass in.
#[expect(clippy::disallowed_methods, reason = "this crate's shells are given a deadline and read the clock only here")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
