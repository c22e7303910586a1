//! A synthetic path: computable for any second, and for any minute without its seconds.

use std::cell::RefCell;

use super::noise::{Smooth, mix, pick};
use super::profile::{DayClock, Profile};

/// Periods in minutes and amplitudes, as a part of the base price, of the noises that add up to a path.
///
/// Amplitudes grow about with the square root of the period, as a random walk's do, so that minutes, hours and months
/// all look like a liquid stock's. They add up to less than a quarter: a price never comes near zero.
const SCALES: [(i64, f64); 8] = [
    (2, 0.000_3),
    (7, 0.000_6),
    (30, 0.001_2),
    (180, 0.003),
    (1_440, 0.008),
    (10_080, 0.02),
    (43_200, 0.05),
    (262_800, 0.12),
];

/// Seconds of a minute.
pub(super) const MINUTE: i64 = 60;

mod salt {
    pub(super) const WIGGLE_UP: u64 = 101;
    pub(super) const WIGGLE_DOWN: u64 = 102;
    pub(super) const SHAPE: u64 = 103;
    pub(super) const JITTER: u64 = 104;
    pub(super) const VOLUME: u64 = 105;
}

/// What never changes about a path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Character {
    pub(super) seed: u64,
    pub(super) base: i64,
    pub(super) spread: i64,
    pub(super) volume_unit: i64,
}

/// One minute of a path. `high` and `low` are reached, and nothing outside of them is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Minute {
    pub(crate) open: i64,
    pub(crate) high: i64,
    pub(crate) low: i64,
    pub(crate) close: i64,
    /// Between bid and ask.
    pub(crate) spread: i64,
    /// Shares per unit of a second's weight.
    pub(crate) unit: i64,
    /// Whether the trades of this minute are at the ask (or at the bid).
    pub(crate) at_ask: bool,
    /// Whether quotes change four times a second.
    pub(crate) lively: bool,
    pub(super) first_turn: (i64, i64),
    pub(super) second_turn: (i64, i64),
    pub(super) rotation: i64,
}

/// A synthetic path. What neighbouring minutes share is remembered; it never changes an answer.
#[derive(Debug, Clone)]
pub(super) struct Synthetic {
    character: Character,
    memory: RefCell<Memory>,
}

#[derive(Debug, Clone)]
struct Memory {
    noises: [Smooth; SCALES.len()],
    anchor: Option<(i64, i64)>,
    minute: Option<(i64, Minute)>,
    days: DayClock,
}

impl Synthetic {
    /// A path of this character.
    pub(super) fn new(character: Character) -> Self {
        let mut salts = 1u64..;
        let noises = SCALES.map(|(period, _)| Smooth::new(period, salts.next().unwrap_or_default()));
        let memory = RefCell::new(Memory { noises, anchor: None, minute: None, days: DayClock::default() });
        Self { character, memory }
    }

    /// A minute, counted since 1970 UTC.
    pub(super) fn minute(&self, number: i64) -> Minute {
        let mut memory = self.memory.borrow_mut();
        if let Some((_, minute)) = memory.minute.filter(|(known, _)| *known == number) {
            return minute;
        }
        let open = memory.anchor(&self.character, number);
        let close = memory.anchor(&self.character, number + 1);
        let profile = memory.days.profile(number * MINUTE);
        let minute = self.character.minute_between(number, profile, open, close);
        memory.minute = Some((number, minute));
        minute
    }

    /// The last price in a second of a minute.
    pub(super) fn last_in(&self, minute: &Minute, second: i64) -> i64 {
        let at = second.rem_euclid(MINUTE);
        let points = [(0, minute.open), minute.first_turn, minute.second_turn, (MINUTE - 1, minute.close)];
        for leg in points.windows(2) {
            let ((x0, y0), (x1, y1)) = (leg[0], leg[1]);
            if at == x0 {
                return y0;
            }
            if at < x1 {
                let jitter = pick(self.character.seed, second, salt::JITTER, 3) - 1;
                let straight = y0 + (y1 - y0) * (at - x0) / (x1 - x0);
                return (straight + jitter).clamp(minute.low, minute.high);
            }
        }
        minute.close
    }
}

impl Character {
    /// A minute whose ends are known.
    fn minute_between(&self, number: i64, profile: Profile, open: i64, close: i64) -> Minute {
        let wiggle = u32::try_from(self.base / 4_000).unwrap_or(u32::MAX).saturating_add(2);
        // At least a step each way, by night as well: a liquid price does not stand still for minutes.
        let high = open.max(close) + 1 + pick(self.seed, number, salt::WIGGLE_UP, wiggle);
        let low = (open.min(close) - 1 - pick(self.seed, number, salt::WIGGLE_DOWN, wiggle)).max(1);
        let shape = mix(self.seed, number, salt::SHAPE);
        let at = |bits: u64, from: i64| from + i64::try_from(bits % 24).unwrap_or(0);
        let (early, late) = (at(shape >> 8, 4), at(shape >> 16, 32));
        let (first, second) = if shape & 1 == 0 { (high, low) } else { (low, high) };
        let first_turn = (early, first);
        let second_turn = (late, second);
        Minute { high, low, first_turn, second_turn, ..self.flat_minute(number, profile, open, close) }
    }

    /// A minute without a shape of its own: what is traded in it, and how.
    pub(super) fn flat_minute(&self, number: i64, profile: Profile, open: i64, close: i64) -> Minute {
        let shape = mix(self.seed, number, salt::SHAPE);
        Minute {
            open,
            high: open.max(close),
            low: open.min(close),
            close,
            spread: self.spread * profile.spread,
            unit: self.volume_unit * profile.volume * (1 + pick(self.seed, number, salt::VOLUME, 9)),
            at_ask: shape & 2 == 0,
            lively: profile.lively,
            first_turn: (0, open),
            second_turn: (0, open),
            rotation: i64::try_from((shape >> 24) % 5).unwrap_or(0),
        }
    }
}

impl Memory {
    /// Where the path stands at the start of a minute.
    fn anchor(&mut self, character: &Character, minute: i64) -> i64 {
        if let Some((_, anchor)) = self.anchor.filter(|(known, _)| *known == minute) {
            return anchor;
        }
        let mut sum = 0.0;
        for (noise, (_, amplitude)) in self.noises.iter_mut().zip(SCALES) {
            sum += amplitude * noise.at(character.seed, minute);
        }
        // Rounded by hand: `f64::round` may be a call into the platform's own library.
        let anchor = ((character.base as f64 * (1.0 + sum) + 0.5) as i64).max(1);
        self.anchor = Some((minute, anchor));
        anchor
    }
}

impl Minute {
    /// How many trades a second of this minute has, 1 to 5.
    pub(crate) fn weight(&self, second: i64) -> i64 {
        1 + (second.rem_euclid(MINUTE) * 7 + self.rotation) % 5
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Path;

    /// The longest time for which bid and ask of a path stay the same, in seconds, from a second on.
    fn longest_rest(path: &Path, from: i64, seconds: i64) -> i64 {
        let sides = |second: i64| path.sides(&path.minute(second.div_euclid(MINUTE)), path.last(second));
        let (mut longest, mut since, mut before) = (0, from, None);
        for second in from..from + seconds {
            if before != Some(sides(second)) {
                (longest, since, before) = (longest.max(second - since), second, Some(sides(second)));
            }
        }
        longest
    }

    #[test]
    fn a_liquid_price_never_stands_still_for_long_by_day_or_by_night() {
        // 2026-03-02, 00:00 in New York, for a day: shares from 10 to 600 dollars, a currency pair.
        for base in [1_000, 5_000, 25_000, 60_000, 21_600] {
            for seed in 0..4 {
                let rest = longest_rest(&Path::new(seed, 265_598, base, 1, 40), 1_772_427_600, 86_400);
                assert!(rest <= 30, "{rest} s around {base}");
            }
        }
    }
}
