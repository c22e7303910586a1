//! The times that everything else is given.

use std::time::Instant;

use jiff::Timestamp;

/// One moment, by the clock that measures spans and by the one on the wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// For ages and deadlines.
    pub instant: Instant,
    /// For the journal.
    pub wall: Timestamp,
}

impl Moment {
    /// The moment at which this is called.
    #[expect(clippy::disallowed_methods, reason = "the run loop's shell reads its clocks here and nowhere else")]
    pub(super) fn now() -> Self {
        Self { instant: Instant::now(), wall: Timestamp::now() }
    }
}
