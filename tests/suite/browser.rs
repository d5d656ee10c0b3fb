//! The report of a hostile night in a real browser: nothing of the entries runs, and nothing leaves the page.
//!
//! Wants Chromium; where there is none the test says so and is skipped.

use crate::project::{Project, Published, word};
use serde_json::json;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

/// Leaves a trace on the page if it runs.
const OWN: &str = "document.documentElement.dataset.owned=1";

const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

fn browser() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).flat_map(|dir| BROWSERS.map(|name| dir.join(name))).find(|p| p.is_file())
}

const STORIES: [&str; 6] = [
    "The ferry Solan Queen ran aground off Port Ellery with forty goats and the mayor aboard",
    "Bakers of Quillmouth strike over flour that smells of paraffin, and the ovens stay cold",
    "A comet that nobody had forecast was photographed above the Hask observatory on Tuesday",
    "Villagers in Upper Tarn vote to sell their only bridge to a museum of bridges abroad",
    "Chess federation bans talking clocks after a champion was mated by the cuckoo in one",
    "Heavy snow closed the Osterpass railway tunnel while skaters took over the timetable hall",
];

/// A night in which every field wants to run or to fetch something. Two accounts of each event, so that the page compares them.
fn night() -> String {
    let tricks = [
        format!("<script>{OWN}</script>"),
        format!("</script><script>{OWN}</script>"),
        format!("<img src=\"http://evil.example/p.png\" onerror=\"{OWN}\">"),
        format!("<svg onload=\"{OWN}\"><style>@import 'http://evil.example/a.css'</style></svg>"),
        "<link rel=stylesheet href=http://evil.example/b.css><iframe src=http://evil.example/f></iframe>".into(),
        format!("\"' onmouseover={OWN} autofocus onfocus={OWN} x='"),
    ];
    let addresses = [
        format!("javascript:{OWN}"),
        format!("data:text/html,<script>{OWN}</script>"),
        format!(" jAvAsCrIpT\u{0}:{OWN}"),
        "http://evil.example/story".into(),
        "//evil.example/story".into(),
        format!("vbscript:{OWN}"),
    ];
    let rows = tricks.iter().zip(&addresses).enumerate().flat_map(|(n, (trick, address))| {
        let told = STORIES[n];
        ["a", "b"].map(|outlet| {
            json!({
                "id": format!("{outlet}{n}{trick}"),
                "outlet": format!("{outlet} {trick}"),
                "title": format!("{told} {trick}"),
                "text": format!("{trick} {told}. So {outlet} was told. {trick}"),
                "url": address,
                "byline": trick,
                "credit": trick,
                "lang": trick,
                "published": format!("2026-01-1{}T08:00:00Z", n % 5),
                trick: {trick: [trick]},
            })
        })
    });
    rows.map(|row| format!("{row}\n")).collect()
}

/// A proxy that answers nothing and remembers what it was asked for.
fn proxy() -> (u16, Arc<Mutex<BTreeSet<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let seen = asked.clone();
    let answer = move |mut stream: TcpStream, seen: &Mutex<BTreeSet<String>>| {
        let mut line = String::new();
        let _ = BufReader::new(&stream).read_line(&mut line);
        seen.lock().unwrap().insert(line.trim().to_owned());
        let _ = stream.write_all(b"HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n");
    };
    thread::spawn(move || listener.incoming().flatten().for_each(|stream| answer(stream, &seen)));
    (port, asked)
}

/// What a page looks like once its own script has run.
fn opened(browser: &Path, folder: &Path, port: u16, address: &str) -> String {
    let out = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"])
        .args(["--disable-component-update", "--disable-default-apps", "--disable-extensions", "--no-first-run"])
        .arg(format!("--user-data-dir={}", folder.join("browser").display()))
        .arg(format!("--proxy-server=http://127.0.0.1:{port}"))
        .args(["--proxy-bypass-list=<-loopback>", "--virtual-time-budget=10000", "--dump-dom", address])
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

/// The host that a line of a request to a proxy names.
fn host_of(line: &str) -> &str {
    let target = line.split(' ').nth(1).unwrap_or(line);
    let bare = target.split_once("://").map_or(target, |(_, rest)| rest);
    bare.split(['/', ':']).next().unwrap_or(bare)
}

#[test]
fn nothing_of_the_entries_runs_in_the_report_and_no_request_leaves_it() {
    let Some(browser) = browser() else {
        println!("skipped: there is no Chromium in PATH to open the report in (Debian: apt-get install chromium)");
        return;
    };
    let project = Project::of_night(&night());
    project.run(&[]).done();
    let published: Published = project.latest();
    let (port, asked) = proxy();
    let page = format!("file://{}", published.folder.join("report/index.html").display());
    let events: Vec<String> = published.rows("events").iter().map(|e| word(e, "event_id")).collect();
    assert!(events.len() >= 6, "{}", events.len());
    let views = ["".to_owned(), "#run".to_owned()].into_iter().chain(events.iter().map(|id| format!("#{id}")));
    for view in views {
        let dom = opened(&browser, project.path(), port, &format!("{page}{view}"));
        assert!(dom.contains("data-usable-ms"), "the page's own script did not run at {view:?}");
        assert!(!dom.contains("data-owned"), "something of an entry ran at {view:?}");
        for link in ["href=\"javascript:", "href=\"data:", "href=\"vbscript:", "href=\" j", "<iframe", "<svg onload"] {
            assert!(!dom.to_lowercase().contains(link), "{link:?} at {view:?}");
        }
    }
    // What is left is the browser's own: the time, and whether there is a newer one.
    let own = |line: &&String| [".google.com", ".googleapis.com"].iter().any(|host| host_of(line).ends_with(host));
    let asked: Vec<String> = asked.lock().unwrap().iter().filter(|line| !own(line)).cloned().collect();
    assert!(asked.is_empty(), "the page asked for {asked:?}");
}
