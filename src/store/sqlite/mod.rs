//! The state in a SQLite file: integer keys, appended tables, rows that count once their run is committed.

mod entries;
mod fault;
mod registry;
mod results;
mod runs;
mod schema;
mod sketches;

use super::{Known, Recovery, ResultSet, RunRow, StageStamp, Store, Window};
use crate::algo::neighbours::Vectors;
use crate::error::{Error, Result};
use crate::model::lineage::{LineageRow, Registry};
use crate::model::{Cluster, Entry, EntryId, Event, Link, Sketch, Umbrella};
use fault::{Fault, Made};
use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Bits of a key below its entry.
const ENTRY_BITS: u32 = 20;
/// Bits of a key below its run.
const RUN_BITS: u32 = 40;

/// Settings of every connection. No mmap: it measures no faster, and a failing disk would then kill the process. Pages of 16 KB hold several bodies and sketches each.
const PRAGMAS: &str = "
PRAGMA page_size = 16384; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -131072; PRAGMA wal_autocheckpoint = 4096;";

/// Entries or sketches written together. They count once their run is committed, so that the log need not hold all of
/// them.
const TOGETHER: usize = 1 << 14;

/// The state in a file.
pub struct Sqlite {
    db: Connection,
    path: PathBuf,
    open: Option<Open>,
}

/// The run that is being written.
struct Open {
    run: i64,
    /// Entries from here on are new in this run.
    first_entry: i64,
    next_entry: i64,
    names: FxHashMap<Arc<str>, i64>,
}

impl Sqlite {
    /// Opens the state in a file, and makes it and its folder where there is none.
    ///
    /// # Errors
    /// As [`open`](super::open).
    pub fn open(path: &Path) -> Result<Sqlite> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        }
        let db = connect(path).map_err(|fault| fault.at("opening", path))?;
        Ok(Sqlite { db, path: path.to_path_buf(), open: None })
    }

    /// Reads one state of the database, as of the newest committed run.
    fn read<T>(&self, doing: &'static str, f: impl FnOnce(&Connection, i64) -> Made<T>) -> Result<T> {
        let work = || {
            let tx = self.db.unchecked_transaction()?;
            f(&tx, limit(&tx)?)
        };
        work().map_err(|fault: Fault| fault.at(doing, &self.path))
    }

    /// Reads what the newest run with results left; the default when there is none.
    fn read_results<T: Default>(&self, doing: &'static str, f: impl FnOnce(&Connection, i64) -> Made<T>) -> Result<T> {
        self.read(doing, |db, limit| match results::run(db, limit)? {
            Some(run) => f(db, run),
            None => Ok(T::default()),
        })
    }

    /// Writes rows of the open run, all or none.
    fn write<T>(&mut self, doing: &'static str, f: impl FnOnce(&Transaction, &mut Open) -> Made<T>) -> Result<T> {
        let Sqlite { db, path, open } = self;
        let work = || {
            let open = open.as_mut().ok_or_else(|| Fault::Bad("no run is open".into()))?;
            let tx = db.transaction()?;
            let made = f(&tx, open)?;
            tx.commit()?;
            Ok(made)
        };
        work().map_err(|fault: Fault| fault.at(doing, path))
    }

    /// Sets how the next run is written: past a log, beside which readers see the run before; where there is none, straight into
    /// the file. Its pages are new then, so that nothing need be kept to undo them, and each is written once.
    fn set_journal(&self, doing: &'static str) -> Result<()> {
        let set = || {
            let mode = if limit(&self.db)? == 0 { "DELETE" } else { "WAL" };
            match self.db.query_row(&format!("PRAGMA journal_mode = {mode}"), [], |_| Ok(())) {
                // Somebody reads it: it stays as it is, and readers and the run may wait for one another.
                Err(e) if e.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(()),
                set => Ok(set?),
            }
        };
        set().map_err(|fault: Fault| fault.at(doing, &self.path))
    }

    fn put_versions_of(&mut self, batch: &[Entry], older: bool) -> Result<()> {
        let order = entries::order(batch);
        let mut put = |part| self.write("writing entries", |tx, open| entries::put(tx, open, batch, part, older));
        order.chunks(TOGETHER).try_for_each(&mut put)
    }

    /// Changes runs, safe from a power cut once it returns.
    fn settle<T>(&mut self, doing: &'static str, f: impl FnOnce(&Transaction) -> Made<T>) -> Result<T> {
        let Sqlite { db, path, .. } = self;
        let work = || {
            db.execute_batch("PRAGMA synchronous = FULL")?;
            let tx = db.transaction()?;
            let made = f(&tx)?;
            tx.commit()?;
            db.execute_batch("PRAGMA synchronous = NORMAL")?;
            Ok(made)
        };
        work().map_err(|fault: Fault| fault.at(doing, path))
    }
}

#[cfg(test)]
impl Sqlite {
    /// Lets the file grow by a few pages more, as on a disk that is nearly full.
    pub fn fill_up(&self) {
        let pages = self.db.query_row("PRAGMA page_count", [], |r| r.get::<_, i64>(0)).unwrap_or(0);
        let set = self.db.query_row(&format!("PRAGMA max_page_count = {}", pages + 9), [], |_| Ok(()));
        assert!(set.is_ok());
    }
}

fn connect(path: &Path) -> Made<Connection> {
    let mut db = bare(path)?;
    db.execute_batch(PRAGMAS)?;
    schema::prepare(&mut db)?;
    Ok(db)
}

fn bare(path: &Path) -> Made<Connection> {
    let db = Connection::open(path)?;
    db.busy_timeout(Duration::from_secs(10))?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(db)
}

/// The newest run whose rows count.
fn limit(db: &Connection) -> Made<i64> {
    Ok(db.query_row("SELECT coalesce(max(run), 0) FROM run WHERE status <> 'open'", [], |r| r.get(0))?)
}

/// Adds to the rows that `counts` tells.
fn add_total(db: &Connection, run: i64, what: &str, rows: i64) -> Made<()> {
    if rows != 0 {
        db.prepare_cached("INSERT INTO total VALUES (?1, ?2, ?3)")?.execute((run, what, rows))?;
    }
    Ok(())
}

fn blob(hash: u128) -> [u8; 16] {
    hash.to_be_bytes()
}

/// The first key of a run in the tables that count by run.
fn run_key(run: i64) -> i64 {
    run << RUN_BITS
}

/// An ordinal as the lower part of a key.
fn ordinal(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX) & ((1 << RUN_BITS) - 1)
}

impl Store for Sqlite {
    fn recover(&mut self) -> Result<Recovery> {
        self.open = None;
        let recovery = self.settle("recovering", runs::recover)?;
        self.set_journal("recovering")?;
        Ok(recovery)
    }

    fn last_run(&self) -> Result<Option<RunRow>> {
        self.read("reading runs", runs::row)
    }

    fn known(&self, ids: &[EntryId]) -> Result<Vec<Option<Known>>> {
        let open = self.open.as_ref().map(|o| o.run);
        self.read("looking up entries", |db, limit| entries::known(db, open.unwrap_or(limit), ids))
    }

    fn begin(&mut self, name: &str, as_of: i64) -> Result<u64> {
        let open = self.settle("opening a run", |tx| runs::begin(tx, name, as_of))?;
        let number = open.run.unsigned_abs();
        self.open = Some(open);
        Ok(number)
    }

    fn put_entries(&mut self, batch: &[Entry]) -> Result<()> {
        self.put_versions_of(batch, false)
    }

    fn put_versions(&mut self, older: &[Entry]) -> Result<()> {
        self.put_versions_of(older, true)
    }

    fn put_sketches(&mut self, batch: &[(EntryId, &Sketch)]) -> Result<()> {
        self.write("writing sketches", |tx, open| sketches::put(tx, open, batch))
    }

    fn put_search_terms(&mut self, stamp: u128, ids: &[EntryId], vectors: &Vectors) -> Result<()> {
        self.write("writing search terms", |tx, open| sketches::put_search_terms(tx, open, stamp, ids, vectors))
    }

    fn put_table(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.write("writing tables", |tx, open| {
            let sql = "INSERT INTO packed VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET bytes = excluded.bytes";
            tx.prepare_cached(sql)?.execute((name, open.run, bytes))?;
            Ok(())
        })
    }

    fn put_results(&mut self, set: &ResultSet) -> Result<()> {
        self.write("writing results", |tx, open| results::put(tx, open.run, set))
    }

    fn commit(&mut self, run: &RunRow) -> Result<()> {
        let open = self.open.as_ref().map(|o| o.run);
        self.settle("committing", |tx| runs::commit(tx, open, run))?;
        self.open = None;
        Ok(())
    }

    fn published(&mut self, number: u64) -> Result<()> {
        self.settle("noting the published run", |tx| runs::published(tx, number))?;
        self.set_journal("noting the published run")?;
        let shorten = self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        shorten.map_err(|e| Fault::Sql(e).at("noting the published run", &self.path))
    }

    fn working_set(&self) -> Result<Vec<Entry>> {
        self.read("reading the working set", |db, limit| {
            let Some(run) = results::run(db, limit)? else { return Ok(Vec::new()) };
            let found = entries::at(db, limit, &results::working(db, run)?)?;
            found.into_iter().map(|e| e.ok_or(Fault::Damaged)).collect()
        })
    }

    fn entries(&self, ids: &[EntryId]) -> Result<Vec<Option<Entry>>> {
        self.read("reading entries", |db, limit| {
            let numbers = entries::numbers(db, ids)?;
            entries::at(db, limit, &numbers)
        })
    }

    fn sketches(&self, ids: &[EntryId]) -> Result<Vec<Option<Sketch>>> {
        self.read("reading sketches", |db, limit| {
            let mut found = sketches::at(db, limit, ids)?;
            sketches::put_terms_into(db, limit, ids, &mut found.sketches)?;
            Ok(found.sketches.into_iter().zip(found.known).map(|(sketch, known)| known.then_some(sketch)).collect())
        })
    }

    fn window(&self, ids: &[EntryId]) -> Result<Option<Window>> {
        self.read("reading sketches", |db, limit| {
            let sketches::Found { sketches, marks, known } = sketches::at(db, limit, ids)?;
            Ok((!known.contains(&false)).then_some(Window { sketches, marks }))
        })
    }

    fn put_terms_into(&self, ids: &[EntryId], sketches: &mut [Sketch]) -> Result<()> {
        self.read("reading sketches", |db, limit| sketches::put_terms_into(db, limit, ids, sketches))
    }

    fn search_terms(&self, stamp: u128, ids: &[EntryId]) -> Result<Option<Vectors>> {
        self.read("reading search terms", |db, limit| sketches::search_terms(db, limit, stamp, ids))
    }

    fn table(&self, name: &str) -> Result<Option<Vec<u8>>> {
        self.read("reading tables", |db, limit| {
            let sql = "SELECT bytes FROM packed WHERE name = ?1 AND run <= ?2 ORDER BY run DESC LIMIT 1";
            Ok(db.query_row(sql, (name, limit), |r| r.get(0)).optional()?)
        })
    }

    fn links(&self) -> Result<Vec<Link>> {
        self.read_results("reading links", results::links)
    }

    fn clusters(&self) -> Result<Vec<Cluster>> {
        self.read_results("reading clusters", |db, run| results::chunks(db, "cluster", run))
    }

    fn umbrellas(&self) -> Result<Vec<Umbrella>> {
        self.read_results("reading umbrellas", |db, run| results::chunks(db, "umbrella", run))
    }

    fn events(&self) -> Result<Vec<Event>> {
        self.read_results("reading events", results::events)
    }

    fn registry(&self) -> Result<Registry> {
        self.read("reading the registry", registry::read)
    }

    fn stamps(&self) -> Result<Vec<StageStamp>> {
        self.read_results("reading stages", results::stamps)
    }

    fn lineage(&self) -> Result<Vec<LineageRow>> {
        self.read_results("reading the lineage", registry::lineage)
    }

    fn counts(&self) -> Result<BTreeMap<String, u64>> {
        self.read("counting", runs::counts)
    }
}
