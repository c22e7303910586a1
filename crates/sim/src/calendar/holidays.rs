//! The days on which US markets stay closed or close early, from the rules of the New York Stock Exchange.
//!
//! The rules in force since Juneteenth was added in 2022; days of mourning and storms are not in any rule.

use jiff::civil::{Date, Weekday, date};

use crate::new_york::NewYork;

/// What a day is to the exchanges of the US.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DayKind {
    /// A day like any other.
    Full,
    /// Stocks close at 13:00.
    Early,
    /// Stocks are closed, futures trade until 13:00.
    Holiday,
    /// Nothing trades: New Year, Good Friday and Christmas.
    Closed,
    /// A Saturday or Sunday.
    Weekend,
}

/// What a day is.
pub(super) fn kind_of(day: Date) -> DayKind {
    if matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
        return DayKind::Weekend;
    }
    let year = day.year();
    let good_friday = NewYork::days_later(easter(year), -2);
    // A New Year's Day on a Saturday is not made up for on the last day of the old year.
    let new_year = observed(date(year, 1, 1)).filter(|it| it.year() == year);
    if Some(day) == new_year || day == good_friday || Some(day) == observed(date(year, 12, 25)) {
        return DayKind::Closed;
    }
    let nth = |month, nth, weekday| date(year, month, 1).nth_weekday_of_month(nth, weekday).ok();
    let thanksgiving = nth(11, 4, Weekday::Thursday);
    let holidays = [
        nth(1, 3, Weekday::Monday),
        nth(2, 3, Weekday::Monday),
        nth(5, -1, Weekday::Monday),
        (year >= 2022).then(|| observed(date(year, 6, 19))).flatten(),
        observed(date(year, 7, 4)),
        nth(9, 1, Weekday::Monday),
        thanksgiving,
    ];
    if holidays.contains(&Some(day)) {
        return DayKind::Holiday;
    }
    let day_after = thanksgiving.map(|it| NewYork::days_later(it, 1));
    if Some(day) == day_after || day == date(year, 12, 24) || day == date(year, 7, 3) {
        return DayKind::Early;
    }
    DayKind::Full
}

/// The day on which a holiday of a fixed date is kept: Friday for a Saturday, Monday for a Sunday.
fn observed(day: Date) -> Option<Date> {
    Some(match day.weekday() {
        Weekday::Saturday => NewYork::days_later(day, -1),
        Weekday::Sunday => NewYork::days_later(day, 1),
        Weekday::Monday | Weekday::Tuesday | Weekday::Wednesday | Weekday::Thursday | Weekday::Friday => day,
    })
}

/// Easter Sunday, by the anonymous Gregorian algorithm.
fn easter(year: i16) -> Date {
    let year_number = i32::from(year);
    let (golden, century) = (year_number % 19, year_number / 100);
    let rest = year_number % 100;
    let moon = (19 * golden + century - century / 4 - (century - (century + 8) / 25 + 1) / 3 + 15) % 30;
    let week = (32 + 2 * (century % 4) + 2 * (rest / 4) - moon - rest % 4) % 7;
    let late = (golden + 11 * moon + 22 * week) / 451;
    let sum = moon + week - 7 * late + 114;
    let small = |value: i32| i8::try_from(value).expect("a month and a day are small");
    date(year, small(sum / 31), small(sum % 31 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_holidays_of_2025_to_2027_are_found() {
        let closed = [
            date(2025, 1, 1),
            date(2025, 4, 18),
            date(2025, 12, 25),
            date(2026, 1, 1),
            date(2026, 4, 3),
            date(2026, 12, 25),
            date(2027, 1, 1),
            date(2027, 3, 26),
            date(2027, 12, 24),
        ];
        let holidays = [
            date(2025, 1, 20),
            date(2025, 2, 17),
            date(2025, 5, 26),
            date(2025, 6, 19),
            date(2025, 7, 4),
            date(2025, 9, 1),
            date(2025, 11, 27),
            date(2026, 1, 19),
            date(2026, 2, 16),
            date(2026, 5, 25),
            date(2026, 6, 19),
            date(2026, 7, 3),
            date(2026, 9, 7),
            date(2026, 11, 26),
            date(2027, 6, 18),
            date(2027, 7, 5),
        ];
        for day in closed {
            assert_eq!(kind_of(day), DayKind::Closed, "{day}");
        }
        for day in holidays {
            assert_eq!(kind_of(day), DayKind::Holiday, "{day}");
        }
        for day in [date(2025, 7, 3), date(2025, 11, 28), date(2025, 12, 24), date(2026, 11, 27), date(2026, 12, 24)] {
            assert_eq!(kind_of(day), DayKind::Early, "{day}");
        }
        let year = (0..365).map(|later| kind_of(NewYork::days_later(date(2026, 1, 1), later)));
        assert_eq!(year.filter(|kind| matches!(kind, DayKind::Holiday | DayKind::Closed)).count(), 10);
        assert_eq!(kind_of(date(2026, 3, 7)), DayKind::Weekend);
        assert_eq!(kind_of(date(2021, 12, 31)), DayKind::Full, "a New Year's Day on a Saturday is not made up for");
    }
}
