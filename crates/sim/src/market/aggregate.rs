//! Bars cut from a path: any span of seconds, from the very prices that are streamed.

use std::ops::Range;

use super::path::{MINUTE, Minute, Path, TRADES_A_MINUTE};

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

impl Path {
    /// The bar over the seconds `span` (since 1970 UTC), or `None` when it is empty.
    ///
    /// Whole minutes are not looked into, so that a day costs 1440 steps and not 86 400.
    pub(crate) fn aggregate(&self, span: Range<i64>, show: Show) -> Option<Aggregate> {
        let mut bar: Option<Aggregate> = None;
        let mut at = span.start;
        let mut walk = self.walk();
        while at < span.end {
            let number = at.div_euclid(MINUTE);
            let minute = walk.minute(self, number);
            let offset = self.offset(&minute, show);
            let whole = at == number * MINUTE && at + MINUTE <= span.end;
            let (piece, next) = if whole {
                (whole_minute(&minute, offset), at + MINUTE)
            } else {
                (self.second(&minute, at, offset), at + 1)
            };
            bar = Some(bar.map_or(piece, |bar| bar.then(piece)));
            at = next;
        }
        bar
    }

    fn second(&self, minute: &Minute, second: i64, offset: i64) -> Aggregate {
        let price = 2 * self.last_in(minute, second) + offset;
        let trades = minute.weight(second);
        let volume = trades * minute.unit;
        let turnover = i128::from(price) * i128::from(volume);
        Aggregate { open: price, high: price, low: price, close: price, volume, trades, turnover }
    }

    /// From the last price to what is shown, in half ticks; constant within a minute.
    fn offset(&self, minute: &Minute, show: Show) -> i64 {
        let (bid, ask) = self.sides(minute, 0);
        match show {
            Show::Trades => 0,
            Show::Midpoint => bid + ask,
            Show::Bid => 2 * bid,
            Show::Ask => 2 * ask,
        }
    }
}

fn whole_minute(minute: &Minute, offset: i64) -> Aggregate {
    let at = |price: i64| 2 * price + offset;
    let volume = TRADES_A_MINUTE * minute.unit;
    let typical = i128::from(at(minute.open) + at(minute.high) + at(minute.low) + at(minute.close));
    Aggregate {
        open: at(minute.open),
        high: at(minute.high),
        low: at(minute.low),
        close: at(minute.close),
        volume,
        trades: TRADES_A_MINUTE,
        turnover: typical * i128::from(volume) / 4,
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
    use super::*;

    #[test]
    fn a_bar_is_the_same_however_it_is_put_together() {
        let path = Path::new(3, 265_598, 25_000, 2, 40);
        let start = 1_740_000_000 + 17;
        let whole = path.aggregate(start..start + 1_000, Show::Trades).unwrap();
        let cut = path
            .aggregate(start..start + 333, Show::Trades)
            .map(|bar| bar.then(path.aggregate(start + 333..start + 1_000, Show::Trades).unwrap()))
            .unwrap();
        let prices = |bar: Aggregate| (bar.open, bar.high, bar.low, bar.close, bar.volume, bar.trades);
        assert_eq!(prices(whole), prices(cut));
        let seconds: Vec<i64> = (start..start + 1_000).map(|second| 2 * path.last(second)).collect();
        assert_eq!(seconds.iter().max(), Some(&whole.high));
        assert_eq!(seconds.iter().min(), Some(&whole.low));
    }

    #[test]
    fn the_average_lies_within_the_bar_and_sides_are_a_spread_apart() {
        let path = Path::new(3, 265_598, 25_000, 2, 40);
        let span = 1_740_000_000..1_740_003_600;
        let bar = path.aggregate(span.clone(), Show::Trades).unwrap();
        let average = bar.turnover / i128::from(bar.volume);
        assert!((i128::from(bar.low)..=i128::from(bar.high)).contains(&average));
        let (bid, ask) =
            (path.aggregate(span.clone(), Show::Bid).unwrap(), path.aggregate(span.clone(), Show::Ask).unwrap());
        assert_eq!(ask.open - bid.open, 4);
        let middle = path.aggregate(span, Show::Midpoint).unwrap();
        assert_eq!(middle.open, (bid.open + ask.open) / 2);
    }

    #[test]
    fn no_seconds_are_no_bar() {
        assert_eq!(Path::new(3, 1, 100, 1, 1).aggregate(5..5, Show::Trades), None);
    }
}
