//! Sketches: thousands to a block, in the order in which they came, and beside them what entries are searched by.

use super::entries::numbers;
use super::fault::{Fault, Made};
use super::{Open, add_total, blob, run_key};
use crate::algo::neighbours::Vectors;
use crate::model::{EntryId, Marks, Sketch};
use crate::store::pack::block;
use rayon::prelude::*;
use rusqlite::{Connection, Transaction};
use rustc_hash::{FxHashMap, FxHashSet};

/// Sketches of a block. The key of a block is the place of its first sketch among those of the run.
const ROWS: usize = 4_096;

/// A table of blocks, each with the ids of its entries and how many of these an earlier block had: `search` has a stamp besides.
const SKETCH: &str = "sketch";
const SEARCH: &str = "search";

/// Writes sketches of entries that are there.
pub fn put(tx: &Transaction, open: &Open, batch: &[(EntryId, &Sketch)]) -> Made<()> {
    let ids: Vec<EntryId> = batch.iter().map(|(id, _)| *id).collect();
    let new = new_entries(tx, open, &ids)?;
    let (mut key, had) = begun(tx, open, SKETCH, new)?;
    let mut insert = tx.prepare_cached("INSERT INTO sketch VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let together = ROWS * rayon::current_num_threads();
    for rows in batch.chunks(together).flat_map(pack) {
        let again = rows.ids.iter().filter(|id| had.contains(id)).count();
        insert.execute((key, again as i64, block::pack_ids(rows.ids.iter().copied()), rows.block, rows.terms))?;
        key += ROWS as i64;
    }
    add_total(tx, open.run, "sketch", ids.iter().filter(|id| !had.contains(id)).count() as i64)
}

/// Whether all of these entries are new in this run; refused where one is not there at all.
fn new_entries(tx: &Transaction, open: &Open, ids: &[EntryId]) -> Made<bool> {
    let numbers = numbers(tx, ids)?;
    if let Some(i) = numbers.iter().position(Option::is_none) {
        return Err(Fault::Bad(format!("there is no entry {} to keep a sketch of", ids[i])));
    }
    Ok(numbers.into_iter().flatten().all(|n| n >= open.first_entry))
}

/// The next key of the open run in a table, and the ids that earlier blocks may hold.
fn begun(tx: &Transaction, open: &Open, table: &str, new: bool) -> Made<(i64, FxHashSet<EntryId>)> {
    let first = run_key(open.run);
    let last = format!("SELECT max({table}) FROM {table} WHERE {table} >= ?1");
    let last: Option<i64> = tx.query_row(&last, [first], |r| r.get(0))?;
    let mut had = FxHashSet::default();
    if last.is_some() || !new {
        blocks(tx, table, run_key(open.run + 1), |_, ids| had.extend(ids))?;
    }
    Ok((last.map_or(first, |last| last + ROWS as i64), had))
}

/// Writes what entries are searched by, parallel to them; it holds where the same stamp is asked for.
pub fn put_search_terms(tx: &Transaction, open: &Open, stamp: u128, ids: &[EntryId], vectors: &Vectors) -> Made<()> {
    let new = new_entries(tx, open, ids)?;
    let (mut key, had) = begun(tx, open, SEARCH, new)?;
    let mut insert = tx.prepare_cached("INSERT INTO search VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for first in (0..ids.len()).step_by(ROWS) {
        let rows = first..ids.len().min(first + ROWS);
        let of = &ids[rows.clone()];
        let again = of.iter().filter(|id| had.contains(id)).count();
        let block = block::pack_vectors(vectors, rows);
        insert.execute((key, again as i64, block::pack_ids(of.iter().copied()), blob(stamp), block))?;
        key += ROWS as i64;
    }
    Ok(())
}

/// A block before it is written.
struct Packed {
    ids: Vec<EntryId>,
    block: Vec<u8>,
    terms: Vec<u8>,
}

fn pack(batch: &[(EntryId, &Sketch)]) -> Vec<Packed> {
    let one = |rows: &[(EntryId, &Sketch)]| {
        let (ids, sketches): (Vec<EntryId>, Vec<&Sketch>) = rows.iter().copied().unzip();
        let (block, terms) = (block::pack(&sketches), block::pack_terms(&sketches));
        Packed { ids, block, terms }
    };
    batch.par_chunks(ROWS).map(one).collect()
}

/// The keys and ids of all blocks of a table before a key, the newest first.
fn blocks(
    db: &Connection,
    table: &str,
    before: i64,
    mut each: impl FnMut(i64, &mut dyn Iterator<Item = EntryId>),
) -> Made<()> {
    let sql = format!("SELECT {table}, ids FROM {table} WHERE {table} < ?1 ORDER BY {table} DESC");
    let mut select = db.prepare_cached(&sql)?;
    let mut rows = select.query([before])?;
    while let Some(row) = rows.next()? {
        let ids = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        each(row.get(0)?, &mut block::unpack_ids(ids)?);
    }
    Ok(())
}

/// Rows of some entries in one block: its key, and for each entry its row there and its place among those asked for.
struct InBlock {
    key: i64,
    rows: Vec<(u32, u32)>,
}

/// Entries that are asked for again, each with where it is asked for last, which is where it is read.
type Again = Vec<(usize, u32)>;

/// Where the newest of each of some entries is in a table, up to a run, by block.
fn places(db: &Connection, table: &str, limit: i64, ids: &[EntryId]) -> Made<(Vec<InBlock>, Again)> {
    let mut wanted: FxHashMap<EntryId, u32> = ids.iter().copied().zip(0..).collect();
    let again = match wanted.len() == ids.len() {
        true => Vec::new(),
        false => ids.iter().map(|id| wanted[id]).enumerate().filter(|(i, last)| *i != *last as usize).collect(),
    };
    let mut found = Vec::new();
    blocks(db, table, run_key(limit + 1), |key, ids| {
        let rows: Vec<(u32, u32)> = (0..).zip(ids).filter_map(|(row, id)| Some((row, wanted.remove(&id)?))).collect();
        if !rows.is_empty() {
            found.push(InBlock { key, rows });
        }
    })?;
    found.reverse();
    Ok((found, again))
}

/// Reads a column of blocks, and hands out what `cut` makes of each on all threads.
fn read<T: Send>(
    db: &Connection,
    (table, column): (&str, &str),
    of: &[InBlock],
    cut: impl Fn(&InBlock, &[u8]) -> Made<T> + Sync,
    mut take: impl FnMut(T) -> Made<()>,
) -> Made<()> {
    let mut select = db.prepare_cached(&format!("SELECT {column} FROM {table} WHERE {table} = ?1"))?;
    for some in of.chunks(rayon::current_num_threads()) {
        let read: Vec<Vec<u8>> =
            some.iter().map(|of| select.query_row([of.key], |r| r.get(0))).collect::<std::result::Result<_, _>>()?;
        let made: Vec<T> = some.par_iter().zip(&read).map(|(of, bytes)| cut(of, bytes)).collect::<Made<_>>()?;
        made.into_iter().try_for_each(&mut take)?;
    }
    Ok(())
}

/// Sketches without their terms, the marks of their shingles and whether there are any, parallel to the entries asked for.
#[derive(Default)]
pub struct Found {
    pub sketches: Vec<Sketch>,
    pub marks: Vec<Marks>,
    pub known: Vec<bool>,
}

/// The newest sketches of entries, up to a run.
pub fn at(db: &Connection, limit: i64, ids: &[EntryId]) -> Made<Found> {
    let (places, again) = places(db, SKETCH, limit, ids)?;
    let none = Marks::of(&[]);
    let mut found = Found {
        sketches: vec![Sketch::default(); ids.len()],
        marks: vec![none; ids.len()],
        known: vec![false; ids.len()],
    };
    let of = |of: &InBlock, block: &[u8]| Ok((of.rows.clone(), block::unpack(block)?));
    read(db, (SKETCH, "block"), &places, of, |(rows, (mut sketches, marks))| {
        for (row, i) in rows {
            let sketch = sketches.get_mut(row as usize).ok_or(Fault::Damaged)?;
            found.sketches[i as usize] = std::mem::take(sketch);
            found.marks[i as usize].clone_from(&marks[row as usize]);
            found.known[i as usize] = true;
        }
        Ok(())
    })?;
    for (i, last) in again {
        let last = last as usize;
        found.sketches[i] = found.sketches[last].clone();
        found.marks[i] = found.marks[last].clone();
        found.known[i] = found.known[last];
    }
    Ok(found)
}

/// Puts the terms into sketches that [`at`] found, parallel to the entries.
pub fn put_terms_into(db: &Connection, limit: i64, ids: &[EntryId], sketches: &mut [Sketch]) -> Made<()> {
    let (places, again) = places(db, SKETCH, limit, ids)?;
    let of = |of: &InBlock, block: &[u8]| Ok((of.rows.clone(), block::unpack_terms(block)?));
    read(db, (SKETCH, "terms"), &places, of, |(rows, mut terms)| {
        for (row, i) in rows {
            let (sketch, terms) = (&mut sketches[i as usize], terms.get_mut(row as usize).ok_or(Fault::Damaged)?);
            *sketch = std::mem::take(sketch).with_terms(std::mem::take(terms));
        }
        Ok(())
    })?;
    for (i, last) in again {
        let terms = sketches[last as usize].clone();
        sketches[i] = std::mem::take(&mut sketches[i]).with_terms(terms);
    }
    Ok(())
}

/// What entries are searched by under a stamp, parallel to them, up to a run; `None` where one lacks it.
pub fn search_terms(db: &Connection, limit: i64, stamp: u128, ids: &[EntryId]) -> Made<Option<Vectors>> {
    let (places, again) = places(db, SEARCH, limit, ids)?;
    let mut held = db.prepare_cached("SELECT 1 FROM search WHERE search = ?1 AND stamp = ?2")?;
    for of in &places {
        if !held.exists((of.key, blob(stamp)))? {
            return Ok(None);
        }
    }
    let mut at: Vec<Option<(u32, u32)>> = vec![None; ids.len()];
    for (number, of) in (0..).zip(&places) {
        of.rows.iter().for_each(|(row, i)| at[*i as usize] = Some((number, *row)));
    }
    again.into_iter().for_each(|(i, last)| at[i] = at[last as usize]);
    let Some(at) = at.into_iter().collect::<Option<Vec<(u32, u32)>>>() else { return Ok(None) };
    in_order(db, &places, &at).map(Some)
}

/// Rows of blocks, each by the number of its block and its own, put side by side. Entries are asked for in about the order in
/// which they are kept, so that few blocks are at hand at a time.
fn in_order(db: &Connection, places: &[InBlock], at: &[(u32, u32)]) -> Made<Vectors> {
    let mut left = vec![0_usize; places.len()];
    at.iter().for_each(|(number, _)| left[*number as usize] += 1);
    let mut blocks: Vec<Option<Vectors>> = vec![None; places.len()];
    let mut vectors: Option<Vectors> = None;
    for (number, row) in at.iter().map(|(number, row)| (*number as usize, *row)) {
        if blocks[number].is_none() {
            let unread = (number..places.len()).take_while(|i| blocks[*i].is_none() && left[*i] > 0);
            let next = number..number + unread.take(rayon::current_num_threads()).count();
            let mut to = blocks[next.clone()].iter_mut();
            read(
                db,
                (SEARCH, "block"),
                &places[next],
                |_, block| Ok(block::unpack_vectors(block)?),
                |read| {
                    if let Some(to) = to.next() {
                        *to = Some(read);
                    }
                    Ok(())
                },
            )?;
        }
        let block = blocks[number].as_ref().filter(|of| (row as usize) < of.len()).ok_or(Fault::Damaged)?;
        // Room that is not written to costs nothing.
        let room = || Vectors::with_capacity(at.len(), (block.terms() / block.len() + 8) * at.len());
        vectors.get_or_insert_with(room).push(block.of(row));
        left[number] -= 1;
        if left[number] == 0 {
            blocks[number] = None;
        }
    }
    Ok(vectors.unwrap_or_default())
}

/// Drops blocks of which every entry has a newer one, up to a run.
pub fn drop_replaced(tx: &Transaction, run: i64) -> Made<()> {
    for key in replaced(tx, SKETCH, run)? {
        tx.execute("DELETE FROM sketch WHERE sketch = ?1", [key])?;
    }
    for key in replaced(tx, SEARCH, run)? {
        tx.execute("DELETE FROM search WHERE search = ?1", [key])?;
    }
    Ok(())
}

fn replaced(tx: &Transaction, table: &str, run: i64) -> Made<Vec<i64>> {
    let (before, mut replaced) = (run_key(run + 1), Vec::new());
    if !tx.prepare(&format!("SELECT 1 FROM {table} WHERE {table} < ?1 AND again > 0"))?.exists([before])? {
        return Ok(replaced);
    }
    let mut newer = FxHashSet::default();
    blocks(tx, table, before, |key, ids| {
        // Counted whole: every id is to be known to the blocks before.
        if ids.filter(|id| newer.insert(*id)).count() == 0 {
            replaced.push(key);
        }
    })?;
    tx.execute(&format!("UPDATE {table} SET again = 0 WHERE {table} < ?1 AND again > 0"), [before])?;
    Ok(replaced)
}
