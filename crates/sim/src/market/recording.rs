//! Bars and ticks that a user gives, read from CSV or Parquet.
//!
//! - `columns` – rows from named cells, whatever file they stand in
//! - `parquet` – cells of a Parquet file

mod columns;
mod parquet;

use rust_decimal::Decimal;

use self::columns::Columns;
use crate::error::SimError;

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
        let bad = |line: usize, problem: String| SimError::BadFile { line, problem };
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let Some((_, header)) = lines.next() else { return Err(bad(0, "the file is empty".into())) };
        let names: Vec<String> = header.split(',').map(|name| name.trim().to_ascii_lowercase()).collect();
        let mut columns = Columns::new(&names).map_err(|problem| bad(1, problem))?;
        for (index, line) in lines {
            let cells: Vec<&str> = line.split(',').map(str::trim).collect();
            columns.push(&cells).map_err(|problem| bad(index + 1, problem))?;
        }
        columns.finish().map_err(|problem| bad(0, problem))
    }

    /// The first second, and the second after the last one.
    pub fn span(&self) -> (i64, i64) {
        let first = self.rows.first().map_or(0, |row| row.start);
        (first, self.rows.last().map_or(0, |row| row.start + self.length.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
