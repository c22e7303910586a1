//! A table written down for other programs: CSV and JSON.

use clap::ValueEnum;
use serde_json::{Map, Value};

use super::sheet::{Cell, Sheet};

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ExportForm {
    /// Comma-separated values with a header, as in RFC 4180
    Csv,
    /// An array of objects
    Json,
    /// A Parquet file; needs --output
    Parquet,
}

/// A table as comma-separated values with a header. What is not there is empty.
pub(crate) fn csv(sheet: &Sheet) -> String {
    let mut text = String::new();
    let header: Vec<&str> = sheet.columns.iter().map(|(name, _)| *name).collect();
    text.push_str(&header.join(","));
    text.push_str("\r\n");
    for row in &sheet.rows {
        let cells: Vec<String> = row.iter().map(field).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

/// A value that another program reads back as it was.
fn field(cell: &Cell) -> String {
    match cell {
        Cell::None => String::new(),
        Cell::Text(text) if text.contains([',', '"', '\r', '\n']) => format!("\"{}\"", text.replace('"', "\"\"")),
        Cell::Text(text) => text.clone(),
        Cell::Integer(number) => number.to_string(),
        Cell::Decimal(number) => number.to_string(),
        Cell::Time(time) => time.to_string(),
    }
}

/// A table as an array of objects.
pub(super) fn json(sheet: &Sheet) -> Value {
    let object = |row: &Vec<Cell>| {
        let values = sheet.columns.iter().zip(row).map(|((name, _), cell)| ((*name).to_owned(), value(cell)));
        Value::Object(values.collect::<Map<_, _>>())
    };
    sheet.rows.iter().map(object).collect()
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::None => Value::Null,
        Cell::Text(text) => text.as_str().into(),
        Cell::Integer(number) => (*number).into(),
        Cell::Decimal(number) => serde_json::to_value(number).unwrap_or(Value::Null),
        Cell::Time(time) => time.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::super::sheet::Kind;
    use super::*;

    #[test]
    fn text_with_commas_quotes_and_lines_survives_and_figures_keep_every_digit() {
        let columns: &[(&str, Kind)] = &[("text", Kind::Text), ("price", Kind::Decimal), ("code", Kind::Integer)];
        let rows = vec![
            vec![Cell::from("plain"), Cell::from(Decimal::new(18_710, 2)), Cell::None],
            vec![Cell::from("a \"b\", c\nd"), Cell::None, Cell::from(201)],
        ];
        let sheet = Sheet { columns, rows };
        assert_eq!(csv(&sheet), "text,price,code\r\nplain,187.10,\r\n\"a \"\"b\"\", c\nd\",,201\r\n");
        assert_eq!(json(&sheet)[1]["code"], 201);
        assert_eq!(json(&sheet)[0]["code"], Value::Null);
    }
}
