//! Sketches: thousands to a block, in the order in which they came; their shingles one by one, read when a pair asks for them.

use super::entries::numbers;
use super::fault::{Fault, Made};
use super::{Open, add_total, run_key};
use crate::algo::marks::Marks;
use crate::error::Result;
use crate::model::{EntryId, Row, Sketch};
use crate::store::ReadShingles;
use crate::store::pack::{Bytes, block, put_list};
use rayon::prelude::*;
use rusqlite::{Connection, Transaction};
use rustc_hash::{FxHashMap, FxHashSet};
use std::path::PathBuf;
use std::sync::Mutex;

/// Sketches of a block. The key of a block is the place of its first sketch among those of the run; the key of a sketch's
/// shingles is its own place.
const ROWS: usize = 4_096;

/// Writes sketches of entries that are there.
pub fn put(tx: &Transaction, open: &Open, batch: &[(EntryId, &Sketch)]) -> Made<()> {
    let ids: Vec<EntryId> = batch.iter().map(|(id, _)| *id).collect();
    let numbers = numbers(tx, &ids)?;
    if let Some(i) = numbers.iter().position(Option::is_none) {
        return Err(Fault::Bad(format!("there is no entry {} to keep a sketch of", ids[i])));
    }
    let (first, end) = (run_key(open.run), run_key(open.run + 1));
    let last: Option<i64> = tx.query_row("SELECT max(sketch) FROM sketch WHERE sketch >= ?1", [first], |r| r.get(0))?;
    let had = match last.is_some() || numbers.iter().any(|n| n.is_some_and(|n| n < open.first_entry)) {
        true => all_ids(tx, end)?,
        false => FxHashSet::default(),
    };
    let mut insert = tx.prepare_cached("INSERT INTO sketch VALUES (?1, ?2, ?3, ?4)")?;
    let mut shingle = tx.prepare_cached("INSERT INTO shingle VALUES (?1, ?2)")?;
    let mut key = last.map_or(first, |last| last + ROWS as i64);
    let together = ROWS * rayon::current_num_threads();
    for rows in batch.chunks(together).flat_map(|some| pack(some)) {
        let again = rows.ids.iter().filter(|id| had.contains(id)).count();
        insert.execute((key, again as i64, block::pack_ids(rows.ids.iter().copied()), rows.block))?;
        for (place, list) in (key..).zip(rows.shingles) {
            shingle.execute((place, list))?;
        }
        key += ROWS as i64;
    }
    add_total(tx, open.run, "sketch", ids.iter().filter(|id| !had.contains(id)).count() as i64)
}

/// The ids of all sketches before a key.
fn all_ids(db: &Connection, before: i64) -> Made<FxHashSet<EntryId>> {
    let mut all = FxHashSet::default();
    blocks(db, before, |_, ids| all.extend(ids))?;
    Ok(all)
}

/// A block before it is written.
struct Packed {
    ids: Vec<EntryId>,
    block: Vec<u8>,
    shingles: Vec<Vec<u8>>,
}

fn pack(batch: &[(EntryId, &Sketch)]) -> Vec<Packed> {
    let shingles = |(_, sketch): &(EntryId, &Sketch)| {
        let mut out = Vec::with_capacity(8 + 4 * sketch.shingles.len());
        put_list(&mut out, sketch.shingles.iter().copied());
        out
    };
    let one = |rows: &[(EntryId, &Sketch)]| Packed {
        ids: rows.iter().map(|(id, _)| *id).collect(),
        block: block::pack(&rows.iter().map(|(_, sketch)| *sketch).collect::<Vec<_>>()),
        shingles: rows.iter().map(shingles).collect(),
    };
    batch.par_chunks(ROWS).map(one).collect()
}

/// The keys and ids of all blocks before a key, the newest first.
fn blocks(db: &Connection, before: i64, mut each: impl FnMut(i64, &mut dyn Iterator<Item = EntryId>)) -> Made<()> {
    let mut select = db.prepare_cached("SELECT sketch, ids FROM sketch WHERE sketch < ?1 ORDER BY sketch DESC")?;
    let mut rows = select.query([before])?;
    while let Some(row) = rows.next()? {
        let ids = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        each(row.get(0)?, &mut block::unpack_ids(ids)?);
    }
    Ok(())
}

/// Where the newest sketch of each of some entries is, up to a run: its block, its row there, and what came with its id.
fn places(db: &Connection, limit: i64, mut wanted: FxHashMap<EntryId, u32>) -> Made<Vec<(i64, u32, u32)>> {
    let mut places = Vec::with_capacity(wanted.len());
    blocks(db, run_key(limit + 1), |key, ids| {
        let found = (0..).zip(ids).filter_map(|(row, id)| Some((key, row, wanted.remove(&id)?)));
        places.extend(found);
    })?;
    places.par_sort_unstable();
    Ok(places)
}

/// A sketch of a block, with the marks of its shingles and the key of these.
pub type Found = (Sketch, Marks, i64);

/// The newest sketches of entries without their shingles, up to a run.
pub fn at(db: &Connection, limit: i64, ids: &[EntryId]) -> Made<Vec<Option<Found>>> {
    let wanted: FxHashMap<EntryId, u32> = ids.iter().copied().zip(0..).collect();
    // An entry that is asked for again is read where it is asked for last.
    let again: Vec<(usize, u32)> = match wanted.len() == ids.len() {
        true => Vec::new(),
        false => ids.iter().map(|id| wanted[id]).enumerate().filter(|(i, last)| *i != *last as usize).collect(),
    };
    let places = places(db, limit, wanted)?;
    let of_blocks: Vec<&[(i64, u32, u32)]> = places.chunk_by(|x, y| x.0 == y.0).collect();
    let mut select = db.prepare_cached("SELECT block FROM sketch WHERE sketch = ?1")?;
    let mut found: Vec<Option<Found>> = vec![None; ids.len()];
    for some in of_blocks.chunks(2 * rayon::current_num_threads()) {
        let read = some.iter().map(|of| select.query_row([of[0].0], |r| r.get(0)).map(|block| (*of, block)));
        let read: Vec<(&[_], Vec<u8>)> = read.collect::<std::result::Result<_, _>>()?;
        let cut = |(of, block): &(&[(i64, u32, u32)], Vec<u8>)| -> Made<Vec<(u32, Found)>> {
            let (mut sketches, marks) = block::unpack(block)?;
            let mut one = |(key, row, i): &(i64, u32, u32)| {
                let sketch = std::mem::take(sketches.get_mut(*row as usize)?);
                Some((*i, (sketch, marks[*row as usize].clone(), key + i64::from(*row))))
            };
            of.iter().map(|place| one(place).ok_or(Fault::Damaged)).collect()
        };
        let cut: Vec<Vec<(u32, Found)>> = read.par_iter().map(cut).collect::<Made<_>>()?;
        cut.into_iter().flatten().for_each(|(i, one)| found[i as usize] = Some(one));
    }
    again.into_iter().for_each(|(i, last)| found[i] = found[last as usize].clone());
    Ok(found)
}

/// The shingles of a place.
pub fn shingles(db: &Connection, place: i64) -> Made<Vec<u32>> {
    let mut select = db.prepare_cached("SELECT list FROM shingle WHERE shingle = ?1")?;
    let list: Vec<u8> = select.query_row([place], |r| r.get(0))?;
    let mut bytes = Bytes(&list);
    let list = bytes.list()?;
    bytes.end()?;
    Ok(list)
}

/// Drops blocks of which every sketch has a newer one, up to a run.
pub fn drop_replaced(tx: &Transaction, run: i64) -> Made<()> {
    let before = run_key(run + 1);
    if !tx.prepare("SELECT 1 FROM sketch WHERE sketch < ?1 AND again > 0")?.exists([before])? {
        return Ok(());
    }
    let (mut newer, mut replaced) = (FxHashSet::default(), Vec::new());
    blocks(tx, before, |key, ids| {
        // Counted whole: every id is to be known to the blocks before.
        if ids.filter(|id| newer.insert(*id)).count() == 0 {
            replaced.push(key);
        }
    })?;
    for key in replaced {
        tx.execute("DELETE FROM sketch WHERE sketch = ?1", [key])?;
        tx.execute("DELETE FROM shingle WHERE shingle >= ?1 AND shingle < ?2", [key, key + ROWS as i64])?;
    }
    tx.execute("UPDATE sketch SET again = 0 WHERE sketch < ?1 AND again > 0", [before])?;
    Ok(())
}

/// The shingles of sketches that were read without them, as of then.
pub struct Stored {
    /// In a transaction since before the sketches were read.
    pub db: Mutex<Connection>,
    /// Its file.
    pub path: PathBuf,
    /// Parallel to the sketches.
    pub places: Vec<i64>,
    /// What went wrong first.
    pub fault: Mutex<Option<Fault>>,
}

impl Stored {
    fn read(&self, row: Row) -> Made<Vec<u32>> {
        let place = self.places.get(row.at()).ok_or(Fault::Damaged)?;
        shingles(&*self.db.lock().map_err(|_| Fault::Damaged)?, *place)
    }
}

impl ReadShingles for Stored {
    fn of(&self, row: Row) -> Vec<u32> {
        self.read(row).unwrap_or_else(|fault| {
            if let Ok(mut first) = self.fault.lock() {
                first.get_or_insert(fault);
            }
            Vec::new()
        })
    }

    fn check(&self) -> Result<()> {
        let fault = self.fault.lock().ok().and_then(|mut first| first.take());
        fault.map_or(Ok(()), |fault| Err(fault.at("reading shingles", &self.path)))
    }
}
