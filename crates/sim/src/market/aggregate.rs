//! Bars cut from a path: any span of seconds, from the very prices that are streamed.

use std::ops::Range;

use super::cut::Tape;
use super::path::{Path, Source};
use super::synthetic::{MINUTE, Minute};

/// Trades per minute of a synthetic path.
const TRADES_A_MINUTE: i64 = 180;

/// What a bar shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Show {
    /// Last prices, with volume.
    Trades,
    /// Half-way between bid and ask.
    Midpoint,
    /// The best bid.
    Bid,
    /// The best ask.
    Ask,
}

/// One bar. Prices are in *half* ticks, so that midpoints are whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Aggregate {
    pub(crate) open: i64,
    pub(crate) high: i64,
    pub(crate) low: i64,
    pub(crate) close: i64,
    /// Shares traded.
    pub(crate) volume: i64,
    /// Trades.
    pub(crate) trades: i64,
    /// The sum of price times shares, in half ticks.
    pub(crate) turnover: i128,
}

/// How closely a bar's average price is worked out. Everything else is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Each second is looked at: the average is that of what was streamed.
    Exact,
    /// Whole minutes are not looked into, so that a day costs 1440 steps and not 86 400.
    Coarse,
}

impl Path {
    /// The bar over the seconds `span` (since 1970 UTC), or `None` when it is empty.
    pub(crate) fn aggregate(&self, span: Range<i64>, show: Show, detail: Detail) -> Option<Aggregate> {
        if let Source::Tape(tape) = &self.source {
            return self.recorded(tape, span, show);
        }
        let mut bar: Option<Aggregate> = None;
        let mut at = span.start;
        while at < span.end {
            let number = at.div_euclid(MINUTE);
            let minute = self.minute(number);
            let whole = detail == Detail::Coarse && at == number * MINUTE && at + MINUTE <= span.end;
            let (piece, next) = if whole {
                (self.whole_minute(&minute, show), at + MINUTE)
            } else {
                (self.second(&minute, at, show), at + 1)
            };
            bar = Some(bar.map_or(piece, |bar| bar.then(piece)));
            at = next;
        }
        bar
    }

    fn second(&self, minute: &Minute, second: i64, show: Show) -> Aggregate {
        let price = self.shown(minute, self.last_in(minute, second), show);
        let trades = minute.weight(second);
        let volume = trades * minute.unit;
        let turnover = i128::from(price) * i128::from(volume);
        Aggregate { open: price, high: price, low: price, close: price, volume, trades, turnover }
    }

    fn whole_minute(&self, minute: &Minute, show: Show) -> Aggregate {
        let [open, high, low, close] =
            [minute.open, minute.high, minute.low, minute.close].map(|price| self.shown(minute, price, show));
        let volume = TRADES_A_MINUTE * minute.unit;
        let typical = i128::from(open + high + low + close);
        let turnover = typical * i128::from(volume) / 4;
        Aggregate { open, high, low, close, volume, trades: TRADES_A_MINUTE, turnover }
    }

    /// What is shown where the last price is `last`, in half ticks; never falls where that rises.
    fn shown(&self, minute: &Minute, last: i64, show: Show) -> i64 {
        if show == Show::Trades {
            return 2 * last;
        }
        let (bid, ask) = self.sides(minute, last);
        match show {
            Show::Trades => 2 * last,
            Show::Midpoint => bid + ask,
            Show::Bid => 2 * bid,
            Show::Ask => 2 * ask,
        }
    }

    /// The bar over recorded seconds: where nothing was traded there are quotes and no trades.
    fn recorded(&self, tape: &Tape, span: Range<i64>, show: Show) -> Option<Aggregate> {
        let flat = |second: i64| {
            let price = self.shown(&self.minute(second.div_euclid(MINUTE)), tape.last(second), show);
            Aggregate { open: price, high: price, low: price, close: price, volume: 0, trades: 0, turnover: 0 }
        };
        let mut bar: Option<Aggregate> = None;
        let mut add = |piece: Aggregate| bar = Some(bar.map_or(piece, |bar| bar.then(piece)));
        let mut at = span.start;
        for candle in tape.candles_in(&span) {
            if show != Show::Trades && at < candle.start {
                add(flat(at));
            }
            if span.start <= candle.start && candle.end() <= span.end {
                let minute = self.minute(candle.start.div_euclid(MINUTE));
                let at = |half: i64| self.shown(&minute, half / 2, show);
                let whole = candle.whole;
                let prices = [at(whole.open), at(whole.high), at(whole.low), at(whole.close)];
                let [open, high, low, close] = prices;
                add(Aggregate { open, high, low, close, ..whole });
            } else {
                for second in candle.start.max(span.start)..candle.end().min(span.end) {
                    if show == Show::Trades {
                        tape.prints(second).into_iter().for_each(|print| add(print.aggregate()));
                    } else {
                        add(flat(second));
                    }
                }
            }
            at = candle.end();
        }
        if show != Show::Trades && at < span.end {
            add(flat(at));
        }
        bar
    }
}

impl Aggregate {
    /// This bar and the one right after it as one.
    pub(crate) fn then(self, next: Self) -> Self {
        Self {
            open: self.open,
            high: self.high.max(next.high),
            low: self.low.min(next.low),
            close: next.close,
            volume: self.volume + next.volume,
            trades: self.trades + next.trades,
            turnover: self.turnover + next.turnover,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 2026-03-02, 09:30 in New York.
    const OPEN: i64 = 1_772_461_800;

    fn apple() -> Path {
        Path::new(3, 265_598, 25_000, 2, 40)
    }

    fn fold(path: &Path, pieces: impl Iterator<Item = Range<i64>>, show: Show) -> Option<Aggregate> {
        pieces.filter_map(|piece| path.aggregate(piece, show, Detail::Exact)).reduce(Aggregate::then)
    }

    proptest! {
        #[test]
        fn five_second_bars_put_together_are_the_bars_of_history(
            start in 0i64..86_400,
            length in prop::sample::select(vec![5i64, 60, 300]),
            show in prop::sample::select(vec![Show::Trades, Show::Midpoint, Show::Bid, Show::Ask]),
            seed in 0u64..50,
        ) {
            let path = Path::new(seed, 265_598, 25_000, 2, 40);
            let from = (OPEN + start) / length * length;
            let streamed = fold(&path, (0..length / 5).map(|step| from + 5 * step..from + 5 * step + 5), show);
            prop_assert_eq!(path.aggregate(from..from + length, show, Detail::Exact), streamed);
            let (coarse, exact) = (path.aggregate(from..from + length, show, Detail::Coarse).unwrap(), streamed.unwrap());
            prop_assert_eq!((coarse.open, coarse.high, coarse.low), (exact.open, exact.high, exact.low));
            prop_assert_eq!((coarse.close, coarse.volume, coarse.trades), (exact.close, exact.volume, exact.trades));
        }
    }

    #[test]
    fn a_bar_is_the_same_however_it_is_put_together() {
        let path = apple();
        let start = 1_740_000_000 + 17;
        let whole = path.aggregate(start..start + 1_000, Show::Trades, Detail::Coarse).unwrap();
        let cut = fold(&path, [start..start + 333, start + 333..start + 1_000].into_iter(), Show::Trades).unwrap();
        let prices = |bar: Aggregate| (bar.open, bar.high, bar.low, bar.close, bar.volume, bar.trades);
        assert_eq!(prices(whole), prices(cut));
        let seconds: Vec<i64> = (start..start + 1_000).map(|second| 2 * path.last(second)).collect();
        assert_eq!(seconds.iter().max(), Some(&whole.high));
        assert_eq!(seconds.iter().min(), Some(&whole.low));
    }

    #[test]
    fn the_average_lies_within_the_bar_and_sides_are_a_spread_apart() {
        let path = apple();
        let span = OPEN..OPEN + 3_600;
        let bar = path.aggregate(span.clone(), Show::Trades, Detail::Coarse).unwrap();
        let average = bar.turnover / i128::from(bar.volume);
        assert!((i128::from(bar.low)..=i128::from(bar.high)).contains(&average));
        let shown = |show| path.aggregate(span.clone(), show, Detail::Coarse).unwrap();
        let (bid, ask) = (shown(Show::Bid), shown(Show::Ask));
        assert_eq!(ask.open - bid.open, 4);
        assert_eq!(shown(Show::Midpoint).open, (bid.open + ask.open) / 2);
    }

    #[test]
    fn no_seconds_are_no_bar() {
        assert_eq!(Path::new(3, 1, 100, 1, 1).aggregate(5..5, Show::Trades, Detail::Coarse), None);
    }
}
