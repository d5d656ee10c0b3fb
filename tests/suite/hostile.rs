//! Hostile entries: nothing is written outside the folders of the run, and nothing in the results runs or misleads.

use crate::project::{Project, Published, files, word};
use serde_json::json;
use std::collections::BTreeSet;

const TITLES: [&str; 12] = [
    "<script>alert('title')</script> ferry aground",
    "</script><script src=//evil.example/x.js></script> tram late",
    "<img src=x onerror=alert(1)> library shut",
    "=HYPERLINK(\"http://evil.example\",\"Ferry\")",
    "+1+cmd|'/C calc'!A0",
    "-2+3 crane falls",
    "@SUM(1+1) goose census",
    "\t=1+1 quay closed",
    "\u{202e}dnuorga yrref\u{2066} hidden \u{200b}\u{feff} words",
    "nul \u{0} and bell \u{7} and \u{1b}[31mred\u{1b}[0m ferry",
    "{{ 7 * 7 }}{% raw %} ferry template",
    "<!-- --!> ]]> &lt;script&gt;alert(2)&lt;/script&gt; ferry entity",
];
const PATHS: [&str; 7] =
    ["../../escaped", "/etc/escaped", "..\\..\\escaped", "a/../../escaped", "CON", "con.txt:ads", "\u{0}escaped"];

fn hostile_night() -> String {
    let long = "Ferry ".repeat(1_000_000 / 6);
    let titles = TITLES.iter().map(|t| t.to_string()).chain([long]).enumerate();
    let rows = titles.map(|(n, title)| {
        let urls = ["javascript:alert('url')", "data:text/html,<script>alert(4)</script>", "file:///etc/passwd"];
        json!({
            "id": PATHS.get(n).map_or(format!("h{n}"), |p| p.to_string()),
            "outlet": PATHS[(n + 1) % PATHS.len()],
            "title": title,
            "text": format!("{title} <script>alert('body')</script> <a href=\"javascript:alert(3)\">link</a> and what was told {n}"),
            "url": urls.get(n % 3),
            "lang": "../../xx",
            "byline": "<script>alert('byline')</script>",
            "credit": "=1+1",
            "published": "2026-01-14T08:00:00Z",
            "<script>extra": {"a": ["<script>alert(5)</script>"]},
        })
    });
    rows.map(|row| format!("{row}\n")).collect()
}

/// The project lies in a folder of its own inside another, so that what escapes is seen.
fn made() -> Project {
    let config = "[[source]]\nname = \"../night\"\nformat = \"jsonl\"\npath = \"night.jsonl\"\npage = \"../../page\"\n";
    let project = Project::of(&[("deep/in/here/pipeline.toml", config)]);
    project.write("deep/in/here/night.jsonl", hostile_night());
    project.run(&["--config", "deep/in/here/pipeline.toml"]).done();
    project
}

fn published(project: &Project) -> Published {
    Published::at(&project.at("deep/in/here/out"))
}

#[test]
fn nothing_is_written_outside_the_results_and_the_state() {
    let project = made();
    let allowed =
        ["deep/in/here/out/", "deep/in/here/state/", "deep/in/here/night.jsonl", "deep/in/here/pipeline.toml"];
    for name in files(project.path()).keys() {
        assert!(allowed.iter().any(|a| name.starts_with(a)), "{name}");
    }
    let published = published(&project);
    published.results();
    assert_eq!(published.rows("entries").len(), TITLES.len() + 1);
    assert_eq!(published.rows("quarantine").len(), 0);
    let inside: BTreeSet<String> = files(&published.folder).into_keys().collect();
    assert_eq!(inside.len(), 13 - 1, "{inside:?}");
}

#[test]
fn no_cell_of_the_csv_is_a_formula() {
    let project = made();
    let mut csv = csv::Reader::from_path(published(&project).folder.join("events.csv")).unwrap();
    let columns = csv.headers().unwrap().len();
    let mut rows = 0;
    for record in csv.records() {
        let record = record.unwrap();
        assert_eq!(record.len(), columns);
        for cell in &record {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{}", &cell[..40.min(cell.len())]);
        }
        rows += 1;
    }
    assert!(rows > 3);
}

#[test]
fn the_report_holds_no_markup_of_the_entries() {
    let project = made();
    let page = std::fs::read_to_string(published(&project).folder.join("report/index.html")).unwrap();
    for text in ["alert(", "<img", "onerror", "javascript:", "evil.example", "HYPERLINK", "{{ 7", "\u{202e}", "\u{1b}"]
    {
        assert!(!page.contains(text), "{text:?}");
    }
    let scripts: Vec<&str> = page.match_indices("<script").map(|(at, _)| &page[at..at + 8]).collect();
    assert!(scripts.iter().all(|s| *s == "<script " || *s == "<script>"));
    assert_eq!(page.matches("<script>").count(), 1, "one script, the rest is data");
    assert_eq!(page.matches("<script").count(), page.matches("</script>").count());
    assert!(page.len() < 25_000_000);
}

#[test]
fn what_a_terminal_shows_holds_no_control_characters() {
    let project = made();
    let here = ["--config", "deep/in/here/pipeline.toml"];
    let mut said = project.run(&[&here[..], &["--force"]].concat()).stderr;
    said += &project.call(&[&["log"], &here[..]].concat()).stdout;
    assert!(!said.contains(['\u{1b}', '\u{7}', '\u{0}', '\u{202e}']), "{said:?}");
}

#[test]
fn ids_come_out_as_they_went_in() {
    let project = made();
    let keys: BTreeSet<String> = published(&project).rows("entries").iter().map(|e| word(e, "key")).collect();
    for path in &PATHS[..6] {
        assert!(keys.contains(*path), "{path} is not among {keys:?}");
    }
}
