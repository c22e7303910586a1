//! Bars and ticks read from a Parquet file.

use bytes::Bytes;
use parquet::basic::{Compression, LogicalType, TimeUnit};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

use super::columns::Columns;
use super::{MOST_ROWS, PriceRecording};
use crate::error::SimError;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Nanoseconds of a second, which is how most writers keep times.
const NANOSECONDS: i64 = 1_000_000_000;

impl PriceRecording {
    /// Reads a Parquet file: the columns of [`PriceRecording::from_csv`], by the same names and with the same rules.
    ///
    /// `time` may be a timestamp of any unit, a date, an integer of seconds since 1970, or text as in CSV; prices and
    /// volumes may be of any type of numbers. Pages may be uncompressed or compressed by Snappy, which is what most
    /// writers do unless told otherwise; any other compression is refused by its name, with what to do.
    ///
    /// # Errors
    ///
    /// [`SimError::BadFile`] with the row, from 1, and what is wrong with it.
    pub fn from_parquet(file: Bytes) -> Result<Self, SimError> {
        let unreadable = |problem: ParquetError| bad(0, format!("is no Parquet file that can be read: {problem}"));
        let reader = SerializedFileReader::new(file).map_err(unreadable)?;
        let metadata = reader.metadata().file_metadata();
        if usize::try_from(metadata.num_rows()).map_or(true, |rows| rows > MOST_ROWS) {
            return Err(bad(0, "more than two million rows".into()));
        }
        if let Some(compression) = refused_compression(&reader) {
            return Err(bad(
                0,
                format!(
                    "is compressed by {compression}, which is not read here: write it uncompressed or with Snappy \
                     (pyarrow: `write_table(table, path, compression=\"snappy\")`)"
                ),
            ));
        }
        let schema = metadata.schema_descr();
        let names: Vec<String> = schema.columns().iter().map(|column| column.path().string().to_lowercase()).collect();
        let nanoseconds: Vec<bool> = schema.columns().iter().map(|it| in_nanoseconds(it.logical_type_ref())).collect();
        let mut columns = Columns::new(&names).map_err(|problem| bad(0, problem))?;
        for (index, row) in reader.get_row_iter(None).map_err(unreadable)?.enumerate() {
            let row = row.map_err(unreadable)?;
            let cells: Vec<String> = row
                .get_column_iter()
                .zip(&nanoseconds)
                .map(|((name, field), nanoseconds)| text(field, *nanoseconds).ok_or_else(|| name.to_lowercase()))
                .collect::<Result<_, String>>()
                .map_err(|name| {
                    bad(index + 1, format!("column `{name}` has a type that is neither number, time nor text"))
                })?;
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            columns.push(&cells).map_err(|problem| bad(index + 1, problem))?;
        }
        columns.finish().map_err(|problem| bad(0, problem))
    }
}

/// The first compression in the file that is not read. The others would each bring a library of their own, zstd's in C.
fn refused_compression(reader: &SerializedFileReader<Bytes>) -> Option<Compression> {
    let pages = reader.metadata().row_groups().iter().flat_map(RowGroupMetaData::columns);
    let mut compressions = pages.map(ColumnChunkMetaData::compression);
    compressions.find(|it| !matches!(it, Compression::UNCOMPRESSED | Compression::SNAPPY))
}

fn bad(line: usize, problem: String) -> SimError {
    SimError::BadFile { line, problem }
}

fn in_nanoseconds(kind: Option<&LogicalType>) -> bool {
    matches!(kind, Some(LogicalType::Timestamp(it)) if it.unit == TimeUnit::NANOS)
}

/// A cell as CSV would have it; `None` for what has no place there.
fn text(field: &Field, nanoseconds: bool) -> Option<String> {
    Some(match field {
        Field::Null => String::new(),
        Field::Byte(number) => number.to_string(),
        Field::Short(number) => number.to_string(),
        Field::Int(number) => number.to_string(),
        Field::Long(number) if nanoseconds => number.div_euclid(NANOSECONDS).to_string(),
        Field::Long(number) => number.to_string(),
        Field::UByte(number) => number.to_string(),
        Field::UShort(number) => number.to_string(),
        Field::UInt(number) => number.to_string(),
        Field::ULong(number) => number.to_string(),
        Field::Float(number) => number.to_string(),
        Field::Double(number) => number.to_string(),
        Field::Decimal(_) => field.to_string(),
        Field::Str(text) => text.clone(),
        Field::Date(days) => jiff::Timestamp::from_second(i64::from(*days) * DAY).ok()?.strftime("%Y%m%d").to_string(),
        Field::TimestampMillis(moment) => moment.div_euclid(1_000).to_string(),
        Field::TimestampMicros(moment) => moment.div_euclid(1_000_000).to_string(),
        Field::Bool(_)
        | Field::Float16(_)
        | Field::Bytes(_)
        | Field::TimeMillis(_)
        | Field::TimeMicros(_)
        | Field::Group(_)
        | Field::ListInternal(_)
        | Field::MapInternal(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parquet::data_type::{DoubleType, Int64Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    use super::*;

    /// A column of a file: its type and its values.
    enum Column {
        Whole(&'static str, Vec<i64>),
        Real(&'static str, Vec<f64>),
    }

    use Column::{Real, Whole};

    fn file(columns: &[Column]) -> Bytes {
        let declared = columns.iter().map(|column| match column {
            Whole(declaration, _) => format!("required int64 {declaration};"),
            Real(declaration, _) => format!("required double {declaration};"),
        });
        let schema = format!("message bars {{ {} }}", declared.collect::<String>());
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let mut out = Vec::new();
        let schema = Arc::new(parse_message_type(&schema).unwrap());
        let mut writer = SerializedFileWriter::new(&mut out, schema, Arc::new(properties)).unwrap();
        let mut rows = writer.next_row_group().unwrap();
        for column in columns {
            let mut cells = rows.next_column().unwrap().unwrap();
            match column {
                Whole(_, values) => cells.typed::<Int64Type>().write_batch(values, None, None).unwrap(),
                Real(_, values) => cells.typed::<DoubleType>().write_batch(values, None, None).unwrap(),
            };
            cells.close().unwrap();
        }
        rows.close().unwrap();
        writer.close().unwrap();
        out.into()
    }

    fn bars(time: Column) -> Bytes {
        let price = |name, first| Real(name, vec![first, first + 0.25]);
        file(&[
            time,
            price("Open", 250.0),
            price("High", 250.5),
            price("Low", 249.75),
            price("Close", 250.25),
            Whole("Volume", vec![1000, 1200]),
        ])
    }

    #[test]
    fn a_file_of_bars_is_what_the_same_bars_are_in_csv() {
        let csv = "time,open,high,low,close,volume\n\
            1772461800,250,250.5,249.75,250.25,1000\n1772461860,250.25,250.75,250,250.5,1200\n";
        let wanted = PriceRecording::from_csv(csv).unwrap();
        let seconds = [1_772_461_800, 1_772_461_860];
        for (declaration, unit) in [
            ("time", 1),
            ("time (TIMESTAMP(MILLIS,true))", 1_000),
            ("time (TIMESTAMP(MICROS,true))", 1_000_000),
            ("time (TIMESTAMP(NANOS,true))", 1_000_000_000),
        ] {
            let read = PriceRecording::from_parquet(bars(Whole(declaration, seconds.map(|it| it * unit).to_vec())));
            assert_eq!(read.unwrap(), wanted, "{declaration}");
        }
    }

    #[test]
    fn a_file_that_pyarrow_has_written_is_read() {
        let read = PriceRecording::from_parquet(Bytes::from_static(include_bytes!("fixtures/bars.parquet"))).unwrap();
        let rows = (0..30).map(|minute| {
            let first = 250.0 + f64::from(minute % 7) * 0.25;
            let second = 1_772_461_800 + i64::from(minute) * 60;
            format!("{second},{first},{},249.75,250.5,{}\n", first + 1.5, 1_000 + minute)
        });
        let csv = format!("time,open,high,low,close,volume\n{}", rows.collect::<String>());
        assert_eq!(read, PriceRecording::from_csv(&csv).unwrap());
    }

    #[test]
    fn another_compression_is_refused_with_what_to_do() {
        for (name, file) in [
            ("ZSTD", &include_bytes!("fixtures/bars-zstd.parquet")[..]),
            ("GZIP", &include_bytes!("fixtures/bars-gzip.parquet")[..]),
        ] {
            let problem = PriceRecording::from_parquet(Bytes::from_static(file)).unwrap_err().to_string();
            assert!(problem.contains(name) && problem.contains("compression=\"snappy\""), "{problem}");
        }
    }

    #[test]
    fn a_file_of_ticks_is_read() {
        let ticks = file(&[Whole("time", vec![10, 10, 11]), Real("price", vec![1.5, 1.25, 2.0])]);
        let csv = PriceRecording::from_csv("time,price\n10,1.5\n10,1.25\n11,2\n").unwrap();
        assert_eq!(PriceRecording::from_parquet(ticks).unwrap(), csv);
    }

    #[test]
    fn what_is_wrong_with_a_file_is_named_as_for_csv() {
        let problem = |file: Bytes| PriceRecording::from_parquet(file).unwrap_err().to_string();
        let times = || Whole("time", vec![10, 9]);
        assert!(problem(file(&[times(), Real("open", vec![1.0, 1.0])])).contains("column `high` is missing"));
        assert!(problem(file(&[times(), Real("colour", vec![1.0, 1.0])])).contains("unknown column `colour`"));
        let backwards = problem(file(&[times(), Real("price", vec![1.0, 1.0])]));
        assert!(backwards.contains("line 2") && backwards.contains("later"), "{backwards}");
        let free = problem(file(&[Whole("time", vec![1, 2]), Real("price", vec![1.0, 0.0])]));
        assert!(free.contains("`price` is not positive"), "{free}");
        let strange = problem(file(&[Whole("time", vec![1]), Whole("price (TIME(MICROS,true))", vec![1])]));
        assert!(strange.contains("column `price` has a type"), "{strange}");
        assert!(problem(Bytes::from_static(b"time,price\n1,2\n")).contains("no Parquet file"));
        assert!(problem(file(&[Whole("time", vec![]), Real("price", vec![])])).contains("no rows"));
    }

    #[test]
    fn a_damaged_file_is_an_error() {
        let whole = bars(Whole("time", vec![1, 2]));
        for at in 0..whole.len() {
            assert!(PriceRecording::from_parquet(whole.slice(..at)).is_err(), "cut at {at}");
        }
    }
}
