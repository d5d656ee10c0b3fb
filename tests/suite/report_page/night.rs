//! An invented night: events told by several outlets, with copies, near misses, a round-up and hostile entries.

use retold::model::event::*;
use retold::model::run::{SourceCounts, StageResult, StageStatus};
use retold::model::told::Told;
use retold::model::*;
use retold::stage::report::page::PageInput;
use retold::stage::report::{PageText, ReportSettings};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// Strings that would run, load or mislead if they were ever taken for markup.
pub const HOSTILE: [&str; 6] = [
    "</script><script>alert('title')</script>",
    "<img src=x onerror=alert('image')>",
    "<!--other blocks--><!--first blocks-->",
    "abc\u{202e}gnp.exe\u{2066}\u{200b}\u{feff}",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert('link')",
];

const OUTLETS: [&str; 12] = [
    "Harbour Courier",
    "Northfold Herald",
    "The Vale Observer",
    "Quay Street Wire",
    "Eastmoor Gazette",
    "Radio Tarnwick",
    "Lowland Dispatch",
    "Fjordstad Tidende",
    "The Brackwater Post",
    "Castlemere Evening News",
    "Isle Ledger",
    "Pass Road Bulletin",
];
const PLACES: [&str; 10] = [
    "Tarnwick",
    "Brackwater",
    "Castlemere",
    "Northfold",
    "the Eastmoor valley",
    "Quay Street",
    "Saltmarsh Point",
    "Upper Fenby",
    "Lowland County",
    "the Pass Road",
];
const THINGS: [&str; 10] = [
    "a ferry lost power",
    "a warehouse caught fire",
    "the river burst its banks",
    "the council voted to close the swimming hall",
    "a freight train left the rails",
    "dock workers walked out",
    "the harbour bridge was shut",
    "a power cut stopped the trams",
    "the court ruled against the water company",
    "an avalanche blocked the upper road",
];
const TAILS: [&str; 14] = [
    "Officials said that an inquiry would begin in the morning.",
    "Crews from three districts worked through the night to make the site safe.",
    "Nobody was seriously hurt, according to the regional rescue service.",
    "Residents were asked to stay indoors and to keep their windows shut.",
    "\u{201c}We heard one loud crack and then everything went dark,\u{201d} a shopkeeper said.",
    "Traffic was led round by the old mill road, with delays of up to an hour.",
    "The operator apologised and promised to refund every ticket.",
    "A spokesperson for the county declined to comment on the cause.",
    "Similar trouble was reported in the spring, when repairs were put off for lack of money.",
    "Schools in the area will open two hours late on Thursday.",
    "The mayor visited the scene shortly before midnight and thanked the volunteers.",
    "Insurers put the damage at more than two million.",
    "Forecasters expect the wind to ease by noon.",
    "Union representatives are to meet the port authority again on Friday.",
];

/// A small generator of numbers: the same ones on every machine.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % sides
    }
}

pub struct Night {
    pub entries: Vec<Entry>,
    pub texts: Vec<Text>,
    pub events: Vec<Event>,
    told: OnceLock<Told>,
    pub clusters: Vec<Cluster>,
    pub umbrellas: Vec<Umbrella>,
    pub links: Vec<Link>,
    pub stages: Vec<StageResult>,
    pub sources: BTreeMap<String, SourceCounts>,
    pub rejects: Vec<Reject>,
    pub warnings: Vec<String>,
    pub settings: ReportSettings,
}

pub const WEIGHTS: [f64; Feature::COUNT] =
    [2.449, 1.890, 2.707, 1.993, 1.857, 0.1, 0.696, 0.389, 0.770, -0.556, -1.159, -0.225, -2.457, -0.914, -2.0];
pub const INTERCEPT: f64 = -2.471;
const START: i64 = 1_768_341_600;

pub fn words_of(_: Row, _: Row, feature: Feature) -> Vec<String> {
    match feature {
        Feature::NumbersCosine => vec!["14".into()],
        Feature::SharedQuotes => vec!["one loud crack and".into()],
        _ => ["ferry", "harbour", "crews", "<b>night</b>", "inquiry"].map(String::from).to_vec(),
    }
}

impl Night {
    pub fn new(events: usize, body_sentences: usize) -> Night {
        let mut night = Night {
            entries: vec![],
            texts: vec![],
            events: vec![],
            told: OnceLock::new(),
            clusters: vec![],
            umbrellas: vec![],
            links: vec![],
            stages: vec![],
            sources: BTreeMap::new(),
            rejects: vec![],
            warnings: vec!["harbour-late: the file is empty".into(), HOSTILE[1].into()],
            settings: ReportSettings { text: PageText::Full, ..ReportSettings::default() },
        };
        let mut dice = Dice(7);
        (0..events).for_each(|n| night.tell(n, body_sentences, &mut dice));
        night.round_up();
        night.account_for();
        night
    }

    pub fn input(&self) -> PageInput<'_> {
        PageInput {
            entries: &self.entries,
            texts: &self.texts,
            events: self.told.get_or_init(|| Told::from(self.events.clone())),
            clusters: &self.clusters,
            umbrellas: &self.umbrellas,
            links: &self.links,
            weights: &WEIGHTS,
            intercept: INTERCEPT,
            stages: &self.stages,
            sources: &self.sources,
            rejects: &self.rejects,
            warnings: &self.warnings,
            as_of: "2026-01-15T02:00:00Z",
            words_of: &words_of,
            settings: &self.settings,
        }
    }

    fn write(&mut self, outlet: &str, at: i64, title: String, body: String, url: Option<String>) -> Row {
        let row = Row(self.entries.len() as u32);
        let key = format!("{}-{}", row.0, at);
        self.texts.push(Text { words: body.split_whitespace().count() as u32, lang: Lang::EN, ..Text::default() });
        let rare = RareFields {
            byline: row.0.is_multiple_of(3).then(|| "Night desk, reporting from the quay".into()),
            credit: row.0.is_multiple_of(7).then(|| "Quay Street Wire".into()),
            ..RareFields::default()
        };
        self.entries.push(Entry {
            id: EntryId::of(outlet, &key),
            source: Arc::from("harbour-live"),
            outlet: Arc::from(outlet),
            outlet_known: true,
            owner: None,
            key,
            url,
            text_hash: TextHash::of(&title, &body),
            title,
            body: body.into(),
            lang: None,
            published: Clock { from: Some(at), span: 60, quality: ClockQuality::Minute, raw: None },
            position: Position { file: Arc::from("seeds/harbour-1.txt"), record: u64::from(row.0) * 9 + 1 },
            rare: rare.into(),
        });
        row
    }

    /// One event: accounts, each with now and then a copy, linked one to the next.
    fn tell(&mut self, n: usize, sentences: usize, dice: &mut Dice) {
        let (place, thing) = (PLACES[n % 10], THINGS[(n / 10 + n) % 10]);
        let origins = match n % 4 {
            0 => 3 + dice.roll(4),
            1 => 2,
            _ => 1,
        };
        let mut cluster = Cluster { density: 0.6, ..Cluster::default() };
        for k in 0..origins {
            let at = START + (n as i64 * 37 + k as i64 * 19) * 60;
            let outlet = OUTLETS[(n + k * 5) % OUTLETS.len()];
            let hostile = n == 4 && k < 6;
            let title = match (hostile, k) {
                (true, _) => format!("{} in {place}", HOSTILE[k]),
                (_, 0) => format!("After dark, {thing} in {place}, and {} people waited", 10 + n % 90),
                (_, 1) => format!("{place}: {thing} late on Wednesday"),
                _ => format!("What is known so far in {place} after {thing}"),
            };
            let url = if hostile { HOSTILE[5].into() } else { format!("https://news{k}.example/{n}/{k}") };
            let body = self.body(place, thing, sentences, dice, hostile);
            let leader = self.write(outlet, at, title.clone(), body.clone(), Some(url));
            let mut origin = Origin { leader, copies: vec![] };
            for c in 0..dice.roll(3) * usize::from(n.is_multiple_of(4)) {
                let short = body.chars().take(body.chars().count() * 2 / 3).collect();
                let row = self.write(OUTLETS[(n + k * 5 + c + 3) % 12], at + 900, title.clone(), short, None);
                let overlap = Overlap { shared: 64, containment: 0.97, jaccard: 0.64 };
                origin.copies.push(Member { row, relation: Relation::Abridgement, overlap });
                self.link(leader, row, Relation::Abridgement, Some(overlap), dice);
            }
            cluster.origins.push(origin);
        }
        let leaders: Vec<Row> = cluster.origins.iter().map(|o| o.leader).collect();
        let mut weakest = Probability::new(1.0);
        for pair in leaders.windows(2) {
            let p = self.link(pair[0], pair[1], Relation::SameEvent, None, dice);
            cluster.merges.push(Merge { a: pair[0], b: pair[1], at: p });
            weakest = weakest.min(p);
        }
        cluster.weakest = (leaders.len() > 1).then_some(weakest);
        cluster.bridges = leaders.len().saturating_sub(1) as u32;
        if n % 9 == 8 {
            self.near_miss(leaders[0], dice);
        }
        let event = self.record(&cluster, n);
        self.events.push(event);
        self.clusters.push(cluster);
        self.links.sort_by_key(|l| (l.a, l.b));
    }

    fn near_miss(&mut self, row: Row, dice: &mut Dice) {
        let other = Row(row.0 - 4);
        self.link(other, row, Relation::Different, None, dice);
    }

    fn body(&self, place: &str, thing: &str, sentences: usize, dice: &mut Dice, hostile: bool) -> String {
        let mut body =
            format!("Late on Wednesday {thing} in {place}, and {} people had to wait for help. ", 12 + dice.roll(4));
        for s in 0..sentences {
            body.push_str(TAILS[dice.roll(TAILS.len())]);
            body.push(if s % 3 == 2 { '\n' } else { ' ' });
            if sentences > 10 {
                (0..6).for_each(|_| body.push_str(&format!("w{} ", dice.roll(40_000))));
            }
        }
        if hostile {
            HOSTILE.iter().for_each(|h| body.push_str(h));
        }
        body
    }

    fn link(&mut self, a: Row, b: Row, relation: Relation, overlap: Option<Overlap>, dice: &mut Dice) -> Probability {
        let mut values = [0.0f32; Feature::COUNT];
        for (at, value) in values.iter_mut().enumerate().take(8) {
            *value = (dice.roll(1000) as f32 / 1000.0) * if at > 5 { 0.5 } else { 0.7 };
        }
        values[2] = 0.0;
        values[Feature::DaysApart as usize] = 0.31;
        let sum: f64 = INTERCEPT + values.iter().zip(WEIGHTS).map(|(v, w)| f64::from(*v) * w).sum::<f64>();
        let p = Probability::new(1.0 / (1.0 + (-sum).exp()));
        let by = Proposals::NEIGHBOUR.and(if overlap.is_some() { Proposals::BAND } else { Proposals(0) });
        self.links.push(Link { a, b, by, relation, p, features: Features(values), overlap });
        p
    }

    fn record(&self, cluster: &Cluster, n: usize) -> Event {
        let rows = cluster.rows();
        let of = |row: &Row| &self.entries[row.at()];
        let first = of(&cluster.origins[0].leader);
        let at = |e: &Entry| e.published.at().map(|t| t.to_string());
        let field = |value: &str, rule: &str| Field {
            value: value.into(),
            entry: first.id,
            rule: rule.into(),
            alternatives: cluster.origins[1..]
                .iter()
                .map(|o| Alternative { value: of(&o.leader).title.clone(), entry: of(&o.leader).id })
                .collect(),
        };
        let summary = first.body.text().split(". ").next().unwrap_or("").to_string() + ".";
        let mut fields = BTreeMap::new();
        fields.insert("title".to_string(), field(&first.title, "most_shared_words"));
        fields.insert("summary".to_string(), Field { alternatives: vec![], ..field(&summary, "first_sentences") });
        fields.insert(
            "url".to_string(),
            Field { alternatives: vec![], ..field(first.url.as_deref().unwrap_or(""), "earliest") },
        );
        let values: Vec<FigureValue> = cluster
            .origins
            .iter()
            .enumerate()
            .map(|(k, o)| FigureValue {
                value: 12.0 + k as f64,
                text: format!("{} people had to wait", 12 + k),
                entry: of(&o.leader).id,
                outlet: of(&o.leader).outlet.to_string(),
                at: at(of(&o.leader)),
            })
            .collect();
        let doubtful = cluster.weakest.is_some_and(|p| p.value() < 0.3);
        Event {
            schema_version: SCHEMA_VERSION,
            event_id: EventId::minted(first.id, 0),
            status: Status::Open,
            title: first.title.clone(),
            summary,
            when: When { from: at(first), to: at(of(rows.last().unwrap())), quality: ClockQuality::Minute },
            first_reported: FirstReported {
                entry: Some(first.id),
                outlet: Some(first.outlet.to_string()),
                at: at(first),
                basis: if rows.len() == 1 { "only" } else { "clock" }.into(),
            },
            last_updated: at(of(rows.last().unwrap())),
            entries: rows.iter().map(|r| of(r).id).collect(),
            origins: vec![],
            outlet_count: rows.iter().map(|r| of(r).outlet.clone()).collect::<std::collections::BTreeSet<_>>().len()
                as u32,
            owner_count: cluster.origins.len() as u32,
            independent_count: cluster.origins.len() as u32,
            fields,
            figures: if cluster.origins.len() > 1 {
                vec![Figure {
                    counts: "people".into(),
                    state: if n.is_multiple_of(8) { FigureState::Dispute } else { FigureState::Progression },
                    values,
                }]
            } else {
                vec![]
            },
            timeline: rows
                .iter()
                .map(|r| TimelineItem {
                    at: at(of(r)),
                    clock: ClockQuality::Minute,
                    entry: of(r).id,
                    outlet: of(r).outlet.to_string(),
                    title: of(r).title.clone(),
                    role: if of(r).id == first.id {
                        "first"
                    } else if cluster.origins.iter().any(|o| o.leader == *r) {
                        "account"
                    } else {
                        "copy"
                    }
                    .into(),
                })
                .collect(),
            cohesion: Cohesion { weakest_link: cluster.weakest, density: cluster.density, bridges: cluster.bridges },
            review: Review {
                state: if doubtful { "doubtful" } else { "none" }.into(),
                reasons: if doubtful {
                    vec!["weak_link".into(), "bridge".into(), "figures_dispute".into()]
                } else {
                    vec![]
                },
            },
            supersedes: vec![],
            merged_into: None,
        }
    }

    fn round_up(&mut self) {
        let clusters: Vec<u32> = (0..self.clusters.len().min(9) as u32).collect();
        let row = self.write(
            "The Vale Observer",
            START + 90_000,
            "Morning briefing: nine things from the night".into(),
            "Nine things.".into(),
            None,
        );
        self.umbrellas.push(Umbrella { row, clusters, rule: "contains_two_others".into() });
    }

    fn account_for(&mut self) {
        let n = self.entries.len() as u64;
        self.sources.insert(
            "harbour-live".into(),
            SourceCounts { records: n + 3, new_entries: n, repeats: 1, quarantined: 2, ..Default::default() },
        );
        for file in ["seeds/harbour-1.txt", "seeds/<b>broken</b>.txt"] {
            let (source, reason) = ("harbour-live".into(), "the post has no title; add one, or remove the line".into());
            self.rejects.push(Reject { source, file: file.into(), record: 41, reason });
        }
        for stage in Stage::ALL {
            let caps =
                if stage == Stage::Pair { BTreeMap::from([("hot_bucket".to_string(), 12)]) } else { BTreeMap::new() };
            self.stages.push(StageResult {
                stage,
                status: if stage == Stage::Pair { StageStatus::Warn } else { StageStatus::Success },
                wall_s: 1.25,
                cpu_s: 2.5,
                peak_rss_bytes: None,
                read: n,
                made: n,
                rejected: 0,
                caps,
                message: if stage == Stage::Ingest { "inputs are new".into() } else { String::new() },
            });
        }
    }
}
