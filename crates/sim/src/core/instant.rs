//! A moment of simulated time.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// A moment of simulated time, in microseconds since 1970 UTC.
///
/// The world is never told any other kind of time, so a test runs a week in a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimInstant(i64);

/// Microseconds per second.
const MICROS: i64 = 1_000_000;

impl SimInstant {
    /// The moment `micros` microseconds after 1970-01-01 00:00 UTC.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The start of a second since 1970 UTC.
    pub const fn from_second(second: i64) -> Self {
        Self(second.saturating_mul(MICROS))
    }

    /// The same moment as a timestamp, which is cut to microseconds.
    pub fn from_timestamp(timestamp: Timestamp) -> Self {
        Self(timestamp.as_microsecond())
    }

    /// Microseconds since 1970 UTC.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since 1970 UTC.
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// The second that this moment is in, since 1970 UTC.
    pub const fn second(self) -> i64 {
        self.0.div_euclid(MICROS)
    }

    /// The quarter of that second, 0 to 3: the grain of the tick stream.
    pub const fn quarter(self) -> i64 {
        self.0.rem_euclid(MICROS) * 4 / MICROS
    }

    /// The next moment that is a whole multiple of `step` since 1970; later than this one.
    ///
    /// # Panics
    ///
    /// When `step` is shorter than a microsecond.
    pub fn next_multiple(self, step: Duration) -> Self {
        let step = micros(step);
        assert!(step > 0, "a grid needs a step");
        Self((self.0.div_euclid(step) + 1).saturating_mul(step))
    }

    /// How long after `earlier` this is; zero when it is not later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl Serialize for SimInstant {
    /// As a timestamp of RFC 3339.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match Timestamp::from_microsecond(self.0) {
            Ok(timestamp) => timestamp.serialize(serializer),
            Err(_) => serializer.serialize_i64(self.0),
        }
    }
}

impl std::ops::Add<Duration> for SimInstant {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(micros(span)))
    }
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_are_strictly_ahead() {
        let second = Duration::from_secs(1);
        assert_eq!(SimInstant::from_micros(999_999).next_multiple(second), SimInstant::from_second(1));
        assert_eq!(SimInstant::from_second(1).next_multiple(second), SimInstant::from_second(2));
        assert_eq!(SimInstant::from_micros(750_000).quarter(), 3);
    }
}
