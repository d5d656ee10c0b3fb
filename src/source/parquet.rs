//! Parquet tables, row by row; a group of rows that cannot be read costs itself.

use super::context::Context;
use super::object::{self, FieldMap};
use super::reader::{Batch, Ended};
use super::sink::Sink;
use jiff::Timestamp;
use jiff::civil::Date;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use rayon::prelude::*;
use serde_json::{Map, Value};
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::Once;

/// Rows that are made records side by side.
const MANY: usize = 1_024;
/// Values within values that are looked at.
const MAX_DEPTH: usize = 16;

/// A row as JSON, with its number.
type Numbered = (u64, Vec<u8>);

thread_local! {
    /// Whether a panic of this thread is expected.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Does something with the library, which checks what it reads, but not all of it: what makes it panic is a damaged file,
/// and is told as that alone. `None` for a panic.
fn guarded<T>(f: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !GUARDED.get() {
                others(info);
            }
        }));
    });
    GUARDED.set(true);
    let done = panic::catch_unwind(AssertUnwindSafe(f));
    GUARDED.set(false);
    done.ok()
}

/// Hands rows on in the midst of that: what goes wrong here is no damage of the file, and is heard.
fn hand_on(block: &mut Vec<Numbered>, fields: &FieldMap, ctx: &Context<'_>, sink: &Sink<'_>) {
    let before = GUARDED.replace(false);
    sink.put(parsed(&std::mem::take(block), fields, ctx));
    GUARDED.set(before);
}

/// Whether the table had more bytes than allowed, and where it ended.
pub fn read(stored: &mut impl Read, ctx: &Context<'_>, sink: &Sink<'_>) -> (bool, Ended) {
    let (mut rows, mut block) = (0, Vec::new());
    let done = guarded(|| table(stored, ctx, (&mut rows, &mut block), sink));
    let (capped, reason) = match done {
        Some(Ok(capped)) => (capped, None),
        Some(Err(reason)) => (false, Some(reason)),
        None => (false, Some("its reader gave up".to_owned())),
    };
    // What was read before the damage.
    hand_on(&mut block, &FieldMap::new(&ctx.settings.fields), ctx, sink);
    if let Some(reason) = reason {
        let at = if rows == 0 { 0 } else { rows + 1 };
        sink.put(Batch::reject(at, format!("the Parquet file is damaged: {reason}")));
    }
    (capped, Ended { line: rows + 1, damage: None })
}

fn table(
    stored: &mut impl Read,
    ctx: &Context<'_>,
    (number, block): (&mut u64, &mut Vec<Numbered>),
    sink: &Sink<'_>,
) -> Result<bool, String> {
    // What a table holds is told at its end, so it is read from a file of our own, which has no name.
    let most = ctx.limits.file_bytes;
    let file = spooled(stored, most).map_err(|e| format!("it cannot be copied aside: {e}"))?;
    let Some(file) = file else { return Ok(true) };
    let reader = SerializedFileReader::new(file).map_err(|e| e.to_string())?;
    let fields = FieldMap::new(&ctx.settings.fields);
    let mut left = most;
    for group in 0..reader.num_row_groups() {
        let group_reader = reader.get_row_group(group).map_err(|e| e.to_string())?;
        let claimed = u64::try_from(group_reader.metadata().num_rows()).unwrap_or(0);
        let rows = match group_reader.get_row_iter(None) {
            Ok(rows) => rows,
            Err(error) => {
                *number += 1;
                sink.put(Batch::reject(*number, format!("group {group} of {claimed} rows cannot be read: {error}")));
                continue;
            }
        };
        for row in rows {
            *number += 1;
            match row {
                Ok(row) => {
                    let bytes = serde_json::to_vec(&object(&row)).unwrap_or_default();
                    if bytes.len() as u64 > left {
                        *number -= 1;
                        return Ok(true);
                    }
                    left -= bytes.len() as u64;
                    block.push((*number, bytes));
                }
                Err(error) => {
                    sink.put(Batch::reject(*number, format!("from row {number} on group {group} is damaged: {error}")));
                    break;
                }
            }
            if block.len() >= MANY {
                hand_on(block, &fields, ctx, sink);
            }
        }
        hand_on(block, &fields, ctx, sink);
    }
    Ok(false)
}

/// The names of the columns of a table; none where it cannot be read.
pub fn columns(path: &Path) -> Vec<String> {
    let names = || {
        let reader = SerializedFileReader::new(File::open(path).ok()?).ok()?;
        let fields = reader.metadata().file_metadata().schema().get_fields().iter();
        Some(fields.map(|field| field.name().to_owned()).collect())
    };
    guarded(names).flatten().unwrap_or_default()
}

/// The stored bytes in a file without a name; `None` where there are too many.
fn spooled(stored: &mut impl Read, most: u64) -> io::Result<Option<File>> {
    let mut file = tempfile::tempfile()?;
    let copied = io::copy(&mut stored.take(most.saturating_add(1)), &mut file)?;
    Ok((copied <= most).then_some(file))
}

fn parsed(block: &[Numbered], fields: &FieldMap, ctx: &Context<'_>) -> Batch {
    let most = ctx.limits.record_bytes;
    let one = |(number, bytes): &Numbered| {
        if bytes.len() as u64 > most {
            let has = bytes.len();
            return Err((
                *number,
                format!("row {number} has {has} bytes; a record may have {most} (ingest.max_record_bytes)"),
            ));
        }
        object::record(bytes, *number, fields, ctx).map_err(|reason| (*number, reason))
    };
    Batch::of(block.par_iter().with_min_len(16).map(one).collect::<Vec<_>>())
}

fn object(row: &Row) -> Map<String, Value> {
    row.get_column_iter().map(|(name, field)| (name.clone(), value(field, 0))).filter(|(_, v)| !v.is_null()).collect()
}

fn value(field: &Field, depth: usize) -> Value {
    if depth > MAX_DEPTH {
        return Value::Null;
    }
    let instant = |at: Result<Timestamp, jiff::Error>| at.map_or(Value::Null, |at| at.to_string().into());
    match field {
        Field::Null => Value::Null,
        Field::Bool(v) => (*v).into(),
        Field::Byte(v) => (*v).into(),
        Field::Short(v) => (*v).into(),
        Field::Int(v) => (*v).into(),
        Field::Long(v) => (*v).into(),
        Field::UByte(v) => (*v).into(),
        Field::UShort(v) => (*v).into(),
        Field::UInt(v) => (*v).into(),
        Field::ULong(v) => (*v).into(),
        Field::Float(v) => f64::from(*v).into(),
        Field::Double(v) => (*v).into(),
        Field::Str(v) => v.as_str().into(),
        Field::Bytes(v) => String::from_utf8_lossy(v.data()).into_owned().into(),
        Field::Date(days) => {
            let day = Date::constant(1970, 1, 1).checked_add(jiff::Span::new().try_days(*days).unwrap_or_default());
            day.map_or(Value::Null, |day| day.to_string().into())
        }
        Field::TimestampMillis(at) => instant(Timestamp::from_millisecond(*at)),
        Field::TimestampMicros(at) => instant(Timestamp::from_microsecond(*at)),
        Field::Group(row) => {
            Value::Object(row.get_column_iter().map(|(name, field)| (name.clone(), value(field, depth + 1))).collect())
        }
        Field::ListInternal(list) => list.elements().iter().map(|field| value(field, depth + 1)).collect(),
        other => other.to_string().into(),
    }
}
