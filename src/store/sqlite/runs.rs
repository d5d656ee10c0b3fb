//! The life of a run: begun, committed, published; and what is undone when it was not committed.

use super::fault::{Fault, Made};
use super::{ENTRY_BITS, Open, RUN_BITS, blob, results, run_key, sketches};
use crate::store::{Recovery, RunRow, RunStatus};
use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// Tables whose keys begin with the run.
const BY_RUN: [&str; 10] =
    ["link", "cluster", "umbrella", "event", "stage", "minted", "member", "lineage", "sketch", "search"];
/// Those of them that the next run's replace.
const REPLACED: usize = 5;

/// Opens a run.
pub fn begin(tx: &Transaction, name: &str, as_of: i64) -> Made<Open> {
    let open: Option<String> =
        tx.query_row("SELECT name FROM run WHERE status = 'open'", [], |r| r.get(0)).optional()?;
    if let Some(open) = open {
        return Err(Fault::Bad(format!("the run {open} is still open in it; recover before the next one begins")));
    }
    let run: i64 = tx.query_row("SELECT coalesce(max(run), 0) + 1 FROM run", [], |r| r.get(0))?;
    if run >= 1 << ENTRY_BITS {
        return Err(Fault::Bad(format!("it holds {} runs, which is all it can; choose another state", run - 1)));
    }
    let first_entry: i64 = tx.query_row("SELECT coalesce(max(entry), 0) + 1 FROM entry", [], |r| r.get(0))?;
    let sql = "INSERT INTO run VALUES (?1, ?2, ?3, 'open', x'', '', '', ?4)";
    tx.execute(sql, (run, name, as_of, first_entry))?;
    Ok(Open { run, first_entry, next_entry: first_entry, names: FxHashMap::default() })
}

/// Makes the rows of the open run count.
pub fn commit(tx: &Transaction, open: Option<i64>, run: &RunRow) -> Made<()> {
    let number = i64::try_from(run.number).ok().filter(|n| open == Some(*n));
    let number = number.ok_or_else(|| Fault::Bad(format!("run {} is not the one that is open", run.number)))?;
    tx.execute(
        "UPDATE run SET name = ?2, as_of = ?3, status = 'committed', inputs = ?4, settings = ?5, out = ?6 WHERE run = ?1",
        (number, &run.name, run.as_of, blob(run.inputs_hash), &run.settings, &run.out),
    )?;
    Ok(())
}

/// Notes that a run's folder stands, and drops the results, sketches and tables that it replaced.
pub fn published(tx: &Transaction, number: u64) -> Made<()> {
    let run = i64::try_from(number).map_err(|_| Fault::Bad(format!("there is no run {number}")))?;
    let sql = "UPDATE run SET status = 'published' WHERE run <= ?1 AND status = 'committed'";
    let changed = tx.execute(sql, [run])?;
    let status: Option<String> =
        tx.query_row("SELECT status FROM run WHERE run = ?1", [run], |r| r.get(0)).optional()?;
    match (status.as_deref(), changed) {
        (Some("published"), 0) => Ok(()),
        (Some("published"), _) => drop_replaced(tx, run),
        _ => Err(Fault::Bad(format!("run {number} was not committed"))),
    }
}

fn drop_replaced(tx: &Transaction, run: i64) -> Made<()> {
    if let Some(kept) = results::run(tx, run)? {
        for table in &BY_RUN[..REPLACED] {
            tx.execute(&format!("DELETE FROM {table} WHERE {table} < ?1"), [run_key(kept)])?;
        }
        tx.execute("DELETE FROM result WHERE run < ?1", [kept])?;
    }
    tx.execute(
        "DELETE FROM packed WHERE run < (SELECT max(p.run) FROM packed p WHERE p.name = packed.name AND p.run <= ?1)",
        [run],
    )?;
    sketches::drop_replaced(tx, run)?;
    tx.execute("DELETE FROM touched WHERE run <= ?1", [run])?;
    Ok(())
}

/// Known entries that a run wrote versions of.
fn touched(tx: &Transaction, which: &str, run: i64) -> Made<Vec<i64>> {
    let mut select = tx.prepare(&format!("SELECT DISTINCT entry FROM touched WHERE {which} ORDER BY entry"))?;
    let entries = select.query_map([run], |r| r.get(0))?.collect::<Result<_, _>>()?;
    Ok(entries)
}

/// Undoes runs that were not committed, and finds the one that was not published.
pub fn recover(tx: &Transaction) -> Made<Recovery> {
    let mut open = tx.prepare("SELECT run, name, first_entry FROM run WHERE status = 'open' ORDER BY run")?;
    let open: Vec<(i64, String, i64)> =
        open.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?.collect::<Result<_, _>>()?;
    for (run, _, first_entry) in &open {
        delete(tx, *run, *first_entry)?;
    }
    let last = row(tx, i64::MAX)?;
    let to_publish = last.filter(|run| run.status == RunStatus::Committed);
    Ok(Recovery { to_publish, deleted: open.into_iter().map(|(_, name, _)| name).collect() })
}

/// Deletes every row of the newest run. What it added to entries that were known before is found by `touched`.
fn delete(tx: &Transaction, run: i64, first_entry: i64) -> Made<()> {
    for entry in touched(tx, "run = ?1", run)? {
        let (from, to) = (entry << ENTRY_BITS, (entry + 1) << ENTRY_BITS);
        let versions = "SELECT version FROM version WHERE version >= ?1 AND version < ?2 AND run = ?3";
        tx.execute(&format!("DELETE FROM body WHERE version IN ({versions})"), (from, to, run))?;
        tx.execute("DELETE FROM version WHERE version >= ?1 AND version < ?2 AND run = ?3", (from, to, run))?;
    }
    tx.execute("DELETE FROM entry WHERE entry >= ?1", [first_entry])?;
    for table in ["version", "body"] {
        tx.execute(&format!("DELETE FROM {table} WHERE version >= ?1"), [first_entry << ENTRY_BITS])?;
    }
    for table in BY_RUN {
        tx.execute(&format!("DELETE FROM {table} WHERE {table} >= ?1"), [run_key(run)])?;
    }
    for table in ["packed", "result", "touched", "total", "run"] {
        tx.execute(&format!("DELETE FROM {table} WHERE run = ?1"), [run])?;
    }
    Ok(())
}

/// The newest run up to a number that is committed or published.
pub fn row(db: &Connection, limit: i64) -> Made<Option<RunRow>> {
    let sql = "SELECT run, name, as_of, status, inputs, settings, out FROM run
        WHERE run <= ?1 AND status <> 'open' ORDER BY run DESC LIMIT 1";
    let read = |r: &Row| -> rusqlite::Result<(RunRow, String)> {
        let row = RunRow {
            number: r.get::<_, i64>(0)?.unsigned_abs(),
            name: r.get(1)?,
            as_of: r.get(2)?,
            status: RunStatus::Committed,
            inputs_hash: u128::from_be_bytes(r.get(4)?),
            settings: r.get(5)?,
            out: r.get(6)?,
        };
        Ok((row, r.get(3)?))
    };
    let found = db.query_row(sql, [limit], read).optional()?;
    let Some((row, status)) = found else { return Ok(None) };
    Ok(Some(RunRow { status: RunStatus::from_name(&status).ok_or(Fault::Damaged)?, ..row }))
}

/// Rows per table.
pub fn counts(db: &Connection, limit: i64) -> Made<BTreeMap<String, u64>> {
    let mut counts = BTreeMap::new();
    let mut add = |what: &str, rows: i64| counts.insert(what.to_string(), rows.unsigned_abs());
    for what in ["entry", "version", "sketch", "minted", "member", "lineage"] {
        let sql = "SELECT coalesce(sum(rows), 0) FROM total WHERE what = ?1 AND run <= ?2";
        add(what, db.query_row(sql, (what, limit), |r| r.get(0))?);
    }
    add("run", db.query_row("SELECT count(*) FROM run WHERE run <= ?1", [limit], |r| r.get(0))?);
    add("judgement", db.query_row("SELECT count(*) FROM judgement", [], |r| r.get(0))?);
    let tables = "SELECT count(DISTINCT name) FROM packed WHERE run <= ?1";
    add("table", db.query_row(tables, [limit], |r| r.get(0))?);
    let sizes = "SELECT links, clusters, umbrellas, events FROM result WHERE run <= ?1 ORDER BY run DESC LIMIT 1";
    let sizes = db.query_row(sizes, [limit], |r| Ok([r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?])).optional()?;
    for (what, rows) in ["link", "cluster", "umbrella", "event"].into_iter().zip(sizes.unwrap_or([0; 4])) {
        add(what, rows);
    }
    Ok(counts)
}

const _: () = assert!(ENTRY_BITS + RUN_BITS < 63);
