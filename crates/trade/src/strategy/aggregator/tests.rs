use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;

fn bar(second: i64, price: i64) -> BarIn {
    let (time, price) = (Timestamp::from_second(second).unwrap(), Decimal::from(price));
    BarIn { time, open: price, high: price, low: price, close: price, volume: Some(Decimal::ONE) }
}

/// In a market that never closes.
fn take(aggregator: &mut Aggregator, bar: &BarIn) -> Option<BarIn> {
    aggregator.take(bar, &Calendar::default())
}

fn minute() -> Aggregator {
    Aggregator::new("1m".parse().unwrap())
}

#[test]
fn twelve_bars_are_a_minute_and_it_comes_with_the_last_of_them() {
    let mut minute = minute();
    let complete: Vec<BarIn> = (0..24).filter_map(|n| take(&mut minute, &bar(120 + n * 5, 100 + n))).collect();
    assert_eq!(complete.len(), 2);
    let first = complete[0];
    assert_eq!((first.time.as_second(), first.open, first.close), (120, 100.into(), 111.into()));
    assert_eq!((first.high, first.low, first.volume), (111.into(), 100.into(), Some(12.into())));
}

#[test]
fn a_minute_whose_end_is_missing_comes_with_the_next_one() {
    let mut minute = minute();
    assert_eq!(take(&mut minute, &bar(120, 100)), None);
    assert_eq!(take(&mut minute, &bar(130, 105)), None);
    let late = take(&mut minute, &bar(190, 90)).unwrap();
    assert_eq!((late.time.as_second(), late.close, late.volume), (120, 105.into(), Some(2.into())));
    let next = take(&mut minute, &bar(235, 95)).unwrap();
    assert_eq!((next.time.as_second(), next.open, next.close), (180, 90.into(), 95.into()));
}

#[test]
fn what_history_has_of_the_first_minute_counts_but_not_its_volume() {
    let mut minute = minute();
    minute.begin_with(Some(BarIn { high: 200.into(), ..bar(120, 100) }));
    let complete = take(&mut minute, &bar(175, 110)).unwrap();
    assert_eq!((complete.open, complete.high, complete.close), (100.into(), 200.into(), 110.into()));
    assert_eq!(complete.volume, None);
}

proptest! {
    #[test]
    fn bars_come_in_order_each_once_and_hold_what_went_into_them(
        steps in prop::collection::vec(1_i64..30, 1..200), name in prop::sample::select(vec!["10s", "1m", "3m", "15m", "1h", "1d"]),
    ) {
        let length: BarLength = name.parse().unwrap();
        let seconds = i64::try_from(length.duration().as_secs()).unwrap();
        let mut aggregator = Aggregator::new(length);
        let (mut second, mut last, mut told, mut given) = (0, None, Decimal::ZERO, 0);
        for step in steps {
            second += step * 5;
            given += 1;
            if let Some(bar) = take(&mut aggregator, &bar(second, 100)) {
                prop_assert!(last.is_none_or(|last| last < bar.time), "{:?}", bar);
                prop_assert_eq!(bar.time.as_second() % seconds, 0);
                last = Some(bar.time);
                told += bar.volume.unwrap();
            }
        }
        let growing = aggregator.growing.and_then(|bar| bar.volume).unwrap_or_default();
        prop_assert_eq!(told + growing, Decimal::from(given));
    }
}

/// A day of US stocks: with its extended hours, and the half day after Thanksgiving.
const NOVEMBER: &str = "20261125:0400-20261125:2000;20261126:CLOSED;20261127:0400-20261127:1700;20261128:CLOSED";

/// Every live bar from one moment to another, taken in; what was told, and when.
fn told(aggregator: &mut Aggregator, calendar: &Calendar, from: &str, until: &str) -> Vec<(String, String)> {
    let second = |text: &str| text.parse::<Timestamp>().unwrap().as_second();
    let live = (second(from)..second(until)).step_by(5).map(|second| bar(second, 100));
    let complete = live.filter_map(|live| Some((aggregator.take(&live, calendar)?, live.time)));
    complete
        .map(|(bar, at)| (bar.time.strftime("%d %H:%M").to_string(), at.strftime("%d %H:%M:%S").to_string()))
        .collect()
}

#[test]
fn the_first_and_the_last_bar_of_a_session_come_in_their_session() {
    let calendar = Calendar::read(NOVEMBER, "", "US/Eastern");
    for (name, bars, first, last) in [
        ("5m", 192, ("25 09:00", "25 09:04:55"), ("26 00:55", "26 00:59:55")),
        ("15m", 64, ("25 09:00", "25 09:14:55"), ("26 00:45", "26 00:59:55")),
        ("1h", 16, ("25 09:00", "25 09:59:55"), ("26 00:00", "26 00:59:55")),
        ("1d", 1, ("25 05:00", "26 00:59:55"), ("25 05:00", "26 00:59:55")),
    ] {
        let mut aggregator = Aggregator::new(name.parse().unwrap());
        let told = told(&mut aggregator, &calendar, "2026-11-25T09:00:00Z", "2026-11-26T01:00:00Z");
        let ends = |(bar, at): &(String, String)| (bar.clone(), at.clone());
        let expected = |(bar, at): (&str, &str)| (bar.to_owned(), at.to_owned());
        assert_eq!(told.len(), bars, "{name}");
        assert_eq!((ends(&told[0]), ends(&told[bars - 1])), (expected(first), expected(last)), "{name}");
    }
}

#[test]
fn a_half_day_ends_its_bars_when_it_closes() {
    let calendar = Calendar::read(NOVEMBER, "", "US/Eastern");
    for (name, bars, last) in [("1h", 13, ("27 21:00", "27 21:59:55")), ("1d", 1, ("27 05:00", "27 21:59:55"))] {
        let mut aggregator = Aggregator::new(name.parse().unwrap());
        let told = told(&mut aggregator, &calendar, "2026-11-27T09:00:00Z", "2026-11-27T22:00:00Z");
        assert_eq!((told.len(), told.last().unwrap()), (bars, &(last.0.to_owned(), last.1.to_owned())), "{name}");
    }
    // A close within an hour.
    let calendar = Calendar::read("20261127:0830-20261127:1215", "", "US/Central");
    let mut hours = Aggregator::new("1h".parse().unwrap());
    let told = told(&mut hours, &calendar, "2026-11-27T14:30:00Z", "2026-11-27T18:15:00Z");
    let at: Vec<&str> = told.iter().map(|(_, at)| at.as_str()).collect();
    assert_eq!(at, ["27 14:59:55", "27 15:59:55", "27 16:59:55", "27 17:59:55", "27 18:14:55"]);
}

#[test]
fn a_day_without_its_last_seconds_is_told_the_next_morning() {
    let calendar = Calendar::read(NOVEMBER, "", "US/Eastern");
    let mut days = Aggregator::new("1d".parse().unwrap());
    assert!(told(&mut days, &calendar, "2026-11-25T14:30:00Z", "2026-11-25T21:00:00Z").is_empty());
    let late = told(&mut days, &calendar, "2026-11-27T09:00:00Z", "2026-11-27T09:00:05Z");
    assert_eq!(late, [("25 05:00".to_owned(), "27 09:00:00".to_owned())]);
}
