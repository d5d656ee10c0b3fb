//! The shipped example comes out as `seeds/EXPECTED.jsonl` says, to the last entry.

use crate::bcubed::bcubed;
use crate::project::{Project, Published, word};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

struct Example {
    published: Published,
    /// Each expectation with the row of entries.jsonl that it means.
    rows: Vec<(Value, Value)>,
}

impl Example {
    fn made() -> (Project, Example) {
        let project = Project::example();
        project.run(&[]).done();
        let published = project.latest();
        let text = fs::read_to_string(project.at("seeds/EXPECTED.jsonl")).unwrap();
        let expected: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        let mut entries = hinted(&published.rows("entries"));
        let rows = expected.into_iter().map(|e| {
            let hint = word(&e, "key_hint");
            let found = entries.remove(&hint).unwrap_or_else(|| panic!("{hint} is missing or came twice"));
            (e, found)
        });
        let rows = rows.collect();
        assert!(entries.is_empty(), "not expected: {:?}", entries.keys());
        (project, Example { published, rows })
    }

    fn groups(&self, field: &str) -> BTreeSet<BTreeSet<String>> {
        let mut groups: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (expected, entry) in &self.rows {
            if let Some(name) = expected[field].as_str() {
                groups.entry(name.to_string()).or_default().insert(word(entry, "id"));
            }
        }
        groups.into_values().collect()
    }

    fn event_of(&self, hint: &str) -> String {
        let row = self.rows.iter().find(|(e, _)| e["key_hint"] == hint).unwrap();
        self.published.events_of()[&word(&row.1, "id")].clone()
    }
}

/// Entries by what EXPECTED.jsonl calls them: the id, the address, or the file and the place of the post on its page.
fn hinted(entries: &[Value]) -> BTreeMap<String, Value> {
    let mut sorted: Vec<&Value> = entries.iter().collect();
    sorted.sort_by_key(|e| (word(e, "file"), e["record"].as_u64()));
    let mut posts: BTreeMap<String, u64> = BTreeMap::new();
    let name = |e: &Value| {
        let file = word(e, "file").replace("seeds/", "");
        if file.ends_with(".txt") {
            let n = posts.entry(file.clone()).or_default();
            *n += 1;
            return format!("{file}#{n}");
        }
        let key = word(e, "key");
        e["url"].as_str().filter(|url| url.contains(&key)).map_or(key, str::to_string)
    };
    let named: Vec<(String, Value)> =
        sorted.iter().copied().map(name).zip(sorted.iter().map(|e| (*e).clone())).collect();
    let found = BTreeMap::from_iter(named.iter().cloned());
    assert_eq!(found.len(), named.len(), "two entries of one name");
    found
}

fn plain(title: &str) -> String {
    let straight = title.replace(['\u{2018}', '\u{2019}'], "'").replace(['\u{201c}', '\u{201d}'], "\"");
    straight.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_example_comes_out_exactly_as_expected() {
    let (_project, example) = Example::made();
    for (expected, entry) in &example.rows {
        assert_eq!(expected["outlet"], entry["outlet"]);
        assert_eq!(plain(&word(expected, "title")), plain(&word(entry, "title")));
        let starts = expected["starts"].as_str().unwrap_or("").to_lowercase();
        assert!(starts.is_empty() || word(entry, "key").contains(&starts), "{entry}");
    }
    let events = example.published.events_of();
    let pair = |(expected, entry): &(Value, Value)| {
        Some((events.get(&word(entry, "id"))?.clone(), expected["event"].as_str()?.to_string()))
    };
    let pairs: Vec<_> = example.rows.iter().filter_map(pair).collect();
    assert_eq!(pairs.len(), example.rows.iter().filter(|(e, _)| e["umbrella"] == false).count());
    let score = bcubed(&pairs);
    assert_eq!((score.precision, score.recall), (1.0, 1.0));
}

#[test]
fn the_examples_counts_are_those_of_its_files() {
    let (_project, example) = Example::made();
    let counts = ["records", "new_entries", "new_versions", "repeats", "quarantined"];
    assert_eq!(counts.map(|c| example.published.counted(c)), [67, 66, 1, 0, 0]);
    assert_eq!(example.published.rows("quarantine").len(), 0);
    let events = example.published.rows("events");
    let listed: Vec<String> =
        events.iter().flat_map(|e| e["entries"].as_array().unwrap()).map(|e| e.as_str().unwrap().into()).collect();
    assert_eq!(BTreeSet::from_iter(&listed).len(), listed.len(), "an entry is in one event");
    assert_eq!(listed.len(), 63);
}

#[test]
fn round_ups_are_umbrellas_over_several_events_and_members_of_none() {
    let (_project, example) = Example::made();
    let umbrellas = example.published.rows("umbrellas");
    let found: BTreeSet<String> = umbrellas.iter().map(|u| word(u, "entry_id")).collect();
    let expected = example.rows.iter().filter(|(e, _)| e["umbrella"] == true).map(|(_, entry)| word(entry, "id"));
    assert_eq!(found, expected.collect());
    let known: BTreeSet<String> = example.published.rows("events").iter().map(|e| word(e, "event_id")).collect();
    for umbrella in umbrellas {
        let covered: Vec<&str> = umbrella["events"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert!(covered.len() >= 4, "{umbrella}");
        assert!(covered.iter().all(|e| known.contains(*e)), "{umbrella}");
    }
}

#[test]
fn copies_of_one_text_are_one_origin_and_nothing_else_is() {
    let (_project, example) = Example::made();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in example.published.rows("clusters") {
        let (entry, origin) = (word(&row, "entry_id"), word(&row, "origin"));
        assert_eq!(row["relation"] == "leader", entry == origin, "{row}");
        found.entry(origin).or_default().insert(entry);
    }
    let copied: BTreeSet<BTreeSet<String>> = found.into_values().filter(|g| g.len() > 1).collect();
    assert_eq!(copied, example.groups("origin"));
}

#[test]
fn instalments_of_a_series_stay_apart() {
    let (_project, example) = Example::made();
    let of = |event: &str| example.rows.iter().find(|(e, _)| e["event"] == event).map(|(e, _)| word(e, "key_hint"));
    let names: BTreeSet<String> =
        example.rows.iter().filter_map(|(e, _)| e["event"].as_str().map(str::to_string)).collect();
    let series = |words: &[&str]| -> Vec<String> {
        names.iter().filter(|n| words.iter().any(|w| n.contains(w))).filter_map(|n| of(n)).collect()
    };
    for hints in [series(&["package", "relief"]), series(&["cup"])] {
        assert_eq!(hints.len(), 2, "{names:?}");
        assert_ne!(example.event_of(&hints[0]), example.event_of(&hints[1]));
    }
}

#[test]
fn a_corrected_version_is_one_entry_with_its_latest_text() {
    let (project, example) = Example::made();
    let of_story = |e: &&(Value, Value)| e.0["key_hint"] == "md-20260113-0104";
    let stories: Vec<_> = example.rows.iter().filter(of_story).collect();
    assert_eq!(stories.len(), 1);
    assert!(word(&stories[0].1, "title").contains("340 million"), "{}", stories[0].1);
    let versions = project.state_rows().iter().filter(|r| r.starts_with("version ")).count();
    assert_eq!(versions, 67, "the text before the correction is kept");
}

#[test]
fn a_run_ends_with_five_lines() {
    let said = Project::example().run(&[]).done().stderr;
    let last: Vec<&str> = said.lines().rev().take(5).map(|l| l.split_whitespace().next().unwrap()).collect();
    assert_eq!(last, ["quarantined", "doubtful", "events", "new", "read"]);
    assert!(said.contains("out/latest/report/index.html"), "{said}");
}
