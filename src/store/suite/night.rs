//! A night as the promises of a store are tried on it: entries with and without every field, and what a run makes of them.

use super::*;
use crate::model::cluster::{Member, Merge, Origin};
use crate::model::event::*;
use crate::model::lineage::{Change, Registered};
use crate::model::{
    Clock, ClockQuality, EventId, Features, Overlap, Position, Probability, Proposals, Rare, RareFields, Relation, Row,
};

pub(super) fn entry(key: &str, body: &str) -> Entry {
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
        lang: None,
        published: Clock::unknown(None),
        position: Position { file: "in/harbour.jsonl".into(), record: 1 },
        rare: Rare::default(),
        text_hash: TextHash::of(key, body),
    }
}

/// An entry with something in every field.
pub(super) fn full(key: &str) -> Entry {
    let number = serde_json::from_str("0.30000000000000004").unwrap();
    let rare = RareFields {
        byline: Some("Harbour desk".into()),
        credit: Some("Coast Wire".into()),
        labels: vec!["Breaking".into(), "Analysis".into()],
        captions: vec!["A pier".into()],
        updated: Some(1_700_000_000),
        parent: Some("harbour-live".into()),
        extra: BTreeMap::from([("x".into(), number), ("z".into(), serde_json::json!({"b": [1, null], "a": "é"}))]),
    };
    Entry {
        owner: Some("Quay Press".into()),
        url: Some("https://courier.example/1".into()),
        lang: Some("en".into()),
        published: Clock { from: Some(-5), span: 86_400, quality: ClockQuality::Day, raw: Some("the 31st".into()) },
        position: Position { file: "in/other.txt".into(), record: u64::MAX },
        rare: rare.into(),
        ..entry(key, "Ein Körper, with words.\nAnd more of them.")
    }
}

pub(super) fn run_row(number: u64) -> RunRow {
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
pub(super) struct Night {
    pub(super) entries: Vec<Entry>,
    pub(super) working: Vec<EntryId>,
    pub(super) links: Vec<Link>,
    pub(super) clusters: Vec<Cluster>,
    pub(super) umbrellas: Vec<Umbrella>,
    pub(super) events: Vec<Event>,
    pub(super) registry: Registry,
    pub(super) lineage: Vec<LineageRow>,
    pub(super) stamps: Vec<StageStamp>,
}

impl Night {
    /// A night of `n` entries where the first is linked to all others.
    pub(super) fn of(n: usize) -> Night {
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

    pub(super) fn set(&self) -> ResultSet<'_> {
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
    pub(super) fn write(&self, store: &mut dyn Store) -> u64 {
        let number = store.begin("night", 5).unwrap();
        store.put_entries(&self.entries).unwrap();
        let sketches: Vec<Sketch> = self.entries.iter().map(sketch).collect();
        let batch: Vec<(EntryId, &Sketch)> = self.entries.iter().map(|e| e.id).zip(&sketches).collect();
        store.put_sketches(&batch).unwrap();
        store.put_table("frequencies", &[number as u8, 0, 255]).unwrap();
        store.put_results(&self.set()).unwrap();
        number
    }

    pub(super) fn commit(&self, store: &mut dyn Store) -> u64 {
        let number = self.write(store);
        store.commit(&run_row(number)).unwrap();
        number
    }

    pub(super) fn assert_read_back(&self, store: &dyn Store) {
        assert_eq!(store.working_set().unwrap(), self.entries);
        assert_eq!(store.links().unwrap(), self.links);
        assert_eq!(store.clusters().unwrap(), self.clusters);
        assert_eq!(store.umbrellas().unwrap(), self.umbrellas);
        assert_eq!(store.events().unwrap(), self.events);
        assert_eq!(store.registry().unwrap(), self.registry);
        assert_eq!(store.lineage().unwrap(), self.lineage);
        assert_eq!(store.stamps().unwrap(), self.stamps);
        let sketches: Vec<Option<Sketch>> = self.entries.iter().map(|e| Some(kept(sketch(e)))).collect();
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
            assert_eq!(window.marks[i], Marks::of(&whole.shingles));
            assert_eq!(sketches[i], kept(whole.clone()));
        }
        let strange: Vec<EntryId> = self.working.iter().copied().chain([EntryId(5)]).collect();
        assert!(store.window(&strange).unwrap().is_none());
    }
}

pub(super) fn link(a: u32, b: u32) -> Link {
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

pub(super) fn cluster() -> Cluster {
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

pub(super) fn event_record(event_id: EventId, entries: &[EntryId]) -> Event {
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

/// A sketch as it is read back.
pub(super) fn kept(sketch: Sketch) -> Sketch {
    Sketch { shingles: Default::default(), ..sketch }
}

pub(super) fn sketch(e: &Entry) -> Sketch {
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
