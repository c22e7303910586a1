//! One instrument's path, wherever its prices come from.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use rust_decimal::Decimal;

use super::cut::Tape;
use super::model::Terms;
use super::noise::{mix, pick};
use super::profile::DayClock;
use super::recording::PriceRecording;
use super::synthetic::{Character, MINUTE, Minute, Synthetic};

mod salt {
    pub(super) const BID_SIZE: u64 = 106;
    pub(super) const ASK_SIZE: u64 = 107;
}

/// The path of one instrument. All prices are in ticks of its smallest step.
#[derive(Debug, Clone)]
pub(crate) struct Path {
    character: Character,
    pub(super) source: Source,
    /// The last minute that was asked for. It never changes an answer.
    known: Cell<Option<(i64, Minute)>>,
    /// The same of whether quotes change within a second, which is asked for far more often.
    lively: Cell<Option<(i64, bool)>>,
    days: RefCell<DayClock>,
}

/// Where prices come from.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Synthetic(Box<Synthetic>),
    Follows { leader: Box<Path>, up: i64, down: i64, carry: i64 },
    Model { leader: Box<Path>, terms: Terms, leader_tick: f64, tick: f64 },
    Tape(Arc<Tape>),
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

/// One trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Print {
    pub(crate) price: i64,
    pub(crate) size: i64,
}

impl Path {
    /// A synthetic path around `base` ticks, with `spread` ticks between bid and ask in regular hours, for one
    /// instrument of one seed.
    pub(crate) fn new(seed: u64, con_id: i32, base: i64, spread: i64, volume_unit: i64) -> Self {
        let character = Character {
            seed: mix(seed, i64::from(con_id), 0),
            base: base.max(100),
            spread: spread.max(1),
            volume_unit: volume_unit.max(1),
        };
        Self::of(character, Source::Synthetic(Box::new(Synthetic::new(character))))
    }

    fn of(character: Character, source: Source) -> Self {
        Self { character, source, known: Cell::new(None), lively: Cell::new(None), days: RefCell::default() }
    }

    /// The same instrument with prices that follow another's: `ticks × up / down + carry`.
    pub(crate) fn following(&self, leader: &Self, (up, down, carry): (i64, i64, i64)) -> Self {
        Self::of(self.character, Source::Follows { leader: Box::new(leader.clone()), up, down: down.max(1), carry })
    }

    /// The same instrument with the model's prices; both ticks in the currency.
    pub(crate) fn modelled(&self, leader: &Self, terms: Terms, (leader_tick, tick): (f64, f64)) -> Self {
        Self::of(self.character, Source::Model { leader: Box::new(leader.clone()), terms, leader_tick, tick })
    }

    /// The same instrument with recorded prices.
    pub(crate) fn replaying(&self, recording: &PriceRecording, min_tick: Decimal) -> Self {
        let tape = Tape::new(recording, min_tick, self.character.seed);
        Self::of(self.character, Source::Tape(Arc::new(tape)))
    }

    /// What the model works with, and where the underlying stands, for an option; in the currency.
    pub(crate) fn model(&self, second: i64) -> Option<(Terms, f64)> {
        match &self.source {
            Source::Model { leader, terms, leader_tick, .. } => {
                Some((*terms, leader.last(second) as f64 * leader_tick))
            }
            Source::Synthetic(_) | Source::Follows { .. } | Source::Tape(_) => None,
        }
    }

    /// A minute, counted since 1970 UTC.
    pub(crate) fn minute(&self, number: i64) -> Minute {
        if let Some((_, minute)) = self.known.get().filter(|(known, _)| *known == number) {
            return minute;
        }
        let minute = match &self.source {
            Source::Synthetic(synthetic) => synthetic.minute(number),
            Source::Follows { leader, .. } => self.mapped(number, &leader.minute(number)),
            Source::Model { leader, .. } => {
                let mut minute = self.mapped(number, &leader.minute(number));
                minute.spread += minute.open / 50;
                minute
            }
            Source::Tape(tape) => {
                let lasts = (number * MINUTE..(number + 1) * MINUTE).map(|second| tape.last(second));
                let (low, high) = lasts.fold((i64::MAX, 1), |(low, high), last| (low.min(last), high.max(last)));
                let ends = (tape.last(number * MINUTE), tape.last(number * MINUTE + MINUTE - 1));
                // The spread stays the same, so that bars of bids can be made of whole recorded bars.
                let flat = self.flat(number, ends.0, ends.1);
                Minute { high, low, at_ask: true, spread: self.character.spread, ..flat }
            }
        };
        self.known.set(Some((number, minute)));
        minute
    }

    /// The leader's minute at this instrument's prices.
    fn mapped(&self, number: i64, leader: &Minute) -> Minute {
        let at = |ticks| self.map(number * MINUTE, ticks);
        let (one, other) = (at(leader.high), at(leader.low));
        let flat = self.flat(number, at(leader.open), at(leader.close));
        Minute { high: one.max(other), low: one.min(other), ..flat }
    }

    fn flat(&self, number: i64, open: i64, close: i64) -> Minute {
        let profile = self.days.borrow_mut().profile(number * MINUTE);
        self.character.flat_minute(number, profile, open, close)
    }

    /// From the leader's ticks to this instrument's. It never turns back within a minute.
    fn map(&self, second: i64, ticks: i64) -> i64 {
        match &self.source {
            Source::Synthetic(_) | Source::Tape(_) => ticks,
            Source::Follows { up, down, carry, .. } => ((ticks * up).div_euclid(*down) + carry).max(1),
            Source::Model { terms, leader_tick, tick, .. } => {
                let start = second.div_euclid(MINUTE) * MINUTE;
                let price = terms.compute(ticks as f64 * leader_tick, start).price;
                ((price / tick + 0.5) as i64).max(1)
            }
        }
    }

    /// The last price in a second of a minute.
    pub(super) fn last_in(&self, minute: &Minute, second: i64) -> i64 {
        match &self.source {
            Source::Synthetic(synthetic) => synthetic.last_in(minute, second),
            Source::Follows { leader, .. } | Source::Model { leader, .. } => self.map(second, leader.last(second)),
            Source::Tape(tape) => tape.last(second),
        }
    }

    /// The last price in a second since 1970 UTC.
    pub(crate) fn last(&self, second: i64) -> i64 {
        match &self.source {
            Source::Tape(tape) => tape.last(second),
            Source::Synthetic(_) | Source::Follows { .. } | Source::Model { .. } => {
                self.last_in(&self.minute(second.div_euclid(MINUTE)), second)
            }
        }
    }

    /// The trades of a second, in their order.
    pub(crate) fn prints(&self, second: i64) -> Vec<Print> {
        if let Source::Tape(tape) = &self.source {
            return tape.prints(second);
        }
        let minute = self.minute(second.div_euclid(MINUTE));
        let print = Print { price: self.last_in(&minute, second), size: minute.unit };
        (0..minute.weight(second)).map(|_| print).collect()
    }

    /// Bid and ask round a last price.
    pub(crate) fn sides(&self, minute: &Minute, last: i64) -> (i64, i64) {
        let (bid, ask) = if minute.at_ask { (last - minute.spread, last) } else { (last, last + minute.spread) };
        let bid = bid.max(1);
        (bid, ask.max(bid + 1))
    }

    /// Names the quote of a moment: as long as it is the same, the quote is.
    pub(crate) fn moment(&self, second: i64, quarter: i64) -> i64 {
        second.wrapping_mul(4).wrapping_add(if self.is_lively(second) { quarter } else { 0 })
    }

    /// Whether quotes change within a second, or only from one to the next.
    pub(crate) fn is_lively(&self, second: i64) -> bool {
        let number = second.div_euclid(MINUTE);
        match self.lively.get() {
            Some((known, lively)) if known == number => lively,
            _ => {
                let lively = self.minute(number).lively;
                self.lively.set(Some((number, lively)));
                lively
            }
        }
    }

    /// The market in a quarter of a second since 1970 UTC. Prices hold for the second, sizes for the quarter in regular
    /// hours and for the second outside of them.
    pub(crate) fn quote(&self, second: i64, quarter: i64) -> Quote {
        let minute = self.minute(second.div_euclid(MINUTE));
        let last = self.last_in(&minute, second);
        let (bid, ask) = self.sides(&minute, last);
        let (bid_size, ask_size) = self.sizes(self.moment(second, quarter));
        let last_size = match &self.source {
            Source::Tape(tape) => tape.prints(second).last().map_or(minute.unit, |print| print.size),
            Source::Synthetic(_) | Source::Follows { .. } | Source::Model { .. } => minute.unit,
        };
        Quote { bid, ask, last, bid_size, ask_size, last_size }
    }

    /// The market in a quarter of a second of which another quarter is known: only sizes differ.
    pub(crate) fn quote_after(&self, before: &Quote, second: i64, quarter: i64) -> Quote {
        let (bid_size, ask_size) = self.sizes(self.moment(second, quarter));
        Quote { bid_size, ask_size, ..*before }
    }

    fn sizes(&self, moment: i64) -> (i64, i64) {
        let lots = |salt| 1 + pick(self.character.seed, moment, salt, 12);
        let lot = self.character.volume_unit * 5;
        (lots(salt::BID_SIZE) * lot, lots(salt::ASK_SIZE) * lot)
    }

    /// What seeds everything about this path.
    pub(crate) fn seed(&self) -> u64 {
        self.character.seed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Right;

    /// Trades per minute: the sum of [`Minute::weight`] over its seconds.
    const TRADES_A_MINUTE: i64 = 180;

    fn apple() -> Path {
        Path::new(1, 265_598, 25_000, 1, 40)
    }

    fn call() -> Path {
        let terms = Terms { strike: 250.0, right: Right::Call, expiry: 1_745_000_000, volatility: 0.3 };
        Path::new(1, 800_000_000, 100, 2, 1).modelled(&apple(), terms, (0.01, 0.01))
    }

    fn future() -> Path {
        Path::new(1, 640_000_000, 26_400, 1, 2).following(&apple(), (2, 5, 17))
    }

    #[test]
    fn a_minute_is_the_summary_of_its_seconds() {
        let put = Terms { strike: 250.0, right: Right::Put, expiry: 1_745_000_000, volatility: 0.3 };
        let put = Path::new(1, 800_000_001, 100, 2, 1).modelled(&apple(), put, (0.01, 0.01));
        for path in [apple(), call(), future(), put] {
            for number in 29_000_000..29_000_200 {
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
    }

    #[test]
    fn within_a_second_only_sizes_change() {
        for path in [apple(), call(), future()] {
            for second in 1_772_461_790..1_772_461_900 {
                let first = path.quote(second, 0);
                for quarter in 1..4 {
                    assert_eq!(path.quote_after(&first, second, quarter), path.quote(second, quarter));
                }
            }
        }
    }

    #[test]
    fn minutes_join_and_what_was_asked_before_does_not_matter() {
        let path = apple();
        for number in 29_000_000..29_000_100 {
            assert_eq!(path.minute(number).close, path.minute(number + 1).open);
        }
        for number in (29_000_000..29_000_100).rev() {
            assert_eq!(path.minute(number), apple().minute(number));
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
    fn the_book_is_never_crossed_and_wider_outside_of_regular_hours() {
        // 2025-02-19, 16:20 in New York, and 12:20.
        for (start, spread) in [(1_740_000_000, 2), (1_739_985_600, 1)] {
            let path = apple();
            for second in start..start + 500 {
                let quote = path.quote(second, 2);
                assert_eq!(quote.ask - quote.bid, spread);
                assert!(quote.last == quote.bid || quote.last == quote.ask);
            }
        }
        let other = Path::new(2, 265_598, 25_000, 1, 40);
        assert_ne!(apple().last(1_740_000_000), other.last(1_740_000_000));
        for second in 1_740_000_000..1_740_000_500 {
            let quote = call().quote(second, 0);
            assert!(0 < quote.bid && quote.bid < quote.ask);
        }
    }
}
