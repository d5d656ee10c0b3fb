//! Pairs to links: evidence, relation, probability.

mod copies;
mod crowd;
mod evidence;
mod lacking;
mod norms;
mod scale;
mod stars;
mod weighed;
mod window;

pub use copies::overlap;
pub use crowd::{Crowds, in_crowd};
pub use evidence::Evidence;
pub use lacking::Lacking;
pub use stars::{CONTAINER, copies};
pub use window::{Stretch, Window};

use crate::algo::logistic::{contributions, log_odds, sigmoid};
use crate::model::{Feature, Features, Link, Pair, Probability, Relation};
use rayon::prelude::*;
use weighed::Weighed;

crate::knobs! {
    /// Scoring: what makes a copy, and the weights of the same-event score.
    pub struct ScoreSettings in "score" {
        /// A copy shares this part of the smaller text's shingles …
        copy_containment: f64 = 0.5, 0.0..=1.0;
        /// … or this part of both texts' shingles …
        copy_jaccard: f64 = 0.25, 0.0..=1.0;
        /// … and at least this many.
        copy_shared: u32 = 30, 1..=100_000;
        /// Texts that differ in more than a word here and there are copies if they share this part of their names too …
        copy_names: f64 = 0.5, 0.0..=1.0;
        /// … and this part of their leads, or most of the title.
        copy_lead: f64 = 0.2, 0.0..=1.0;
        /// Texts of fewer words are short, and judged by the next five rules.
        short_words: u32 = 60, 0..=10_000;
        /// Short texts are copies from this containment …
        short_containment: f64 = 0.8, 0.0..=1.0;
        /// … with this many shingles shared …
        short_shared: u32 = 12, 1..=10_000;
        /// … and this many content words.
        short_content: u32 = 8, 0..=10_000;
        /// Short equal texts are one text from this many content words …
        equal_content: u32 = 6, 0..=10_000;
        /// … and at most this many days apart.
        equal_days: f64 = 3.0, 0.0..=3_650.0;
        table /// Weights of the same-event score.
        weights: Weights;
    }
}

crate::knobs! {
    /// Weights of the logistic model: log-odds per unit of each feature, as `retold fit` fitted them on six labelled sets of English news.
    pub struct Weights in "score.weights" {
        /// Log-odds of a pair without evidence.
        intercept: f64 = -2.9343, -100.0..=100.0;
        /// Cosine of the bodies.
        body_cosine: f64 = 2.1103, -100.0..=100.0;
        /// Cosine of the titles.
        title_cosine: f64 = 0.6756, -100.0..=100.0;
        /// Cosine of title and first content words.
        lead_cosine: f64 = 1.7361, -100.0..=100.0;
        /// Share of one title found in the other's lead, the larger of both ways.
        share_larger: f64 = 1.8831, -100.0..=100.0;
        /// The smaller of both ways.
        share_smaller: f64 = 2.4586, -100.0..=100.0;
        /// Idf of the three rarest words that both leads hold, added up.
        rare_shared: f64 = 0.0872, -100.0..=100.0;
        /// Cosine of the capitalised words.
        caps_cosine: f64 = 0.4742, -100.0..=100.0;
        /// Cosine of the numbers.
        numbers_cosine: f64 = 0.5327, -100.0..=100.0;
        /// ln(1 + shared four-word runs in quotation marks).
        shared_quotes: f64 = 0.7007, -100.0..=100.0;
        /// ln(1 + days apart).
        days_apart: f64 = -0.6564, -100.0..=100.0;
        /// More than a day apart.
        over_one_day: f64 = -0.925, -100.0..=100.0;
        /// A date is missing.
        date_missing: f64 = -1.6203, -100.0..=100.0;
        /// Both from the same known outlet.
        same_outlet: f64 = -0.7784, -100.0..=100.0;
        /// Two posts of one live page whose titles name others, or of two live pages and more than a day apart. Set by hand
        /// on live pages: the gold that the other weights were fitted on has none.
        other_names: f64 = -2.0, -100.0..=100.0;
        /// How alike both are to their further candidates, above the usual.
        crowd: f64 = -7.7908, -100.0..=100.0;
    }
}

impl Weights {
    /// The weights in the order of [`Feature::ALL`].
    pub fn list(&self) -> [f64; Feature::COUNT] {
        [
            self.body_cosine,
            self.title_cosine,
            self.lead_cosine,
            self.share_larger,
            self.share_smaller,
            self.rare_shared,
            self.caps_cosine,
            self.numbers_cosine,
            self.shared_quotes,
            self.days_apart,
            self.over_one_day,
            self.date_missing,
            self.same_outlet,
            self.other_names,
            self.crowd,
        ]
    }

    /// Weights from a list in the order of [`Feature::ALL`].
    ///
    /// # Errors
    /// A feature has no knob, or a weight is out of range; in words.
    pub fn from_list(intercept: f64, list: &[f64; Feature::COUNT]) -> Result<Weights, String> {
        let named = Feature::ALL.iter().zip(list).map(|(f, w)| (f.name().to_string(), toml::Value::Float(*w)));
        let table: toml::Table = named.chain([("intercept".to_string(), toml::Value::Float(intercept))]).collect();
        let weights: Weights = table.try_into().map_err(|e: toml::de::Error| e.to_string())?;
        weights.check().map_err(|e| e.to_string())?;
        Ok(weights)
    }

    /// The contributions of a pair's features, each rounded to 1e-6, and the log-odds they add up to with the intercept.
    pub fn log_odds(&self, features: &Features) -> ([f64; Feature::COUNT], f64) {
        let parts = contributions(&self.list(), Feature::ALL.map(|f| features.get(f)));
        let sum = log_odds(self.intercept, &parts);
        (parts, sum)
    }

    /// σ of the log-odds.
    pub fn probability(&self, features: &Features) -> Probability {
        Probability::new(sigmoid(self.log_odds(features).1))
    }
}

/// The version of this stage: raised when the same input would give another result.
pub const VERSION: u32 = 3;

/// Links of a probability below this that are no copies are not made: nothing later reads them.
pub const LEAST_LINK: f64 = 0.01;

/// Pairs that one thread scores together: most of them follow others of the same entry.
const TOGETHER: usize = 512;

/// Pairs of which the other entries are fetched together.
const AHEAD: usize = 8;

/// Scores pairs, those included that make no link; they are all the candidates of the working set. The links are in the
/// order of the pairs. Copies carry their overlap.
pub fn judge(evidence: &Evidence, pairs: &[Pair], settings: &ScoreSettings) -> Vec<Link> {
    let mut links = first_look(evidence, pairs, settings);
    crowded(evidence.briefs.len(), &mut links, &settings.weights);
    links
}

/// Puts into all candidates of a working set of so many entries what each says of the others.
pub fn crowded(entries: usize, links: &mut [Link], weights: &Weights) {
    let mut crowds = Crowds::new(entries);
    crowds.see(links);
    crowds.settle(links, weights);
}

/// Scores some of the candidates without what the others say of them: [`Crowds`] gathers and settles that.
pub fn first_look(evidence: &Evidence, pairs: &[Pair], settings: &ScoreSettings) -> Vec<Link> {
    let some = |weighed: &mut Weighed, pairs: &[Pair]| -> Vec<Link> {
        let mut links = Vec::with_capacity(pairs.len());
        for ahead in pairs.chunks(AHEAD) {
            evidence.fetch(ahead);
            links.extend(ahead.iter().map(|p| judged(evidence, weighed, *p, settings)));
        }
        links
    };
    pairs.par_chunks(TOGETHER).map_init(Weighed::default, some).flatten_iter().collect()
}

/// Whether a link may yet be made when the crowd speaks: that can only speak against it, by a weight of a known sign.
pub fn may_be_made(link: &Link, settings: &ScoreSettings) -> bool {
    is_made(link) || settings.weights.crowd > 0.0
}

/// What scoring with other weights makes of judged pairs.
pub fn reweigh(judged: &[Link], weights: &Weights) -> Vec<Link> {
    judged.par_iter().map(|l| weighed(l, weights)).filter(is_made).collect()
}

/// Whether a link is kept.
pub fn is_made(link: &Link) -> bool {
    link.relation.is_copy() || link.p.value() >= LEAST_LINK
}

fn weighed(link: &Link, weights: &Weights) -> Link {
    let p = weights.probability(&link.features);
    let relation = if link.relation.is_copy() { link.relation } else { alone(p) };
    Link { p, relation, ..*link }
}

/// How two entries relate that are no copies, by their pair alone.
fn alone(p: Probability) -> Relation {
    if p.value() >= 0.5 { Relation::SameEvent } else { Relation::Different }
}

/// Scores one pair. `same_event` here means that the pair alone is more likely one event than not.
pub fn link(evidence: &Evidence, pair: Pair, settings: &ScoreSettings) -> Link {
    judged(evidence, &mut Weighed::default(), pair, settings)
}

fn judged(evidence: &Evidence, weighed: &mut Weighed, pair: Pair, settings: &ScoreSettings) -> Link {
    let features = evidence.features_beside(weighed, pair.a, pair.b);
    let p = settings.weights.probability(&features);
    let copy = evidence.copy(pair.a, pair.b, settings);
    let relation = copy.map_or(alone(p), |(relation, _)| relation);
    Link { a: pair.a, b: pair.b, by: pair.by, relation, p, features, overlap: copy.map(|(_, o)| o) }
}

impl Weights {
    /// The weight of one feature.
    pub fn of(&self, feature: Feature) -> f64 {
        self.list()[feature as usize]
    }
}
