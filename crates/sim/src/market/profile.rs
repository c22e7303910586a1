//! How lively a market is by the time of day in New York.

use crate::new_york::NewYork;

/// Seconds after which the offset from UTC is looked up again: it only changes at whole hours.
const HOUR: i64 = 3_600;

/// What a minute of the day is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Profile {
    /// How many times the least volume is traded.
    pub(super) volume: i64,
    /// How many times the narrowest spread there is.
    pub(super) spread: i64,
    /// Whether quotes change four times a second, or only once.
    pub(super) lively: bool,
}

/// New York's clock for one path, with the last offset remembered.
#[derive(Debug, Clone, Default)]
pub(super) struct DayClock {
    clock: NewYork,
    known: Option<(i64, i64)>,
}

impl DayClock {
    /// What the minute of a second is like: busy at the open and the close, calm outside of regular hours.
    pub(super) fn profile(&mut self, second: i64) -> Profile {
        let hour = second.div_euclid(HOUR);
        let offset = match self.known {
            Some((known, offset)) if known == hour => offset,
            _ => {
                let offset = self.clock.offset(second);
                self.known = Some((hour, offset));
                offset
            }
        };
        let (volume, spread) = match (second + offset).rem_euclid(86_400) / 60 {
            570..600 => (8, 1),
            600..660 => (5, 1),
            660..840 => (3, 1),
            840..930 => (4, 1),
            930..960 => (9, 1),
            240..570 | 960..1_200 => (1, 2),
            _ => (1, 3),
        };
        Profile { volume, spread, lively: spread == 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_open_is_busy_and_the_night_is_calm() {
        let clock = NewYork::default();
        let mut days = DayClock::default();
        for (text, volume, lively) in
            [("20260302 09:29:59", 1, false), ("20260302 09:30:00", 8, true), ("20260702 15:59:59", 9, true)]
        {
            let profile = days.profile(clock.parse(text).unwrap());
            assert_eq!((profile.volume, profile.lively), (volume, lively), "{text}");
        }
    }
}
