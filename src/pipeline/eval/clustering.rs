//! A clustering as it is scored: which event each entry is in, found by the entry's key.

use crate::error::{Error, Result};
use crate::model::{ClockQuality, Cluster, Entry, EntryId, Umbrella};
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

/// Where one entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The entry.
    pub id: EntryId,
    /// The leader of its origin; itself where it is an umbrella.
    pub origin: EntryId,
    /// Its event, by number; `None` for an umbrella.
    pub event: Option<u32>,
}

/// Every entry of a run and where it is.
#[derive(Debug, Default)]
pub struct Clustering {
    /// The entries.
    pub places: Vec<Place>,
    /// Names of the events, by number.
    pub events: Vec<String>,
    by_key: FxHashMap<String, u32>,
    by_id: FxHashMap<EntryId, u32>,
}

/// What is read of a row of clusters.jsonl.
#[derive(Deserialize)]
struct MemberRow {
    entry_id: EntryId,
    key: String,
    event_id: String,
    origin: EntryId,
}

/// What is read of a row of umbrellas.jsonl.
#[derive(Deserialize)]
struct UmbrellaRow {
    entry_id: EntryId,
    key: String,
}

/// What is read of a row of entries.jsonl.
#[derive(Deserialize)]
pub struct Named {
    /// The entry.
    pub id: EntryId,
    /// Who published it.
    pub outlet: String,
    /// Its headline.
    pub title: String,
    /// RFC 3339 UTC; null when unknown.
    #[serde(default)]
    pub published: Option<String>,
    /// How precisely that is known.
    #[serde(default)]
    pub clock: Option<ClockQuality>,
}

impl Clustering {
    /// Of a published run.
    ///
    /// # Errors
    /// Its clusters.jsonl is missing, or a table cannot be read.
    pub fn of_folder(folder: &Path) -> Result<Clustering> {
        let mut made = Clustering::default();
        let mut number: FxHashMap<String, u32> = FxHashMap::default();
        table(&folder.join("umbrellas.jsonl"), |row: UmbrellaRow| made.umbrella(row.key, row.entry_id))?;
        let clusters = folder.join("clusters.jsonl");
        let there = table(&clusters, |row: MemberRow| {
            let event = *number.entry(row.event_id).or_insert_with_key(|id| {
                made.events.push(id.clone());
                made.events.len() as u32 - 1
            });
            made.put(row.key, Place { id: row.entry_id, origin: row.origin, event: Some(event) });
        })?;
        if !there {
            return Err(Error::Usage(format!(
                "there is no {}; add \"clusters\" to [report] write and run again",
                clusters.display()
            )));
        }
        Ok(made)
    }

    /// Of clusters in memory. Where two entries bear one key, the later in the order of clusters.jsonl counts, as
    /// far as it does not depend on the names of events.
    pub fn of_work(entries: &[Entry], clusters: &[Cluster], umbrellas: &[Umbrella]) -> Clustering {
        let mut made = Clustering::default();
        let key = |row: crate::model::Row| (entries[row.at()].key.clone(), entries[row.at()].id);
        for umbrella in umbrellas {
            let (key, id) = key(umbrella.row);
            made.umbrella(key, id);
        }
        for (event, cluster) in clusters.iter().enumerate() {
            for origin in &cluster.origins {
                let leader = entries[origin.leader.at()].id;
                for row in origin.rows() {
                    let (key, id) = key(row);
                    made.put(key, Place { id, origin: leader, event: Some(event as u32) });
                }
            }
        }
        made
    }

    fn umbrella(&mut self, key: String, id: EntryId) {
        self.put(key, Place { id, origin: id, event: None });
    }

    fn put(&mut self, key: String, place: Place) {
        let at = self.places.len() as u32;
        self.places.push(place);
        self.by_id.insert(place.id, at);
        self.by_key.insert(key, at);
    }

    /// The place of the entry that gold names by its key; failing that, by its id.
    pub fn find(&self, name: &str) -> Option<Place> {
        let by_id = || self.by_id.get(&name.parse().ok()?);
        self.by_key.get(name).or_else(by_id).map(|at| self.places[*at as usize])
    }
}

/// The titles and outlets of some entries, where the run has an entries.jsonl.
///
/// # Errors
/// It cannot be read.
pub fn names(folder: &Path, wanted: &[EntryId]) -> Result<FxHashMap<EntryId, Named>> {
    let mut found: FxHashMap<EntryId, Named> = FxHashMap::default();
    let mut sorted = wanted.to_vec();
    sorted.sort_unstable();
    table(&folder.join("entries.jsonl"), |row: Named| {
        if sorted.binary_search(&row.id).is_ok() {
            found.insert(row.id, row);
        }
    })?;
    Ok(found)
}

/// Hands out the rows of a table; `false` when there is no such file.
fn table<R: DeserializeOwned>(path: &Path, mut each: impl FnMut(R)) -> Result<bool> {
    let file = match File::open(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        other => other.map_err(Error::io("read", path))?,
    };
    for (i, line) in BufReader::with_capacity(1 << 17, file).split(b'\n').enumerate() {
        let line = line.map_err(Error::io("read", path))?;
        let row = serde_json::from_slice(&line).map_err(|e| {
            let why = format!("line {}: {e}; the file was changed after it was published", i + 1);
            Error::io("parse", path)(io::Error::new(io::ErrorKind::InvalidData, why))
        })?;
        each(row);
    }
    Ok(true)
}
