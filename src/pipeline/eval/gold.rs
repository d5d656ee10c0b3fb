//! Gold files: which entries belong together, as people have said.

use crate::error::{Error, Result};
use crate::source::unpacked;
use serde_json::{Map, Value};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// Fields that name the entry, the first that is there.
const IDS: [&str; 3] = ["id", "key", "entry_id"];
/// Fields that name its event, the first that is there; null leaves the row unlabelled.
const LABELS: [&str; 5] = ["gold", "cluster", "event_id", "event", "label"];

/// One file of gold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gold {
    /// Its name up to the first dot.
    pub name: String,
    /// Entries with their event, in the file's order. Events are named alike in every file.
    pub labelled: Vec<(String, String)>,
    /// Judged pairs: two entries, and whether they report one event.
    pub judged: Vec<(String, String, bool)>,
}

/// Reads gold files: JSON Lines, plain, gzip or zstd.
///
/// # Errors
/// A file cannot be read, a line is no gold row, or nothing in all of them is labelled.
pub fn read(paths: &[PathBuf]) -> Result<Vec<Gold>> {
    let gold: Vec<Gold> = paths.iter().map(|path| read_file(path)).collect::<Result<_>>()?;
    if gold.iter().all(|g| g.labelled.is_empty() && g.judged.is_empty()) {
        return Err(Error::Usage(format!("no row of the gold files has a label; {SHAPES}")));
    }
    Ok(gold)
}

const SHAPES: &str = "a row is {\"id\": …, \"gold\": …} or a judged pair {\"a\": …, \"b\": …, \"same\": true}";

fn read_file(path: &Path) -> Result<Gold> {
    let file = File::open(path).map_err(Error::io("read", path))?;
    let bytes = unpacked(BufReader::with_capacity(1 << 17, file)).map_err(Error::io("read", path))?;
    let mut gold = Gold { name: name(path), ..Gold::default() };
    for (i, line) in BufReader::new(bytes).split(b'\n').enumerate() {
        let line = line.map_err(Error::io("read", path))?;
        let text = line.strip_prefix(b"\xef\xbb\xbf").filter(|_| i == 0).unwrap_or(&line).trim_ascii();
        if !text.is_empty() {
            let wrong = |why: String| Error::Usage(format!("{}:{}: {why}", path.display(), i + 1));
            let row = serde_json::from_slice(text).map_err(|e| wrong(format!("no JSON object: {e}; {SHAPES}")))?;
            put(&mut gold, &row).map_err(wrong)?;
        }
    }
    Ok(gold)
}

/// The name of a file up to its first dot.
fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    name.split('.').find(|part| !part.is_empty()).unwrap_or(&name).to_string()
}

fn put(gold: &mut Gold, row: &Map<String, Value>) -> std::result::Result<(), String> {
    if let (Some(a), Some(b), Some(same)) = (row.get("a"), row.get("b"), row.get("same")) {
        // A person may have been unsure: null is no judgement.
        if !same.is_null() {
            let same = same.as_bool().ok_or_else(|| format!("`same` is {same}; it must be true, false or null"))?;
            gold.judged.push((label(a), label(b), same));
        }
        return Ok(());
    }
    let id = first(row, &IDS).filter(|id| !id.is_null()).ok_or_else(|| format!("there is no `id`; {SHAPES}"))?;
    match first(row, &LABELS) {
        Some(Value::Null) | None => {}
        Some(event) => gold.labelled.push((label(id), label(event))),
    }
    Ok(())
}

fn first<'a>(row: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| row.get(*name))
}

/// A label as text; numbers as they are written.
fn label(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gold(text: &[u8], name: &str) -> std::result::Result<Gold, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        read(&[path]).map(|mut all| all.remove(0)).map_err(|e| e.to_string())
    }

    #[test]
    fn rows_are_recognised_by_their_fields() {
        let text = "\u{feff}{\"id\":\"a\",\"gold\":\"x\",\"text\":\"…\"}\n\n{\"id\":\"b\",\"gold\":null,\"cluster\":3}\n\
                    {\"key\":7,\"event_id\":9}\n{\"a\":\"a\",\"b\":\"b\",\"same\":false}\n{\"a\":\"a\",\"b\":\"c\",\"same\":null}\n";
        let gold = gold(text.as_bytes(), "set.one.jsonl").unwrap();
        assert_eq!(gold.name, "set");
        assert_eq!(gold.labelled, [("a".into(), "x".into()), ("7".into(), "9".into())]);
        assert_eq!(gold.judged, [("a".into(), "b".into(), false)]);
    }

    #[test]
    fn packed_files_are_read_too() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"{\"id\":\"a\",\"gold\":\"x\"}\n").unwrap();
        assert_eq!(gold(&packed.finish().unwrap(), "set.jsonl.gz").unwrap().labelled.len(), 1);
    }

    #[test]
    fn a_wrong_row_is_named_with_its_line() {
        let wrong = |text: &str| gold(text.as_bytes(), "g.jsonl").unwrap_err();
        assert!(wrong("{\"id\":\"a\",\"gold\":1}\n[1]\n").contains("g.jsonl:2: no JSON object"));
        assert!(wrong("{\"gold\":1}\n").contains("g.jsonl:1: there is no `id`"));
        assert!(wrong("{\"a\":1,\"b\":2,\"same\":\"yes\"}\n").contains("must be true, false or null"));
        assert!(wrong("{\"id\":\"a\",\"gold\":null}\n").contains("no row of the gold files has a label"));
        assert!(wrong("").contains("no row"));
    }
}
