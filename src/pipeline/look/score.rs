//! The score of two entries, taken apart: terms that add up to the log-odds, and the words behind them.

use super::brief::EntryBrief;
use super::copies::{self, CopyLook};
use super::night::Night;
use super::verdict::{self, Verdict};
use crate::algo::logistic::round6;
use crate::engine;
use crate::error::{Error, Result};
use crate::model::{Entry, EntryId, Feature, Lang, Link, Pair, Probability, Proposals, Relation, Row, Sketch, Text};
use crate::stage::fingerprint;
use crate::stage::score::{self, Evidence, LEAST_LINK, Weights};
use crate::stage::tongues::{Bond, Tongues};
use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::Serialize;

/// Most words listed behind a term.
const MOST_WORDS: usize = 12;

/// One term of the score.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Term {
    /// Its name in pipeline.toml.
    pub feature: &'static str,
    /// What it says, for a person.
    pub label: &'static str,
    /// Its value, rounded to 1e-6.
    pub value: f64,
    /// Log-odds per unit.
    pub weight: f64,
    /// weight × value, rounded to 1e-6.
    pub contribution: f64,
    /// The words that both entries share behind it, the rarest first, at most twelve.
    pub words: Vec<String>,
}

/// A score taken apart: intercept + contributions = log-odds, σ(log-odds) = p, all from the rounded numbers.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct ScoreLook {
    /// The terms, in the order of the model.
    pub terms: Vec<Term>,
    /// Log-odds of a pair without evidence.
    pub intercept: f64,
    /// The sum, rounded to 1e-6.
    pub log_odds: f64,
    /// 1 / (1 + e^−log-odds), rounded to 1e-6.
    pub p: Probability,
}

/// Why two entries are, or are not, in one event.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct PairLook {
    /// The run that is explained.
    pub run: String,
    /// Whether pipeline.toml has changed since; the run is explained with what it said then.
    pub settings_changed: bool,
    /// The one entry.
    pub a: EntryBrief,
    /// The other.
    pub b: EntryBrief,
    /// What proposed the pair (`exact`, `band`, `neighbour`, `address`); empty when nothing did.
    pub proposed_by: Vec<&'static str>,
    /// The same in words; for a pair without a link, why it has none.
    pub proposal: String,
    /// The probability that the run kept; null when it kept no link.
    pub kept_p: Option<Probability>,
    /// How the two relate, as scored alone.
    pub relation: Relation,
    /// The same-event score.
    pub score: ScoreLook,
    /// What the two texts have in common word for word.
    pub copy: CopyLook,
    /// Whether they are in one event, and what led there.
    pub verdict: Verdict,
}

/// Explains two entries of a working set by their ids; `None` when they are not two of its entries.
///
/// # Errors
/// As [`pair`].
pub fn by_ids(night: &Night, a: EntryId, b: EntryId) -> Result<Option<PairLook>> {
    let rows = night.row(a).zip(night.row(b)).filter(|(x, y)| x != y);
    rows.map(|(x, y)| pair(night, x, y)).transpose()
}

/// Explains two different entries of a working set.
///
/// # Errors
/// The state fails, or lacks a sketch.
pub fn pair(night: &Night, a: Row, b: Row) -> Result<PairLook> {
    let scene = Scene::of(night, a, b)?;
    let evidence = scene.evidence(night);
    let kept = night.links.iter().find(|l| (l.a, l.b) == (a.min(b), a.max(b)));
    let by = kept.map_or(Proposals::default(), |l| l.by);
    let settings = &night.settings.score;
    let alone = score::link(&evidence, Pair { a: FIRST, b: SECOND, by }, settings);
    let link = score::in_crowd(&alone, crowd(night, kept, a, b), &settings.weights);
    let score = taken_apart(&link, &settings.weights, |f| scene.words(night, &evidence, f));
    Ok(PairLook {
        run: night.run.name.clone(),
        settings_changed: night.changed,
        a: night.brief(a),
        b: night.brief(b),
        proposed_by: by.names(),
        proposal: proposal(kept, &link) + &scene.tongues(),
        kept_p: kept.map(|l| l.p),
        relation: link.relation,
        copy: copies::look(&link, &scene.sketches, &scene.texts, night.settings.fingerprint.shingle),
        score,
        verdict: verdict::of(night, a, b),
    })
}

/// What the run's links say of the crowd around two entries: their own link, or else the mean of the links of either.
fn crowd(night: &Night, kept: Option<&Link>, a: Row, b: Row) -> f64 {
    let near = |l: &&Link| [l.a, l.b].iter().any(|row| *row == a || *row == b);
    let told = |l: &Link| l.features.get(Feature::Crowd);
    let (sum, n) = night.links.iter().filter(near).fold((0.0, 0), |(sum, n), l| (sum + told(l), n + 1));
    kept.map_or(if n > 0 { sum / f64::from(n) } else { 0.0 }, told)
}

fn proposal(kept: Option<&Link>, now: &Link) -> String {
    match kept {
        Some(link) => format!("proposed by: {}", link.by.names().join(", ")),
        None if now.relation.is_copy() || now.p.value() >= LEAST_LINK => "not proposed: scored now".to_string(),
        None => format!("no link was kept (not proposed, or scored below {LEAST_LINK}): scored now"),
    }
}

/// Takes a link's score apart.
pub fn taken_apart(link: &Link, weights: &Weights, words: impl Fn(Feature) -> Vec<String>) -> ScoreLook {
    let (parts, log_odds) = weights.log_odds(&link.features);
    let term = |(feature, contribution): (Feature, f64)| Term {
        feature: feature.name(),
        label: feature.label(),
        value: plain(round6(link.features.get(feature))),
        weight: plain(weights.of(feature)),
        contribution: plain(contribution),
        words: words(feature),
    };
    ScoreLook {
        terms: Feature::ALL.into_iter().zip(parts).map(term).collect(),
        intercept: plain(round6(weights.intercept)),
        log_odds: plain(log_odds),
        p: link.p,
    }
}

/// Without the sign of a zero.
fn plain(x: f64) -> f64 {
    x + 0.0
}

const FIRST: Row = Row(0);
const SECOND: Row = Row(1);

/// The two entries, and besides them only those that can change their evidence.
struct Scene {
    entries: Vec<Entry>,
    sketches: Vec<Sketch>,
    texts: [Text; 2],
}

impl Scene {
    /// Evidence of a pair rests on the two entries, on the document frequencies, which are kept, on the posts of their
    /// live pages, and on whether a short text is one that its outlet repeats: so the posts of those
    /// pages and the equal short texts of their outlets come along.
    fn of(night: &Night, a: Row, b: Row) -> Result<Scene> {
        let mut rows = vec![a, b];
        let mut sketches = sketches(night, &rows)?;
        let short: Vec<(Row, u64)> = rows
            .iter()
            .zip(&sketches)
            .filter(|(_, s)| s.words < night.settings.score.short_words)
            .map(|(row, s)| (*row, s.exact))
            .collect();
        let outlet = |row: Row| &night.entries[row.at()].outlet;
        let parent = |row: Row| night.entries[row.at()].rare.parent.as_deref();
        let of_page = |row: Row| parent(row).is_some() && (parent(row) == parent(a) || parent(row) == parent(b));
        let others: Vec<Row> = (0..night.entries.len() as u32)
            .map(Row)
            .filter(|row| *row != a && *row != b)
            .filter(|row| of_page(*row) || short.iter().any(|(s, _)| outlet(*s) == outlet(*row)))
            .collect();
        for (row, sketch) in others.iter().copied().zip(self::sketches(night, &others)?) {
            if of_page(row) || short.iter().any(|(_, exact)| *exact == sketch.exact) {
                rows.push(row);
                sketches.push(sketch);
            }
        }
        let entries = rows.iter().map(|row| night.entries[row.at()].clone()).collect();
        let texts = [night.text(a), night.text(b)];
        for (sketch, text) in sketches.iter_mut().zip(&texts) {
            sketch.shingles = fingerprint::shingled(&text.title, &text.body, &night.settings.fingerprint).into();
        }
        Ok(Scene { entries, sketches, texts })
    }

    fn evidence<'a>(&'a self, night: &'a Night) -> Evidence<'a> {
        // Of the others only their words count.
        let mut langs = vec![Lang::UNKNOWN; self.entries.len()];
        langs.iter_mut().zip(&self.texts).for_each(|(lang, text)| *lang = text.lang);
        Evidence::new(&self.entries, langs, &self.sketches, &night.lexicon, &night.settings.score)
    }

    /// What their languages say of the two; empty when nothing.
    fn tongues(&self) -> String {
        let tongues = Tongues::of(&self.entries[..2], &self.texts);
        if !tongues.differ(FIRST, SECOND) {
            return String::new();
        }
        let [x, y] = self.texts.each_ref().map(|t| t.lang.code().unwrap_or("?").to_string());
        let bond = match tongues.bond(FIRST, SECOND) {
            Some(Bond::Address) => "they are taken for one report because they share an address",
            Some(Bond::Credit) => "they are compared all the same because one credits the other's outlet",
            None => "only a long copy, a shared address or a credit would link them",
        };
        format!("; they are known to be of different languages ({x}, {y}): {bond}")
    }

    fn words(&self, night: &Night, evidence: &Evidence, feature: Feature) -> Vec<String> {
        let terms = evidence.shared_terms(FIRST, SECOND, feature);
        if terms.is_empty() {
            return Vec::new();
        }
        let surfaces: FxHashMap<u32, String> = fingerprint::surfaces(&self.texts[0], &night.settings.fingerprint);
        terms.iter().filter_map(|t| surfaces.get(t).cloned()).take(MOST_WORDS).collect()
    }
}

/// The kept sketches of some entries.
fn sketches(night: &Night, rows: &[Row]) -> Result<Vec<Sketch>> {
    let entries: Vec<Entry> =
        rows.iter().map(|row| Entry { body: Default::default(), ..night.entries[row.at()].clone() }).collect();
    engine::kept_sketches(&*night.store, &entries)?.ok_or_else(|| {
        Error::Check("the state lacks a sketch of one of the entries; `retold run --force` makes it again".into())
    })
}
