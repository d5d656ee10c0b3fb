//! What is kept from night to night: one trait, in SQLite or in memory.

pub mod lock;
mod memory;
mod pack;
mod sqlite;
#[cfg(test)]
mod suite;

pub use lock::Lock;
pub use memory::Memory;
pub use pack::sketch::Unpacking;
pub use sqlite::Sqlite;

use crate::algo::neighbours::Vectors;
use crate::error::Result;
use crate::model::lineage::{LineageRow, Registry};
use crate::model::told::Flat;
use crate::model::{Cluster, Entry, EntryId, Event, Link, Marks, Row, Sketch, Stage, TextHash, Umbrella};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

/// The version of the rule that makes an entry's key. Ids made by different rules do not meet, so
/// a state keeps the version it was filled with.
pub const KEY_RULE: u32 = 2;

/// How far a run has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RunStatus {
    /// It is writing; nobody sees its rows yet.
    Open,
    /// Its rows count, its folder may not stand yet.
    Committed,
    /// Its folder stands, and `latest` points to it.
    Published,
}

impl RunStatus {
    /// Every status, in the order of a run's life.
    pub const ALL: [RunStatus; 3] = [RunStatus::Open, RunStatus::Committed, RunStatus::Published];

    /// The name as it stands in the database.
    pub fn name(self) -> &'static str {
        match self {
            RunStatus::Open => "open",
            RunStatus::Committed => "committed",
            RunStatus::Published => "published",
        }
    }

    /// The status of that name.
    pub fn from_name(name: &str) -> Option<RunStatus> {
        RunStatus::ALL.into_iter().find(|s| s.name() == name)
    }
}

/// One run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunRow {
    /// Counted from 1; every row that the run writes carries it.
    pub number: u64,
    /// Its name.
    pub name: String,
    /// The run's "now", unix seconds.
    pub as_of: i64,
    /// How far it has come.
    pub status: RunStatus,
    /// Hash of everything it read.
    pub inputs_hash: u128,
    /// Its settings as JSON.
    pub settings: String,
    /// The name of its folder.
    pub out: String,
}

/// What a stage's results were made from; when it still holds, the results do too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StageStamp {
    /// Which stage.
    pub stage: Stage,
    /// Hash of what it read.
    pub inputs: u128,
    /// Hash of its settings and of those of the stages it reads.
    pub settings: u128,
    /// Version of the stage itself.
    pub version: u32,
}

/// The texts under which an entry is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Known {
    /// Every text, without repeats, in the order in which runs found them; within a run the older ones first.
    pub texts: Vec<TextHash>,
    /// The text of its current version.
    pub current: TextHash,
}

/// What was left to do after a run that did not end.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Recovery {
    /// The newest run that is committed and not published; its folder is to be put in place.
    pub to_publish: Option<RunRow>,
    /// Names of the runs that were not committed; their rows are gone.
    pub deleted: Vec<String>,
}

/// What a run made, as it replaces what the run before it made.
#[derive(Clone, Copy)]
pub struct ResultSet<'a> {
    /// The working set, in global order; each has been put as an entry in this run or before. `Row`s count in it.
    pub working: &'a [EntryId],
    /// Links, which are read back ascending by (a, b).
    pub links: &'a dyn Links,
    /// Clusters.
    pub clusters: &'a [Cluster],
    /// Umbrellas.
    pub umbrellas: &'a [Umbrella],
    /// The events of the working set.
    pub events: &'a dyn Records,
    /// Every id ever minted; only what changed is written.
    pub registry: &'a Registry,
    /// What became of the events of the run before.
    pub lineage: &'a [LineageRow],
    /// What each stage's results were made from.
    pub stamps: &'a [StageStamp],
}

/// Sketches of many entries as a search for copies among them reads them: without their terms.
pub struct Window {
    /// Parallel to the ids that were asked for.
    pub sketches: Vec<Sketch>,
    /// The marks of their shingles.
    pub marks: Vec<Marks>,
}

/// Events as lines of JSON, wherever they lie.
pub trait Records: Sync {
    /// How many.
    fn len(&self) -> usize;

    /// The line of one.
    fn line(&self, at: usize) -> Cow<'_, [u8]>;

    /// What a table shows of one; `None` where it cannot be read.
    fn flat(&self, at: usize) -> Option<Flat>;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Records for Vec<Event> {
    fn len(&self) -> usize {
        Vec::len(self)
    }

    fn line(&self, at: usize) -> Cow<'_, [u8]> {
        Cow::Owned(serde_json::to_vec(&self[at]).unwrap_or_default())
    }

    fn flat(&self, at: usize) -> Option<Flat> {
        Some(self[at].flat())
    }
}

/// Links, wherever they lie.
pub trait Links: Sync {
    /// How many.
    fn len(&self) -> usize;

    /// Those whose first entry is of this row, ascending by the second.
    fn of(&self, row: Row) -> Cow<'_, [Link]>;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Ascending by (a, b).
impl Links for Vec<Link> {
    fn len(&self) -> usize {
        Vec::len(self)
    }

    fn of(&self, row: Row) -> Cow<'_, [Link]> {
        let start = self.partition_point(|l| l.a < row);
        let len = self[start..].iter().take_while(|l| l.a == row).count();
        self[start..start + len].into()
    }
}

/// The state between nights. Rows are written between [`begin`](Store::begin) and
/// [`commit`](Store::commit); until then nothing but [`known`](Store::known) shows them.
pub trait Store: Send {
    /// Deletes the rows of runs that were not committed, also of one that this store has open, and
    /// says which committed run waits for its folder. To be called before anything else.
    fn recover(&mut self) -> Result<Recovery>;

    /// The newest run that is committed or published.
    fn last_run(&self) -> Result<Option<RunRow>>;

    /// What is known of entries, parallel to `ids`: committed rows and those of the open run.
    fn known(&self, ids: &[EntryId]) -> Result<Vec<Option<Known>>>;

    /// Opens a run and returns its number. Refused while another is open.
    fn begin(&mut self, name: &str, as_of: i64) -> Result<u64>;

    /// Adds entries that are not known, and current versions of those that are. Older versions stay.
    fn put_entries(&mut self, batch: &[Entry]) -> Result<()>;

    /// Adds texts of entries that are not their current ones, as found beside newer ones in the same
    /// run; of one entry oldest first. May come before or after [`put_entries`](Store::put_entries).
    fn put_versions(&mut self, older: &[Entry]) -> Result<()>;

    /// Adds sketches of entries that have been put; a new one replaces the old.
    fn put_sketches(&mut self, batch: &[(EntryId, &Sketch)]) -> Result<()>;

    /// Adds what entries that have been put are searched by, parallel to `ids`: it was made from what the stamp is the
    /// hash of. New ones replace the old.
    fn put_search_terms(&mut self, stamp: u128, ids: &[EntryId], vectors: &Vectors) -> Result<()>;

    /// Keeps a table that its reader packs (document frequencies, furniture); a new one replaces the old.
    fn put_table(&mut self, name: &str, bytes: &[u8]) -> Result<()>;

    /// Writes what the run made; to be called at most once in a run, after its entries.
    fn put_results(&mut self, set: &ResultSet) -> Result<()>;

    /// Makes the rows of the open run visible, all at once. `run.status` is not looked at.
    fn commit(&mut self, run: &RunRow) -> Result<()>;

    /// Notes that the folder of a committed run stands, and drops what its rows replaced.
    fn published(&mut self, number: u64) -> Result<()>;

    /// The last working set in global order: the current versions, with their bodies.
    fn working_set(&self) -> Result<Vec<Entry>>;

    /// The current versions of entries, parallel to `ids`.
    fn entries(&self, ids: &[EntryId]) -> Result<Vec<Option<Entry>>>;

    /// The sketches of entries, parallel to `ids`, without their shingles: these are made of the text where a pair asks for them.
    fn sketches(&self, ids: &[EntryId]) -> Result<Vec<Option<Sketch>>>;

    /// The sketches of many entries; `None` when one is missing.
    fn window(&self, ids: &[EntryId]) -> Result<Option<Window>>;

    /// Puts the terms into the sketches of a [`Window`], parallel to the ids.
    fn put_terms_into(&self, ids: &[EntryId], sketches: &mut [Sketch]) -> Result<()>;

    /// What entries are searched by, parallel to `ids`; `None` when one has none under this stamp.
    fn search_terms(&self, stamp: u128, ids: &[EntryId]) -> Result<Option<Vectors>>;

    /// A packed table.
    fn table(&self, name: &str) -> Result<Option<Vec<u8>>>;

    /// The last links, ascending by (a, b).
    fn links(&self) -> Result<Vec<Link>>;

    /// The last clusters.
    fn clusters(&self) -> Result<Vec<Cluster>>;

    /// The last umbrellas.
    fn umbrellas(&self) -> Result<Vec<Umbrella>>;

    /// The events of the last working set.
    fn events(&self) -> Result<Vec<Event>>;

    /// Every id ever minted, and the event each entry was last in.
    fn registry(&self) -> Result<Registry>;

    /// What the last run's stages were made from.
    fn stamps(&self) -> Result<Vec<StageStamp>>;

    /// What became of the events in the last run.
    fn lineage(&self) -> Result<Vec<LineageRow>>;

    /// Rows per table, as far as they are committed.
    fn counts(&self) -> Result<BTreeMap<String, u64>>;
}

/// Opens the state in a file, and makes it where there is none.
///
/// # Errors
/// When it cannot be read or written, is no state of this program, or is one of a newer version.
pub fn open(path: &Path) -> Result<Box<dyn Store>> {
    Ok(Box::new(Sqlite::open(path)?))
}

/// A sketch without its signature and shingles as a few bytes.
pub fn pack_sketch(sketch: &Sketch) -> Vec<u8> {
    pack::sketch::pack_unsigned(sketch)
}

/// What [`pack_sketch`] packed; `None` for anything else.
pub fn unpack_terms(bytes: &[u8]) -> Option<Sketch> {
    pack::sketch::unpack_terms(bytes).ok()
}

/// The links of one entry, ascending by the other, as a few bytes.
pub fn pack_links(links: &[Link]) -> Vec<u8> {
    let near: Vec<(u64, &Link)> = links.iter().map(|l| (u64::from(l.b.0), l)).collect();
    pack::link::pack(&near)
}

/// What [`pack_links`] made of the links of `a`; `None` for anything else.
pub fn unpack_links(a: Row, bytes: &[u8]) -> Option<Vec<Link>> {
    let near = pack::link::unpack(bytes).ok()?;
    near.into_iter().map(|(b, link)| Some(Link { a, b: Row(u32::try_from(b).ok()?), ..link })).collect()
}

impl Known {
    /// From versions in the order in which they were found, each with whether it was an older one. The
    /// newest that was not is the current one; where all were, the newest.
    fn of(versions: &[(TextHash, bool)]) -> Option<Known> {
        let current = versions.iter().rev().find(|v| !v.1).or(versions.last())?.0;
        let mut texts: Vec<TextHash> = Vec::with_capacity(versions.len());
        for (text, _) in versions {
            if !texts.contains(text) {
                texts.push(*text);
            }
        }
        Some(Known { texts, current })
    }
}
