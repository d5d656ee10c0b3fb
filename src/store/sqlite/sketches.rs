//! Sketches: one packed block per entry, the newest counts.

use super::entries::{in_table_order, numbers};
use super::fault::{Fault, Made};
use super::{ENTRY_BITS, Open, add_total};
use crate::model::{EntryId, Sketch};
use crate::store::PackedSketches;
use crate::store::pack::sketch::unpack;
use rayon::prelude::*;
use rusqlite::{Connection, OptionalExtension, Transaction};
use std::borrow::Cow;

/// How many sketches are packed or unpacked at a time.
const CHUNK: usize = 4_096;

/// Numbers and indices of entries that are there, in the order in which their sketches are written.
pub fn order(db: &Connection, ids: &[EntryId]) -> Made<Vec<(i64, usize)>> {
    let numbers = numbers(db, ids)?;
    if let Some(i) = numbers.iter().position(Option::is_none) {
        return Err(Fault::Bad(format!("there is no entry {} to keep a sketch of", ids[i])));
    }
    Ok(in_table_order(&numbers))
}

/// Writes sketches of entries.
pub fn put(tx: &Transaction, open: &Open, order: &[(i64, usize)], packed: &PackedSketches) -> Made<()> {
    let mut had = tx.prepare_cached("SELECT 1 FROM sketch WHERE sketch BETWEEN ?1 AND ?2")?;
    let mut touched = tx.prepare_cached("INSERT INTO touched VALUES (?1, ?2) ON CONFLICT DO NOTHING")?;
    let mut insert = tx.prepare_cached("INSERT INTO sketch VALUES (?1, ?2) ON CONFLICT DO NOTHING")?;
    let mut update = tx.prepare_cached("UPDATE sketch SET block = ?2 WHERE sketch = ?1")?;
    let mut new = 0;
    for chunk in order.chunks(CHUNK) {
        let blocks: Vec<Cow<[u8]>> = chunk.par_iter().map(|(_, i)| packed(*i)).collect();
        for ((entry, _), block) in chunk.iter().zip(blocks) {
            let first = entry << ENTRY_BITS;
            let known = *entry < open.first_entry && had.exists((first, first + open.run))?;
            if *entry < open.first_entry {
                touched.execute((open.run, entry))?;
            }
            let inserted = insert.execute((first + open.run, &block))? == 1;
            if !inserted {
                update.execute((first + open.run, &block))?;
            }
            new += i64::from(inserted && !known);
        }
    }
    add_total(tx, open.run, "sketch", new)
}

/// The sketches of entries by number, up to a run.
pub fn at(db: &Connection, limit: i64, numbers: &[Option<i64>]) -> Made<Vec<Option<Sketch>>> {
    let sql = "SELECT block FROM sketch WHERE sketch BETWEEN ?1 AND ?2 ORDER BY sketch DESC LIMIT 1";
    let mut select = db.prepare_cached(sql)?;
    let mut found = vec![None; numbers.len()];
    for chunk in in_table_order(numbers).chunks(CHUNK) {
        let mut blocks: Vec<(usize, Vec<u8>)> = Vec::with_capacity(chunk.len());
        for (number, i) in chunk {
            let first = number << ENTRY_BITS;
            let block = select.query_row((first, first + limit), |r| r.get(0)).optional()?;
            blocks.extend(block.map(|b| (*i, b)));
        }
        let unpacked: Vec<_> = blocks.par_iter().map(|(i, block)| (*i, unpack(block))).collect();
        for (i, sketch) in unpacked {
            found[i] = Some(sketch?);
        }
    }
    Ok(found)
}
