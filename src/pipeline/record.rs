//! What a run records of itself.

use super::meter::Meter;
use super::stamps;
use super::work::Work;
use crate::model::Stage;
use crate::model::event::SCHEMA_VERSION;
use crate::model::run::{InputFile, RunInfo, RunResults, SourceCounts, StageResult, StateInfo};
use crate::settings::Settings;
use crate::stage::report::Output;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// run.json.
pub fn info(
    name: &str,
    started: Timestamp,
    as_of: Timestamp,
    settings: &Settings,
    inputs: &[InputFile],
    state: StateInfo,
) -> RunInfo {
    RunInfo {
        schema_version: SCHEMA_VERSION,
        run: name.to_string(),
        retold: env!("CARGO_PKG_VERSION").to_string(),
        stages: Stage::ALL.into_iter().map(|s| (s.name().to_string(), stamps::version(s))).collect(),
        started: started.to_string(),
        as_of: as_of.to_string(),
        threads: rayon::current_num_threads(),
        settings: settings.to_json(),
        inputs: inputs.to_vec(),
        state,
    }
}

/// run_results.json.
pub fn results(
    name: &str,
    stages: &[StageResult],
    sources: &BTreeMap<String, SourceCounts>,
    warnings: &[String],
    meter: &Meter,
    peak_rss_bytes: Option<u64>,
) -> RunResults {
    RunResults {
        schema_version: SCHEMA_VERSION,
        run: name.to_string(),
        stages: stages.to_vec(),
        sources: sources.clone(),
        warnings: warnings.to_vec(),
        wall_s: meter.wall_s(),
        cpu_s: meter.cpu_s(),
        peak_rss_bytes,
    }
}

/// The lines of logs/run.jsonl: one per stage, one per warning, one for the end.
pub fn log(results: &RunResults) -> Vec<serde_json::Value> {
    let stage = |s: &StageResult| serde_json::json!({"event": "stage", "run": results.run, "result": s});
    let warning = |w: &String| serde_json::json!({"event": "warning", "run": results.run, "message": w});
    let end = serde_json::json!({"event": "end", "run": results.run, "wall_s": results.wall_s, "cpu_s": results.cpu_s});
    results.stages.iter().map(stage).chain(results.warnings.iter().map(warning)).chain([end]).collect()
}

/// The five lines that a run ends with.
pub fn closing(
    work: &Work,
    sources: &BTreeMap<String, SourceCounts>,
    inputs: &[InputFile],
    settings: &Settings,
) -> Vec<String> {
    let sum = |f: fn(&SourceCounts) -> u64| sources.values().map(f).sum::<u64>();
    let doubtful = work.events.heads.iter().filter(|e| e.doubtful).count();
    let several = work.events.heads.iter().filter(|e| e.entries > 1).count();
    let latest = settings.out.join("latest");
    let results = match settings.report.write.contains(&Output::Html) {
        true => format!("the report is {}", latest.join("report").join("index.html").display()),
        false => format!("the results are in {}", latest.display()),
    };
    vec![
        format!("read         {} records in {} files of {} sources", sum(|c| c.records), inputs.len(), sources.len()),
        format!(
            "new          {} entries, {} versions; {} repeats",
            sum(|c| c.new_entries),
            sum(|c| c.new_versions),
            sum(|c| c.repeats)
        ),
        format!(
            "events       {} from {} entries; {several} of two entries and more, {} umbrellas",
            work.events.heads.len(),
            work.entries.len(),
            work.umbrellas.len()
        ),
        format!("doubtful     {doubtful}; {results}"),
        format!("quarantined  {} records", sum(|c| c.quarantined)),
    ]
}
