//! A table as a Parquet file.
//!
//! Text is a string, a number a 64-bit integer, a time a timestamp in UTC to the microsecond. Money and sizes are decimals
//! of 38 digits, 18 of them behind the point: exact where a float is not, and a number to every reader where text is not.

use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, FixedLenByteArray, FixedLenByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};
use rust_decimal::Decimal;

use super::sheet::{Cell, Kind, Sheet};
use crate::diagnosis::Diagnosis;
use crate::exit_code::Exit;

/// Digits behind the point: what the finest instrument (a coin of 18 places) is counted in. Only an average, which is a
/// quotient, may have more, and is rounded.
const SCALE: u32 = 18;

/// Digits in all: the most that Parquet's readers take for a decimal of sixteen bytes.
const PRECISION: i32 = 38;

/// Bytes of such a decimal.
const WIDTH: i32 = 16;

/// The file.
///
/// # Errors
///
/// A figure has more digits than the column, which nothing that is traded comes near; or the writer failed.
pub(super) fn parquet(sheet: &Sheet) -> Result<Vec<u8>, Diagnosis> {
    let written = schema(sheet).and_then(|schema| {
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
        let mut group = writer.next_row_group()?;
        for (index, (_, kind)) in sheet.columns.iter().enumerate() {
            let cells = || sheet.rows.iter().map(move |row| row.get(index).unwrap_or(&Cell::None));
            match kind {
                Kind::Text => column::<ByteArrayType>(&mut group, cells().map(text))?,
                Kind::Integer => column::<Int64Type>(&mut group, cells().map(integer))?,
                Kind::Decimal => column::<FixedLenByteArrayType>(&mut group, cells().map(decimal))?,
                Kind::Time => column::<Int64Type>(&mut group, cells().map(time))?,
            }
        }
        group.close()?;
        writer.into_inner()
    });
    written.map_err(|error| Diagnosis::new(Exit::Usage, format!("the table does not go into Parquet: {error}")))
}

fn schema(sheet: &Sheet) -> Result<TypePtr, ParquetError> {
    let columns = sheet.columns.iter().map(|(name, kind)| {
        let (physical, logical) = match kind {
            Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Kind::Integer => (Physical::INT64, None),
            Kind::Decimal => {
                (Physical::FIXED_LEN_BYTE_ARRAY, Some(LogicalType::decimal(SCALE.cast_signed(), PRECISION)))
            }
            Kind::Time => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
        };
        let column = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
        let column = column.with_logical_type(logical);
        let column = match kind {
            Kind::Decimal => column.with_length(WIDTH).with_precision(PRECISION).with_scale(SCALE.cast_signed()),
            Kind::Text | Kind::Integer | Kind::Time => column,
        };
        column.build().map(Arc::new)
    });
    Type::group_type_builder("journal").with_fields(columns.collect::<Result<_, _>>()?).build().map(Arc::new)
}

/// Writes one column; a value that is not there has level 0.
fn column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    cells: impl Iterator<Item = Result<Option<T::T>, ParquetError>>,
) -> Result<(), ParquetError> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    for cell in cells {
        let value = cell?;
        levels.push(i16::from(value.is_some()));
        values.extend(value);
    }
    let Some(mut writer) = group.next_column()? else {
        return Err(ParquetError::General("there are fewer columns than the table has".into()));
    };
    writer.typed::<T>().write_batch(&values, Some(&levels), None)?;
    writer.close()
}

fn text(cell: &Cell) -> Result<Option<ByteArray>, ParquetError> {
    match cell {
        Cell::None => Ok(None),
        Cell::Text(text) => Ok(Some(ByteArray::from(text.as_str()))),
        Cell::Integer(_) | Cell::Decimal(_) | Cell::Time(_) => Err(misplaced(cell)),
    }
}

fn integer(cell: &Cell) -> Result<Option<i64>, ParquetError> {
    match cell {
        Cell::None => Ok(None),
        Cell::Integer(number) => Ok(Some(*number)),
        Cell::Text(_) | Cell::Decimal(_) | Cell::Time(_) => Err(misplaced(cell)),
    }
}

fn time(cell: &Cell) -> Result<Option<i64>, ParquetError> {
    match cell {
        Cell::None => Ok(None),
        Cell::Time(time) => Ok(Some(time.as_microsecond())),
        Cell::Text(_) | Cell::Integer(_) | Cell::Decimal(_) => Err(misplaced(cell)),
    }
}

fn decimal(cell: &Cell) -> Result<Option<FixedLenByteArray>, ParquetError> {
    match cell {
        Cell::None => Ok(None),
        Cell::Decimal(number) => units(*number)
            .map(|units| Some(ByteArray::from(units.to_be_bytes().to_vec()).into()))
            .ok_or_else(|| ParquetError::General(format!("{number} has more than {PRECISION} digits"))),
        Cell::Text(_) | Cell::Integer(_) | Cell::Time(_) => Err(misplaced(cell)),
    }
}

/// A figure in units of the last place, rounded to it.
fn units(number: Decimal) -> Option<i128> {
    let rounded = number.round_dp(SCALE);
    let missing = SCALE.checked_sub(rounded.scale())?;
    let units = rounded.mantissa().checked_mul(10_i128.checked_pow(missing)?)?;
    (units.unsigned_abs() < 10_u128.pow(PRECISION.unsigned_abs())).then_some(units)
}

fn misplaced(cell: &Cell) -> ParquetError {
    ParquetError::General(format!("{cell:?} is not what its column holds"))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    use super::*;

    const COLUMNS: &[(&str, Kind)] =
        &[("text", Kind::Text), ("code", Kind::Integer), ("price", Kind::Decimal), ("at", Kind::Time)];

    fn read_back(rows: Vec<Vec<Cell>>) -> Vec<Vec<Field>> {
        let bytes = parquet(&Sheet { columns: COLUMNS, rows }).unwrap();
        let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
        let rows = reader.get_row_iter(None).unwrap();
        rows.map(|row| row.unwrap().get_column_iter().map(|(_, field)| field.clone()).collect()).collect()
    }

    fn digits(field: &Field) -> String {
        field.to_string()
    }

    #[test]
    fn what_is_written_is_read_back_by_its_type_and_what_is_not_there_stays_away() {
        let at: Timestamp = "2026-11-27T14:30:00.000123Z".parse().unwrap();
        let price = Decimal::new(-18_710, 2);
        let rows = read_back(vec![
            vec!["a \"b\", ü".into(), 201.into(), price.into(), at.into()],
            vec![Cell::None, Cell::None, Cell::None, Cell::None],
        ]);
        assert_eq!(rows[0][0], Field::Str("a \"b\", ü".into()));
        assert_eq!(rows[0][1], Field::Long(201));
        assert_eq!(digits(&rows[0][2]), "-187.100000000000000000");
        assert_eq!(rows[0][3], Field::TimestampMicros(at.as_microsecond()));
        assert_eq!(rows[1], vec![Field::Null; 4]);
    }

    #[test]
    fn a_table_without_rows_is_a_file_with_columns() {
        assert!(read_back(Vec::new()).is_empty());
    }

    #[test]
    fn figures_keep_eighteen_places_and_what_does_not_fit_is_refused() {
        assert_eq!(units(Decimal::new(1, 18)), Some(1));
        assert_eq!(units(Decimal::new(15, 19)), Some(2), "half to even, as banks do");
        assert_eq!(units(Decimal::from(99_999_999_999_i64)), Some(99_999_999_999 * 10_i128.pow(18)));
        assert_eq!(units(Decimal::MAX), None);
        let huge = Sheet { columns: &[("price", Kind::Decimal)], rows: vec![vec![Decimal::MAX.into()]] };
        assert!(parquet(&huge).unwrap_err().to_string().contains("more than 38 digits"));
    }
}
