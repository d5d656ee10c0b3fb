//! What a run made of its working set: links, clusters, umbrellas, events, stamps. The next run's replace them.

use super::fault::{Fault, Made};
use super::{entries, ordinal, registry, run_key};
use crate::model::told::Flat;
use crate::model::{EntryId, Event, Link, Row, Stage};
use crate::store::pack::{Bytes, Squeezer, Unsqueezer, link, put_number};
use crate::store::{Links, Records, ResultSet, StageStamp};
use rayon::prelude::*;
use rusqlite::{Connection, Transaction, params};
use rustc_hash::FxHashMap;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How many links, clusters or events are packed or unpacked at a time.
const CHUNK: usize = 4_096;

/// What every event's record holds, so that it need not be kept with each. Part of the schema: it may
/// only change together with its version.
const SKELETON: &[u8] = br#"{"value":"","entry":"","rule":"longest","alternatives":[{"value":"","entry":""}]},"byline":{"value":"figures":[{"counts":"","state":"progression","values":[{"value":1.0,"text":"","entry":"","outlet":"","at":"2026-01-01T00:00:00Z"}]}],"role":"copy"},{"at":"2026-01-01T00:00:00Z","clock":"minute","entry":"","outlet":"","title":"","role":"account"},"merged_into":"ev-","status":"settled","cohesion":{"weakest_link":0.5,"density":1.0,"bridges":1},"review":{"state":"doubtful","reasons":["weak_link","bridge"]},"quality":"exact"{"schema_version":1,"event_id":"ev-","status":"open","title":"","summary":"","when":{"from":"2026-01-01T00:00:00Z","to":"2026-01-01T00:00:00Z","quality":"exact"},"first_reported":{"entry":"","outlet":"","at":"2026-01-01T00:00:00Z","basis":"only"},"last_updated":"2026-01-01T00:00:00Z","entries":[""],"origins":[{"leader":"","outlet":"","entries":[""]}],"outlet_count":1,"owner_count":1,"independent_count":1,"fields":{"lang":{"value":"en","entry":"","rule":"majority","alternatives":[]},"summary":{"value":"","entry":"","rule":"lead","alternatives":[]},"title":{"value":"","entry":"","rule":"only","alternatives":[]},"url":{"value":"https://www.","entry":"","rule":"only","alternatives":[]}},"figures":[],"timeline":[{"at":"2026-01-01T00:00:00Z","clock":"exact","entry":"","outlet":"","title":"","role":"first"}],"cohesion":{"weakest_link":null,"density":1.0,"bridges":0},"review":{"state":"none","reasons":[]},"supersedes":[],"merged_into":null}"#;

/// Writes everything that a run made.
pub fn put(tx: &Transaction, run: i64, set: &ResultSet) -> Made<()> {
    if tx.prepare("SELECT 1 FROM result WHERE run = ?1")?.exists([run])? {
        return Err(Fault::Bad("this run has written its results already".into()));
    }
    let numbers = entries::numbers(tx, set.working)?;
    let missing = |i: usize| Fault::Bad(format!("there is no entry {} for the working set", set.working[i]));
    let working: Vec<i64> =
        numbers.into_iter().enumerate().map(|(i, n)| n.ok_or_else(|| missing(i))).collect::<Result<_, _>>()?;
    put_links(tx, run, &working, set.links)?;
    put_chunks(tx, "cluster", run, set.clusters)?;
    put_chunks(tx, "umbrella", run, set.umbrellas)?;
    put_events(tx, run, set.events)?;
    put_stamps(tx, run, set.stamps)?;
    registry::put(tx, run, set, &working)?;
    let sizes = [set.links.len(), set.clusters.len(), set.umbrellas.len(), set.events.len()].map(ordinal);
    tx.execute(
        "INSERT INTO result VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![run, pack_working(&working)?, sizes[0], sizes[1], sizes[2], sizes[3]],
    )?;
    Ok(())
}

/// The newest run with results, up to a run.
pub fn run(db: &Connection, limit: i64) -> Made<Option<i64>> {
    Ok(db.query_row("SELECT max(run) FROM result WHERE run <= ?1", [limit], |r| r.get(0))?)
}

/// Numbers of entries as differences that may be negative, compressed.
fn pack_working(working: &[i64]) -> Made<Vec<u8>> {
    let mut out = Vec::with_capacity(4 * working.len());
    let mut last = 0;
    for number in working {
        let step = number - last;
        put_number(&mut out, ((step << 1) ^ (step >> 63)).cast_unsigned());
        last = *number;
    }
    Ok(Squeezer::new().squeeze(&out)?)
}

/// The working set of a run: numbers of entries in global order.
pub fn working(db: &Connection, run: i64) -> Made<Vec<Option<i64>>> {
    let packed: Vec<u8> = db.query_row("SELECT working FROM result WHERE run = ?1", [run], |r| r.get(0))?;
    let packed = Unsqueezer::new().unsqueeze(&packed)?;
    let mut bytes = Bytes(&packed);
    let (mut working, mut last) = (Vec::new(), 0i64);
    while bytes.end().is_err() {
        let step = bytes.number()?;
        last = last.wrapping_add((step >> 1).cast_signed() ^ -(step & 1).cast_signed());
        working.push(Some(last));
    }
    Ok(working)
}

/// One block per entry that has a later neighbour.
fn put_links(tx: &Transaction, run: i64, working: &[i64], links: &dyn Links) -> Made<()> {
    let mut order: Vec<(i64, u32)> = working.iter().copied().zip(0..).collect();
    order.par_sort_unstable();
    let mut insert = tx.prepare("INSERT INTO link VALUES (?1, ?2)")?;
    let stray = || Fault::Bad("a link leaves the working set".into());
    let pack = |(number, row): &(i64, u32)| -> Made<(i64, usize, Vec<u8>)> {
        let of_row = links.of(Row(*row));
        let mut near = Vec::with_capacity(of_row.len());
        for link in of_row.iter() {
            let other = working.get(link.b.at()).ok_or_else(stray)?;
            near.push((other.cast_unsigned(), link));
        }
        near.sort_unstable_by_key(|(other, _)| *other);
        Ok((*number, near.len(), link::pack(&near)))
    };
    let mut put = 0;
    for chunk in order.chunks(CHUNK) {
        let blocks: Vec<(i64, usize, Vec<u8>)> = chunk.par_iter().map(pack).collect::<Result<_, _>>()?;
        for (number, n, block) in blocks.into_iter().filter(|(_, n, _)| *n > 0) {
            insert.execute((run_key(run) + number, block))?;
            put += n;
        }
    }
    if put == links.len() { Ok(()) } else { Err(stray()) }
}

/// The links of a run, ascending by (a, b).
pub fn links(db: &Connection, run: i64) -> Made<Vec<Link>> {
    let working = working(db, run)?;
    let rows: FxHashMap<i64, Row> = working.into_iter().zip(0..).filter_map(|(n, row)| Some((n?, Row(row)))).collect();
    let row = |number: i64| rows.get(&number).copied().ok_or(Fault::Damaged);
    let blocks = keyed(db, "link", "block", run)?;
    let unpack = |(entry, block): &(i64, Vec<u8>)| -> Made<Vec<Link>> {
        let a = row(*entry)?;
        let near = link::unpack(block)?;
        near.into_iter().map(|(b, link)| Ok(Link { a, b: row(b.cast_signed())?, ..link })).collect()
    };
    let unpacked: Vec<Vec<Link>> = blocks.par_iter().map(unpack).collect::<Result<_, _>>()?;
    let mut links: Vec<Link> = unpacked.into_iter().flatten().collect();
    links.par_sort_by_key(|l| (l.a, l.b));
    Ok(links)
}

/// A run's rows of a table: what follows the run in the key, and the value.
fn keyed(db: &Connection, table: &str, column: &str, run: i64) -> Made<Vec<(i64, Vec<u8>)>> {
    let sql = format!("SELECT {table}, {column} FROM {table} WHERE {table} >= ?1 AND {table} < ?2 ORDER BY {table}");
    let mut select = db.prepare_cached(&sql)?;
    let first = run_key(run);
    let rows = select.query_map((first, run_key(run + 1)), |r| Ok((r.get::<_, i64>(0)? - first, r.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Writes many small things, thousands to a compressed block.
fn put_chunks<T: Serialize + Sync>(tx: &Transaction, table: &str, run: i64, things: &[T]) -> Made<()> {
    let pack = |chunk: &[T]| -> Made<Vec<u8>> { Ok(Squeezer::new().squeeze(&postcard::to_stdvec(chunk)?)?) };
    let blocks: Vec<Vec<u8>> = things.par_chunks(CHUNK).map(pack).collect::<Result<_, _>>()?;
    let mut insert = tx.prepare(&format!("INSERT INTO {table} VALUES (?1, ?2)"))?;
    for (i, block) in blocks.into_iter().enumerate() {
        insert.execute((run_key(run) + ordinal(i), block))?;
    }
    Ok(())
}

/// What [`put_chunks`] wrote.
pub fn chunks<T: DeserializeOwned + Send>(db: &Connection, table: &str, run: i64) -> Made<Vec<T>> {
    let unpack = |(_, block): &(i64, Vec<u8>)| -> Made<Vec<T>> {
        Ok(postcard::from_bytes(&Unsqueezer::new().unsqueeze(block)?)?)
    };
    let unpacked: Vec<Vec<T>> = keyed(db, table, "block", run)?.par_iter().map(unpack).collect::<Result<_, _>>()?;
    Ok(unpacked.into_iter().flatten().collect())
}

fn put_events(tx: &Transaction, run: i64, events: &dyn Records) -> Made<()> {
    let mut insert = tx.prepare("INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")?;
    let mut key = run_key(run);
    for start in (0..events.len()).step_by(CHUNK) {
        let pack = |zstd: &mut Squeezer, at: usize| -> Made<(Flat, Vec<u8>)> {
            Ok((events.flat(at).ok_or(Fault::Damaged)?, zstd.squeeze(&events.line(at))?))
        };
        let chunk = (start..events.len().min(start + CHUNK)).into_par_iter();
        let records: Vec<(Flat, Vec<u8>)> =
            chunk.map_init(|| Squeezer::knowing(SKELETON), pack).collect::<Result<_, _>>()?;
        for (e, record) in records {
            let status = match e.status {
                crate::model::event::Status::Open => "open",
                crate::model::event::Status::Settled => "settled",
            };
            let (entries, origins) = (e.entries, e.origins);
            let id = e.event_id.0.to_be_bytes();
            insert.execute(params![
                key,
                id,
                e.title,
                status,
                e.when.from,
                e.when.to,
                entries,
                origins,
                e.outlet_count,
                e.review.state,
                record
            ])?;
            key += 1;
        }
    }
    Ok(())
}

/// The events of a run.
pub fn events(db: &Connection, run: i64) -> Made<Vec<Event>> {
    let records = keyed(db, "event", "record", run)?;
    let unpack = |zstd: &mut Unsqueezer, (_, record): &(i64, Vec<u8>)| -> Made<Event> {
        Ok(serde_json::from_slice(&zstd.unsqueeze(record)?)?)
    };
    records.par_iter().map_init(|| Unsqueezer::knowing(SKELETON), unpack).collect()
}

fn put_stamps(tx: &Transaction, run: i64, stamps: &[StageStamp]) -> Made<()> {
    let mut insert = tx.prepare("INSERT INTO stage VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for (i, s) in stamps.iter().enumerate() {
        let (inputs, settings) = (s.inputs.to_be_bytes(), s.settings.to_be_bytes());
        insert.execute((run_key(run) + ordinal(i), s.stage.name(), inputs, settings, s.version))?;
    }
    Ok(())
}

/// What the stages of a run were made from.
pub fn stamps(db: &Connection, run: i64) -> Made<Vec<StageStamp>> {
    let sql = "SELECT name, inputs, settings, version FROM stage WHERE stage >= ?1 AND stage < ?2 ORDER BY stage";
    let mut select = db.prepare(sql)?;
    let mut rows = select.query((run_key(run), run_key(run + 1)))?;
    let mut stamps = Vec::new();
    while let Some(r) = rows.next()? {
        stamps.push(StageStamp {
            stage: Stage::from_name(&r.get::<_, String>(0)?).ok_or(Fault::Damaged)?,
            inputs: u128::from_be_bytes(r.get(1)?),
            settings: u128::from_be_bytes(r.get(2)?),
            version: r.get(3)?,
        });
    }
    Ok(stamps)
}

/// The numbers of a working set's entries by id.
pub fn numbers_by_id(working: &[EntryId], numbers: &[i64]) -> FxHashMap<EntryId, i64> {
    working.iter().copied().zip(numbers.iter().copied()).collect()
}
