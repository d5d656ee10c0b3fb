//! Gold files: which entries of the working set carry which label.

use crate::error::{Error, Result};
use crate::model::{Entry, EntryId, Row};
use crate::pipeline::eval::read_gold;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::path::PathBuf;

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

/// The labels of one file as they were read: ids and events.
type Labels = (String, Vec<(String, String)>);

/// Reads gold files, as `retold eval` does, and matches them with a working set. Files without labels are left aside,
/// so that background may be named with the rest; so are judged pairs.
///
/// # Errors
/// A file cannot be read, a line is no gold, or nothing of a file that labels something is in the working set.
pub fn read(files: &[PathBuf], entries: &[Entry]) -> Result<Gold> {
    let file_name = |path: &PathBuf| path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let gold = read_gold(files)?.into_iter().map(|g| g.labelled);
    let mut read: Vec<Labels> = files.iter().map(file_name).zip(gold).filter(|(_, rows)| !rows.is_empty()).collect();
    read.sort();
    if let Some(twice) = read.windows(2).find(|w| w[0].0 == w[1].0) {
        return Err(Error::Usage(format!("two gold files are named {}; a set is known by its name", twice[0].0)));
    }
    let gold = matched(&read, entries);
    let lost = gold.sets.iter().find(|s| s.missing() == s.rows.len());
    lost.map_or(Ok(()), |set| Err(not_run(set)))?;
    Ok(gold)
}

fn not_run(set: &Set) -> Error {
    Error::Usage(format!(
        "none of the {} labelled rows of {} is in the last run; run on all gold files together first, as in \
         `retold run gold/*.jsonl`",
        set.rows.len(),
        set.file
    ))
}

fn matched(read: &[Labels], entries: &[Entry]) -> Gold {
    let row = |i: usize| Row(i as u32);
    let of_id: FxHashMap<EntryId, Row> = entries.iter().enumerate().map(|(i, e)| (e.id, row(i))).collect();
    let of_key: FxHashMap<&str, Row> = entries.iter().enumerate().map(|(i, e)| (&*e.key, row(i))).collect();
    let find = |name: &str| of_key.get(name).or_else(|| of_id.get(&name.parse().ok()?)).copied();
    let events: BTreeSet<&str> = read.iter().flat_map(|(_, rows)| rows.iter().map(|r| &*r.1)).collect();
    let number: FxHashMap<&str, u32> = events.into_iter().zip(0..).collect();
    let mut gold = Gold { sets: Vec::new(), marks: vec![None; entries.len()] };
    for (set, (file, said)) in (0..).zip(read) {
        let rows = said.iter().map(|(id, event)| Labelled { row: find(id), label: number[&**event] });
        let rows: Vec<Labelled> = rows.collect();
        for (row, label) in rows.iter().filter_map(|r| Some((r.row?, r.label))) {
            gold.marks[row.at()].get_or_insert(Mark { set, label });
        }
        gold.sets.push(Set { file: file.clone(), rows });
    }
    gold
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::stage::fixtures::entry_of;

    fn gold(files: &[(&str, &str)]) -> Result<Gold> {
        let entries: Vec<Entry> =
            [("A", "k1"), ("B", "k2"), ("A", "k3")].iter().map(|(o, k)| entry_of(o, k, "t", "b", Some(0))).collect();
        let folder = tempfile::tempdir().unwrap();
        let write = |(name, text): &(&str, &str)| {
            std::fs::write(folder.path().join(name), text).unwrap();
            folder.path().join(name)
        };
        read(&files.iter().map(write).collect::<Vec<_>>(), &entries)
    }

    #[test]
    fn rows_are_found_by_key_or_id_and_sets_are_in_the_order_of_their_names() {
        let id = EntryId::of("A", "k3");
        let found = gold(&[
            ("b.jsonl", "{\"id\":\"k2\",\"gold\":\"x\"}\n\n{\"id\":\"k9\",\"gold\":\"x\"}\n"),
            ("a.jsonl", &format!("{{\"id\":\"{id}\",\"gold\":\"y\"}}\n{{\"id\":\"k1\",\"gold\":null}}\n")),
            ("none.jsonl", "{\"id\":\"k1\",\"gold\":null}\n"),
        ])
        .unwrap();
        assert_eq!(found.sets.iter().map(Set::name).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(found.marks, [None, Some(Mark { set: 1, label: 0 }), Some(Mark { set: 0, label: 1 })]);
        assert_eq!(found.sets[1].missing(), 1);
    }

    #[test]
    fn gold_of_another_run_is_refused_with_the_way_out() {
        let refused = gold(&[("g.jsonl", "{\"id\":\"k9\",\"gold\":\"x\"}")]).unwrap_err().to_string();
        assert!(refused.contains("none of the 1 labelled rows of g.jsonl is in the last run"), "{refused}");
        assert!(gold(&[("g.jsonl", "{\"id\":\"k1\",\"gold\":null}")]).is_err());
    }
}
