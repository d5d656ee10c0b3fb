//! A project in a folder of its own, the real program run in it, and what the run left.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// The only "now" of these tests.
pub const AS_OF: &str = "2026-01-15T02:00:00Z";

/// A folder with a pipeline.toml and the files it reads.
pub struct Project {
    folder: TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    pub fn of(output: Output) -> Ended {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let ended = Ended {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
        ended
    }

    /// Insists on an exit code and on words of what was said.
    pub fn says(self, code: i32, words: &[&str]) -> Ended {
        assert_eq!(self.code, code, "{}", self.stderr);
        for word in words {
            assert!(self.stderr.contains(word), "{word:?} is not in:\n{}", self.stderr);
        }
        self
    }

    /// Insists on success.
    pub fn done(self) -> Ended {
        self.says(0, &[])
    }
}

impl Project {
    /// A project of these files.
    pub fn of(files: &[(&str, &str)]) -> Project {
        let project = Project { folder: tempfile::tempdir().unwrap() };
        files.iter().for_each(|(name, text)| project.write(name, text));
        project
    }

    /// A project of one JSON Lines source, `night.jsonl`.
    pub fn of_night(night: &str) -> Project {
        Project::of(&[("pipeline.toml", &source("night", "night.jsonl")), ("night.jsonl", night)])
    }

    /// The example as it is shipped.
    pub fn example() -> Project {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let project = Project::of(&[]);
        for file in ["pipeline.toml".into(), "seeds/EXPECTED.jsonl".into()].into_iter().chain(seeds()) {
            project.write(&file, fs::read(root.join(&file)).unwrap());
        }
        project
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.at(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        command(self.path(), arguments)
    }

    /// Runs a command in the project's folder.
    pub fn call(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments).output().unwrap())
    }

    /// `retold run` at the tests' own now.
    pub fn run(&self, more: &[&str]) -> Ended {
        self.call(&[&["run", "--as-of", AS_OF], more].concat())
    }

    /// What `latest` leads to.
    pub fn latest(&self) -> Published {
        Published::at(&self.at("out"))
    }

    /// The names in `out/runs`, hidden ones too.
    pub fn runs(&self) -> Vec<String> {
        names(&self.at("out/runs"))
    }

    /// Every row of every table of the state, as text.
    pub fn state_rows(&self) -> Vec<String> {
        let db = rusqlite::Connection::open(self.at("state/retold.sqlite")).unwrap();
        let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
        let tables: Vec<String> =
            db.prepare(tables).unwrap().query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect();
        tables.iter().flat_map(|table| table_rows(&db, table)).collect()
    }
}

fn table_rows(db: &rusqlite::Connection, table: &str) -> Vec<String> {
    let mut select = db.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let columns = select.column_count();
    let row = |r: &rusqlite::Row| {
        let cells: Vec<rusqlite::types::Value> = (0..columns).map(|i| r.get(i).unwrap()).collect();
        Ok(format!("{table} {cells:?}"))
    };
    select.query_map([], row).unwrap().map(Result::unwrap).collect()
}

/// The real program in a folder.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_retold"));
    command.args(arguments).current_dir(folder);
    command
}

/// A `[[source]]` of JSON Lines that names its records' outlet nowhere.
pub fn source(name: &str, path: &str) -> String {
    format!("[[source]]\nname = \"{name}\"\noutlet = \"Harbour Courier\"\nformat = \"jsonl\"\npath = \"{path}\"\n")
}

/// The input files of the example.
pub fn seeds() -> Vec<String> {
    let is_input = |n: &String| (n.ends_with(".txt") || n.ends_with(".jsonl")) && n != "EXPECTED.jsonl";
    let all = names(&Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds"));
    all.into_iter().filter(is_input).map(|n| format!("seeds/{n}")).collect()
}

/// The sorted names in a folder; none where it is not there.
pub fn names(folder: &Path) -> Vec<String> {
    let Ok(read) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = read.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Every file under a folder by its path in it, with its bytes.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for name in names(folder) {
        let path = folder.join(&name);
        if path.is_dir() && !path.is_symlink() {
            found.extend(files(&path).into_iter().map(|(n, bytes)| (format!("{name}/{n}"), bytes)));
        } else if path.is_file() {
            found.insert(name, fs::read(path).unwrap());
        }
    }
    found
}

/// A published folder.
pub struct Published {
    pub folder: PathBuf,
    /// Its name under `runs`.
    pub run: String,
}

impl Published {
    /// What `latest` of a folder of results leads to.
    pub fn at(out: &Path) -> Published {
        let target = fs::read_link(out.join("latest")).unwrap();
        let run = target.file_name().unwrap().to_str().unwrap().to_string();
        let folder = out.join(target);
        assert!(folder.join("run_results.json").is_file(), "latest leads to half a run");
        Published { folder, run }
    }

    /// The rows of a table.
    pub fn rows(&self, table: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.folder.join(table).with_extension("jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// What the run recorded of itself; every promise about counts holds in it.
    pub fn results(&self) -> Value {
        let text = fs::read_to_string(self.folder.join("run_results.json")).unwrap();
        let results: Value = serde_json::from_str(&text).unwrap();
        for (source, counts) in results["sources"].as_object().unwrap() {
            let of = |name: &str| counts[name].as_u64().unwrap();
            let places = ["new_entries", "new_versions", "repeats", "withdrawals", "quarantined"];
            assert_eq!(of("records"), places.map(of).into_iter().sum::<u64>(), "{source}: {counts}");
        }
        let ids = |table: &str, field: &str| self.rows(table).iter().map(|r| word(r, field)).collect::<Vec<_>>();
        let placed = [ids("clusters", "entry_id"), ids("umbrellas", "entry_id")].concat();
        assert_eq!(BTreeSet::from_iter(placed.iter().cloned()).len(), placed.len(), "an entry has two places");
        assert_eq!(BTreeSet::from_iter(placed), BTreeSet::from_iter(ids("entries", "id")));
        results
    }

    /// A count summed over the sources.
    pub fn counted(&self, what: &str) -> u64 {
        let results = self.results();
        results["sources"].as_object().unwrap().values().map(|c| c[what].as_u64().unwrap()).sum()
    }

    /// How a stage ended.
    pub fn status(&self, stage: &str) -> String {
        let results = self.results();
        let stages = results["stages"].as_array().unwrap();
        word(stages.iter().find(|s| s["stage"] == stage).unwrap(), "status")
    }

    /// Entry id to event id.
    pub fn events_of(&self) -> BTreeMap<String, String> {
        self.rows("clusters").iter().map(|r| (word(r, "entry_id"), word(r, "event_id"))).collect()
    }

    /// The files that must be the same whatever the threads, the order and the clock.
    pub fn bytes(&self) -> BTreeMap<String, Vec<u8>> {
        let mut all = files(&self.folder);
        all.retain(|name, _| !matches!(name.as_str(), "run.json" | "run_results.json") && !name.starts_with("logs/"));
        assert!(all.len() >= 9, "{:?}", all.keys());
        all
    }
}

/// A field that holds text.
pub fn word(row: &Value, field: &str) -> String {
    row[field].as_str().unwrap_or_else(|| panic!("no {field} in {row}")).to_string()
}

/// Insists that two runs left the same bytes, and names the file and the line where they did not.
pub fn assert_same(a: &Published, b: &Published, when: &str) {
    let (a, b) = (a.bytes(), b.bytes());
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>(), "{when}");
    for (name, bytes) in &a {
        if *bytes != b[name] {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let (one, two) = (text(bytes), text(&b[name]));
            let line = one.lines().zip(two.lines()).find(|(x, y)| x != y);
            let cut = |s: &str| s.chars().take(600).collect::<String>();
            panic!("{when}: {name} differs: {:?}", line.map(|(x, y)| (cut(x), cut(y))));
        }
    }
}
