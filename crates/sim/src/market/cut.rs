//! Recorded bars cut into ticks: each second has its price, open, high, low and close are traded, and volume adds up.

use std::ops::Range;

use rust_decimal::Decimal;

use super::aggregate::Aggregate;
use super::noise::mix;
use super::path::Print;
use super::recording::PriceRecording;

/// The shortest bar whose turning points have seconds of their own.
const SHORTEST_SPREAD_OUT: i64 = 4;

/// A recording in ticks of an instrument's smallest step.
#[derive(Debug)]
pub(super) struct Tape {
    candles: Vec<Candle>,
    ticks: Vec<Print>,
}

/// One bar of a recording, or all ticks of one second.
#[derive(Debug, Clone)]
pub(super) struct Candle {
    pub(super) start: i64,
    length: i64,
    /// Prices in *half* ticks, as everywhere in an aggregate.
    pub(super) whole: Aggregate,
    /// Seconds from the start at which the price turns, and the prices there, in ticks.
    turns: [(i64, i64); 4],
    ticks: Range<usize>,
}

impl Tape {
    /// A recording on the grid of `min_tick`; prices between two steps go to the nearer one. `seed` decides which of high
    /// and low comes first, and when.
    pub(super) fn new(recording: &PriceRecording, min_tick: Decimal, seed: u64) -> Self {
        let on_grid = |price: Decimal| {
            let ticks = price.checked_div(min_tick).and_then(|ticks| i64::try_from(ticks.round()).ok());
            ticks.unwrap_or(i64::from(i32::MAX)).clamp(1, 1_000_000_000)
        };
        let (mut candles, mut ticks) = (Vec::<Candle>::new(), Vec::new());
        for row in &recording.rows {
            let [open, high, low, close] = [row.open, row.high, row.low, row.close].map(on_grid);
            if recording.length == 0 {
                let print = Print { price: open, size: row.volume };
                ticks.push(print);
                match candles.last_mut().filter(|candle| candle.start == row.start) {
                    Some(candle) => {
                        candle.ticks.end = ticks.len();
                        candle.whole = candle.whole.then(print.aggregate());
                    }
                    None => candles.push(Candle::second(row.start, ticks.len() - 1, print)),
                }
                continue;
            }
            candles.push(Candle::cut(row.start, recording.length, [open, high, low, close], row.volume, seed));
        }
        Self { candles, ticks }
    }

    /// The price that stands in a second: the last one that was traded in it or before.
    pub(super) fn last(&self, second: i64) -> i64 {
        let Some(candle) = self.candle_at(second) else {
            return self.candles.first().map_or(1, |first| first.whole.open / 2);
        };
        if second < candle.end() { candle.price(second - candle.start) } else { candle.whole.close / 2 }
    }

    /// The trades of a second, in their order.
    pub(super) fn prints(&self, second: i64) -> Vec<Print> {
        let Some(candle) = self.candle_at(second).filter(|candle| second < candle.end()) else { return Vec::new() };
        if candle.ticks.is_empty() {
            candle.prints(second - candle.start)
        } else {
            self.ticks[candle.ticks.clone()].to_vec()
        }
    }

    /// The candles that lie in a span or overlap it, oldest first.
    pub(super) fn candles_in(&self, span: &Range<i64>) -> &[Candle] {
        let first = self.candles.partition_point(|candle| candle.end() <= span.start);
        let last = self.candles.partition_point(|candle| candle.start < span.end);
        &self.candles[first..last.max(first)]
    }

    /// The candle that starts last at or before a second.
    fn candle_at(&self, second: i64) -> Option<&Candle> {
        let after = self.candles.partition_point(|candle| candle.start <= second);
        self.candles.get(after.checked_sub(1)?)
    }
}

impl Candle {
    fn second(start: i64, at: usize, print: Print) -> Self {
        let turn = (0, print.price);
        Self { start, length: 1, whole: print.aggregate(), turns: [turn; 4], ticks: at..at + 1 }
    }

    fn cut(start: i64, length: i64, [open, high, low, close]: [i64; 4], volume: i64, seed: u64) -> Self {
        let shape = mix(seed, start, 201);
        let below = |bits: u64, limit: i64| i64::try_from(bits >> 1).unwrap_or(0) % limit.max(1);
        let (first, second) = if shape & 1 == 0 { (high, low) } else { (low, high) };
        let (early, late, end) = if length < SHORTEST_SPREAD_OUT {
            (0, 0, 0)
        } else {
            let early = 1 + below(mix(seed, start, 202), (length - 2) / 2);
            (early, early + 1 + below(mix(seed, start, 203), length - 2 - early), length - 1)
        };
        let turns = [(0, open), (early, first), (late, second), (end, close)];
        let nothing = Aggregate { open: 0, high: 0, low: 0, close: 0, volume: 0, trades: 0, turnover: 0 };
        let mut candle = Self { start, length, whole: nothing, turns, ticks: 0..0 };
        candle.whole.volume = volume;
        let pieces = (0..length).flat_map(|at| candle.prints(at)).map(Print::aggregate);
        candle.whole = pieces.reduce(Aggregate::then).unwrap_or(nothing);
        candle
    }

    /// The second after its last one.
    pub(super) fn end(&self) -> i64 {
        self.start + self.length
    }

    /// The price that stands `at` seconds from the start.
    fn price(&self, at: i64) -> i64 {
        if self.length < SHORTEST_SPREAD_OUT {
            return self.turns[3].1;
        }
        for leg in self.turns.windows(2) {
            let ((x0, y0), (x1, y1)) = (leg[0], leg[1]);
            if at < x1 {
                return y0 + (y1 - y0) * (at - x0) / (x1 - x0);
            }
        }
        self.turns[3].1
    }

    /// The trades `at` seconds from the start. Turning points are always traded, if need be without a size.
    fn prints(&self, at: i64) -> Vec<Print> {
        let volume = self.whole.volume;
        if self.length < SHORTEST_SPREAD_OUT {
            if at != 0 {
                return Vec::new();
            }
            let size = |number: i64| volume / 4 + i64::from(number < volume % 4);
            return (0..).zip(self.turns).map(|(number, (_, price))| Print { price, size: size(number) }).collect();
        }
        let turns = self.turns.iter().filter(|(turn, _)| *turn < at).count();
        let turn = self.turns.iter().position(|(turn, _)| *turn == at);
        // What does not divide goes to the turning points first, so that thin bars trade there.
        let rank = match turn {
            Some(turn) => i64::try_from(turn).unwrap_or(0),
            None => 4 + at - i64::try_from(turns).unwrap_or(0),
        };
        let size = volume / self.length + i64::from(rank < volume % self.length);
        if size == 0 && turn.is_none() { Vec::new() } else { vec![Print { price: self.price(at), size }] }
    }
}

impl Print {
    /// A bar of this one trade.
    pub(super) fn aggregate(self) -> Aggregate {
        let price = 2 * self.price;
        let turnover = i128::from(price) * i128::from(self.size);
        Aggregate { open: price, high: price, low: price, close: price, volume: self.size, trades: 1, turnover }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tape(length: i64, bars: &[(i64, i64, i64, i64, i64)]) -> (Tape, String) {
        let mut text = String::from("time,open,high,low,close,volume\n");
        for (number, (open, up, down, close, volume)) in (0..).zip(bars) {
            let (high, low) = (open.max(close) + up, open.min(close) - down);
            let start = 1_772_461_800 + number * length;
            text += &format!("{start},{open},{high},{low},{close},{volume}\n");
        }
        (Tape::new(&PriceRecording::from_csv(&text).unwrap(), Decimal::ONE, 7), text)
    }

    proptest! {
        #[test]
        fn seconds_of_a_bar_give_the_bar_again(
            length in prop::sample::select(vec![1i64, 2, 3, 4, 5, 60, 300, 3_600]),
            bars in prop::collection::vec((100i64..200, 0i64..20, 0i64..20, 100i64..200, 0i64..100_000), 2..6),
        ) {
            let (tape, text) = tape(length, &bars);
            for (number, (open, up, down, close, volume)) in (0..).zip(bars) {
                let start = 1_772_461_800 + number * length;
                let seconds = (start..start + length).flat_map(|second| tape.prints(second)).map(Print::aggregate);
                let whole = seconds.reduce(Aggregate::then).unwrap();
                let (high, low) = (open.max(close) + up, open.min(close) - down);
                prop_assert_eq!((whole.open, whole.high, whole.low, whole.close), (2 * open, 2 * high, 2 * low, 2 * close), "{}", text);
                prop_assert_eq!(whole.volume, volume);
                prop_assert_eq!(whole, tape.candles[usize::try_from(number).unwrap()].whole);
                prop_assert_eq!(tape.last(start + length - 1), close);
            }
        }
    }

    #[test]
    fn ticks_of_one_second_stay_apart_and_a_gap_trades_nothing() {
        let text = "time,price,size\n10,5.00,100\n10,5.02,50\n12,4.99,10\n";
        let tape = Tape::new(&PriceRecording::from_csv(text).unwrap(), Decimal::new(1, 2), 1);
        assert_eq!(tape.prints(10), [Print { price: 500, size: 100 }, Print { price: 502, size: 50 }]);
        assert_eq!((tape.last(9), tape.last(11), tape.last(99)), (500, 502, 499));
        assert_eq!(tape.prints(11), []);
    }
}
