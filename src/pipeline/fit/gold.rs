//! Gold files: which entries of the working set carry which label.

use crate::error::{Error, Result};
use crate::model::{Entry, Row};
use crate::source::unpacked;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// A labelled row of a gold file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Labelled {
    /// The entry; `None` when it is not in the working set.
    pub row: Option<Row>,
    /// Its label, numbered over all files: the same label is the same event, whichever file says so.
    pub label: u32,
}

/// The labelled rows of one file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Set {
    /// The file's name, without its folder.
    pub file: String,
    /// Its labelled rows.
    pub rows: Vec<Labelled>,
}

impl Set {
    /// The file's name up to its first dot.
    pub fn name(&self) -> &str {
        self.file.split('.').next().unwrap_or(&self.file)
    }

    /// Labelled rows that are not in the working set.
    pub fn missing(&self) -> usize {
        self.rows.iter().filter(|r| r.row.is_none()).count()
    }
}

/// What the gold says of an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// Which set.
    pub set: u32,
    /// Which label.
    pub label: u32,
}

/// Gold matched with a working set.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Gold {
    /// The files that label something, by name.
    pub sets: Vec<Set>,
    /// Parallel to the working set; where two files label an entry, the first by name counts.
    pub marks: Vec<Option<Mark>>,
}

/// A line as far as it is read.
#[derive(Deserialize)]
struct Line {
    #[serde(alias = "key")]
    id: Value,
    outlet: Option<String>,
    #[serde(default)]
    gold: Value,
}

/// One labelled line.
struct Said {
    id: String,
    outlet: Option<String>,
    label: String,
}

/// Reads gold files (JSON Lines, plain, gzip or zstd) and matches them with a working set. Files without labels are
/// left aside, so that background may be named with the rest.
///
/// # Errors
/// A file cannot be read, a line is no gold, or nothing that is labelled is in the working set.
pub fn read(files: &[PathBuf], entries: &[Entry]) -> Result<Gold> {
    let mut read: Vec<(String, Vec<Said>)> = Vec::new();
    for path in files {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        if read.iter().any(|r| r.0 == name) {
            return Err(Error::Usage(format!("two gold files are named {name}; a set is known by its file's name")));
        }
        read.push((name, lines(path)?));
    }
    read.retain(|r| !r.1.is_empty());
    read.sort_by(|a, b| a.0.cmp(&b.0));
    let gold = matched(&read, entries);
    let lost = gold.sets.iter().find(|s| s.missing() == s.rows.len());
    match (gold.sets.is_empty(), lost) {
        (true, _) => Err(Error::Usage("no line of the gold has a label; each needs an `id` and a `gold`".into())),
        (_, Some(set)) => Err(Error::Usage(format!(
            "none of the {} labelled rows of {} is in the last run; run on all gold files together first, as in \
             `retold run gold/*.jsonl`",
            set.rows.len(),
            set.file
        ))),
        (false, None) => Ok(gold),
    }
}

fn lines(path: &Path) -> Result<Vec<Said>> {
    let read = |e| Error::io("read", path)(e);
    let stored = BufReader::new(File::open(path).map_err(read)?);
    let text = BufReader::new(unpacked(stored).map_err(read)?);
    let mut said = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let line = line.map_err(read)?;
        if !line.trim().is_empty() {
            let wrong = |why: String| Error::Usage(format!("{}:{}: {why}", path.display(), i + 1));
            said.extend(labelled(&line).map_err(wrong)?);
        }
    }
    Ok(said)
}

/// What a line says; `None` without a label.
fn labelled(line: &str) -> std::result::Result<Option<Said>, String> {
    let line: Line =
        serde_json::from_str(line).map_err(|e| format!("{e}; a line of gold is an object with `id` and `gold`"))?;
    let id = plain(&line.id).ok_or("`id` is neither text nor a number")?;
    if line.gold.is_null() {
        return Ok(None);
    }
    let label = plain(&line.gold).ok_or("`gold` is neither text nor a number; null is for what has no label")?;
    Ok(Some(Said { id, outlet: line.outlet, label }))
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn matched(read: &[(String, Vec<Said>)], entries: &[Entry]) -> Gold {
    let mut of_key: FxHashMap<&str, Vec<u32>> = FxHashMap::default();
    for (i, entry) in entries.iter().enumerate() {
        of_key.entry(&entry.key).or_default().push(i as u32);
    }
    let labels: BTreeSet<&str> = read.iter().flat_map(|(_, said)| said.iter().map(|s| &*s.label)).collect();
    let number: FxHashMap<&str, u32> = labels.into_iter().zip(0..).collect();
    let find = |said: &Said, file: &str| {
        let rows = of_key.get(&*said.id).map_or(&[][..], Vec::as_slice);
        nearest(rows, said, file, entries)
    };
    let mut gold = Gold { sets: Vec::new(), marks: vec![None; entries.len()] };
    for (file, said) in read {
        let set = gold.sets.len() as u32;
        let rows: Vec<Labelled> =
            said.iter().map(|s| Labelled { row: find(s, file), label: number[&*s.label] }).collect();
        for row in &rows {
            if let Some(at) = row.row {
                gold.marks[at.at()].get_or_insert(Mark { set, label: row.label });
            }
        }
        gold.sets.push(Set { file: file.clone(), rows });
    }
    gold
}

/// Of entries with one key, that of the outlet the gold names, then one read from a file of that name, then the first.
fn nearest(rows: &[u32], said: &Said, file: &str, entries: &[Entry]) -> Option<Row> {
    let rank = |row: u32| {
        let entry = &entries[row as usize];
        let other_outlet = said.outlet.as_deref() != Some(&*entry.outlet);
        let other_file = entry.position.file.rsplit('/').next() != Some(file);
        (other_outlet, other_file, row)
    };
    rows.iter().copied().min_by_key(|r| rank(*r)).map(Row)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::stage::fixtures::entry_of;
    use std::io::Write;

    fn entries() -> Vec<Entry> {
        [("A", "k1"), ("B", "k1"), ("A", "k2")].iter().map(|(o, k)| entry_of(o, k, "t", "b", Some(0))).collect()
    }

    fn gold(files: &[(&str, &str)]) -> Result<Gold> {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = files
            .iter()
            .map(|(name, text)| {
                std::fs::write(folder.path().join(name), text).unwrap();
                folder.path().join(name)
            })
            .collect();
        read(&paths, &entries())
    }

    #[test]
    fn rows_are_found_by_key_and_the_outlet_decides_between_equal_keys() {
        let found = gold(&[
            ("b.jsonl", "{\"id\":\"k1\",\"outlet\":\"B\",\"gold\":\"x\"}\n\n{\"id\":\"k9\",\"gold\":\"x\"}\n"),
            ("a.jsonl", "{\"key\":\"k2\",\"gold\":\"y\"}\n{\"id\":\"k1\",\"outlet\":\"A\",\"gold\":null}\n"),
            ("none.jsonl", "{\"id\":\"k1\",\"gold\":null}\n"),
        ])
        .unwrap();
        assert_eq!(found.sets.iter().map(Set::name).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(found.marks, [None, Some(Mark { set: 1, label: 0 }), Some(Mark { set: 0, label: 1 })]);
        assert_eq!(found.sets[1].missing(), 1);
    }

    #[test]
    fn packed_gold_is_unpacked() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"{\"id\":\"k2\",\"gold\":7}\n").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("g.jsonl.gz");
        std::fs::write(&path, packed.finish().unwrap()).unwrap();
        assert_eq!(read(&[path], &entries()).unwrap().sets[0].rows.len(), 1);
    }

    #[test]
    fn what_is_wrong_is_said_with_file_and_line() {
        let says = |text: &str| gold(&[("g.jsonl", text)]).unwrap_err().to_string();
        assert!(says("{\"id\":\"k1\"}\n{\"id\":").contains("g.jsonl:2: "));
        assert!(says("{\"id\":[],\"gold\":\"x\"}").contains("g.jsonl:1: `id` is neither"));
        assert!(says("{\"id\":\"k1\",\"gold\":{}}").contains("`gold` is neither"));
        assert!(says("{\"id\":\"k1\",\"gold\":null}").contains("has a label"));
        assert!(says("{\"id\":\"k9\",\"gold\":\"x\"}").contains("none of the 1 labelled rows of g.jsonl"));
    }
}
