//! One knob over a range of values: each clusters the last working set in memory and is scored against gold.

pub mod plot;

use super::eval::{Clustering, Gold, Items, read_gold};
use super::last::Last;
use super::recovery::Say;
use super::signal::Signal;
use crate::algo::agreement::Scores;
use crate::error::{Error, Result};
use crate::model::Stage;
use crate::model::knobs::Knob;
use crate::settings::{Settings, Written, known, written};
use serde::Serialize;
use std::path::PathBuf;

/// What is to be swept.
#[derive(Clone, Debug)]
pub struct SweepOptions {
    /// The gold files.
    pub gold: Vec<PathBuf>,
    /// The knob as `section.key`.
    pub knob: String,
    /// The first value and the last.
    pub range: (f64, f64),
    /// How many values, both ends included.
    pub steps: usize,
}

/// A value and how the clusters it makes agree with gold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// The knob's value.
    pub value: f64,
    /// B-cubed precision.
    pub b3_p: f64,
    /// B-cubed recall.
    pub b3_r: f64,
    /// B-cubed F1.
    pub b3_f1: f64,
    /// Pairwise F1.
    pub pair_f1: f64,
    /// Clusters of the whole working set.
    pub clusters: u64,
    /// Whether its B-cubed F1 is within [`STABLE`] of the best.
    pub good: bool,
}

/// A finished sweep.
#[derive(Clone, Debug, Serialize)]
pub struct Sweep {
    /// The knob as `section.key`.
    pub knob: String,
    /// Its value in the settings.
    pub now: f64,
    /// One point per value, ascending.
    pub points: Vec<Point>,
    /// The value of the best B-cubed F1; the smallest of several.
    pub best: f64,
    /// The values around the best, without a gap, that are as good within [`STABLE`].
    pub stable: (f64, f64),
}

/// Differences of B-cubed F1 up to this are noise.
pub const STABLE: f64 = 0.005;

/// Sweeps. Nothing is written.
///
/// # Errors
/// The knob, the range or a gold file is wrong; there is no state; the state fails.
pub fn sweep(settings: &Settings, options: &SweepOptions, say: Say) -> Result<Sweep> {
    let knob = knob(&options.knob)?;
    let first = first_stage(&knob)?;
    let values = values(&knob, options.range, options.steps)?;
    let gold = read_gold(&options.gold)?;
    if gold.iter().all(|g| g.labelled.is_empty()) {
        return Err(Error::Usage("a sweep needs gold clusters; judged pairs alone say too little".into()));
    }
    let mut last = Last::open(settings)?.ok_or_else(|| {
        Error::Usage("a sweep works on what the last run kept, and there is no state; run with a state first".into())
    })?;
    let settings = &last.sources_of(settings);
    last.prepare(first, settings, say)?;
    let pairs = last.work.pairs().to_vec();
    let mut points = Vec::new();
    for (i, value) in values.iter().enumerate() {
        let changed = set(settings, &knob, *value)?;
        last.work.put_pairs(pairs.clone());
        last.run_through(first, Stage::Cluster, &changed);
        points.push(point(*value, &gold, &last)?);
        say(Signal::Note(format!("{} of {}: {} = {value}", i + 1, values.len(), options.knob)));
    }
    finish(options, now(settings, &knob), points)
}

fn finish(options: &SweepOptions, now: f64, mut points: Vec<Point>) -> Result<Sweep> {
    let best = points.iter().map(|p| p.b3_f1).fold(0.0, f64::max);
    points.iter_mut().for_each(|p| p.good = p.b3_f1 >= best - STABLE);
    let at = points.iter().position(|p| p.b3_f1 >= best).unwrap_or(0);
    let from = points[..at].iter().rposition(|p| !p.good).map_or(0, |i| i + 1);
    let to = points[at..].iter().position(|p| !p.good).map_or(points.len(), |i| at + i) - 1;
    Ok(Sweep {
        knob: options.knob.clone(),
        now,
        best: points[at].value,
        stable: (points[from].value, points[to].value),
        points,
    })
}

fn point(value: f64, gold: &[Gold], last: &Last) -> Result<Point> {
    let work = &last.work;
    let clustering = Clustering::of_work(&work.entries, &work.clusters, &work.umbrellas);
    let items = Items::of(gold, &clustering);
    if items.all.iter().all(|i| i.place.is_none()) {
        return Err(Error::Usage("no labelled row of the gold files was read by the last run".into()));
    }
    let Scores { b3_p, b3_r, b3_f1, pair_f1, .. } = items.contingency().scores();
    Ok(Point { value, b3_p, b3_r, b3_f1, pair_f1, clusters: work.clusters.len() as u64, good: false })
}

/// The numeric knob of that path.
fn knob(path: &str) -> Result<Knob> {
    let all = written::knobs();
    let name = |k: &Knob| format!("{}.{}", k.section, k.name);
    let Some(knob) = all.iter().find(|k| name(k) == path) else {
        let names: Vec<String> = all.iter().map(name).collect();
        let near = known::nearest(path, names.iter().map(String::as_str));
        let near = near.map_or("README.md lists every key".into(), |n| format!("did you mean `{n}`?"));
        return Err(Error::Usage(format!("unknown knob `{path}`; {near}")));
    };
    if knob.range.is_none() {
        return Err(Error::Usage(format!("`{path}` is no number; a sweep needs one, as in cluster.threshold")));
    }
    Ok(knob.clone())
}

/// The first stage to be done again for each value. Weights are not read by pairing, the rest of `[score]` is.
fn first_stage(knob: &Knob) -> Result<Stage> {
    match knob.section {
        "normalise" => Ok(Stage::Normalise),
        "fingerprint" => Ok(Stage::Fingerprint),
        "pair" | "score" => Ok(Stage::Pair),
        "score.weights" => Ok(Stage::Score),
        "cluster" => Ok(Stage::Cluster),
        section => Err(Error::Usage(format!(
            "`{section}.{}` does not change which entries are together; \
             a sweep takes knobs of normalise, fingerprint, pair, score, score.weights and cluster",
            knob.name
        ))),
    }
}

/// The values, ascending, as many as asked for unless whole numbers are fewer.
fn values(knob: &Knob, (from, to): (f64, f64), steps: usize) -> Result<Vec<f64>> {
    let fail = |why: String| Err(Error::Usage(format!("--range {from}..{to}: {why}")));
    let whole = |v: f64| if is_whole(knob) { v.round() } else { (v * 1e9).round() / 1e9 };
    if !(from.is_finite() && to.is_finite() && from <= to) {
        return fail("the first value must not be greater than the last".into());
    }
    if let Some((least, most)) = knob.range.filter(|(least, most)| from < *least || to > *most) {
        return fail(format!("{}.{} must be from {least} to {most}", knob.section, knob.name));
    }
    let gaps = steps.saturating_sub(1).max(1) as f64;
    let mut values: Vec<f64> = (0..steps.max(1)).map(|i| whole(from + (to - from) * i as f64 / gaps)).collect();
    values.dedup();
    Ok(values)
}

fn is_whole(knob: &Knob) -> bool {
    knob.default.parse::<i64>().is_ok()
}

fn pointer(knob: &Knob) -> String {
    format!("/{}/{}", knob.section.replace('.', "/"), knob.name)
}

fn now(settings: &Settings, knob: &Knob) -> f64 {
    let json = serde_json::to_value(&settings.written).unwrap_or_default();
    json.pointer(&pointer(knob)).and_then(serde_json::Value::as_f64).unwrap_or(f64::NAN)
}

/// The settings with one value changed.
fn set(settings: &Settings, knob: &Knob, value: f64) -> Result<Settings> {
    let wrong = |e: String| Error::Usage(format!("{}.{} = {value}: {e}", knob.section, knob.name));
    let mut json = serde_json::to_value(&settings.written).map_err(|e| wrong(e.to_string()))?;
    if let Some(place) = json.pointer_mut(&pointer(knob)) {
        *place = if is_whole(knob) { (value as i64).into() } else { value.into() };
    }
    let written: Written = serde_json::from_value(json).map_err(|e| wrong(e.to_string()))?;
    written.check().map_err(|e| wrong(e.to_string()))?;
    Ok(settings.with(written))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::Path;

    fn options(knob: &str) -> SweepOptions {
        SweepOptions { gold: Vec::new(), knob: knob.into(), range: (0.0, 1.0), steps: 3 }
    }

    fn points(f1: &[f64]) -> Vec<Point> {
        let point = |(i, b3_f1): (usize, &f64)| Point {
            value: i as f64,
            b3_p: 1.0,
            b3_r: 1.0,
            b3_f1: *b3_f1,
            pair_f1: 1.0,
            clusters: 1,
            good: false,
        };
        f1.iter().enumerate().map(point).collect()
    }

    #[test]
    fn every_numeric_knob_that_changes_clusters_can_be_set() {
        let settings = Settings::defaults(Path::new("/x"));
        let mut swept = 0;
        for all in written::knobs().into_iter().filter(|k| k.range.is_some() && first_stage(k).is_ok()) {
            let (_, most) = all.range.unwrap();
            let changed = set(&settings, &all, most).unwrap();
            assert_eq!(now(&changed, &all), most, "{}.{}", all.section, all.name);
            swept += 1;
        }
        assert!(swept > 30, "{swept}");
    }

    #[test]
    fn knobs_that_cannot_be_swept_say_why() {
        let refused = |name: &str| knob(name).and_then(|k| first_stage(&k)).unwrap_err().to_string();
        assert!(refused("merge.doubtful_below").contains("does not change which entries are together"));
        assert!(refused("run.keep_runs").contains("a sweep takes knobs of"));
        assert!(refused("pair.same_event").contains("is no number"));
        assert!(refused("cluster.treshold").contains("did you mean `cluster.threshold`?"));
    }

    #[test]
    fn values_have_both_ends_and_whole_knobs_whole_values() {
        let threshold = knob("cluster.threshold").unwrap();
        assert_eq!(values(&threshold, (0.05, 0.5), 4).unwrap(), [0.05, 0.2, 0.35, 0.5]);
        assert_eq!(values(&threshold, (0.3, 0.3), 9).unwrap(), [0.3]);
        assert_eq!(values(&knob("pair.neighbours").unwrap(), (1.0, 3.0), 10).unwrap(), [1.0, 2.0, 3.0]);
        let wrong = |range| values(&threshold, range, 3).unwrap_err().to_string();
        assert!(wrong((0.5, 0.1)).contains("greater"));
        assert!(wrong((0.0, 2.0)).contains("cluster.threshold must be from 0 to 1"));
    }

    #[test]
    fn the_stable_range_is_what_is_as_good_around_the_best() {
        let sweep =
            finish(&options("cluster.threshold"), 0.2, points(&[0.898, 0.5, 0.897, 0.900, 0.896, 0.894])).unwrap();
        assert_eq!((sweep.best, sweep.stable), (3.0, (2.0, 4.0)));
        assert_eq!(sweep.points.iter().map(|p| p.good).collect::<Vec<_>>(), [true, false, true, true, true, false]);
    }

    proptest! {
        #[test]
        fn the_best_value_is_stable(f1 in prop::collection::vec(0.0_f64..1.0, 1..12)) {
            let sweep = finish(&options("cluster.threshold"), 0.2, points(&f1)).unwrap();
            prop_assert!(sweep.stable.0 <= sweep.best && sweep.best <= sweep.stable.1);
            prop_assert!(sweep.points[sweep.best as usize].good);
        }
    }
}
