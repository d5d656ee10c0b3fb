//! Tables as Parquet, with a type per column, for databases and data frames.

use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;
use serde_json::Value;
use std::io::Write;
use std::sync::Arc;

/// Rows that are written at a time.
const GROUP: usize = 50_000;

/// What a column holds; any of them may lack it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// True or false.
    Truth,
    /// An instant, printed as RFC 3339.
    Instant,
    /// A list of texts.
    Texts,
    /// Anything else, as JSON.
    Json,
}

/// A column: its name and what it holds.
pub type Column = (String, Kind);

/// Why a table was not written.
#[derive(Debug)]
pub enum Failed {
    /// The rows could not be read.
    Rows(crate::error::Error),
    /// The table could not be written.
    Table(ParquetError),
}

impl From<ParquetError> for Failed {
    fn from(error: ParquetError) -> Self {
        Failed::Table(error)
    }
}

/// Writes rows whose values stand in the order of the columns. A value of another kind than its column's is null.
///
/// # Errors
/// The writer's, or that of the rows.
pub fn write(
    out: impl Write + Send,
    columns: &[Column],
    rows: &mut dyn FnMut() -> std::result::Result<Option<Vec<Value>>, Failed>,
) -> std::result::Result<(), Failed> {
    let fields: Result<Vec<Arc<Type>>> = columns.iter().map(field).collect();
    let schema = Type::group_type_builder("table").with_fields(fields?).build()?;
    let packing = Compression::ZSTD(ZstdLevel::default());
    let properties = WriterProperties::builder().set_compression(packing).set_created_by("retold".into()).build();
    let mut writer = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties))?;
    let mut group: Vec<Vec<Value>> = Vec::new();
    loop {
        let row = rows()?;
        let last = row.is_none();
        group.extend(row);
        if group.len() >= GROUP || (last && !group.is_empty()) {
            let mut to = writer.next_row_group()?;
            for (at, (_, kind)) in columns.iter().enumerate() {
                let values = group.iter().map(|row| row.get(at).unwrap_or(&Value::Null));
                if let Some(mut column) = to.next_column()? {
                    put(&mut column, *kind, values)?;
                    column.close()?;
                }
            }
            to.close()?;
            group.clear();
        }
        if last {
            writer.close()?;
            return Ok(());
        }
    }
}

fn field((name, kind): &Column) -> Result<Arc<Type>> {
    let (physical, logical) = match kind {
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Json => (Physical::BYTE_ARRAY, Some(LogicalType::Json)),
        Kind::Whole => (Physical::INT64, None),
        Kind::Number => (Physical::DOUBLE, None),
        Kind::Truth => (Physical::BOOLEAN, None),
        Kind::Instant => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
        Kind::Texts => return texts(name),
    };
    let builder = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
    Ok(Arc::new(builder.with_logical_type(logical).build()?))
}

/// A list as the format's specification shapes it.
fn texts(name: &str) -> Result<Arc<Type>> {
    let element = Type::primitive_type_builder("element", Physical::BYTE_ARRAY)
        .with_repetition(Repetition::REQUIRED)
        .with_logical_type(Some(LogicalType::String))
        .build()?;
    let list = Type::group_type_builder("list")
        .with_repetition(Repetition::REPEATED)
        .with_fields(vec![Arc::new(element)])
        .build()?;
    let outer = Type::group_type_builder(name)
        .with_repetition(Repetition::OPTIONAL)
        .with_converted_type(ConvertedType::LIST)
        .with_logical_type(Some(LogicalType::List))
        .with_fields(vec![Arc::new(list)])
        .build()?;
    Ok(Arc::new(outer))
}

fn put<'v>(to: &mut SerializedColumnWriter<'_>, kind: Kind, values: impl Iterator<Item = &'v Value>) -> Result<()> {
    let text = |v: &Value| v.as_str().map(ByteArray::from);
    match kind {
        Kind::Text => flat::<ByteArrayType>(to, values.map(text)),
        Kind::Json => {
            flat::<ByteArrayType>(to, values.map(|v| (!v.is_null()).then(|| ByteArray::from(v.to_string().as_str()))))
        }
        Kind::Whole => flat::<Int64Type>(to, values.map(Value::as_i64)),
        Kind::Number => flat::<DoubleType>(to, values.map(Value::as_f64)),
        Kind::Truth => flat::<BoolType>(to, values.map(Value::as_bool)),
        Kind::Instant => {
            let at = |v: &Value| v.as_str()?.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_microsecond);
            flat::<Int64Type>(to, values.map(at))
        }
        Kind::Texts => {
            // Levels: 0 is no list, 1 one without elements, 2 an element; the elements after the first repeat it.
            let (mut all, mut depth, mut again) = (Vec::new(), Vec::new(), Vec::new());
            for value in values {
                let list = value.as_array();
                let texts: Vec<ByteArray> = list.into_iter().flatten().filter_map(text).collect();
                if texts.is_empty() {
                    depth.push(i16::from(list.is_some()));
                    again.push(0);
                }
                depth.extend(texts.iter().map(|_| 2));
                again.extend((0..texts.len()).map(|i| i16::from(i > 0)));
                all.extend(texts);
            }
            to.typed::<ByteArrayType>().write_batch(&all, Some(&depth), Some(&again)).map(|_| ())
        }
    }
}

fn flat<T: DataType>(to: &mut SerializedColumnWriter<'_>, values: impl Iterator<Item = Option<T::T>>) -> Result<()> {
    let (mut all, mut there) = (Vec::new(), Vec::new());
    for value in values {
        there.push(i16::from(value.is_some()));
        all.extend(value);
    }
    to.typed::<T>().write_batch(&all, Some(&there), None).map(|_| ())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use serde_json::json;

    #[test]
    fn what_is_written_is_read_with_its_types() {
        let kinds = [Kind::Text, Kind::Whole, Kind::Number, Kind::Truth, Kind::Instant, Kind::Texts, Kind::Json];
        let columns: Vec<Column> = kinds.iter().map(|k| (format!("{k:?}"), *k)).collect();
        let row = vec![
            json!("a"),
            json!(7),
            json!(0.5),
            json!(true),
            json!("2026-01-14T10:00:00Z"),
            json!(["x", "y"]),
            json!({"a": 1}),
        ];
        let empty = vec![Value::Null, Value::Null, Value::Null, Value::Null, json!("soon"), json!([]), Value::Null];
        let mut rows = vec![row, empty].into_iter();
        let file = tempfile::tempfile().unwrap();
        write(&file, &columns, &mut || Ok(rows.next())).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let read: Vec<String> = reader.get_row_iter(None).unwrap().map(|r| r.unwrap().to_string()).collect();
        assert_eq!(read.len(), 2);
        assert!(
            read[0].contains("Text: \"a\", Whole: 7, Number: 0.5, Truth: true, Instant: 2026-01-14 10:00:00"),
            "{}",
            read[0]
        );
        assert!(
            read[0].contains("Texts: [\"x\", \"y\"]") && read[1].contains("Instant: null, Texts: []"),
            "{}",
            read[1]
        );
    }
}
