//! What every store promises, run against both of them.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::model::cluster::{Member, Merge, Origin};
use crate::model::event::*;
use crate::model::lineage::{Change, Registered};
use crate::model::{Clock, ClockQuality, EventId, Features, Overlap, Position, Probability, Proposals, Relation, Row};
use std::sync::Arc;

/// Runs a promise against a store in memory and one in a new file.
fn both(promise: impl Fn(&mut dyn Store)) {
    promise(&mut Memory::new());
    let dir = tempfile::tempdir().unwrap();
    promise(&mut Sqlite::open(&dir.path().join("state").join("retold.sqlite")).unwrap());
}

fn entry(key: &str, body: &str) -> Entry {
    Entry {
        id: EntryId::of("Harbour Courier", key),
        source: "harbour".into(),
        outlet: "Harbour Courier".into(),
        outlet_known: true,
        owner: None,
        key: key.into(),
        url: None,
        title: format!("Ferry {key} delayed"),
        body: body.into(),
        byline: None,
        credit: None,
        labels: vec![],
        captions: vec![],
        lang: None,
        published: Clock::unknown(None),
        updated: None,
        parent: None,
        position: Position { file: "in/harbour.jsonl".into(), record: 1 },
        extra: BTreeMap::new(),
        text_hash: TextHash::of(key, body),
    }
}

/// An entry with something in every field.
fn full(key: &str) -> Entry {
    let number = serde_json::from_str("0.30000000000000004").unwrap();
    Entry {
        owner: Some("Quay Press".into()),
        url: Some("https://courier.example/1".into()),
        byline: Some("Harbour desk".into()),
        credit: Some("Coast Wire".into()),
        labels: vec!["Breaking".into(), "Analysis".into()],
        captions: vec!["A pier".into()],
        lang: Some("en".into()),
        published: Clock { from: Some(-5), span: 86_400, quality: ClockQuality::Day, raw: Some("the 31st".into()) },
        updated: Some(1_700_000_000),
        parent: Some("harbour-live".into()),
        position: Position { file: "in/other.txt".into(), record: u64::MAX },
        extra: BTreeMap::from([("x".into(), number), ("z".into(), serde_json::json!({"b": [1, null], "a": "é"}))]),
        ..entry(key, "Ein Körper, with words.\nAnd more of them.")
    }
}

fn run_row(number: u64) -> RunRow {
    RunRow {
        number,
        name: format!("run-{number}"),
        as_of: 1_768_000_000,
        status: RunStatus::Open,
        inputs_hash: u128::MAX - u128::from(number),
        settings: r#"{"a":1}"#.into(),
        out: format!("folder-{number}"),
    }
}

/// What a run writes, owned.
#[derive(Default)]
struct Night {
    entries: Vec<Entry>,
    working: Vec<EntryId>,
    links: Vec<Link>,
    clusters: Vec<Cluster>,
    umbrellas: Vec<Umbrella>,
    events: Vec<Event>,
    registry: Registry,
    lineage: Vec<LineageRow>,
    stamps: Vec<StageStamp>,
}

impl Night {
    /// A night of `n` entries where the first is linked to all others.
    fn of(n: usize) -> Night {
        let entries: Vec<Entry> =
            (0..n).map(|i| if i == 1 { full("k1") } else { entry(&format!("k{i}"), "Body.") }).collect();
        let working: Vec<EntryId> = entries.iter().map(|e| e.id).collect();
        let links = (1..n as u32).map(|b| link(0, b)).chain([link(1, n as u32 - 1)]).collect();
        let event = EventId::minted(working[0], 0);
        let registered = Registered { founder: working[0], n: 0, born: 3, merged_into: None };
        Night {
            links,
            clusters: vec![cluster(), Cluster::default()],
            umbrellas: vec![Umbrella { row: Row(2), clusters: vec![0, 1], rule: "digest".into() }],
            events: vec![event_record(event, &working)],
            registry: Registry {
                events: BTreeMap::from([(event, registered)]),
                members: working.iter().map(|id| (*id, event)).collect(),
            },
            lineage: vec![LineageRow { event_id: event, change: Change::Born, other: None, entries: n as u32 }],
            stamps: Stage::ALL.map(|stage| StageStamp { stage, inputs: 7 << 100, settings: 8, version: 1 }).to_vec(),
            entries,
            working,
        }
    }

    fn set(&self) -> ResultSet<'_> {
        ResultSet {
            working: &self.working,
            links: &self.links,
            clusters: &self.clusters,
            umbrellas: &self.umbrellas,
            events: &self.events,
            registry: &self.registry,
            lineage: &self.lineage,
            stamps: &self.stamps,
        }
    }

    /// Begins a run and writes all of it, uncommitted.
    fn write(&self, store: &mut dyn Store) -> u64 {
        let number = store.begin("night", 5).unwrap();
        store.put_entries(&self.entries).unwrap();
        let sketches: Vec<Sketch> = self.entries.iter().map(sketch).collect();
        let batch: Vec<(EntryId, &Sketch)> = self.entries.iter().map(|e| e.id).zip(&sketches).collect();
        store.put_sketches(&batch).unwrap();
        store.put_table("frequencies", &[number as u8, 0, 255]).unwrap();
        store.put_results(&self.set()).unwrap();
        number
    }

    fn commit(&self, store: &mut dyn Store) -> u64 {
        let number = self.write(store);
        store.commit(&run_row(number)).unwrap();
        number
    }

    fn assert_read_back(&self, store: &dyn Store) {
        assert_eq!(store.working_set().unwrap(), self.entries);
        assert_eq!(store.links().unwrap(), self.links);
        assert_eq!(store.clusters().unwrap(), self.clusters);
        assert_eq!(store.umbrellas().unwrap(), self.umbrellas);
        assert_eq!(store.events().unwrap(), self.events);
        assert_eq!(store.registry().unwrap(), self.registry);
        assert_eq!(store.lineage().unwrap(), self.lineage);
        assert_eq!(store.stamps().unwrap(), self.stamps);
        let sketches: Vec<Option<Sketch>> = self.entries.iter().map(|e| Some(sketch(e))).collect();
        assert_eq!(store.sketches(&self.working).unwrap(), sketches);
        self.assert_window(store);
    }

    fn assert_window(&self, store: &dyn Store) {
        let window = store.window(&self.working).unwrap().unwrap();
        let whole: Vec<Sketch> = self.entries.iter().map(sketch).collect();
        let mut sketches = window.sketches.clone();
        store.put_terms_into(&self.working, &mut sketches).unwrap();
        for (i, whole) in whole.iter().enumerate() {
            assert!(window.sketches[i].body.is_empty());
            let shingles = window.shingles.of(Row(i as u32));
            assert_eq!(window.marks[i], Marks::of(&shingles));
            assert_eq!(Sketch { shingles: shingles.into(), ..sketches[i].clone() }, *whole);
        }
        window.shingles.check().unwrap();
        let strange: Vec<EntryId> = self.working.iter().copied().chain([EntryId(5)]).collect();
        assert!(store.window(&strange).unwrap().is_none());
    }
}

fn link(a: u32, b: u32) -> Link {
    let mut features = Features::default();
    (features.0[0], features.0[12]) = (0.123457, 1.0);
    let overlap = b.is_multiple_of(2).then_some(Overlap { shared: b, containment: 0.9, jaccard: 1.0 / 3.0 });
    let relation = if overlap.is_some() { Relation::Reprint } else { Relation::SameEvent };
    Link {
        a: Row(a),
        b: Row(b),
        by: Proposals::BAND.and(Proposals::NEIGHBOUR),
        relation,
        p: Probability(999_999 - b),
        features,
        overlap,
    }
}

fn cluster() -> Cluster {
    let overlap = Overlap { shared: 40, containment: 0.75, jaccard: 0.3 };
    let copies = vec![Member { row: Row(1), relation: Relation::Abridgement, overlap }];
    Cluster {
        origins: vec![Origin { leader: Row(0), copies }, Origin { leader: Row(2), copies: vec![] }],
        merges: vec![Merge { a: Row(0), b: Row(2), at: Probability(333_333) }],
        weakest: Some(Probability(1)),
        density: 2.0 / 3.0,
        bridges: 1,
    }
}

fn event_record(event_id: EventId, entries: &[EntryId]) -> Event {
    let value = FigureValue { value: 0.1 + 0.2, text: "three".into(), entry: entries[0], outlet: "A".into(), at: None };
    let field = Field { value: "t".into(), entry: entries[0], rule: "only".into(), alternatives: vec![] };
    Event {
        schema_version: SCHEMA_VERSION,
        event_id,
        status: Status::Settled,
        title: "Ferry".into(),
        summary: "Late “again”".into(),
        when: When { from: Some("2026-01-14T00:00:00Z".into()), to: None, quality: ClockQuality::Day },
        first_reported: FirstReported { entry: None, outlet: None, at: None, basis: "unknown".into() },
        last_updated: None,
        entries: entries.to_vec(),
        origins: vec![OriginRow { leader: entries[0], outlet: "A".into(), entries: entries.to_vec() }],
        outlet_count: 1,
        owner_count: 1,
        independent_count: 1,
        fields: BTreeMap::from([("title".into(), field)]),
        figures: vec![Figure { counts: "people".into(), state: FigureState::Dispute, values: vec![value] }],
        timeline: vec![],
        cohesion: Cohesion { weakest_link: Some(Probability(7)), density: 1.0 / 3.0, bridges: 0 },
        review: Review { state: "none".into(), reasons: vec![] },
        supersedes: vec![event_id],
        merged_into: None,
    }
}

fn sketch(e: &Entry) -> Sketch {
    let hash = e.text_hash.0 as u32;
    Sketch {
        exact: u64::MAX,
        words: 9,
        shingles: vec![1, hash.max(2)].into(),
        body: vec![(hash, 3)].into(),
        signature: vec![hash; 4].into(),
        ..Sketch::default()
    }
}

#[test]
fn a_new_store_knows_nothing() {
    both(|store| {
        assert_eq!(store.recover().unwrap(), Recovery::default());
        assert_eq!(store.last_run().unwrap(), None);
        Night::default().assert_read_back(store);
        assert_eq!(store.known(&[EntryId(1)]).unwrap(), [None]);
        assert_eq!(store.entries(&[EntryId(1)]).unwrap(), [None]);
        assert_eq!(store.table("frequencies").unwrap(), None);
        assert!(store.counts().unwrap().values().all(|n| *n == 0));
    });
}

#[test]
fn what_is_committed_reads_back_equal() {
    both(|store| {
        let night = Night::of(5);
        let number = night.commit(store);
        night.assert_read_back(store);
        assert_eq!(store.table("frequencies").unwrap(), Some(vec![1, 0, 255]));
        let committed = RunRow { status: RunStatus::Committed, ..run_row(number) };
        assert_eq!(store.last_run().unwrap(), Some(committed.clone()));
        store.published(number).unwrap();
        night.assert_read_back(store);
        assert_eq!(store.last_run().unwrap(), Some(RunRow { status: RunStatus::Published, ..committed }));
    });
}

#[test]
fn counts_tell_the_committed_rows_of_every_table() {
    both(|store| {
        Night::of(5).commit(store);
        Night::of(7).write(store);
        let counts = store.counts().unwrap();
        let expected = [
            ("cluster", 2),
            ("entry", 5),
            ("event", 1),
            ("judgement", 0),
            ("lineage", 1),
            ("link", 5),
            ("member", 5),
            ("minted", 1),
            ("run", 1),
            ("sketch", 5),
            ("table", 1),
            ("umbrella", 1),
            ("version", 5),
        ];
        assert_eq!(counts, expected.map(|(what, n)| (what.to_string(), n)).into());
        store.commit(&run_row(2)).unwrap();
        store.published(2).unwrap();
        let counts = store.counts().unwrap();
        let after: Vec<u64> = ["entry", "version", "sketch", "member", "lineage", "link"].map(|w| counts[w]).to_vec();
        assert_eq!(after, [7, 12, 7, 7, 2, 7]);
    });
}

#[test]
fn rows_of_an_open_run_are_seen_by_known_alone() {
    both(|store| {
        let (first, mut second) = (Night::of(3), Night::of(6));
        first.commit(store);
        second.entries[0] = Entry { title: "Another title".into(), ..entry("k0", "Another body.") };
        second.registry.members.insert(second.working[1], EventId(77));
        second.write(store);
        first.assert_read_back(store);
        assert_eq!(store.table("frequencies").unwrap(), Some(vec![1, 0, 255]));
        assert_eq!(store.entries(&second.working[3..]).unwrap(), [None, None, None]);
        assert_eq!(store.sketches(&second.working[5..]).unwrap(), [None]);
        assert_eq!(store.last_run().unwrap().map(|r| r.number), Some(1));
        assert!(store.known(&second.working).unwrap().iter().all(Option::is_some));
        assert_eq!(
            store.known(&second.working[..1]).unwrap()[0].as_ref().unwrap().current,
            second.entries[0].text_hash
        );
        store.commit(&run_row(2)).unwrap();
        second.assert_read_back(store);
    });
}

#[test]
fn a_run_that_was_not_committed_leaves_nothing() {
    both(|store| {
        let (first, mut second) = (Night::of(3), Night::of(6));
        first.commit(store);
        store.published(1).unwrap();
        second.entries[1] = entry("k1", "Another body.");
        second.registry.members.remove(&second.working[0]);
        second.write(store);
        let before = store.counts().unwrap();
        assert_eq!(store.recover().unwrap(), Recovery { to_publish: None, deleted: vec!["night".into()] });
        first.assert_read_back(store);
        assert_eq!(store.counts().unwrap(), before);
        assert_eq!(store.known(&second.working[4..5]).unwrap(), [None]);
        assert_eq!(
            store.known(&second.working[1..2]).unwrap()[0].as_ref().unwrap().texts,
            [first.entries[1].text_hash]
        );
        assert_eq!(second.commit(store), 2);
        second.assert_read_back(store);
    });
}

#[test]
fn a_committed_run_waits_for_its_folder_until_it_is_published() {
    both(|store| {
        Night::of(3).commit(store);
        let waiting = RunRow { status: RunStatus::Committed, ..run_row(1) };
        for _ in 0..2 {
            assert_eq!(store.recover().unwrap(), Recovery { to_publish: Some(waiting.clone()), deleted: vec![] });
        }
        Night::of(4).write(store);
        let deleted = vec!["night".to_string()];
        assert_eq!(store.recover().unwrap(), Recovery { to_publish: Some(waiting), deleted });
        store.published(1).unwrap();
        store.published(1).unwrap();
        assert_eq!(store.recover().unwrap(), Recovery::default());
    });
}

#[test]
fn a_second_run_replaces_results_and_keeps_entries() {
    both(|store| {
        let first = Night::of(6);
        first.commit(store);
        store.published(1).unwrap();
        let mut second = Night::of(6);
        second.entries.drain(..3);
        second.working.drain(..3);
        second.links = vec![link(0, 2)];
        second.clusters.truncate(1);
        second.umbrellas.clear();
        second.registry.events.values_mut().for_each(|r| r.merged_into = Some(EventId(9)));
        second.registry.members.remove(&first.working[0]);
        second.commit(store);
        second.assert_read_back(store);
        store.published(2).unwrap();
        second.assert_read_back(store);
        assert!(store.entries(&first.working).unwrap().into_iter().eq(first.entries.into_iter().map(Some)));
    });
}

#[test]
fn results_and_tables_stay_when_a_run_writes_none() {
    both(|store| {
        let night = Night::of(3);
        night.commit(store);
        store.published(1).unwrap();
        store.begin("short", 1).unwrap();
        store.commit(&run_row(2)).unwrap();
        store.published(2).unwrap();
        night.assert_read_back(store);
        assert_eq!(store.table("frequencies").unwrap(), Some(vec![1, 0, 255]));
        assert_eq!(store.last_run().unwrap().map(|r| r.number), Some(2));
    });
}

#[test]
fn every_version_of_an_entry_is_known_in_the_order_of_runs() {
    both(|store| {
        let text = |body: &str| Entry { title: body.into(), ..entry("k", body) };
        let texts = |store: &dyn Store| store.known(&[text("1").id]).unwrap()[0].clone().unwrap();
        let hashes = |bodies: &[&str]| bodies.iter().map(|b| text(b).text_hash).collect::<Vec<_>>();
        store.begin("one", 1).unwrap();
        store.put_entries(&[text("3")]).unwrap();
        store.put_versions(&[text("1"), text("2")]).unwrap();
        assert_eq!(texts(store), Known { texts: hashes(&["1", "2", "3"]), current: text("3").text_hash });
        store.commit(&run_row(1)).unwrap();
        assert_eq!(texts(store), Known { texts: hashes(&["1", "2", "3"]), current: text("3").text_hash });
        store.begin("two", 1).unwrap();
        store.put_versions(&[text("0")]).unwrap();
        assert_eq!(texts(store), Known { texts: hashes(&["1", "2", "3", "0"]), current: text("3").text_hash });
        store.commit(&run_row(2)).unwrap();
        assert_eq!(store.entries(&[text("3").id]).unwrap(), [Some(text("3"))]);
        store.begin("three", 1).unwrap();
        store.put_versions(&[text("4")]).unwrap();
        store.put_entries(&[text("5"), text("1")]).unwrap();
        store.commit(&run_row(3)).unwrap();
        assert_eq!(
            texts(store),
            Known { texts: hashes(&["1", "2", "3", "0", "4", "5"]), current: text("1").text_hash }
        );
        assert_eq!(store.entries(&[text("1").id]).unwrap(), [Some(text("1"))]);
        assert_eq!((store.counts().unwrap()["entry"], store.counts().unwrap()["version"]), (1, 7));
    });
}

#[test]
fn a_new_sketch_replaces_the_old_one_once_it_is_committed() {
    both(|store| {
        let night = Night::of(3);
        night.commit(store);
        store.published(1).unwrap();
        store.begin("again", 1).unwrap();
        let (early, late) = (Sketch { words: 1, ..Sketch::default() }, Sketch { words: 2, ..Sketch::default() });
        store.put_sketches(&[(night.working[1], &early)]).unwrap();
        store.put_sketches(&[(night.working[1], &late)]).unwrap();
        night.assert_read_back(store);
        store.commit(&run_row(2)).unwrap();
        for _ in 0..2 {
            let ids = [night.working[2], night.working[1], EntryId(0), night.working[2]];
            let third = Some(sketch(&night.entries[2]));
            assert_eq!(store.sketches(&ids).unwrap(), [third.clone(), Some(late.clone()), None, third]);
            assert_eq!(store.counts().unwrap()["sketch"], 3);
            store.published(2).unwrap();
        }
    });
}

fn searched(of: &[(u32, f32)]) -> Vectors {
    let mut vectors = Vectors::default();
    of.iter().for_each(|(term, weight)| vectors.push(&[(*term, *weight), (u32::MAX, -0.0)]));
    vectors
}

#[test]
fn search_terms_are_read_under_their_stamp_alone() {
    both(|store| {
        let night = Night::of(3);
        night.write(store);
        let (a, b) = (searched(&[(1, 0.5), (2, 0.25), (3, 1.0)]), searched(&[(9, 0.1)]));
        store.put_search_terms(7, &night.working, &a).unwrap();
        assert!(store.put_search_terms(7, &[EntryId(5)], &b).is_err());
        assert_eq!(store.search_terms(7, &night.working).unwrap(), None, "not committed yet");
        store.commit(&run_row(1)).unwrap();
        store.published(1).unwrap();
        assert_eq!(store.search_terms(7, &night.working).unwrap(), Some(a));
        assert_eq!(store.search_terms(8, &night.working).unwrap(), None);
        store.begin("again", 1).unwrap();
        store.put_search_terms(8, &night.working[1..2], &b).unwrap();
        store.recover().unwrap();
        store.begin("again", 1).unwrap();
        store.put_search_terms(7, &night.working[1..2], &b).unwrap();
        store.commit(&run_row(2)).unwrap();
        for _ in 0..2 {
            let ids = [night.working[2], night.working[1], night.working[0], night.working[2]];
            let expected = searched(&[(3, 1.0), (9, 0.1), (1, 0.5), (3, 1.0)]);
            assert_eq!(store.search_terms(7, &ids).unwrap(), Some(expected));
            assert_eq!(store.search_terms(7, &[EntryId(5)]).unwrap(), None);
            store.published(2).unwrap();
        }
    });
}

#[test]
fn what_makes_no_sense_is_refused_and_changes_nothing() {
    both(|store| {
        let night = Night::of(3);
        assert!(store.put_entries(&night.entries).is_err());
        assert!(store.commit(&run_row(1)).is_err());
        assert!(store.published(1).is_err());
        night.write(store);
        assert!(store.begin("second", 1).is_err());
        assert!(store.put_results(&night.set()).is_err());
        assert!(store.put_sketches(&[(EntryId(5), &Sketch::default())]).is_err());
        assert!(store.commit(&run_row(2)).is_err());
        assert!(store.published(1).is_err());
        store.commit(&run_row(1)).unwrap();
        night.assert_read_back(store);
        store.begin("strange", 1).unwrap();
        let strange = [EntryId(5)];
        assert!(store.put_results(&ResultSet { working: &strange, ..night.set() }).is_err());
        assert!(store.put_results(&ResultSet { links: &vec![link(0, 9)], ..night.set() }).is_err());
        assert!(store.put_results(&night.set()).is_ok());
    });
}

#[test]
fn empty_batches_are_no_mistake() {
    both(|store| {
        store.begin("empty", 1).unwrap();
        store.put_entries(&[]).unwrap();
        store.put_versions(&[]).unwrap();
        store.put_sketches(&[]).unwrap();
        store.put_results(&Night::default().set()).unwrap();
        store.commit(&run_row(1)).unwrap();
        Night::default().assert_read_back(store);
    });
}

#[test]
fn names_may_be_shared_and_empty() {
    both(|store| {
        let mut odd = entry("", "");
        (odd.outlet, odd.owner, odd.title) = (Arc::from(""), Some("harbour".into()), String::new());
        let twin = Entry { id: EntryId(3), ..odd.clone() };
        store.begin("odd", 1).unwrap();
        store.put_entries(&[odd.clone(), twin.clone()]).unwrap();
        store.commit(&run_row(1)).unwrap();
        assert_eq!(store.entries(&[twin.id, odd.id]).unwrap(), [Some(twin), Some(odd)]);
    });
}

mod file {
    use super::*;
    use crate::error::{Error, Exit};

    fn message(path: &Path) -> String {
        let Err(error) = open(path) else { panic!("opened") };
        assert!(matches!(error, Error::State { .. }) || matches!(error, Error::Io { .. }), "{error:?}");
        assert_eq!(error.exit(), Exit::Storage);
        error.to_string()
    }

    #[test]
    fn a_file_opened_again_holds_what_was_committed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("retold.sqlite");
        let (first, second) = (Night::of(3), Night::of(9));
        first.commit(&mut *open(&path).unwrap());
        second.write(&mut *open(&path).unwrap());
        let mut store = open(&path).unwrap();
        first.assert_read_back(&*store);
        assert_eq!(store.known(&second.working[8..]).unwrap(), [None]);
        assert!(store.begin("too early", 1).is_err());
        let recovery = store.recover().unwrap();
        assert_eq!(recovery.to_publish.map(|r| r.out), Some("folder-1".into()));
        assert_eq!(recovery.deleted, ["night"]);
        store.published(1).unwrap();
        drop(store);
        let mut store = open(&path).unwrap();
        assert_eq!(store.recover().unwrap(), Recovery::default());
        second.commit(&mut *store);
        second.assert_read_back(&*store);
    }

    #[test]
    fn a_reader_sees_the_last_commit_while_a_run_writes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("retold.sqlite");
        let (first, second) = (Night::of(3), Night::of(4));
        let (mut writer, reader) = (open(&path).unwrap(), open(&path).unwrap());
        first.commit(&mut *writer);
        second.write(&mut *writer);
        first.assert_read_back(&*reader);
        writer.commit(&run_row(2)).unwrap();
        second.assert_read_back(&*reader);
        writer.published(2).unwrap();
        second.assert_read_back(&*reader);
    }

    #[test]
    fn nothing_replaced_or_undone_stays_in_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("retold.sqlite");
        let mut store = open(&path).unwrap();
        for _ in 0..3 {
            let number = Night::of(5).commit(&mut *store);
            store.published(number).unwrap();
        }
        Night::of(8).write(&mut *store);
        store.recover().unwrap();
        let db = rusqlite::Connection::open(&path).unwrap();
        let rows =
            |table: &str| db.query_row(&format!("SELECT count(*) FROM {table}"), [], |r| r.get::<_, i64>(0)).unwrap();
        let tables = [
            "entry", "version", "body", "sketch", "shingle", "link", "cluster", "event", "result", "packed", "touched",
            "run", "report",
        ];
        assert_eq!(tables.map(rows), [5, 15, 15, 1, 5, 2, 1, 1, 1, 1, 0, 3, 5]);
    }

    #[test]
    fn shingles_are_read_as_of_when_their_sketches_were_and_damage_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("retold.sqlite");
        let mut store = open(&path).unwrap();
        let night = Night::of(5);
        let number = night.commit(&mut *store);
        store.published(number).unwrap();
        let window = store.window(&night.working).unwrap().unwrap();
        let number = night.commit(&mut *store);
        store.published(number).unwrap();
        let db = rusqlite::Connection::open(&path).unwrap();
        db.execute("UPDATE shingle SET list = x'07'", []).unwrap();
        assert_eq!(*window.shingles.of(Row(4)), *sketch(&night.entries[4]).shingles);
        window.shingles.check().unwrap();
        let window = store.window(&night.working).unwrap().unwrap();
        assert!(window.shingles.of(Row(4)).is_empty());
        let told = window.shingles.check().unwrap_err().to_string();
        assert!(told.contains("shingles") && told.contains("move the file away"), "{told}");
        db.execute("UPDATE sketch SET block = zeroblob(length(block))", []).unwrap();
        assert!(store.window(&night.working).is_err() && store.sketches(&night.working).is_err());
    }

    #[test]
    fn a_state_with_sketches_in_rows_lets_them_be_made_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("retold.sqlite");
        let night = Night::of(4);
        let mut store = open(&path).unwrap();
        let number = night.commit(&mut *store);
        store.published(number).unwrap();
        drop(store);
        let db = rusqlite::Connection::open(&path).unwrap();
        let rows = "DROP TABLE sketch; DROP TABLE shingle; DROP TABLE search; CREATE TABLE sketch (sketch INTEGER PRIMARY KEY, block BLOB NOT NULL);
            INSERT INTO sketch VALUES (1048577, x'02'); UPDATE meta SET value = 1 WHERE name = 'schema_version'";
        db.execute_batch(rows).unwrap();
        for _ in 0..2 {
            let store = open(&path).unwrap();
            assert_eq!(store.working_set().unwrap(), night.entries);
            assert_eq!(store.links().unwrap(), night.links);
            assert!(store.window(&night.working).unwrap().is_none());
            let stamped: Vec<Stage> = store.stamps().unwrap().iter().map(|s| s.stage).collect();
            assert!(!stamped.contains(&Stage::Fingerprint) && stamped.contains(&Stage::Pair));
            assert_eq!(store.counts().unwrap()["sketch"], 0);
        }
        let mut store = open(&path).unwrap();
        let number = night.commit(&mut *store);
        store.published(number).unwrap();
        night.assert_read_back(&*store);
    }

    #[test]
    fn a_newer_schema_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("retold.sqlite");
        drop(open(&path).unwrap());
        let db = rusqlite::Connection::open(&path).unwrap();
        db.execute("UPDATE meta SET value = 99 WHERE name = 'schema_version'", []).unwrap();
        assert!(message(&path).contains("a newer retold wrote it (schema 99"), "{}", message(&path));
        db.execute("UPDATE meta SET value = 2 WHERE name = 'schema_version'", []).unwrap();
        db.execute("UPDATE meta SET value = 7 WHERE name = 'key_rule_version'", []).unwrap();
        assert!(message(&path).contains("key rule 7"));
    }

    #[test]
    fn a_file_that_is_no_state_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notes.txt");
        std::fs::write(&path, "no database ".repeat(2_000)).unwrap();
        let said = message(&path);
        assert!(said.contains("notes.txt") && said.contains("move the file away and run again"), "{said}");
        assert_eq!(std::fs::read(&path).unwrap().len(), 24_000);
        let other = dir.path().join("other.sqlite");
        rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE song (title)").unwrap();
        assert!(message(&other).contains("no state of retold"));
        assert!(message(dir.path()).contains("check the disk"), "{}", message(dir.path()));
        assert!(message(&path.join("below").join("a file")).contains("cannot create"));
    }

    #[test]
    fn a_damaged_file_is_an_error_and_never_a_panic() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("retold.sqlite");
        let night = Night::of(400);
        let mut store = open(&path).unwrap();
        let number = night.commit(&mut *store);
        store.published(number).unwrap();
        drop(store);
        let whole = std::fs::read(&path).unwrap();
        let mut refused = 0;
        for at in (0..whole.len()).step_by(whole.len() / 60) {
            let mut bytes = whole.clone();
            bytes[at..].iter_mut().take(3_000).for_each(|b| *b = b.wrapping_mul(31).wrapping_add(at as u8 | 1));
            std::fs::write(&path, &bytes).unwrap();
            if let Err(error) = read_all(&path, &night) {
                assert!(error.to_string().contains("move the file away"), "{error}");
                refused += 1;
            }
        }
        // What is not refused lay in pages without rows, or in bytes where any value is possible.
        assert!(refused > 20, "{refused} of 60 were refused");
        std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        let Err(error) = read_all(&path, &night) else { panic!("read half a file") };
        assert!(error.to_string().contains("move the file away"), "{error}");
    }

    fn read_all(path: &Path, night: &Night) -> Result<()> {
        let mut store = open(path)?;
        store.recover()?;
        let _ =
            (store.last_run()?, store.known(&night.working)?, store.working_set()?, store.sketches(&night.working)?);
        let _ = (store.links()?, store.clusters()?, store.umbrellas()?, store.events()?, store.registry()?);
        let _ = (store.stamps()?, store.lineage()?, store.counts()?, store.table("frequencies")?);
        store.begin("after", 1)?;
        store.put_entries(&night.entries)?;
        store.put_results(&night.set())
    }

    #[test]
    fn a_full_disk_is_an_error_of_storage_and_keeps_what_was_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("retold.sqlite");
        let mut store = Sqlite::open(&path).unwrap();
        let night = Night::of(5);
        night.commit(&mut store);
        store.fill_up();
        store.begin("full", 1).unwrap();
        let many: Vec<Entry> = (0..20_000).map(|i| entry(&format!("many {i}"), "Body.")).collect();
        let error = store.put_entries(&many).unwrap_err();
        assert_eq!(error.exit(), Exit::Storage);
        assert!(error.to_string().contains("free some space"), "{error}");
        night.assert_read_back(&store);
    }
}
