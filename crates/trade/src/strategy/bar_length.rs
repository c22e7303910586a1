//! How long the bars are that a strategy is given, and making them of five-second ones. Pure.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;

use super::bar::BarIn;

/// The length of the bars that a Gateway sends live; it has no other.
pub(crate) const LIVE: i64 = 5;

/// The lengths that there are: those that a Gateway has history of and that divide a day, in seconds, with the Gateway's
/// word for them.
const LENGTHS: [(i64, &str); 13] = [
    (5, "5 secs"),
    (10, "10 secs"),
    (15, "15 secs"),
    (30, "30 secs"),
    (60, "1 min"),
    (120, "2 mins"),
    (180, "3 mins"),
    (300, "5 mins"),
    (600, "10 mins"),
    (900, "15 mins"),
    (1200, "20 mins"),
    (1800, "30 mins"),
    (3600, "1 hour"),
];

/// The seconds of history that one request may ask for, by IBKR's table of durations and bar sizes: half an hour of bars
/// below a minute (FN §1c has the pacing that goes with it), a day from one minute on.
const MOST_HISTORY: (i64, i64) = (1800, 86_400);

/// How long the bars are that a strategy is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BarLength(i64);

impl BarLength {
    /// The bars as the Gateway sends them live.
    pub const LIVE: Self = Self(LIVE);

    /// Its length.
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.0.unsigned_abs())
    }

    /// The Gateway's word for it in requests for history.
    pub(crate) fn size(self) -> &'static str {
        LENGTHS.iter().find(|(seconds, _)| *seconds == self.0).map_or("5 secs", |(_, size)| size)
    }

    /// The duration to ask for to get at least `bars` of history and, where that is possible, half an hour; in the
    /// Gateway's words.
    pub(crate) fn history(self, bars: usize) -> String {
        let bars = i64::try_from(bars).unwrap_or(i64::MAX);
        let (short, long) = MOST_HISTORY;
        let most = if self.0 < 60 { short } else { long };
        let wanted = bars.saturating_mul(self.0).saturating_add(self.0).max(short);
        if wanted <= most {
            return format!("{wanted} S");
        }
        // Beyond a day durations are in days. Below a minute there is no more than half an hour to be had.
        if self.0 < 60 { format!("{most} S") } else { format!("{} D", (wanted / 86_400 + 1).min(30)) }
    }

    /// The start of the bar that a moment lies in. Bars begin at multiples of their length, counted from midnight UTC.
    fn start_of(self, at: Timestamp) -> Timestamp {
        let second = at.as_second();
        Timestamp::from_second(second - second.rem_euclid(self.0)).unwrap_or(at)
    }
}

impl Default for BarLength {
    fn default() -> Self {
        Self::LIVE
    }
}

impl fmt::Display for BarLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            seconds if seconds % 3600 == 0 => write!(f, "{}h", seconds / 3600),
            seconds if seconds % 60 == 0 => write!(f, "{}m", seconds / 60),
            seconds => write!(f, "{seconds}s"),
        }
    }
}

impl FromStr for BarLength {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let lengths = LENGTHS.iter().map(|(seconds, _)| Self(*seconds));
        lengths.clone().find(|length| length.to_string() == text).ok_or_else(|| {
            let all: Vec<String> = lengths.map(|length| length.to_string()).collect();
            format!("`{text}` is no length of bars; there are {}", all.join(", "))
        })
    }
}

/// Makes bars of the Gateway's five-second ones.
#[derive(Debug, Clone)]
pub(crate) struct Aggregator {
    length: BarLength,
    growing: Option<BarIn>,
}

impl Aggregator {
    pub(crate) fn new(length: BarLength) -> Self {
        Self { length, growing: None }
    }

    /// Goes on from what history has of the bar in which live ones begin. The two overlap by an unknown part, so the
    /// bar's volume is not known.
    pub(crate) fn begin_with(&mut self, unfinished: Option<BarIn>) {
        self.growing = unfinished.map(|bar| BarIn { volume: None, ..bar });
    }

    /// Takes the next five-second bar; the bar that it completes, if it does. A bar is complete with its last five seconds,
    /// or when they are missing with the first ones after it.
    pub(crate) fn take(&mut self, bar: &BarIn) -> Option<BarIn> {
        if self.length == BarLength::LIVE {
            return Some(*bar);
        }
        let start = self.length.start_of(bar.time);
        let cut_short = self.growing.take_if(|growing| growing.time < start);
        let grown = match self.growing {
            Some(growing) => joined(growing, bar),
            None => BarIn { time: start, ..*bar },
        };
        let ends = bar.time.as_second().saturating_add(LIVE) >= start.as_second().saturating_add(self.length.0);
        // One bar is told at a time. Where one was cut short and its successor is complete at once, the successor comes
        // with the next five seconds.
        self.growing = if ends && cut_short.is_none() { None } else { Some(grown) };
        cut_short.or(ends.then_some(grown))
    }

    /// The start of the bar that `at` lies in.
    pub(crate) fn start_of(&self, at: Timestamp) -> Timestamp {
        self.length.start_of(at)
    }
}

fn joined(so_far: BarIn, next: &BarIn) -> BarIn {
    BarIn {
        time: so_far.time,
        open: so_far.open,
        high: so_far.high.max(next.high),
        low: so_far.low.min(next.low),
        close: next.close,
        volume: so_far.volume.zip(next.volume).map(|(one, other)| one.saturating_add(other)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    use super::*;

    fn bar(second: i64, price: i64) -> BarIn {
        let (time, price) = (Timestamp::from_second(second).unwrap(), Decimal::from(price));
        BarIn { time, open: price, high: price, low: price, close: price, volume: Some(Decimal::ONE) }
    }

    fn minute() -> Aggregator {
        Aggregator::new("1m".parse().unwrap())
    }

    #[test]
    fn lengths_have_names_and_no_others_are_taken() {
        for name in ["5s", "10s", "30s", "1m", "5m", "30m", "1h"] {
            assert_eq!(name.parse::<BarLength>().unwrap().to_string(), name);
        }
        for name in ["", "1", "7s", "60s", "1d", "0m", "-1m"] {
            assert!(name.parse::<BarLength>().is_err(), "{name}");
        }
        assert_eq!("1m".parse::<BarLength>().unwrap().size(), "1 min");
    }

    #[test]
    fn history_is_asked_for_in_words_that_a_gateway_takes() {
        let history = |name: &str, bars| name.parse::<BarLength>().unwrap().history(bars);
        assert_eq!(history("5s", 20), "1800 S");
        assert_eq!(history("5s", 10_000), "1800 S");
        assert_eq!(history("1m", 20), "1800 S");
        assert_eq!(history("1m", 254), "15300 S");
        assert_eq!(history("1h", 254), "11 D");
    }

    #[test]
    fn twelve_bars_are_a_minute_and_it_comes_with_the_last_of_them() {
        let mut minute = minute();
        let complete: Vec<BarIn> = (0..24).filter_map(|n| minute.take(&bar(120 + n * 5, 100 + n))).collect();
        assert_eq!(complete.len(), 2);
        let first = complete[0];
        assert_eq!((first.time.as_second(), first.open, first.close), (120, 100.into(), 111.into()));
        assert_eq!((first.high, first.low, first.volume), (111.into(), 100.into(), Some(12.into())));
    }

    #[test]
    fn a_minute_whose_end_is_missing_comes_with_the_next_one() {
        let mut minute = minute();
        assert_eq!(minute.take(&bar(120, 100)), None);
        assert_eq!(minute.take(&bar(130, 105)), None);
        let late = minute.take(&bar(190, 90)).unwrap();
        assert_eq!((late.time.as_second(), late.close, late.volume), (120, 105.into(), Some(2.into())));
        let next = minute.take(&bar(235, 95)).unwrap();
        assert_eq!((next.time.as_second(), next.open, next.close), (180, 90.into(), 95.into()));
    }

    #[test]
    fn what_history_has_of_the_first_minute_counts_but_not_its_volume() {
        let mut minute = minute();
        minute.begin_with(Some(BarIn { high: 200.into(), ..bar(120, 100) }));
        let complete = minute.take(&bar(175, 110)).unwrap();
        assert_eq!((complete.open, complete.high, complete.close), (100.into(), 200.into(), 110.into()));
        assert_eq!(complete.volume, None);
    }

    proptest! {
        #[test]
        fn bars_come_in_order_each_once_and_hold_what_went_into_them(
            steps in prop::collection::vec(1_i64..30, 1..200), index in 1_usize..LENGTHS.len(),
        ) {
            let length = BarLength(LENGTHS[index].0);
            let mut aggregator = Aggregator::new(length);
            let (mut second, mut last, mut told, mut given) = (0, None, Decimal::ZERO, 0);
            for step in steps {
                second += step * 5;
                given += 1;
                if let Some(bar) = aggregator.take(&bar(second, 100)) {
                    prop_assert!(last.is_none_or(|last| last < bar.time), "{:?}", bar);
                    prop_assert_eq!(bar.time.as_second() % length.0, 0);
                    last = Some(bar.time);
                    told += bar.volume.unwrap();
                }
            }
            let growing = aggregator.growing.and_then(|bar| bar.volume).unwrap_or_default();
            prop_assert_eq!(told + growing, Decimal::from(given));
        }
    }
}
