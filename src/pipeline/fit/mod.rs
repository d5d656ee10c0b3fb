//! The weights of the score, fitted on the last run's candidates and what gold says of them.

mod folds;
pub(in crate::pipeline) mod gold;
mod measure;
mod pin;
mod sample;

pub use sample::{Balance, Beside};

use super::last::Last;
use super::recovery::Say;
use super::signal::Signal;
use super::work::Work;
use crate::algo::agreement::Prf;
use crate::algo::logistic::{round6, sigmoid};
use crate::algo::regression::Model;
use crate::engine::langs;
use crate::error::{Error, Result};
use crate::model::{Feature, Features, Link, Row, Text};
use crate::settings::Settings;
use crate::stage::fingerprint::fingerprint;
use crate::stage::report::rows::places;
use crate::stage::score::{Evidence, Weights, crowded, reweigh};
use folds::{Fold, Rule, fold};
use gold::{Gold, Labelled};
use jiff::Timestamp;
use rayon::prelude::*;
use sample::Sample;
use serde::Serialize;
use std::path::PathBuf;

/// What is fitted, and how.
#[derive(Clone, PartialEq, Debug)]
pub struct FitOptions {
    /// The gold files.
    pub files: Vec<PathBuf>,
    /// The penalty on the squares of the weights.
    pub l2: f64,
    /// How much the pairs of each set count.
    pub balance: Balance,
    /// What is fitted on beside the labelled pairs.
    pub beside: Beside,
    /// Fold the calibration of held-out pairs into the weights.
    pub calibrate: bool,
    /// Score each set also with weights fitted without it.
    pub holdout: bool,
    /// The date of the provenance; `None` for the last run's "now".
    pub as_of: Option<Timestamp>,
}

/// One set's figures under one table of weights.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Score {
    /// Mean log-loss of its pairs, in nats.
    pub log_loss: f64,
    /// Agreement of the clusters of the whole mix with its labels.
    pub bcubed: Prf,
}

/// A set (a gold file) and its figures.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SetReport {
    /// The file's name.
    pub file: String,
    /// The same up to its first dot.
    pub name: String,
    /// Labelled rows.
    pub rows: usize,
    /// Those that are not in the last run; they count as alone.
    pub missing: usize,
    /// Labelled pairs that touch it.
    pub pairs: usize,
    /// Those of one event.
    pub same: usize,
    /// With the weights of the configuration.
    pub now: Score,
    /// With the fitted weights.
    pub fitted: Score,
    /// With weights fitted without it; `None` when not asked for, or when the others cannot be fitted alone.
    pub left_out: Option<Score>,
}

/// A tenth of the pairs, by the probability that weights gave them which saw none of their sets.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Bin {
    /// How many.
    pub pairs: usize,
    /// Their mean probability.
    pub mean_p: f64,
    /// The share that is one event.
    pub same: f64,
}

/// A weight as pinned.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct NamedWeight {
    /// The key in `[score.weights]`.
    pub name: String,
    /// The weight.
    pub weight: f64,
    /// Whether it is the configuration's own: no labelled pair has any of its feature, so none could be fitted.
    pub kept: bool,
}

/// Everything a fit has to say.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FitReport {
    /// The date of the provenance, RFC 3339 UTC.
    pub as_of: String,
    /// The penalty.
    pub l2: f64,
    /// The balance.
    pub balance: String,
    /// Whether pairs across two sets were left out.
    pub within: bool,
    /// What a pair of a labelled and an unlabelled entry counted.
    pub unlabelled: f64,
    /// What a dated pair counted once more with its date hidden.
    pub hidden_dates: f64,
    /// What a pair counted once more with its bodies cut.
    pub cut_bodies: f64,
    /// Labelled pairs used.
    pub pairs: usize,
    /// Those of one event.
    pub same: usize,
    /// Whether scale and offset are folded into the weights.
    pub calibrated: bool,
    /// What held-out log-odds are to be multiplied by …
    pub scale: f64,
    /// … and what is then to be added, so that they fit.
    pub offset: f64,
    /// The weights, the intercept first.
    pub weights: Vec<NamedWeight>,
    /// Held-out calibration; empty with one set alone.
    pub bins: Vec<Bin>,
    /// Per set.
    pub sets: Vec<SetReport>,
    /// B-cubed over all labelled rows with the weights of the configuration.
    pub all_now: Prf,
    /// The same with the fitted weights.
    pub all_fitted: Prf,
    /// `[score.weights]` as it goes into pipeline.toml.
    pub toml: String,
}

/// Fits the weights on the last run's working set.
///
/// # Errors
/// There is no last run, the gold cannot be read or does not belong to it, or its pairs are all of one kind.
pub fn fit(settings: &Settings, options: &FitOptions, say: Say) -> Result<FitReport> {
    let Last { work: Work { entries, .. }, run, .. } = Last::open(settings)?.ok_or_else(no_run)?;
    let as_of = Timestamp::from_second(run.as_of).unwrap_or(Timestamp::UNIX_EPOCH);
    let gold = gold::read(&options.files, &entries)?;
    for set in gold.sets.iter().filter(|s| s.missing() > 0) {
        let (missing, all) = (set.missing(), set.rows.len());
        say(Signal::Warning(format!("{missing} of {all} labelled rows of {} are not in the last run", set.file)));
    }
    let work = Work::remade(entries, settings);
    let judged = work.judged(settings);
    let cut = cut_evidence(&work, &judged, settings);
    let sample = Sample::of(&judged, &cut, &gold, options.beside);
    let rule = Rule { l2: options.l2, balance: options.balance, calibrate: options.calibrate };
    let whole = fold(&sample, rule, &[]).ok_or_else(|| one_kind(&sample))?;
    let mut bench = Bench { work, judged, gold, sample, settings };
    bench.report(&whole, rule, options, options.as_of.unwrap_or(as_of))
}

/// Words that are left of a body that is cut: those of a headline's excerpt.
const CUT_WORDS: usize = 30;

/// The evidence of judged pairs when every body is cut to its first words.
fn cut_evidence(work: &Work, judged: &[Link], settings: &Settings) -> Vec<Features> {
    let cut = |row: Row| {
        let text = work.text(row, settings);
        Text { body: text.body.split_whitespace().take(CUT_WORDS).collect::<Vec<_>>().join(" "), ..text }
    };
    let (texts, sketches) = fingerprint(work.entries.len(), cut, &settings.fingerprint);
    let evidence = Evidence::new(&work.entries, langs(&texts), &sketches, &work.lexicon, &settings.score);
    let mut links: Vec<Link> =
        judged.par_iter().map(|l| Link { features: evidence.features(l.a, l.b), ..*l }).collect();
    crowded(work.entries.len(), &mut links, &settings.score.weights);
    links.into_iter().map(|l| l.features).collect()
}

fn no_run() -> Error {
    Error::Usage("there is no last run to fit on; `retold run GOLD…` with a state makes one".into())
}

fn one_kind(sample: &Sample) -> Error {
    let same = sample.same[..sample.labelled].iter().filter(|s| **s).count();
    Error::Usage(format!(
        "of {} labelled candidate pairs, {same} are one event; a fit needs pairs that are and pairs that are not",
        sample.labelled
    ))
}

/// A working set on which weights are tried.
struct Bench<'a> {
    work: Work,
    judged: Vec<Link>,
    gold: Gold,
    sample: Sample,
    settings: &'a Settings,
}

impl Bench<'_> {
    fn report(&mut self, whole: &Fold, rule: Rule, options: &FitOptions, as_of: Timestamp) -> Result<FitReport> {
        let current = self.settings.score.weights.clone();
        let fitted = self.pinned(&whole.model)?;
        let (now, all_now) = self.scores(&current);
        let (then, all_fitted) = self.scores(&fitted);
        let left_out = self.left_out(rule, options.holdout)?;
        let sets = (0..self.gold.sets.len()).map(|i| self.set_report(i, now[i], then[i], left_out[i])).collect();
        let mut report = FitReport {
            as_of: as_of.to_string(),
            l2: rule.l2,
            balance: rule.balance.name().to_string(),
            within: options.beside.within,
            unlabelled: options.beside.unlabelled,
            hidden_dates: options.beside.hidden_dates,
            cut_bodies: options.beside.cut_bodies,
            pairs: self.sample.labelled,
            same: self.sample.same[..self.sample.labelled].iter().filter(|s| **s).count(),
            calibrated: rule.calibrate,
            scale: round6(whole.calibration.scale),
            offset: round6(whole.calibration.offset),
            weights: self.named(&fitted),
            bins: bins(&self.sample, &whole.held),
            sets,
            all_now,
            all_fitted,
            toml: String::new(),
        };
        report.toml = pin::table(&report);
        Ok(report)
    }

    /// Every set's figures when the mix is scored and clustered with these weights, and those over all sets.
    fn scores(&mut self, weights: &Weights) -> (Vec<Score>, Prf) {
        self.work.regroup(reweigh(&self.judged, weights), self.settings);
        let place = places(self.work.entries.len(), &self.work.clusters);
        let model = Model { intercept: weights.intercept, weights: weights.list().to_vec() };
        let score = |set: usize| Score {
            log_loss: round6(self.sample.loss_on(set as u32, &model)),
            bcubed: rounded(measure::bcubed(&self.gold.sets[set].rows, &place)),
        };
        let all: Vec<Labelled> = self.gold.sets.iter().flat_map(|s| s.rows.iter().copied()).collect();
        let scores = (0..self.gold.sets.len()).map(score).collect();
        (scores, rounded(measure::bcubed(&all, &place)))
    }

    /// Each set's figures with weights that never saw it.
    fn left_out(&mut self, rule: Rule, wanted: bool) -> Result<Vec<Option<Score>>> {
        let mut scores = vec![None; self.gold.sets.len()];
        for (set, score) in scores.iter_mut().enumerate().filter(|_| wanted) {
            if let Some(fold) = fold(&self.sample, rule, &[set as u32]) {
                *score = self.scores(&self.pinned(&fold.model)?).0.get(set).copied();
            }
        }
        Ok(scores)
    }

    /// A model as the table of weights that stands for it, to four decimals. A feature that no labelled pair has keeps
    /// the weight of the configuration.
    fn pinned(&self, model: &Model) -> Result<Weights> {
        // Adding 0 takes the sign off a negative zero.
        let round4 = |x: f64| (x * 1e4).round() / 1e4 + 0.0;
        let mut list = self.settings.score.weights.list();
        for ((to, fitted), feature) in list.iter_mut().zip(&model.weights).zip(Feature::ALL) {
            *to = if self.sample.has(feature) { round4(*fitted) } else { *to };
        }
        let wrong = |why| Error::Check(format!("the fitted weights cannot be used: {why}; raise --l2"));
        Weights::from_list(round4(model.intercept), &list).map_err(wrong)
    }

    fn named(&self, weights: &Weights) -> Vec<NamedWeight> {
        let named = |name: &str, weight, kept| NamedWeight { name: name.to_string(), weight, kept };
        let first = named("intercept", weights.intercept, false);
        let each = Feature::ALL.into_iter().zip(weights.list());
        let rest = each.map(|(f, weight)| named(f.name(), weight, !self.sample.has(f)));
        std::iter::once(first).chain(rest).collect()
    }

    fn set_report(&self, i: usize, now: Score, fitted: Score, left_out: Option<Score>) -> SetReport {
        let set = &self.gold.sets[i];
        let (pairs, same) = self.sample.count(i as u32);
        SetReport {
            file: set.file.clone(),
            name: set.name().to_string(),
            rows: set.rows.len(),
            missing: set.missing(),
            pairs,
            same,
            now,
            fitted,
            left_out,
        }
    }
}

fn rounded(b: Prf) -> Prf {
    Prf { p: round6(b.p), r: round6(b.r), f1: round6(b.f1) }
}

/// How many bins calibration is shown in.
const BINS: usize = 10;

fn bins(sample: &Sample, held: &[Option<f64>]) -> Vec<Bin> {
    let mut known: Vec<(f64, bool)> =
        held.iter().zip(&sample.same).filter_map(|(z, same)| Some((sigmoid((*z)?), *same))).collect();
    known.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let edge = |i: usize| i * known.len() / BINS;
    let parts = (0..BINS).map(|i| &known[edge(i)..edge(i + 1)]).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let n = part.len() as f64;
            Bin {
                pairs: part.len(),
                mean_p: round6(part.iter().map(|x| x.0).sum::<f64>() / n),
                same: round6(part.iter().filter(|x| x.1).count() as f64 / n),
            }
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn bench(settings: &Settings, feature: Feature) -> Bench<'_> {
        let mut sample = Sample { same: vec![true], evidence: vec![0.0; Feature::COUNT], ..Sample::default() };
        sample.evidence[feature as usize] = 1.0;
        sample.labelled = 1;
        Bench { work: Work::default(), judged: Vec::new(), gold: Gold::default(), sample, settings }
    }

    #[test]
    fn a_model_is_pinned_to_four_decimals_and_what_no_pair_has_keeps_its_weight() {
        let settings = Settings::defaults(std::path::Path::new("/x"));
        let bench = bench(&settings, Feature::DaysApart);
        let mut model = Model { intercept: -2.0, weights: vec![9.0; Feature::COUNT] };
        model.weights[Feature::DaysApart as usize] = -0.000_01;
        let pinned = bench.pinned(&model).unwrap();
        let current = &settings.score.weights;
        assert_eq!((pinned.intercept, pinned.body_cosine), (-2.0, current.body_cosine));
        assert!(pinned.days_apart == 0.0 && pinned.days_apart.is_sign_positive());
        let kept: Vec<bool> = bench.named(&pinned).iter().map(|w| w.kept).collect();
        assert_eq!(kept.iter().filter(|k| !**k).count(), 2, "the intercept and the one feature that pairs have");
    }

    #[test]
    fn weights_out_of_range_are_refused_with_the_way_out() {
        let settings = Settings::defaults(std::path::Path::new("/x"));
        let model = Model { intercept: 0.0, weights: vec![1e6; Feature::COUNT] };
        let refused = bench(&settings, Feature::BodyCosine).pinned(&model).unwrap_err().to_string();
        assert!(refused.contains("body_cosine") && refused.contains("raise --l2"), "{refused}");
    }

    #[test]
    fn bins_hold_equal_numbers_of_pairs_and_each_pair_once() {
        let sample = Sample { same: (0..47).map(|i| i % 3 == 0).collect(), ..Sample::default() };
        let held: Vec<Option<f64>> = (0..47).map(|i| (i != 5).then_some(f64::from(i) / 10.0 - 2.0)).collect();
        let bins = bins(&sample, &held);
        assert_eq!(bins.len(), 10);
        assert_eq!(bins.iter().map(|b| b.pairs).sum::<usize>(), 46);
        assert!(bins.iter().all(|b| b.pairs == 4 || b.pairs == 5));
        assert!(bins.windows(2).all(|w| w[0].mean_p <= w[1].mean_p));
    }
}
