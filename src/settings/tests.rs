//! What a configuration may say, and what is said about one that may not.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::model::Stage;
use proptest::prelude::*;

fn read(text: &str) -> Result<Settings> {
    from_text(text, Path::new("/base/pipeline.toml"), &[])
}

fn wrong(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

#[test]
fn an_empty_file_means_the_defaults() {
    assert_eq!(read("").unwrap(), Settings::defaults(Path::new("/base")));
}

#[test]
fn paths_are_relative_to_the_file_and_an_empty_state_keeps_nothing() {
    let settings = read("[run]\nout = \"results\"\nstate = \"\"\n").unwrap();
    assert_eq!(settings.out, Path::new("/base/results"));
    assert_eq!(settings.state, None);
    assert_eq!(read("[run]\nout = \"/else\"\n").unwrap().out, Path::new("/else"));
    assert!(wrong("[run]\nout = \"\"\n").contains("run.out is empty"));
}

#[test]
fn errors_name_file_line_key_and_what_is_allowed() {
    assert_eq!(
        wrong("[pair]\n\nneighbours = 5000\n"),
        "/base/pipeline.toml:3: pair.neighbours is 5000; it must be from 1 to 1000"
    );
    let message = wrong("[pair]\nneighbours = \"many\"\n");
    assert!(message.starts_with("/base/pipeline.toml:2: pair.neighbours: invalid type"), "{message}");
    assert!(message.ends_with("it must be from 1 to 1000 (default 20)"), "{message}");
    let message = wrong("[score.weights]\nintercept = 1000\n");
    assert!(message.starts_with("/base/pipeline.toml:2: score.weights.intercept is 1000"), "{message}");
    let message = wrong("[pair]\nneighbours = -5\n");
    assert!(message.starts_with("/base/pipeline.toml:2: pair.neighbours: "), "{message}");
    assert!(wrong("[report]\ntext = \"half\"\n").contains("excerpt"));
    assert!(wrong("[report]\nmax_mb = nan\n").starts_with("/base/pipeline.toml:2: report.max_mb"));
    assert!(wrong("[cluster]\nthreshold = nan\n").contains("cluster.threshold is NaN; it must be from 0 to 1"));
}

#[test]
fn broken_toml_names_its_line() {
    assert!(wrong("[run]\nout = \"x\n").starts_with("/base/pipeline.toml:2: "));
    assert!(wrong("[run]\nout = \"a\"\nout = \"b\"\n").starts_with("/base/pipeline.toml:3: "));
}

#[test]
fn other_versions_are_refused() {
    assert_eq!(
        wrong("\nschema_version = 2\n"),
        "/base/pipeline.toml:2: schema_version is 2; this build of retold reads 1"
    );
}

#[test]
fn a_source_needs_a_path_and_a_name_of_its_own() {
    let source = "[[source]]\nname = \"a\"\npath = \"x\"\n";
    assert_eq!(read(source).unwrap().sources.len(), 1);
    let message = wrong(&format!("{source}{source}"));
    assert_eq!(message, "/base/pipeline.toml:5: a second source is named `a`; give each its own name");
    assert!(wrong("\n[[source]]\nname = \"a\"\n").contains("path"));
}

#[test]
fn set_overrides_the_file() {
    let over = ["pair.neighbours=7".to_string(), "run.state=".to_string()];
    let text = "[pair]\nneighbours = 3\n[[source]]\nname = \"a\"\npath = \"x\"\n";
    let settings = from_text(text, Path::new("/base/pipeline.toml"), &over).unwrap();
    assert_eq!((settings.pair.neighbours, &settings.state, settings.sources.len()), (7, &None, 1));
}

#[test]
fn a_hash_changes_with_its_section_alone() {
    let plain = read("").unwrap();
    let other = read("[cluster]\nthreshold = 0.4\n").unwrap();
    for stage in Stage::ALL {
        assert_eq!(plain.stage_hash(stage) == other.stage_hash(stage), stage != Stage::Cluster);
    }
    let spelled_out = read(&format!("[cluster]\nthreshold = {}\n", plain.cluster.threshold)).unwrap();
    assert_eq!(plain.stage_hash(Stage::Cluster), spelled_out.stage_hash(Stage::Cluster));
}

#[test]
fn the_order_of_sources_does_not_change_their_hash() {
    let a = "[[source]]\nname = \"a\"\npath = \"x\"\n";
    let b = "[[source]]\nname = \"b\"\npath = \"y\"\n";
    let hash = |text: String| read(&text).unwrap().sources_hash();
    assert_eq!(hash(format!("{a}{b}")), hash(format!("{b}{a}")));
    assert_ne!(hash(a.into()), hash(b.into()));
}

#[test]
fn named_files_replace_the_sources_in_an_order_of_their_own() {
    let names = |files: &[&str]| {
        let mut settings = Settings::defaults(Path::new("/base"));
        settings.replace_sources(&files.iter().map(PathBuf::from).collect::<Vec<_>>()).unwrap();
        settings.sources.iter().map(|s| s.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&["b/night.jsonl.gz", "a/night.txt", "-", "a/night.txt"]), ["night", "night-2", "stdin"]);
    assert_eq!(names(&["x/a.txt", "x/b.txt"]), names(&["x/b.txt", "x/a.txt"]));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[a-z_\\[\\]=\"0-9.\\n# -]{0,80}") {
        let _ = read(&text);
    }

    #[test]
    fn what_is_written_is_read_back(neighbours in 1usize..=1000, threshold in 0.0f64..=1.0, out in "[a-z/ \"\\\\é]{1,12}") {
        prop_assume!(!out.trim().is_empty());
        let mut settings = Settings::defaults(Path::new("/base"));
        settings.pair.neighbours = neighbours;
        settings.cluster.threshold = threshold;
        settings.run.out = out;
        let again = read(&to_toml_commented(&settings, "")).unwrap();
        prop_assert_eq!(again.written, settings.written);
    }
}
