//! Entries and their versions: real columns, compressed bodies, integer keys.

use super::fault::{Fault, Made};
use super::{ENTRY_BITS, Open, add_total, blob};
use crate::model::{Body, Clock, ClockQuality, Entry, EntryId, Position, RareFields, TextHash};
use crate::store::Known;
use crate::store::pack::{Squeezer, Unsqueezer};
use rayon::prelude::*;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, Transaction, params};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The clock qualities in the order of their code.
const QUALITIES: [ClockQuality; 5] =
    [ClockQuality::Exact, ClockQuality::Minute, ClockQuality::Day, ClockQuality::Inferred, ClockQuality::Unknown];
/// How many entries are packed or unpacked at a time.
const CHUNK: usize = 4_096;

/// What has no column of its own.
#[derive(Serialize, Deserialize, Default, PartialEq)]
#[serde(default)]
struct More {
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    labels: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    captions: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extra: BTreeMap<String, serde_json::Value>,
}

/// Indices of entries in the order in which they are written.
pub fn order(batch: &[Entry]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..batch.len()).collect();
    order.sort_by_key(|i| batch[*i].id);
    order
}

/// Writes versions of entries, and the entries where they are new.
pub fn put(tx: &Transaction, open: &mut Open, batch: &[Entry], order: &[usize], older: bool) -> Made<()> {
    let squeeze = |zstd: &mut Squeezer, i: &usize| zstd.squeeze(batch[*i].body.text().as_bytes());
    let first_new = open.next_entry;
    let mut table = Inserts::prepare(tx)?;
    for part in order.chunks(CHUNK) {
        let bodies: Vec<Vec<u8>> = part.par_iter().map_init(Squeezer::new, squeeze).collect::<Result<_, _>>()?;
        for (i, body) in part.iter().zip(bodies) {
            let version = table.version(tx, open, &batch[*i])?;
            table.insert(tx, open, version, &batch[*i], older)?;
            table.body.execute((version, body))?;
        }
    }
    add_total(tx, open.run, "entry", open.next_entry - first_new)?;
    add_total(tx, open.run, "version", order.len() as i64)
}

struct Inserts<'a> {
    entry: CachedStatement<'a>,
    number: CachedStatement<'a>,
    last: CachedStatement<'a>,
    touched: CachedStatement<'a>,
    version: CachedStatement<'a>,
    body: CachedStatement<'a>,
}

impl<'a> Inserts<'a> {
    fn prepare(tx: &'a Transaction) -> Made<Self> {
        Ok(Inserts {
            entry: tx.prepare_cached("INSERT INTO entry VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING")?,
            number: tx.prepare_cached(NUMBER)?,
            last: tx.prepare_cached("SELECT max(version) FROM version WHERE version BETWEEN ?1 AND ?2")?,
            touched: tx.prepare_cached("INSERT INTO touched VALUES (?1, ?2) ON CONFLICT DO NOTHING")?,
            version: tx.prepare_cached(
                "INSERT INTO version VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
            )?,
            body: tx.prepare_cached("INSERT INTO body VALUES (?1, ?2)")?,
        })
    }

    /// The key of the version to be written; makes the entry where it is new.
    fn version(&mut self, tx: &Transaction, open: &mut Open, e: &Entry) -> Made<i64> {
        let (id, outlet) = (blob(e.id.0), name(tx, open, &e.outlet)?);
        if self.entry.execute((open.next_entry, open.run, id, outlet, &e.key))? == 1 {
            open.next_entry += 1;
            return Ok((open.next_entry - 1) << ENTRY_BITS);
        }
        let entry: i64 = self.number.query_row([id], |r| r.get(0))?;
        if entry < open.first_entry {
            self.touched.execute((open.run, entry))?;
        }
        let (from, to) = span(entry);
        let last: Option<i64> = self.last.query_row((from, to), |r| r.get(0))?;
        match last {
            None => Ok(from),
            Some(last) if last < to => Ok(last + 1),
            Some(_) => {
                Err(Fault::Bad(format!("entry {} has more versions than it can hold; choose another state", e.id)))
            }
        }
    }

    fn insert(&mut self, tx: &Transaction, open: &mut Open, version: i64, e: &Entry, older: bool) -> Made<()> {
        let mut known = |text: Option<&Arc<str>>| text.map(|t| name(tx, open, t)).transpose();
        let (source, owner) = (known(Some(&e.source))?, known(e.owner.as_ref())?);
        let (parent, file) = (known(e.rare.parent.as_ref())?, known(Some(&e.position.file))?);
        let clock = QUALITIES.iter().position(|q| *q == e.published.quality).unwrap_or(QUALITIES.len());
        self.version.execute(params![
            version,
            open.run,
            older,
            blob(e.text_hash.0),
            source,
            e.outlet_known,
            owner,
            e.url,
            e.title,
            e.rare.byline,
            e.rare.credit,
            e.lang,
            e.published.from,
            e.published.span,
            clock as i64,
            e.rare.updated,
            parent,
            file,
            e.position.record.cast_signed(),
            more(e)?
        ])?;
        Ok(())
    }
}

fn more(e: &Entry) -> Made<Option<String>> {
    let more = More {
        raw: e.published.raw.clone(),
        labels: e.rare.labels.clone(),
        captions: e.rare.captions.clone(),
        extra: e.rare.extra.clone(),
    };
    if more == More::default() { Ok(None) } else { Ok(Some(serde_json::to_string(&more)?)) }
}

/// The number of a name that many rows share: an outlet, a source, a file.
fn name(tx: &Transaction, open: &mut Open, text: &Arc<str>) -> Made<i64> {
    if let Some(number) = open.names.get(text) {
        return Ok(*number);
    }
    tx.prepare_cached("INSERT INTO name (text) VALUES (?1) ON CONFLICT DO NOTHING")?.execute([&**text])?;
    let number = tx.prepare_cached("SELECT name FROM name WHERE text = ?1")?.query_row([&**text], |r| r.get(0))?;
    open.names.insert(text.clone(), number);
    Ok(number)
}

const NUMBER: &str = "SELECT entry FROM entry WHERE id = ?1";

/// First and last key of an entry's versions.
pub fn span(entry: i64) -> (i64, i64) {
    (entry << ENTRY_BITS, ((entry + 1) << ENTRY_BITS) - 1)
}

/// The numbers of entries, parallel to `ids`; looked up in the order of the index.
pub fn numbers(db: &Connection, ids: &[EntryId]) -> Made<Vec<Option<i64>>> {
    let mut select = db.prepare_cached(NUMBER)?;
    let mut order: Vec<(EntryId, usize)> = ids.iter().copied().zip(0..).collect();
    order.par_sort_unstable();
    let mut numbers = vec![None; ids.len()];
    for (id, i) in order {
        numbers[i] = select.query_row([blob(id.0)], |r| r.get(0)).optional()?;
    }
    Ok(numbers)
}

/// Indices of what was found, ascending by number: the order of the tables.
pub fn in_table_order(numbers: &[Option<i64>]) -> Vec<(i64, usize)> {
    let mut order: Vec<(i64, usize)> = numbers.iter().zip(0..).filter_map(|(n, i)| Some(((*n)?, i))).collect();
    order.par_sort_unstable();
    order
}

/// The texts under which entries are known, up to a run.
pub fn known(db: &Connection, limit: i64, ids: &[EntryId]) -> Made<Vec<Option<Known>>> {
    let sql = "SELECT text_hash, older FROM version WHERE version BETWEEN ?1 AND ?2 AND run <= ?3 ORDER BY run, older DESC, version";
    let mut select = db.prepare_cached(sql)?;
    let mut found = vec![None; ids.len()];
    for (number, i) in in_table_order(&numbers(db, ids)?) {
        let (from, to) = span(number);
        let mut rows = select.query((from, to, limit))?;
        let mut versions: Vec<(TextHash, bool)> = Vec::new();
        while let Some(row) = rows.next()? {
            versions.push((TextHash(u128::from_be_bytes(row.get(0)?)), row.get(1)?));
        }
        found[i] = Known::of(&versions);
    }
    Ok(found)
}

/// A version as it stands in the tables.
struct Raw {
    entry: Entry,
    body: Vec<u8>,
    more: Option<String>,
}

const CURRENT: &str = "SELECT v.version, v.older, v.text_hash, v.source, v.outlet_known, v.owner, v.url, v.title, v.byline, v.credit, v.lang,
    v.published, v.span, v.clock, v.updated, v.parent, v.file, v.record, v.more, e.id, e.outlet, e.key
    FROM version v JOIN entry e ON e.entry = v.version >> 20
    WHERE v.version BETWEEN ?1 AND ?2 AND v.run <= ?3 ORDER BY v.version DESC";

/// The current versions of entries by number, up to a run.
pub fn at(db: &Connection, limit: i64, numbers: &[Option<i64>]) -> Made<Vec<Option<Entry>>> {
    let names = names(db)?;
    let mut select = db.prepare_cached(CURRENT)?;
    let mut body = db.prepare_cached("SELECT zstd FROM body WHERE version = ?1")?;
    let mut found = vec![None; numbers.len()];
    for chunk in in_table_order(numbers).chunks(CHUNK) {
        let mut raws = Vec::with_capacity(chunk.len());
        for (number, i) in chunk {
            if let Some(raw) = current(&mut select, &mut body, &names, *number, limit)? {
                raws.push((*i, raw));
            }
        }
        let unpacked: Vec<(usize, Made<Entry>)> =
            raws.into_par_iter().map_init(Unsqueezer::new, |zstd, (i, raw)| (i, unpack(zstd, raw))).collect();
        for (i, entry) in unpacked {
            found[i] = Some(entry?);
        }
    }
    Ok(found)
}

/// The newest version that is not an older one; where there is none, the newest.
fn current(
    select: &mut CachedStatement,
    body: &mut CachedStatement,
    names: &FxHashMap<i64, Arc<str>>,
    number: i64,
    limit: i64,
) -> Made<Option<Raw>> {
    let (from, to) = span(number);
    let mut rows = select.query((from, to, limit))?;
    let mut newest = None;
    while let Some(row) = rows.next()? {
        let older: bool = row.get(1)?;
        if newest.is_none() || !older {
            let version: i64 = row.get(0)?;
            newest = Some((version, raw(row, names)?));
        }
        if !older {
            break;
        }
    }
    let Some((version, mut raw)) = newest else { return Ok(None) };
    raw.body = body.query_row([version], |r| r.get(0))?;
    Ok(Some(raw))
}

fn raw(r: &Row, names: &FxHashMap<i64, Arc<str>>) -> Made<Raw> {
    let named = |i: i64| names.get(&i).cloned().ok_or(Fault::Damaged);
    let hash = |i: usize| -> Made<u128> { Ok(u128::from_be_bytes(r.get(i)?)) };
    let quality = usize::try_from(r.get::<_, i64>(13)?).ok().and_then(|i| QUALITIES.get(i)).ok_or(Fault::Damaged)?;
    let rare = RareFields {
        byline: r.get(8)?,
        credit: r.get(9)?,
        updated: r.get(14)?,
        parent: r.get::<_, Option<i64>>(15)?.map(named).transpose()?,
        ..RareFields::default()
    };
    let entry = Entry {
        id: EntryId(hash(19)?),
        source: named(r.get(3)?)?,
        outlet: named(r.get(20)?)?,
        outlet_known: r.get(4)?,
        owner: r.get::<_, Option<i64>>(5)?.map(named).transpose()?,
        key: r.get(21)?,
        url: r.get(6)?,
        title: r.get(7)?,
        body: Body::default(),
        lang: r.get(10)?,
        published: Clock { from: r.get(11)?, span: r.get(12)?, quality: *quality, raw: None },
        position: Position { file: named(r.get(16)?)?, record: r.get::<_, i64>(17)?.cast_unsigned() },
        text_hash: TextHash(hash(2)?),
        rare: rare.into(),
    };
    Ok(Raw { entry, body: Vec::new(), more: r.get(18)? })
}

fn unpack(zstd: &mut Unsqueezer, raw: Raw) -> Made<Entry> {
    let mut entry = raw.entry;
    entry.body = zstd.text(&raw.body)?.into();
    if let Some(json) = raw.more {
        let more: More = serde_json::from_str(&json)?;
        entry.published.raw = more.raw;
        if !(more.labels.is_empty() && more.captions.is_empty() && more.extra.is_empty()) {
            let rare = entry.rare.make_mut();
            (rare.labels, rare.captions, rare.extra) = (more.labels, more.captions, more.extra);
        }
    }
    Ok(entry)
}

fn names(db: &Connection) -> Made<FxHashMap<i64, Arc<str>>> {
    let mut select = db.prepare_cached("SELECT name, text FROM name")?;
    let names = select.query_map([], |r| Ok((r.get(0)?, Arc::from(r.get::<_, String>(1)?))))?;
    Ok(names.collect::<Result<_, _>>()?)
}
