//! Events told in eleven languages come together in each, and nothing across them unless something says so.

use crate::invented;
use crate::project::{Project, Published, source, word};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const NIGHT: &str = include_str!("night.jsonl");
const LANGUAGES: [&str; 11] = ["de", "es", "ru", "ar", "zh", "ja", "uk", "ko", "hi", "th", "en"];
const FULL_STOPS: [char; 3] = ['.', '。', '।'];

/// Accounts by outlets of their own, no record saying its language, and a shortened reprint of each event's first (Thai has no
/// full stops to cut at).
fn night() -> Vec<Value> {
    let accounts: Vec<Value> = NIGHT.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let firsts = accounts.iter().filter(|a| word(a, "id").ends_with("-1") && !word(a, "id").starts_with("th"));
    let copies: Vec<Value> = firsts.map(shortened).collect();
    accounts.into_iter().chain(copies).collect()
}

/// The same story in another paper two hours later, without its last sentence.
fn shortened(account: &Value) -> Value {
    let text = word(account, "text");
    let end = text.trim_end_matches(FULL_STOPS).rfind(FULL_STOPS).unwrap();
    let stop = text[end..].chars().next().unwrap();
    let id = word(account, "id").replace("-1", "-copy");
    let outlet = format!("Sammelblatt {}", &id[..2]);
    let published = word(account, "published").replace("T0", "T1");
    json!({"id": id, "outlet": outlet, "title": account["title"], "text": text[..end + stop.len_utf8()], "published": published})
}

fn file(rows: &[Value]) -> String {
    rows.iter().map(|row| format!("{row}\n")).collect()
}

fn run(night: &str) -> (Project, Published) {
    let project = Project::of_night(night);
    project.run(&[]).done();
    let published = project.latest();
    (project, published)
}

/// The groups that a run made of the rows of the night, by their keys.
fn groups(published: &Published, of: fn(&Value) -> String) -> BTreeSet<BTreeSet<String>> {
    let ours: BTreeSet<String> = night().iter().map(|r| word(r, "id")).collect();
    let mut groups: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in published.rows("clusters").iter().filter(|r| ours.contains(&word(r, "key"))) {
        groups.entry(of(row)).or_default().insert(word(row, "key"));
    }
    groups.into_values().collect()
}

fn events(published: &Published) -> BTreeSet<BTreeSet<String>> {
    groups(published, |row| word(row, "event_id"))
}

/// The groups as the keys name them: language and event.
fn expected() -> BTreeSet<BTreeSet<String>> {
    let mut groups: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in night() {
        let id = word(&row, "id");
        groups.entry(id.rsplit_once('-').unwrap().0.to_string()).or_default().insert(id);
    }
    groups.into_values().collect()
}

#[test]
fn the_accounts_of_each_event_come_together_in_each_language_and_nothing_across() {
    let (_project, published) = run(&file(&night()));
    assert_eq!(events(&published), expected());
}

#[test]
fn copies_are_found_in_each_language_and_nothing_else_is_one() {
    let (_project, published) = run(&file(&night()));
    let origins = groups(&published, |row| word(row, "origin"));
    let found: BTreeSet<BTreeSet<String>> = origins.into_iter().filter(|g| g.len() > 1).collect();
    let pair = |row: &Value| {
        let id = word(row, "id");
        Some([id.strip_suffix("-copy")?.to_string() + "-1", id.clone()].into_iter().collect())
    };
    assert_eq!(found, night().iter().filter_map(pair).collect());
}

#[test]
fn a_large_night_in_another_language_changes_nothing() {
    let lines = invented::night(1_000, 5);
    let (_project, published) = run(&(invented::file(&lines) + &file(&night())));
    assert_eq!(events(&published), expected());
}

#[test]
fn one_address_in_two_languages_joins_them_and_explain_says_so() {
    let mut rows = night();
    for row in rows.iter_mut().filter(|r| ["de-ferry-1", "en-ferry-2"].contains(&r["id"].as_str().unwrap())) {
        row["url"] = json!("https://coast.example/stories/ferry");
    }
    let (project, published) = run(&file(&rows));
    let of = |event: &str| night().iter().map(|r| word(r, "id")).filter(|id| id.starts_with(event)).collect();
    let mut wanted = expected();
    let (german, english): (BTreeSet<String>, BTreeSet<String>) = (of("de-ferry"), of("en-ferry"));
    assert!(wanted.remove(&german) && wanted.remove(&english));
    wanted.insert(german.union(&english).cloned().collect());
    assert_eq!(events(&published), wanted);
    let told = project.call(&["explain", "de-ferry-1", "en-ferry-2"]).done().stdout;
    assert!(told.contains(", address;") && told.contains("they share an address"), "{told}");
    let told = project.call(&["explain", "zh-ferry-1", "ja-ferry-1"]).done().stdout;
    assert!(
        told.contains("of different languages (ja, zh)") || told.contains("of different languages (zh, ja)"),
        "{told}"
    );
}

#[test]
fn an_entry_too_short_to_tell_is_in_its_outlets_usual_language() {
    let mut rows = night();
    let short = |id: &str, outlet: &str| json!({"id": id, "outlet": outlet, "title": "Ellerhafen 41", "published": "2026-01-14T10:00:00Z"});
    rows.extend([short("short-de", "Küstenbote"), short("short-en", "Harbour Courier")]);
    let mut project = Project::of_night(&file(&rows));
    project.write("pipeline.toml", source("night", "night.jsonl").replace("outlet", "lang = \"en\"\noutlet"));
    project.run(&[]).done();
    // The German paper has three accounts; the English one has a single other, so its source speaks for it.
    let told = |project: &mut Project| project.call(&["explain", "short-de", "short-en"]).done().stdout;
    let said = told(&mut project);
    assert!(said.contains("different languages (de, en)"), "{said}");
}

#[test]
fn every_language_of_the_night_is_detected_not_said() {
    let rows = night();
    assert!(rows.iter().all(|r| r.get("lang").is_none()));
    for code in LANGUAGES {
        let told: usize = rows.iter().filter(|r| word(r, "id").starts_with(code)).count();
        assert!(told >= 3, "{code}");
    }
}
