//! The same inputs, settings, state and now give the same bytes, whatever the threads, the order and the folder.

use crate::invented::{Dice, file, night};
use crate::project::{AS_OF, Ended, Project, Published, assert_same, command, names, seeds, source};

/// Two files of about 1,500 records together, some of them in both.
fn invented() -> Project {
    let lines = night(1_500, 7);
    let (first, second) = (&lines[..800], &lines[760..]);
    let config = source("first", "in/first.jsonl") + &source("second", "in/second.jsonl");
    Project::of(&[("pipeline.toml", &config), ("in/first.jsonl", &file(first)), ("in/second.jsonl", &file(second))])
}

#[test]
fn threads_change_nothing() {
    for project in [Project::example(), invented()] {
        let run = |threads: &str, out: &str| {
            let state = format!("state-{threads}.sqlite");
            project.run(&["--threads", threads, "--out", out, "--state", &state]).done();
            Published::at(&project.at(out))
        };
        let one = run("1", "out-1");
        for threads in ["2", "5"] {
            assert_same(&one, &run(threads, &format!("out-{threads}")), &format!("{threads} threads"));
        }
    }
}

#[test]
fn a_state_changes_nothing_on_the_first_night() {
    for project in [Project::example(), invented()] {
        project.run(&[]).done();
        let kept = project.latest();
        project.run(&["--state", "", "--out", "stateless"]).done();
        assert_same(&kept, &Published::at(&project.at("stateless")), "without a state");
    }
}

#[test]
fn the_order_of_files_on_the_command_line_changes_nothing() {
    let (example, invented) = (Project::example(), invented());
    for (project, mut files) in
        [(example, seeds()), (invented, vec!["in/first.jsonl".into(), "in/second.jsonl".into()])]
    {
        let mut run = |out: &str| {
            let names: Vec<&str> = files.iter().map(String::as_str).collect();
            project.run(&[&names[..], &["--out", out, "--state", ""]].concat()).done();
            files.reverse();
            Published::at(&project.at(out))
        };
        assert_same(&run("there"), &run("back"), "files the other way round");
    }
}

#[test]
fn the_order_of_sources_and_of_records_changes_nothing() {
    let project = Project::example();
    project.run(&[]).done();
    let config = std::fs::read_to_string(project.at("pipeline.toml")).unwrap();
    let (top, rest) = config.split_once("[[source]]").unwrap();
    let (sources, bottom) = rest.split_once("# Reading").unwrap();
    let mut blocks: Vec<&str> = sources.split("[[source]]").collect();
    blocks.reverse();
    let turned: String = blocks.iter().map(|block| format!("[[source]]{block}\n")).collect();
    let other = Project::example();
    other.write("pipeline.toml", format!("{top}{turned}# Reading{bottom}"));
    other.run(&[]).done();
    assert_same(&project.latest(), &other.latest(), "sources the other way round");
}

/// Every file but those that name a record's line, with the lines of the input shuffled.
#[test]
fn the_order_of_records_in_a_file_changes_nothing_but_their_line_numbers() {
    let mut lines = night(400, 11);
    let project = Project::of_night(&file(&lines));
    project.run(&["--state", ""]).done();
    let before = project.latest();
    let mut dice = Dice(3);
    (1..lines.len()).rev().for_each(|i| lines.swap(i, dice.below(i + 1)));
    project.write("night.jsonl", file(&lines));
    project.run(&["--state", "", "--out", "shuffled"]).done();
    let after = Published::at(&project.at("shuffled"));
    for table in ["clusters.jsonl", "umbrellas.jsonl", "links.jsonl", "events.jsonl", "events.csv", "lineage.jsonl"] {
        assert!(before.bytes()[table] == after.bytes()[table], "{table} differs");
    }
}

#[test]
fn another_folder_changes_nothing() {
    let (here, there) = (Project::example(), Project::example());
    here.run(&[]).done();
    let elsewhere = tempfile::tempdir().unwrap();
    let config = there.at("pipeline.toml");
    let run = ["run", "--as-of", AS_OF, "--config", config.to_str().unwrap()];
    Ended::of(command(elsewhere.path(), &run).output().unwrap()).done();
    assert_same(&here.latest(), &there.latest(), "from another folder");
    assert!(names(elsewhere.path()).is_empty(), "nothing is written where it was called");
}

#[test]
fn no_result_names_the_run_the_host_or_a_folder_of_this_machine() {
    let project = Project::example();
    project.run(&[]).done();
    let published = project.latest();
    for (name, bytes) in published.bytes() {
        let text = String::from_utf8_lossy(&bytes);
        for told in [published.run.as_str(), project.path().to_str().unwrap()] {
            assert!(!text.contains(told), "{name} names {told}");
        }
    }
}
