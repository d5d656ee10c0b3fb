//! Real captures and real gold, which are not part of the project: skipped where `RETOLD_SHARED` does not name them.

use crate::bcubed::{Score, bcubed};
use crate::project::{Ended, Project, Published, names, word};
use flate2::read::GzDecoder;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder of the shared ones; `None`, and a word about it, where they are not there.
pub fn shared(part: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("RETOLD_SHARED").map(|s| Path::new(&s).join(part)).filter(|p| p.is_dir());
    if folder.is_none() {
        println!("skipped: RETOLD_SHARED names no folder with {part}");
    }
    folder
}

/// The three captures, read as three sources.
fn captures() -> Option<(Project, Published)> {
    let seeds = shared("seeds")?;
    let found = names(&seeds).into_iter().filter(|n| n.ends_with(".txt")).collect::<Vec<_>>();
    let facts = [
        ("first", "BBC", "2025-08-14", "Europe/London"),
        ("second", "The Guardian", "2025-08-15", "America/Anchorage"),
        ("third", "BBC", "2025-10-16", "Europe/London"),
    ];
    assert_eq!(found.len(), facts.len());
    let block = |(file, (name, outlet, date, zone)): (&String, (&str, &str, &str, &str))| {
        let path = seeds.join(file);
        format!(
            "[[source]]\nname = \"{name}\"\noutlet = \"{outlet}\"\nformat = \"live-text\"\npath = \"{}\"\ndate = \"{date}\"\n\
             timezone = \"{zone}\"\n",
            path.display()
        )
    };
    let config: String = found.iter().zip(facts).map(block).collect();
    let project = Project::of(&[("pipeline.toml", &config)]);
    project.run(&[]).done();
    let published = project.latest();
    published.results();
    Some((project, published))
}

#[test]
fn the_captures_give_their_entries_and_events_that_do_not_mix() {
    let Some((_project, published)) = captures() else { return };
    let entries = published.rows("entries");
    assert_eq!((entries.len(), published.rows("quarantine").len()), (53, 0));
    let count = |source: &str| entries.iter().filter(|e| e["source"] == source).count();
    assert_eq!(["first", "second", "third"].map(count), [20, 13, 20]);
    let source: BTreeMap<String, String> = entries.iter().map(|e| (word(e, "id"), word(e, "source"))).collect();
    let mut events: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (entry, event) in published.events_of() {
        events.entry(event).or_default().push(source[&entry].clone());
    }
    for (event, sources) in &events {
        assert!(sources.len() <= 8, "{event} has {} entries", sources.len());
        assert_eq!(BTreeSet::from_iter(sources).len(), 1, "{event} is of several captures");
    }
    let several = events.values().filter(|s| s.len() > 1).count();
    assert!(several >= 5, "{several} events of two entries and more");
    println!(
        "{} events, {several} of two entries and more, {} umbrellas",
        events.len(),
        published.rows("umbrellas").len()
    );
}

#[test]
fn no_alternative_text_and_no_caption_is_in_the_text_of_a_post() {
    let Some((project, _)) = captures() else { return };
    let entries = retold::store::open(&project.at("state/retold.sqlite")).unwrap().working_set().unwrap();
    let marks = ["Image source", "Image caption", "Media caption"];
    for entry in &entries {
        let text = format!("{} {}", entry.title, entry.body.text());
        assert!(!marks.iter().any(|m| text.contains(m)), "{}", entry.title);
        assert!(!entry.rare.captions.iter().any(|c| text.contains(c.as_str())), "{}", entry.title);
    }
    let captions: usize = entries.iter().map(|e| e.rare.captions.len()).sum();
    println!("{captions} captions and alternative texts");
    assert!(captions >= 16);
}

/// The rows of the gold: id and label.
fn labels(file: &Path) -> Vec<(String, Option<String>)> {
    let lines = BufReader::new(GzDecoder::new(File::open(file).unwrap())).lines();
    let row = |line: std::io::Result<String>| {
        let row: Value = serde_json::from_str(&line.unwrap()).unwrap();
        (word(&row, "id"), row["gold"].as_str().map(str::to_string))
    };
    lines.map(row).collect()
}

struct Scored {
    all: Score,
    labelled: usize,
    umbrellas: usize,
    missing: usize,
}

/// Scores the labelled rows; one that is in no event counts as alone.
fn scored(published: &Published, files: &[PathBuf]) -> Scored {
    let keyed =
        |table: &str| published.rows(table).into_iter().map(|r| (word(&r, "key"), r)).collect::<BTreeMap<_, _>>();
    let (clusters, umbrellas) = (keyed("clusters"), keyed("umbrellas"));
    let rows: Vec<(String, Option<String>)> = files.iter().flat_map(|f| labels(f)).collect();
    let labelled: Vec<(String, String)> = rows.into_iter().filter_map(|(id, gold)| Some((id, gold?))).collect();
    let pair = |(id, gold): &(String, String)| {
        (clusters.get(id).map_or(format!("alone {id}"), |r| word(r, "event_id")), gold.clone())
    };
    let absent: Vec<&String> = labelled.iter().map(|(id, _)| id).filter(|id| !clusters.contains_key(*id)).collect();
    let covered = absent.iter().filter(|id| umbrellas.contains_key(**id)).count();
    Scored {
        all: bcubed(&labelled.iter().map(pair).collect::<Vec<_>>()),
        labelled: labelled.len(),
        umbrellas: covered,
        missing: absent.len() - covered,
    }
}

#[test]
fn the_gold_is_found_with_default_settings() {
    let Some(gold) = shared("gold/dev") else { return };
    let files: Vec<PathBuf> = names(&gold).iter().filter(|n| n.ends_with(".gz")).map(|n| gold.join(n)).collect();
    let project = Project::of(&[("pipeline.toml", "schema_version = 1\n")]);
    let named: Vec<&str> = files.iter().map(|f| f.to_str().unwrap()).collect();
    project.run(&[&["--state", ""], &named[..]].concat()).done();
    let published = project.latest();
    published.results();
    let scored = scored(&published, &files);
    println!("{:?}, {} umbrellas of {}", scored.all, scored.umbrellas, scored.labelled);
    assert!(scored.all.f1 >= 0.87, "{:?}", scored.all);
    assert_eq!(scored.missing, 0, "labelled rows are missing");
    assert!(scored.umbrellas * 100 <= scored.labelled, "{} umbrellas", scored.umbrellas);
    agrees_with_the_other_scorer(&scored.all, &published.folder, &files);
}

/// The scorer that was written apart from this one says the same, where it can be run.
fn agrees_with_the_other_scorer(ours: &Score, folder: &Path, files: &[PathBuf]) {
    let Some(tools) = shared("tools") else { return };
    let mut command = Command::new("python3");
    command.arg(tools.join("score.py")).arg(folder.join("clusters.jsonl")).args(files);
    let Ok(output) = command.output() else { return println!("skipped: there is no python3") };
    let theirs = Ended::of(output).done().stdout;
    let line = theirs.lines().find(|l| l.starts_with("ALL")).unwrap();
    let figure = |name: &str| line.split_whitespace().find_map(|w| w.strip_prefix(name)?.parse::<f64>().ok()).unwrap();
    for (name, ours) in [("b3_p=", ours.precision), ("b3_r=", ours.recall), ("b3_f1=", ours.f1)] {
        assert!((figure(name) - ours).abs() < 1e-4, "{name} {} here, {} there", ours, figure(name));
    }
}

/// The shipped weights are what `retold fit` makes of the development gold, to the rounding of its floating-point sums.
#[test]
fn the_shipped_weights_come_from_the_fit() {
    let Some(dev) = shared("gold/dev") else { return };
    let folder = tempfile::tempdir().unwrap();
    let gold: Vec<String> = names(&dev).iter().map(|n| dev.join(n).display().to_string()).collect();
    let call = |first: &str, rest: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_retold"));
        let output = command.current_dir(folder.path()).arg(first).args(&gold).args(rest).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    call("run", &["--until", "score"]);
    call("fit", &["--output", "fitted.toml"]);
    let read = |path: &Path| -> BTreeMap<String, f64> {
        let text = std::fs::read_to_string(path).unwrap();
        let pairs = text.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split('#').next()?.split_once(" = "));
        pairs.map(|(name, weight)| (name.to_string(), weight.trim().parse().unwrap())).collect()
    };
    let shipped = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/weights.toml"));
    let fitted = read(&folder.path().join("fitted.toml"));
    assert_eq!(shipped.len(), 16);
    assert!(shipped.iter().all(|(name, w)| (fitted[name] - w).abs() <= 2e-4), "{shipped:?} {fitted:?}");
}
