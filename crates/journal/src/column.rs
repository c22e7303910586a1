//! How values that SQLite has no type for stand in a column.
//!
//! Decimals are text, exactly as they were given. Times are microseconds since 1970 UTC, so that they sort.

use std::str::FromStr;

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::Type;
use rust_decimal::Decimal;

/// A time as its column has it; what is finer than a microsecond is dropped.
pub(crate) fn from_time(time: Timestamp) -> i64 {
    time.as_microsecond()
}

/// The time in `column`.
pub(crate) fn time(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    from_micros(row.get(column)?)
}

/// The time in `column`, if there is one.
pub(crate) fn optional_time(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    row.get::<_, Option<i64>>(column)?.map(from_micros).transpose()
}

/// The decimal in `column`.
pub(crate) fn decimal(row: &Row<'_>, column: &str) -> rusqlite::Result<Decimal> {
    parsed(&row.get::<_, String>(column)?)
}

/// What the text in `column` names.
pub(crate) fn named<T>(row: &Row<'_>, column: &str, parse: impl FnOnce(&str) -> Option<T>) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    parse(&text).ok_or_else(|| meaningless(column, &text))
}

/// An error for a `column` whose text names nothing.
pub(crate) fn meaningless(column: &str, text: &str) -> rusqlite::Error {
    unreadable(Type::Text, format!("`{column}` is `{text}`, which means nothing here"))
}

/// An error for a column that holds something this program never writes.
pub(crate) fn unreadable(found: Type, problem: String) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, found, problem.into())
}

fn from_micros(micros: i64) -> rusqlite::Result<Timestamp> {
    Timestamp::from_microsecond(micros).map_err(|error| unreadable(Type::Integer, error.to_string()))
}

fn parsed(text: &str) -> rusqlite::Result<Decimal> {
    Decimal::from_str(text).map_err(|error| unreadable(Type::Text, error.to_string()))
}
