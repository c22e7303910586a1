//! Bars and ticks that a user gives, read from CSV.

use jiff::Timestamp;
use jiff::civil::DateTime;
use rust_decimal::Decimal;

use crate::error::SimError;
use crate::new_york::NewYork;

/// The columns of a file of bars; `volume` and `trades` may be missing.
const BAR_COLUMNS: [&str; 7] = ["time", "open", "high", "low", "close", "volume", "trades"];

/// The columns of a file of ticks; `size` may be missing.
const TICK_COLUMNS: [&str; 3] = ["time", "price", "size"];

/// How long a bar is that is alone in its file, or that has a date for a time, in seconds: a regular session.
pub(super) const SESSION: i64 = 23_400;

/// The most rows of one file: ten years of minutes of regular hours.
const MOST_ROWS: usize = 2_000_000;

/// A recorded market: bars or ticks in the order of time.
///
/// A file of bars has the columns `time,open,high,low,close` and may have `volume` and `trades`; a file of ticks has
/// `time,price` and may have `size`. The first line names them. `time` is in seconds since 1970, a UTC time such as
/// `2026-03-02T14:30:00Z`, New York's such as `2026-03-02 09:30:00` or `20260302 09:30:00`, or a day, whose bar is then
/// traded from 09:30 to 16:00. It is the start of the bar. How long bars are is the shortest distance between two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceRecording {
    pub(super) rows: Vec<Row>,
    /// How long a bar is, in seconds; 0 for ticks.
    pub(super) length: i64,
}

/// One bar, or one tick as a bar of one price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) start: i64,
    pub(super) open: Decimal,
    pub(super) high: Decimal,
    pub(super) low: Decimal,
    pub(super) close: Decimal,
    pub(super) volume: i64,
}

impl PriceRecording {
    /// Reads a CSV file's text.
    ///
    /// # Errors
    ///
    /// [`SimError::BadFile`] with the line and what is wrong with it.
    pub fn from_csv(text: &str) -> Result<Self, SimError> {
        let bad = |line: usize, problem: &str| SimError::BadFile { line, problem: problem.to_owned() };
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let Some((_, header)) = lines.next() else { return Err(bad(0, "the file is empty")) };
        let names: Vec<String> = header.split(',').map(|name| name.trim().to_ascii_lowercase()).collect();
        let ticks = names.iter().any(|name| name == "price");
        let known: &[&str] = if ticks { &TICK_COLUMNS } else { &BAR_COLUMNS };
        if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
            return Err(bad(1, &format!("unknown column `{name}`; there are {}", known.join(", "))));
        }
        let needed = if ticks { &known[..2] } else { &known[..5] };
        if let Some(name) = needed.iter().find(|name| !names.iter().any(|it| it == *name)) {
            return Err(bad(1, &format!("column `{name}` is missing")));
        }
        let clock = NewYork::default();
        let (mut rows, mut by_day) = (Vec::<Row>::new(), false);
        for (index, line) in lines {
            let cells: Vec<&str> = line.split(',').map(str::trim).collect();
            let (row, day) = row(&names, &cells, ticks, &clock).map_err(|problem| bad(index + 1, &problem))?;
            let after = rows.last().is_none_or(|last| last.start < row.start || (ticks && last.start == row.start));
            if !after {
                return Err(bad(index + 1, "is not later than the line before"));
            }
            if rows.len() == MOST_ROWS {
                return Err(bad(index + 1, "more than two million lines"));
            }
            by_day |= day;
            rows.push(row);
        }
        if rows.is_empty() {
            return Err(bad(0, "the file has no rows"));
        }
        let shortest = rows.windows(2).map(|pair| pair[1].start - pair[0].start).min();
        let length = match shortest {
            _ if ticks => 0,
            _ if by_day => SESSION,
            Some(length) => length.min(SESSION),
            None => 60,
        };
        Ok(Self { rows, length })
    }

    /// The first second, and the second after the last one.
    pub fn span(&self) -> (i64, i64) {
        let first = self.rows.first().map_or(0, |row| row.start);
        (first, self.rows.last().map_or(0, |row| row.start + self.length.max(1)))
    }
}

/// Reads one line, and whether its time is a day.
fn row(names: &[String], cells: &[&str], ticks: bool, clock: &NewYork) -> Result<(Row, bool), String> {
    if cells.len() != names.len() {
        return Err("does not have as many fields as the header".into());
    }
    let cell = |name: &str| names.iter().position(|it| it == name).map(|at| cells[at]).filter(|it| !it.is_empty());
    let price = |name: &str| -> Result<Decimal, String> {
        let text = cell(name).ok_or(format!("has no `{name}`"))?;
        let value: Decimal = text.parse().map_err(|_| format!("`{text}` is no price"))?;
        (value > Decimal::ZERO).then_some(value).ok_or(format!("`{name}` is not positive"))
    };
    let text = cell("time").ok_or("has no `time`")?;
    let (start, by_day) = moment(text, clock).ok_or(format!("`{text}` is no time"))?;
    let size = cell(if ticks { "size" } else { "volume" }).unwrap_or("0");
    let size: Decimal = size.parse().map_err(|_| format!("`{size}` is no volume"))?;
    let volume = i64::try_from(size).ok().filter(|it| size.fract().is_zero() && (0..=1_000_000_000_000).contains(it));
    let volume = volume.ok_or("a volume is a whole number of shares, at most 10^12")?;
    if ticks {
        let price = price("price")?;
        return Ok((Row { start, open: price, high: price, low: price, close: price, volume }, by_day));
    }
    let (open, high, low, close) = (price("open")?, price("high")?, price("low")?, price("close")?);
    if low > open.min(close) || high < open.max(close) {
        return Err("open and close do not lie between low and high".into());
    }
    Ok((Row { start, open, high, low, close, volume }, by_day))
}

/// Reads a time as seconds since 1970, and whether it was a day.
fn moment(text: &str, clock: &NewYork) -> Option<(i64, bool)> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if digits && text.len() != 8 {
        return text.parse().ok().map(|second| (second, false));
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some((moment.as_second(), false));
    }
    let spaced = text.trim_end_matches(" US/Eastern").replace('T', " ");
    for form in ["%Y-%m-%d %H:%M:%S", "%Y%m%d %H:%M:%S", "%Y-%m-%d %H:%M"] {
        if let Ok(civil) = DateTime::strptime(form, &spaced) {
            return clock.second(civil).map(|second| (second, false));
        }
    }
    let plain = text.replace('-', "");
    let day = jiff::civil::Date::strptime("%Y%m%d", &plain).ok()?;
    clock.second(day.at(9, 30, 0, 0)).map(|second| (second, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_time_is_the_same_moment() {
        let clock = NewYork::default();
        for text in
            ["1772461800", "2026-03-02T14:30:00Z", "2026-03-02 09:30:00", "20260302 09:30:00", "2026-03-02T09:30"]
        {
            assert_eq!(moment(text, &clock), Some((1_772_461_800, false)), "{text}");
        }
        assert_eq!(moment("2026-03-02", &clock), Some((1_772_461_800, true)));
        assert_eq!(moment("20260302", &clock), Some((1_772_461_800, true)));
        assert_eq!(moment("noon", &clock), None);
    }

    #[test]
    fn what_is_wrong_with_a_file_is_named_with_its_line() {
        let problem = |text: &str| PriceRecording::from_csv(text).unwrap_err().to_string();
        assert!(problem("time,open,high,low,close,colour\n").contains("colour"));
        assert!(problem("time,open,high,low\n").contains("`close` is missing"));
        assert!(problem("time,price\nsoon,1\n").contains("line 2"));
        assert!(problem("time,price\n10,1\n9,1\n").contains("later"));
        assert!(problem("time,open,high,low,close\n10,5,4,3,4\n").contains("between"));
        assert!(problem("time,price,size\n10,5,0.5\n").contains("whole"));
        assert!(problem("").contains("empty"));
        let daily = PriceRecording::from_csv("time,open,high,low,close\n20260302,1,2,1,2\n20260303,2,3,2,3\n").unwrap();
        assert_eq!(daily.length, SESSION);
    }
}
