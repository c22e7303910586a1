//! Rows from named cells: which columns there are, what a cell may hold, and in which order rows come.

use jiff::Timestamp;
use jiff::civil::DateTime;
use rust_decimal::Decimal;

use super::{MOST_ROWS, PriceRecording, Row, SESSION};
use crate::new_york::NewYork;

/// The columns of a file of bars; `volume` and `trades` may be missing.
const BAR_COLUMNS: [&str; 7] = ["time", "open", "high", "low", "close", "volume", "trades"];

/// The columns of a file of ticks; `size` may be missing.
const TICK_COLUMNS: [&str; 3] = ["time", "price", "size"];

/// Gathers the rows of one file.
pub(super) struct Columns<'a> {
    names: &'a [String],
    /// Whether the rows are ticks and not bars.
    ticks: bool,
    clock: NewYork,
    rows: Vec<Row>,
    /// Whether a row had a day for a time.
    by_day: bool,
}

impl<'a> Columns<'a> {
    /// Takes the names of the columns, in small letters, or says what is wrong with them.
    pub(super) fn new(names: &'a [String]) -> Result<Self, String> {
        let ticks = names.iter().any(|name| name == "price");
        let known: &[&str] = if ticks { &TICK_COLUMNS } else { &BAR_COLUMNS };
        if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
            return Err(format!("unknown column `{name}`; there are {}", known.join(", ")));
        }
        let needed = if ticks { &known[..2] } else { &known[..5] };
        if let Some(name) = needed.iter().find(|name| !names.iter().any(|it| it == *name)) {
            return Err(format!("column `{name}` is missing"));
        }
        Ok(Self { names, ticks, clock: NewYork::default(), rows: Vec::new(), by_day: false })
    }

    /// Takes the cells of the next row, or says what is wrong with them.
    pub(super) fn push(&mut self, cells: &[&str]) -> Result<(), String> {
        let (row, by_day) = row(self.names, cells, self.ticks, &self.clock)?;
        let last = self.rows.last();
        if last.is_some_and(|last| row.start < last.start || (row.start == last.start && !self.ticks)) {
            return Err("is not later than the line before".into());
        }
        if self.rows.len() == MOST_ROWS {
            return Err("more than two million lines".into());
        }
        self.by_day |= by_day;
        self.rows.push(row);
        Ok(())
    }

    /// What was gathered.
    pub(super) fn finish(self) -> Result<PriceRecording, String> {
        if self.rows.is_empty() {
            return Err("the file has no rows".into());
        }
        let shortest = self.rows.windows(2).map(|pair| pair[1].start - pair[0].start).min();
        let length = match shortest {
            _ if self.ticks => 0,
            _ if self.by_day => SESSION,
            Some(length) => length.min(SESSION),
            None => 60,
        };
        Ok(PriceRecording { rows: self.rows, length })
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
}
