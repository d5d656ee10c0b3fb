//! The tables of the state, and whether a file holds them in a version that can be read.

use super::fault::{Fault, Made};
use crate::model::Stage;
use crate::store::KEY_RULE;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

/// The version of the tables and of everything packed in them.
pub const SCHEMA: u32 = 3;

/// The version in which each sketch was a row.
const SKETCH_ROWS: u32 = 1;

/// The version in which shingles had rows of their own.
const SHINGLE_ROWS: u32 = 2;

/// Keys join two numbers so that rows are appended in order and read in ranges:
/// `version` is entry · 2^20 + ordinal; `link` is run · 2^40 + entry; `cluster`, `umbrella`, `event`, `minted`, `member`,
/// `lineage`, `stage`, `sketch` and `search` are run · 2^40 + ordinal.
const TABLES: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE run (
  run INTEGER PRIMARY KEY, name TEXT NOT NULL, as_of INTEGER NOT NULL, status TEXT NOT NULL, inputs BLOB NOT NULL,
  settings TEXT NOT NULL, out TEXT NOT NULL, first_entry INTEGER NOT NULL);
CREATE TABLE name (name INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE entry (
  entry INTEGER PRIMARY KEY, run INTEGER NOT NULL, id BLOB NOT NULL UNIQUE, outlet INTEGER NOT NULL, key TEXT NOT NULL);
CREATE TABLE version (
  version INTEGER PRIMARY KEY, run INTEGER NOT NULL, older INTEGER NOT NULL, text_hash BLOB NOT NULL, source INTEGER NOT NULL,
  outlet_known INTEGER NOT NULL, owner INTEGER, url TEXT, title TEXT NOT NULL, byline TEXT, credit TEXT, lang TEXT,
  published INTEGER, span INTEGER NOT NULL, clock INTEGER NOT NULL, updated INTEGER, parent INTEGER,
  file INTEGER NOT NULL, record INTEGER NOT NULL, more TEXT);
CREATE TABLE body (version INTEGER PRIMARY KEY, zstd BLOB NOT NULL);
CREATE TABLE touched (run INTEGER, entry INTEGER, PRIMARY KEY (run, entry)) WITHOUT ROWID;
CREATE TABLE packed (name TEXT, run INTEGER, bytes BLOB NOT NULL, PRIMARY KEY (name, run));
CREATE TABLE result (
  run INTEGER PRIMARY KEY, working BLOB NOT NULL, links INTEGER NOT NULL, clusters INTEGER NOT NULL, umbrellas INTEGER NOT NULL,
  events INTEGER NOT NULL);
CREATE TABLE link (link INTEGER PRIMARY KEY, block BLOB NOT NULL);
CREATE TABLE cluster (cluster INTEGER PRIMARY KEY, block BLOB NOT NULL);
CREATE TABLE umbrella (umbrella INTEGER PRIMARY KEY, block BLOB NOT NULL);
CREATE TABLE event (
  event INTEGER PRIMARY KEY, event_id BLOB NOT NULL, title TEXT NOT NULL, status TEXT NOT NULL, first TEXT, last TEXT,
  entries INTEGER NOT NULL, origins INTEGER NOT NULL, outlets INTEGER NOT NULL, review TEXT NOT NULL, record BLOB NOT NULL);
CREATE TABLE minted (
  minted INTEGER PRIMARY KEY, event_id BLOB NOT NULL, founder BLOB, n INTEGER NOT NULL, born INTEGER NOT NULL, merged_into BLOB);
CREATE TABLE member (member INTEGER PRIMARY KEY, entry INTEGER NOT NULL, event_id BLOB);
CREATE TABLE lineage (
  lineage INTEGER PRIMARY KEY, event_id BLOB NOT NULL, change TEXT NOT NULL, other BLOB, entries INTEGER NOT NULL);
CREATE TABLE stage (stage INTEGER PRIMARY KEY, name TEXT NOT NULL, inputs BLOB NOT NULL, settings BLOB NOT NULL, version INTEGER NOT NULL);
CREATE TABLE judgement (
  judgement INTEGER PRIMARY KEY, a BLOB NOT NULL, b BLOB NOT NULL, verdict TEXT NOT NULL, at INTEGER NOT NULL, note TEXT);
CREATE TABLE total (run INTEGER NOT NULL, what TEXT NOT NULL, rows INTEGER NOT NULL);
CREATE VIEW report AS
  SELECT lower(hex(e.id)) AS id, o.text AS outlet, e.key, v.title, v.url, v.lang, datetime(v.published, 'unixepoch') AS published,
    s.text AS source, f.text AS file, v.record, lower(hex(v.text_hash)) AS text_hash, v.run
  FROM entry e JOIN version v ON v.version = (
    SELECT max(w.version) FROM version w WHERE w.version BETWEEN e.entry << 20 AND (e.entry << 20) + 1048575 AND NOT w.older
      AND w.run <= (SELECT max(run) FROM run WHERE status <> 'open'))
  JOIN name o ON o.name = e.outlet JOIN name s ON s.name = v.source JOIN name f ON f.name = v.file;
";

/// Blocks of thousands of sketches with the ids of their entries, and how many of these had one before; what entries are searched
/// by, which holds under a stamp.
const SKETCHES: &str = "
CREATE TABLE sketch (
  sketch INTEGER PRIMARY KEY, again INTEGER NOT NULL, ids BLOB NOT NULL, block BLOB NOT NULL, terms BLOB NOT NULL);
CREATE TABLE search (
  search INTEGER PRIMARY KEY, again INTEGER NOT NULL, ids BLOB NOT NULL, stamp BLOB NOT NULL, block BLOB NOT NULL);
";

/// Makes the tables in an empty file, or checks the versions of those that are there.
pub fn prepare(db: &mut Connection) -> Made<()> {
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0))?;
    if tables == 0 {
        return create(db);
    }
    match (meta(db, "schema_version"), meta(db, "key_rule_version")) {
        (Ok(Some(SCHEMA)), Ok(Some(KEY_RULE))) => Ok(()),
        (Ok(Some(SKETCH_ROWS | SHINGLE_ROWS)), Ok(Some(KEY_RULE))) => lay_out_sketches_again(db),
        (Ok(Some(schema)), _) if schema > SCHEMA => Err(Fault::Bad(format!(
            "a newer retold wrote it (schema {schema}, this one knows {SCHEMA}); run that one, or choose another state"
        ))),
        (Ok(Some(SCHEMA)), Ok(Some(rule))) => Err(Fault::Bad(format!(
            "its ids were made by key rule {rule}, this retold makes them by rule {KEY_RULE}; choose another state"
        ))),
        (Err(Fault::Sql(e)), _) | (_, Err(Fault::Sql(e))) if Fault::damage(&e) => Err(Fault::Sql(e)),
        _ => Err(Fault::Bad("it is a database, but no state of retold; choose another file".into())),
    }
}

fn create(db: &mut Connection) -> Made<()> {
    let tx = db.transaction()?;
    tx.execute_batch(TABLES)?;
    tx.execute_batch(SKETCHES)?;
    for (name, value) in [("schema_version", SCHEMA), ("key_rule_version", KEY_RULE)] {
        tx.execute("INSERT INTO meta VALUES (?1, ?2)", (name, value))?;
    }
    Ok(tx.commit()?)
}

/// Drops the shingles of the version before, which are made of the texts where they are asked for; the sketches of the one before
/// that, and what says that they hold: the next run makes them again.
fn lay_out_sketches_again(db: &mut Connection) -> Made<()> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have come first.
    match meta(&tx, "schema_version")? {
        Some(SKETCH_ROWS) => {
            tx.execute_batch("DROP TABLE sketch")?;
            tx.execute_batch(SKETCHES)?;
            tx.execute("DELETE FROM stage WHERE name = ?1", [Stage::Fingerprint.name()])?;
            tx.execute("DELETE FROM total WHERE what = 'sketch'", [])?;
        }
        Some(SHINGLE_ROWS) => tx.execute_batch("DROP TABLE shingle")?,
        _ => return Ok(tx.commit()?),
    }
    tx.execute("UPDATE meta SET value = ?1 WHERE name = 'schema_version'", [SCHEMA])?;
    Ok(tx.commit()?)
}

fn meta(db: &Connection, name: &str) -> Made<Option<u32>> {
    Ok(db.query_row("SELECT value FROM meta WHERE name = ?1", [name], |r| r.get(0)).optional()?)
}
