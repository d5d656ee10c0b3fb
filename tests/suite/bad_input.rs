//! Bad input: each ends in a row of the quarantine or a clear message, never in a panic or the loss of a good record.

use crate::project::{Ended, Project, Published, source, word};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

const GOOD: &str = concat!(
    r#"{"id":"good-1","title":"Ferry late at Tarnwick","text":"The evening ferry is two hours late at Tarnwick."}"#,
    "\n"
);
const BETTER: &str = concat!(
    r#"{"id":"good-2","title":"Library opens at Upper Fenby","text":"A library has opened in the old mill."}"#,
    "\n"
);

/// Runs a night whose share of bad records is no matter.
fn lenient(project: &Project, more: &[&str]) -> Ended {
    project.run(&[&["--set", "ingest.max_rejects=1.0"], more].concat())
}

/// What a run makes of the bytes of one file; it has to end well.
fn made_of(bytes: impl AsRef<[u8]>) -> (Project, Published) {
    let project = Project::of_night("");
    project.write("night.jsonl", bytes);
    lenient(&project, &[]).done();
    let published = project.latest();
    published.results();
    (project, published)
}

fn keys(published: &Published) -> BTreeSet<String> {
    published.rows("entries").iter().map(|e| word(e, "key")).collect()
}

/// Insists on the quarantine: line and words of the reason.
fn assert_quarantined(published: &Published, expected: &[(u64, &str)]) {
    let rows = published.rows("quarantine");
    assert_eq!(rows.len(), expected.len(), "{rows:?}");
    for (row, (line, reason)) in rows.iter().zip(expected) {
        assert_eq!((row["file"].as_str(), row["record"].as_u64()), (Some("night.jsonl"), Some(*line)), "{row}");
        assert!(word(row, "reason").contains(reason), "{row}");
    }
}

#[test]
fn an_empty_file_is_a_row() {
    for bytes in ["", "\n\n  \n", "\u{feff}"] {
        let (_project, published) = made_of(bytes);
        let reason = if bytes.is_empty() { "the file is empty" } else { "there is no record" };
        assert_quarantined(&published, &[(0, reason)]);
        assert_eq!(published.rows("events").len(), 0);
    }
}

#[test]
fn a_directory_and_a_missing_path_are_named_and_the_rest_runs() {
    let config = source("night", "night.jsonl") + &source("folder", "folder") + &source("gone", "gone-*.jsonl");
    let project = Project::of(&[("pipeline.toml", &config), ("night.jsonl", GOOD), ("folder/x.jsonl", BETTER)]);
    let ended = project.run(&[]).says(0, &["source folder: folder: is a directory", "source gone: gone-*.jsonl: "]);
    assert!(ended.stderr.contains("warning: "), "{}", ended.stderr);
    let published = project.latest();
    assert_eq!(keys(&published), BTreeSet::from(["good-1".to_string()]));
    assert_eq!(published.results()["warnings"].as_array().unwrap().len(), 2);
    assert_eq!(published.status("ingest"), "warn");
}

#[test]
fn files_that_are_no_text_are_a_row_each() {
    let noise: Vec<u8> = (0..4_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let project = Project::of(&[("a.jsonl", GOOD)]);
    project.write("b.bin", [&[0x89, b'P', b'N', b'G', 0][..], &noise].concat());
    project.write("c.gz", [&[0x1f, 0x8b, 8, 0][..], &noise].concat());
    project.write("d.zst", [&[0x28, 0xb5, 0x2f, 0xfd][..], &noise].concat());
    project.write("e.txt", "A letter.\nWithout any form.\n");
    lenient(&project, &["a.jsonl", "b.bin", "c.gz", "d.zst", "e.txt"]).done();
    let published = project.latest();
    let rows = published.rows("quarantine");
    let files: BTreeSet<String> = rows.iter().map(|r| word(r, "file")).collect();
    assert_eq!(files, ["b.bin", "c.gz", "d.zst", "e.txt"].map(String::from).into());
    assert_eq!(keys(&published), BTreeSet::from(["good-1".to_string()]));
    published.results();
}

#[test]
fn lines_that_are_cut_or_no_utf8_or_no_record_cost_themselves_alone() {
    let bad: [(&[u8], &str); 7] = [
        (b"{\"id\": \"x\", \"title\": \"Half a l", "cut off"),
        (b"{\"title\": \"Caf\xe9 burns\"}", "UTF-8"),
        (b"[1, 2, 3]", "no JSON object"),
        (b"{\"title\": \"\\ud800\"}", ""),
        (b"{\"title\": \"?!\", \"text\": \"... --- ...\"}", "no words"),
        (b"{}", "no words"),
        (b"{\"title\": {\"a\": 1}}", "must be text"),
    ];
    let mut bytes = GOOD.as_bytes().to_vec();
    bad.iter().for_each(|(line, _)| bytes.extend([line, &b"\n"[..]].concat()));
    bytes.extend(BETTER.as_bytes());
    let (_project, published) = made_of(bytes);
    let expected: Vec<(u64, &str)> = bad.iter().enumerate().map(|(n, (_, reason))| (n as u64 + 2, *reason)).collect();
    assert_quarantined(&published, &expected);
    assert_eq!(keys(&published), BTreeSet::from(["good-1".to_string(), "good-2".to_string()]));
    assert_eq!(["records", "quarantined"].map(|c| published.counted(c)), [9, 7]);
}

#[test]
fn a_line_of_two_hundred_megabytes_is_a_row_and_costs_no_memory() {
    let project = Project::of_night(GOOD);
    let mut file = File::options().append(true).open(project.at("night.jsonl")).unwrap();
    file.seek(SeekFrom::End(0)).unwrap();
    file.write_all(b"{\"title\": \"").unwrap();
    file.set_len(200 << 20).unwrap();
    file.write_all(format!("\"}}\n{BETTER}").as_bytes()).unwrap();
    drop(file);
    lenient(&project, &[]).done();
    let published = project.latest();
    assert_quarantined(&published, &[(2, "ingest.max_record_bytes")]);
    assert_eq!(keys(&published).len(), 2);
    let peak = published.results()["peak_rss_bytes"].as_u64().unwrap_or(0);
    assert!(peak < 300_000_000, "{peak} bytes at the most");
}

#[test]
fn a_live_page_with_an_endless_line_keeps_the_posts_before_it() {
    let endless = "word ".repeat(30 << 20);
    let page = format!(
        "  1. Ferry latepublished at 10:00 GMT\n\n    Late.\n  2. Tramspublished at 09:00 GMT\n\n    {endless}\n"
    );
    let project = Project::of(&[("page.txt", &page)]);
    lenient(&project, &["page.txt"]).done();
    let published = project.latest();
    assert_eq!(published.rows("quarantine").len(), 1);
    assert!(published.rows("entries").iter().any(|e| e["title"] == "Ferry late"));
    assert!(published.results()["peak_rss_bytes"].as_u64().unwrap_or(0) < 600_000_000);
}

#[test]
fn one_id_with_different_texts_is_one_entry_with_versions() {
    let text = |text: &str, at: &str| json!({"id": "x", "title": "Ferry late", "text": text, "published": "2026-01-14T08:00:00Z", "updated": at});
    let rows = [
        text("It is two hours late.", "2026-01-14T10:00:00Z"),
        text("It is one hour late.", "2026-01-14T09:00:00Z"),
        text("It is two hours late.", "2026-01-14T10:00:00Z"),
        text("It is four hours late today.", "2026-01-14T11:00:00Z"),
    ];
    let (_project, published) = made_of(rows.map(|r| format!("{r}\n")).concat());
    let counts = ["records", "new_entries", "new_versions", "repeats", "quarantined"];
    assert_eq!(counts.map(|c| published.counted(c)), [4, 1, 2, 1, 0]);
    assert_eq!(published.rows("entries").len(), 1);
    assert_eq!(published.rows("entries")[0]["words"], 8, "the latest text speaks, with its title");
}

#[test]
fn dates_that_cannot_be_cost_the_clock_and_not_the_record() {
    let dates = ["0000-01-01", "0000-00-00T00:00:00Z", "9999-12-31T23:59:60Z", "9999-12-31", "2050-01-01", "soon"];
    let row = |(n, date): (usize, &&str)| {
        json!({"id": format!("d{n}"), "title": format!("Ferry {n} late"), "published": date}).to_string() + "\n"
    };
    let numbers = [json!(-1e300), json!(1e300), json!(i64::MAX), json!(-62_135_596_801_i64), json!([]), json!(true)];
    let number = |(n, at): (usize, &Value)| {
        json!({"id": format!("n{n}"), "title": format!("Tram {n} late"), "published": at, "updated": at}).to_string()
            + "\n"
    };
    let text: String = dates.iter().enumerate().map(row).chain(numbers.iter().enumerate().map(number)).collect();
    let (_project, published) = made_of(text + GOOD);
    assert_quarantined(&published, &[]);
    let entries = published.rows("entries");
    assert_eq!(entries.len(), dates.len() + numbers.len() + 1);
    for (n, date) in dates.iter().enumerate() {
        let entry = entries.iter().find(|e| e["key"] == format!("d{n}")).unwrap();
        assert_eq!(
            (word(entry, "clock"), word(entry, "published_raw")),
            ("unknown".into(), date.to_string()),
            "{entry}"
        );
    }
    assert!(entries.iter().all(|e| e["published"].is_null()));
}

#[test]
fn ten_thousand_identical_entries_are_one_origin() {
    let row = |n: usize| {
        let text = "The ferry ran aground in the early hours off Port Ellery. Crews took the passengers ashore in boats, and \
                    the operator says that nobody is missing. A tug is on its way from the mainland and is expected in the \
                    morning, when the tide rises over the skerry and the harbour opens to traffic once more for the day.";
        json!({"id": format!("e{n}"), "outlet": format!("Outlet {}", n % 7), "title": "Ferry runs aground off Port Ellery",
               "text": text, "published": "2026-01-14T08:00:00Z"})
        .to_string()
            + "\n"
    };
    let (_project, published) = made_of((0..10_000).map(row).collect::<String>());
    let rows = published.rows("clusters");
    let origins: BTreeSet<String> = rows.iter().map(|r| word(r, "origin")).collect();
    assert_eq!((rows.len(), origins.len()), (10_000, 1));
    assert_eq!(published.rows("events").len(), 1);
    assert!(published.results()["wall_s"].as_f64().unwrap() < 60.0);
}

#[test]
fn without_any_readable_source_a_run_ends_with_two_unless_that_is_allowed() {
    let project = Project::of(&[("pipeline.toml", &(source("gone", "gone.jsonl") + &source("folder", "seeds")))]);
    project.run(&[]).says(2, &["source gone: gone.jsonl: no such file", "no source could be read"]);
    project.run(&["--allow-empty"]).says(0, &["no source could be read"]);
    assert!(!project.at("out/latest").exists());
    project.run(&["neither.jsonl"]).says(2, &["neither.jsonl"]);
}

#[test]
fn a_required_source_that_gives_nothing_fails_the_run_but_its_results_stand() {
    let required = |path: &str| source("night", "night.jsonl") + &source("must", path) + "required = true\n";
    for (path, text) in [("gone.jsonl", None), ("blank.jsonl", Some("\n")), ("bad.jsonl", Some("{\"title\": 1"))] {
        let project = Project::of(&[("pipeline.toml", &required(path)), ("night.jsonl", GOOD)]);
        text.iter().for_each(|text| project.write(path, text));
        lenient(&project, &[]).says(1, &["source must is required and gave nothing"]);
        assert_eq!(keys(&project.latest()).len(), 1);
        lenient(&project, &[]).says(1, &["nothing new since", "source must is required"]);
    }
}

#[test]
fn too_many_bad_records_fail_the_run_but_its_results_stand() {
    let project = Project::of_night(&format!("{}{{\"title\": \n", GOOD.to_string() + BETTER));
    let ended = project.run(&[]).says(1, &["1 of 3 records (33.3 %) were quarantined"]);
    assert!(ended.stderr.contains("max_rejects = 0.05"), "{}", ended.stderr);
    assert_eq!(keys(&project.latest()).len(), 2);
    project.run(&[]).says(1, &["nothing new since", "were quarantined"]);
    let many: String = (0..40).map(|n| format!("{{\"id\": \"m{n}\", \"title\": \"Tram {n} late\"}}\n")).collect();
    Project::of_night(&format!("{many}{{\"title\": \n")).run(&[]).done();
}

#[test]
fn a_configuration_that_is_no_text_is_refused_with_its_place() {
    let project = Project::of(&[]);
    project.write("pipeline.toml", b"[run]\nout = \"\xff\"\n");
    project.run(&[]).says(2, &["pipeline.toml"]);
    project.write("pipeline.toml", "[run\n");
    project.run(&[]).says(2, &["pipeline.toml:1"]);
}
