//! One instrument's price path: computable for any second, and for any minute without its seconds.

use super::noise::{Smooth, mix, pick};

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
pub(crate) const MINUTE: i64 = 60;

/// Trades per minute: the sum of [`Minute::weight`] over its seconds.
pub(crate) const TRADES_A_MINUTE: i64 = 180;

mod salt {
    pub(super) const WIGGLE_UP: u64 = 101;
    pub(super) const WIGGLE_DOWN: u64 = 102;
    pub(super) const SHAPE: u64 = 103;
    pub(super) const JITTER: u64 = 104;
    pub(super) const VOLUME: u64 = 105;
    pub(super) const BID_SIZE: u64 = 106;
    pub(super) const ASK_SIZE: u64 = 107;
}

/// The path of one instrument. All prices are in ticks of its smallest step.
#[derive(Debug, Clone)]
pub(crate) struct Path {
    seed: u64,
    base: i64,
    spread: i64,
    volume_unit: i64,
}

/// One minute of a path. `high` and `low` are reached, and nothing outside of them is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Minute {
    pub(crate) open: i64,
    pub(crate) high: i64,
    pub(crate) low: i64,
    pub(crate) close: i64,
    /// Shares per unit of a second's weight.
    pub(crate) unit: i64,
    /// Whether the trades of this minute are at the ask (or at the bid).
    pub(crate) at_ask: bool,
    first_turn: (i64, i64),
    second_turn: (i64, i64),
    rotation: i64,
}

/// The best bid and ask at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quote {
    pub(crate) bid: i64,
    pub(crate) ask: i64,
    pub(crate) last: i64,
    pub(crate) bid_size: i64,
    pub(crate) ask_size: i64,
    pub(crate) last_size: i64,
}

impl Path {
    /// A path around `base` ticks, with `spread` ticks between bid and ask, for one instrument of one seed.
    pub(crate) fn new(seed: u64, con_id: i32, base: i64, spread: i64, volume_unit: i64) -> Self {
        let seed = mix(seed, i64::from(con_id), 0);
        Self { seed, base: base.max(100), spread: spread.max(1), volume_unit: volume_unit.max(1) }
    }

    /// A minute, counted since 1970 UTC.
    pub(crate) fn minute(&self, minute: i64) -> Minute {
        self.walk().minute(self, minute)
    }

    /// A way to ask for many minutes in their order that is several times faster.
    pub(crate) fn walk(&self) -> Walk {
        let mut salts = 1u64..;
        let noises = SCALES.map(|(period, _)| Smooth::new(period, salts.next().unwrap_or_default()));
        Walk { noises, anchor: None }
    }

    fn minute_between(&self, minute: i64, open: i64, close: i64) -> Minute {
        let wiggle = u32::try_from(self.base / 4_000).unwrap_or(u32::MAX).saturating_add(2);
        let high = open.max(close) + pick(self.seed, minute, salt::WIGGLE_UP, wiggle);
        let low = (open.min(close) - pick(self.seed, minute, salt::WIGGLE_DOWN, wiggle)).max(1);
        let shape = mix(self.seed, minute, salt::SHAPE);
        let at = |bits: u64, from: i64| from + i64::try_from(bits % 24).unwrap_or(0);
        let (early, late) = (at(shape >> 8, 4), at(shape >> 16, 32));
        let (first, second) = if shape & 1 == 0 { (high, low) } else { (low, high) };
        Minute {
            open,
            high,
            low,
            close,
            unit: self.unit(minute),
            at_ask: shape & 2 == 0,
            first_turn: (early, first),
            second_turn: (late, second),
            rotation: i64::try_from((shape >> 24) % 5).unwrap_or(0),
        }
    }

    /// Shares per unit of weight in a minute; cheaper than the minute itself.
    pub(crate) fn unit(&self, minute: i64) -> i64 {
        self.volume_unit * (1 + pick(self.seed, minute, salt::VOLUME, 9))
    }

    /// The last price in a second of a minute.
    pub(crate) fn last_in(&self, minute: &Minute, second: i64) -> i64 {
        let at = second.rem_euclid(MINUTE);
        let points = [(0, minute.open), minute.first_turn, minute.second_turn, (MINUTE - 1, minute.close)];
        for leg in points.windows(2) {
            let ((x0, y0), (x1, y1)) = (leg[0], leg[1]);
            if at == x0 {
                return y0;
            }
            if at < x1 {
                let jitter = pick(self.seed, second, salt::JITTER, 3) - 1;
                let straight = y0 + (y1 - y0) * (at - x0) / (x1 - x0);
                return (straight + jitter).clamp(minute.low, minute.high);
            }
        }
        minute.close
    }

    /// The last price in a second since 1970 UTC.
    pub(crate) fn last(&self, second: i64) -> i64 {
        self.last_in(&self.minute(second.div_euclid(MINUTE)), second)
    }

    /// Bid and ask round a last price.
    pub(crate) fn sides(&self, minute: &Minute, last: i64) -> (i64, i64) {
        if minute.at_ask { (last - self.spread, last) } else { (last, last + self.spread) }
    }

    /// The market in a quarter of a second since 1970 UTC. Prices hold for the second, sizes for the quarter.
    pub(crate) fn quote(&self, second: i64, quarter: i64) -> Quote {
        let minute = self.minute(second.div_euclid(MINUTE));
        let last = self.last_in(&minute, second);
        let (bid, ask) = self.sides(&minute, last);
        let moment = second.wrapping_mul(4).wrapping_add(quarter);
        let lots = |salt| 1 + pick(self.seed, moment, salt, 12);
        Quote {
            bid,
            ask,
            last,
            bid_size: lots(salt::BID_SIZE) * self.volume_unit * 5,
            ask_size: lots(salt::ASK_SIZE) * self.volume_unit * 5,
            last_size: minute.unit,
        }
    }
}

/// Remembers what neighbouring minutes share; it never changes an answer.
#[derive(Debug)]
pub(crate) struct Walk {
    noises: [Smooth; SCALES.len()],
    anchor: Option<(i64, i64)>,
}

impl Walk {
    /// A minute of a path, counted since 1970 UTC. A walk belongs to the path that has made it.
    pub(crate) fn minute(&mut self, path: &Path, minute: i64) -> Minute {
        let open = self.anchor(path, minute);
        let close = self.anchor(path, minute + 1);
        path.minute_between(minute, open, close)
    }

    /// Where the path stands at the start of a minute.
    fn anchor(&mut self, path: &Path, minute: i64) -> i64 {
        if let Some((_, anchor)) = self.anchor.filter(|(known, _)| *known == minute) {
            return anchor;
        }
        let mut sum = 0.0;
        for (noise, (_, amplitude)) in self.noises.iter_mut().zip(SCALES) {
            sum += amplitude * noise.at(path.seed, minute);
        }
        // Rounded by hand: `f64::round` may be a call into the platform's own library.
        let anchor = ((path.base as f64 * (1.0 + sum) + 0.5) as i64).max(1);
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

    fn apple() -> Path {
        Path::new(1, 265_598, 25_000, 1, 40)
    }

    #[test]
    fn a_minute_is_the_summary_of_its_seconds() {
        let path = apple();
        for number in 29_000_000..29_000_400 {
            let minute = path.minute(number);
            let seconds: Vec<i64> = (number * 60..number * 60 + 60).collect();
            let lasts: Vec<i64> = seconds.iter().map(|second| path.last(*second)).collect();
            assert_eq!(lasts.first(), Some(&minute.open));
            assert_eq!(lasts.last(), Some(&minute.close));
            assert_eq!(lasts.iter().max(), Some(&minute.high));
            assert_eq!(lasts.iter().min(), Some(&minute.low));
            assert_eq!(seconds.iter().map(|second| minute.weight(*second)).sum::<i64>(), TRADES_A_MINUTE);
        }
    }

    #[test]
    fn minutes_join() {
        let path = apple();
        for number in 29_000_000..29_000_100 {
            assert_eq!(path.minute(number).close, path.minute(number + 1).open);
        }
    }

    #[test]
    fn a_year_stays_in_a_sane_band_and_moves() {
        let path = apple();
        let days: Vec<i64> = (0..365).map(|day| path.minute(29_000_000 + day * 1_440).open).collect();
        assert!(days.iter().all(|price| (18_000..32_000).contains(price)));
        assert!(days.iter().max().unwrap() - days.iter().min().unwrap() > 500);
    }

    #[test]
    fn the_book_is_never_crossed_and_seeds_differ() {
        let path = apple();
        for second in 1_740_000_000..1_740_000_500 {
            let quote = path.quote(second, 2);
            assert_eq!(quote.ask - quote.bid, 1);
            assert!(quote.last == quote.bid || quote.last == quote.ask);
        }
        let other = Path::new(2, 265_598, 25_000, 1, 40);
        assert_ne!(path.last(1_740_000_000), other.last(1_740_000_000));
    }
}
