//! Event ids over all runs, and what became of events: rows are only appended, the newest counts.

use super::entries::numbers;
use super::fault::{Fault, Made};
use super::{add_total, blob, ordinal, results, run_key};
use crate::model::lineage::{Change, LineageRow, Registered, Registry};
use crate::model::{EntryId, EventId};
use crate::store::ResultSet;
use rusqlite::{Connection, Row, Transaction};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// The changes in the order of [`Change`], as they stand in the database.
const CHANGES: [(Change, &str); 6] = [
    (Change::Born, "born"),
    (Change::Continued, "continued"),
    (Change::Grew, "grew"),
    (Change::MergedInto, "merged_into"),
    (Change::SplitFrom, "split_from"),
    (Change::Retired, "retired"),
];

/// Writes what differs from the registry that is there, and the lineage.
pub fn put(tx: &Transaction, run: i64, set: &ResultSet, working: &[i64]) -> Made<()> {
    let before = read(tx, run - 1)?;
    put_minted(tx, run, &before.events, &set.registry.events)?;
    put_members(tx, run, &before.members, set, working)?;
    put_lineage(tx, run, set.lineage)
}

/// Keys whose value is new or another, and keys that are no more.
fn changes<'a, K: Ord + Copy, V: PartialEq>(
    before: &'a BTreeMap<K, V>,
    after: &'a BTreeMap<K, V>,
) -> impl Iterator<Item = (K, Option<&'a V>)> {
    let changed = after.iter().filter(|(k, v)| before.get(k) != Some(v)).map(|(k, v)| (*k, Some(v)));
    changed.chain(before.keys().filter(|k| !after.contains_key(k)).map(|k| (*k, None)))
}

fn put_minted(
    tx: &Transaction,
    run: i64,
    before: &BTreeMap<EventId, Registered>,
    after: &BTreeMap<EventId, Registered>,
) -> Made<()> {
    let mut insert = tx.prepare("INSERT INTO minted VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for (key, (id, registered)) in (run_key(run)..).zip(changes(before, after)) {
        let founder = registered.map(|r| blob(r.founder.0));
        let (n, born) = registered.map_or((0, 0), |r| (r.n, r.born.cast_signed()));
        let merged_into = registered.and_then(|r| r.merged_into).map(|id| blob(id.0));
        insert.execute((key, blob(id.0), founder, n, born, merged_into))?;
    }
    add_total(tx, run, "minted", ordinal(after.len()) - ordinal(before.len()))
}

fn put_members(
    tx: &Transaction,
    run: i64,
    before: &BTreeMap<EntryId, EventId>,
    set: &ResultSet,
    working: &[i64],
) -> Made<()> {
    let after = &set.registry.members;
    let changed: Vec<(EntryId, Option<&EventId>)> = changes(before, after).collect();
    let ids: Vec<EntryId> = changed.iter().map(|c| c.0).collect();
    let numbers = members(tx, set, working, &ids)?;
    let mut insert = tx.prepare("INSERT INTO member VALUES (?1, ?2, ?3)")?;
    for (i, ((id, event), number)) in changed.iter().zip(numbers).enumerate() {
        let number = number.ok_or_else(|| Fault::Bad(format!("there is no entry {id} to be a member of an event")))?;
        insert.execute((run_key(run) + ordinal(i), number, event.map(|e| blob(e.0))))?;
    }
    add_total(tx, run, "member", ordinal(after.len()) - ordinal(before.len()))
}

/// Numbers of entries, most of which are in the working set.
fn members(tx: &Transaction, set: &ResultSet, working: &[i64], ids: &[EntryId]) -> Made<Vec<Option<i64>>> {
    let near: FxHashMap<EntryId, i64> = results::numbers_by_id(set.working, working);
    let far: Vec<EntryId> = ids.iter().copied().filter(|id| !near.contains_key(id)).collect();
    let mut found = numbers(tx, &far)?.into_iter();
    Ok(ids.iter().map(|id| near.get(id).copied().or_else(|| found.next().flatten())).collect())
}

/// The registry as of a run.
pub fn read(db: &Connection, limit: i64) -> Made<Registry> {
    let mut registry = Registry::default();
    let end = run_key(limit + 1);
    let sql = "SELECT event_id, founder, n, born, merged_into FROM minted WHERE minted < ?1 ORDER BY minted";
    let mut select = db.prepare_cached(sql)?;
    let mut rows = select.query([end])?;
    while let Some(r) = rows.next()? {
        let id = EventId(hash(r, 0)?.ok_or(Fault::Damaged)?);
        match registered(r)? {
            Some(event) => registry.events.insert(id, event),
            None => registry.events.remove(&id),
        };
    }
    let sql =
        "SELECT e.id, m.event_id FROM member m JOIN entry e ON e.entry = m.entry WHERE m.member < ?1 ORDER BY m.member";
    let mut select = db.prepare_cached(sql)?;
    let mut rows = select.query([end])?;
    while let Some(r) = rows.next()? {
        let id = EntryId(hash(r, 0)?.ok_or(Fault::Damaged)?);
        match hash(r, 1)? {
            Some(event) => registry.members.insert(id, EventId(event)),
            None => registry.members.remove(&id),
        };
    }
    Ok(registry)
}

fn registered(r: &Row) -> Made<Option<Registered>> {
    let Some(founder) = hash(r, 1)? else { return Ok(None) };
    let (born, merged_into) = (r.get::<_, i64>(3)?.cast_unsigned(), hash(r, 4)?.map(EventId));
    Ok(Some(Registered { founder: EntryId(founder), n: r.get(2)?, born, merged_into }))
}

fn hash(r: &Row, i: usize) -> Made<Option<u128>> {
    Ok(r.get::<_, Option<[u8; 16]>>(i)?.map(u128::from_be_bytes))
}

fn put_lineage(tx: &Transaction, run: i64, lineage: &[LineageRow]) -> Made<()> {
    let mut insert = tx.prepare("INSERT INTO lineage VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for (i, row) in lineage.iter().enumerate() {
        let change = CHANGES.iter().find(|c| c.0 == row.change).map_or("", |c| c.1);
        let other = row.other.map(|id| blob(id.0));
        insert.execute((run_key(run) + ordinal(i), blob(row.event_id.0), change, other, row.entries))?;
    }
    add_total(tx, run, "lineage", ordinal(lineage.len()))
}

/// What became of events in a run.
pub fn lineage(db: &Connection, run: i64) -> Made<Vec<LineageRow>> {
    let sql =
        "SELECT event_id, other, change, entries FROM lineage WHERE lineage >= ?1 AND lineage < ?2 ORDER BY lineage";
    let mut select = db.prepare_cached(sql)?;
    let mut rows = select.query((run_key(run), run_key(run + 1)))?;
    let mut lineage = Vec::new();
    while let Some(r) = rows.next()? {
        let change: String = r.get(2)?;
        lineage.push(LineageRow {
            event_id: EventId(hash(r, 0)?.ok_or(Fault::Damaged)?),
            change: CHANGES.iter().find(|c| c.1 == change).ok_or(Fault::Damaged)?.0,
            other: hash(r, 1)?.map(EventId),
            entries: r.get(3)?,
        });
    }
    Ok(lineage)
}
