//! Which stages are stale, and why: a stage is done when its stamp matches inputs, settings and version.

use crate::model::{Entry, Stage};
use crate::settings::Settings;
use crate::stage::{cluster, fingerprint, ingest, merge, normalise, pair, report, score};
use crate::store::StageStamp;
use serde::Serialize;
use xxhash_rust::xxh3::Xxh3;

/// What a run does with a stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It runs.
    Run,
    /// What it made before still holds.
    Reuse,
    /// It was not asked for.
    Skip,
}

/// One stage of a plan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Step {
    /// Which stage.
    pub stage: Stage,
    /// What is done.
    pub action: Action,
    /// Why, in words.
    pub why: String,
}

/// The version of each stage.
pub fn version(stage: Stage) -> u32 {
    match stage {
        Stage::Ingest => ingest::VERSION,
        Stage::Normalise => normalise::VERSION,
        Stage::Fingerprint => fingerprint::VERSION,
        Stage::Pair => pair::VERSION,
        Stage::Score => score::VERSION,
        Stage::Cluster => cluster::VERSION,
        Stage::Merge => merge::VERSION,
        Stage::Report => report::VERSION,
    }
}

/// The hash of a working set: everything of its entries that a later stage reads.
pub fn inputs(entries: &[Entry]) -> u128 {
    let mut state = Xxh3::new();
    let mut part = |bytes: &[u8]| {
        state.update(&(bytes.len() as u64).to_le_bytes());
        state.update(bytes);
    };
    for e in entries {
        part(&e.id.0.to_le_bytes());
        part(&e.text_hash.0.to_le_bytes());
        part(&e.published.from.unwrap_or(i64::MIN).to_le_bytes());
        part(&[e.published.quality as u8]);
        part(e.lang.as_deref().unwrap_or("").as_bytes());
        part(e.source.as_bytes());
        part(e.url.as_deref().unwrap_or("").as_bytes());
        part(e.copy_of().unwrap_or("").as_bytes());
        part(e.rare.credit.as_deref().unwrap_or("").as_bytes());
        part(e.owner.as_deref().unwrap_or("").as_bytes());
    }
    state.digest128()
}

/// The stamp a stage leaves on this working set: its settings and those of the stages that it reads.
pub fn stamp(stage: Stage, inputs: u128, settings: &Settings) -> StageStamp {
    let mut state = Xxh3::new();
    // Candidates are filtered by the rules of copies, so pairing reads the settings of scoring.
    let read = if stage == Stage::Pair { Stage::Score } else { stage };
    for s in Stage::ALL.into_iter().filter(|s| Stage::Ingest < *s && *s <= read) {
        state.update(&settings.stage_hash(s).to_le_bytes());
        state.update(&version(s).to_le_bytes());
    }
    if stage > Stage::Ingest {
        let usual: Vec<_> = settings.sources.iter().map(|s| (&s.name, &s.lang)).collect();
        state.update(serde_json::to_string(&usual).unwrap_or_default().as_bytes());
    }
    StageStamp { stage, inputs, settings: state.digest128(), version: version(stage) }
}

/// The hash of what the terms are made from that entries are searched by.
pub fn searched(inputs: u128, settings: &Settings) -> u128 {
    let sketches = stamp(Stage::Fingerprint, inputs, settings);
    let mut state = Xxh3::new();
    state.update(&sketches.inputs.to_le_bytes());
    state.update(&sketches.settings.to_le_bytes());
    state.update(&version(Stage::Pair).to_le_bytes());
    state.update(&(settings.pair.search_terms as u64).to_le_bytes());
    for weight in [settings.pair.k1, settings.pair.title_weight, settings.pair.lead_weight] {
        state.update(&weight.to_le_bytes());
    }
    state.digest128()
}

/// Why a stage is stale; `None` when it is not.
pub fn stale(stage: Stage, inputs: u128, settings: &Settings, kept: &[StageStamp]) -> Option<&'static str> {
    let now = stamp(stage, inputs, settings);
    match kept.iter().find(|k| k.stage == stage) {
        None => Some("it has not run yet"),
        Some(k) if k.version != now.version => Some("this build does it otherwise"),
        Some(k) if k.settings != now.settings => Some("its settings, or those of a stage it reads, have changed"),
        Some(k) if k.inputs != now.inputs => Some("the entries have changed"),
        Some(_) => None,
    }
}

/// Whether any stage's settings or version differ from what the kept results were made with.
pub fn settings_changed(settings: &Settings, kept: &[StageStamp]) -> bool {
    Stage::ALL.into_iter().skip(1).any(|stage| {
        let now = stamp(stage, 0, settings);
        kept.iter().find(|k| k.stage == stage).is_none_or(|k| (k.settings, k.version) != (now.settings, now.version))
    })
}

/// The plan for a working set. `selected`: the stages that were asked for; `force`: run them all the same.
pub fn plan(inputs: u128, settings: &Settings, kept: &[StageStamp], selected: &[Stage], force: bool) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for stage in Stage::ALL {
        let asked = selected.contains(&stage);
        let why = stale(stage, inputs, settings, kept);
        let (action, why) = match (stage, asked, force, why) {
            (Stage::Ingest, true, ..) => (Action::Run, "the sources are read every time"),
            (_, false, ..) => (Action::Skip, "it was not asked for"),
            (Stage::Normalise, ..) => (Action::Run, "texts are not kept; they are made again when a later stage runs"),
            (Stage::Report, ..) => (Action::Run, "a run that does anything writes a new folder"),
            (_, _, true, None) => (Action::Run, "--force"),
            (_, _, _, Some(why)) => (Action::Run, why),
            (_, _, false, None) => (Action::Reuse, "what it made before still holds"),
        };
        steps.push(Step { stage, action, why: why.to_string() });
    }
    join_pair_and_score(&mut steps);
    steps
}

/// Candidates are not kept, only links: the two run together.
fn join_pair_and_score(steps: &mut [Step]) {
    let action = |steps: &[Step], stage| steps.iter().find(|s: &&Step| s.stage == stage).map(|s| s.action);
    if action(steps, Stage::Score) == Some(Action::Run) {
        for step in steps.iter_mut().filter(|s| s.stage == Stage::Pair && s.action != Action::Run) {
            step.action = Action::Run;
            step.why = "candidates are not kept, and score needs them".into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn kept(settings: &Settings) -> Vec<StageStamp> {
        Stage::ALL.into_iter().map(|s| stamp(s, 1, settings)).collect()
    }

    fn running(steps: &[Step]) -> Vec<&'static str> {
        steps.iter().filter(|s| s.action == Action::Run).map(|s| s.stage.name()).collect()
    }

    #[test]
    fn a_change_of_cluster_runs_nothing_before_it_but_the_making_of_texts() {
        let settings = Settings::defaults(Path::new("/x"));
        let stamps = kept(&settings);
        let mut changed = settings.clone();
        changed.cluster.threshold = 0.5;
        assert!(!settings_changed(&settings, &stamps));
        assert!(settings_changed(&changed, &stamps));
        let steps = plan(1, &changed, &stamps, &Stage::ALL, false);
        assert_eq!(running(&steps), ["ingest", "normalise", "cluster", "merge", "report"]);
    }

    #[test]
    fn a_change_of_weights_runs_pairing_too_because_candidates_are_not_kept() {
        let settings = Settings::defaults(Path::new("/x"));
        let mut changed = settings.clone();
        changed.score.weights.body_cosine = 1.0;
        let steps = plan(1, &changed, &kept(&settings), &Stage::ALL, false);
        assert_eq!(running(&steps), ["ingest", "normalise", "pair", "score", "cluster", "merge", "report"]);
    }

    #[test]
    fn other_entries_run_everything() {
        let settings = Settings::defaults(Path::new("/x"));
        assert_eq!(running(&plan(2, &settings, &kept(&settings), &Stage::ALL, false)).len(), 8);
    }
}
