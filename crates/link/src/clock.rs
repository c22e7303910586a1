//! The one place where this crate reads a clock; everything pure is given the time.

use std::time::Instant;

use jiff::Timestamp;

use crate::recovery::Moment;

/// The monotonic clock.
#[expect(clippy::disallowed_methods, reason = "the shell's one clock; pure code is given what it returns")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Both clocks, read together.
#[expect(clippy::disallowed_methods, reason = "the shell's one clock; pure code is given what it returns")]
pub(crate) fn moment() -> Moment {
    Moment::new(now(), Timestamp::now())
}
