//! Runs that meet, are stopped, are killed, or find the disk full: the last results stand, and the next run works.

use crate::invented::{file, night};
use crate::project::{AS_OF, Ended, Project, Published, assert_same, files, names, word};
use retold::store::Lock;
use rusqlite::Connection;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

const RUN: [&str; 3] = ["run", "--as-of", AS_OF];

/// A project with a published first night, and a larger second night to run.
fn second_night() -> Project {
    let project = Project::of_night(&file(&night(60, 1)));
    project.run(&[]).done();
    project.write("night.jsonl", file(&night(900, 1)));
    project
}

/// What the second night comes to when nothing disturbs it.
fn undisturbed() -> Project {
    let project = second_night();
    project.run(&[]).done();
    project
}

fn start(project: &Project) -> Child {
    project.command(&RUN).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

fn send(child: &Child, signal: &str) {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Sends a signal once the run has said that a stage ended; gives how it ended and what it said after that.
fn send_after(child: &mut Child, stage: &str, signal: &str) -> (ExitStatus, String) {
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(said.by_ref().any(|line| line.starts_with(stage)), "{stage} was never said to have ended");
    send(child, signal);
    let rest = said.collect::<Vec<_>>().join("\n");
    assert!(!rest.contains("panicked"), "{rest}");
    (child.wait().unwrap(), rest)
}

/// Nothing that can be seen under `runs` is half a run, and `latest` leads to a whole one.
fn assert_whole(project: &Project) {
    for run in project.runs().iter().filter(|r| !r.starts_with('.')) {
        assert!(project.at("out/runs").join(run).join("run_results.json").is_file(), "{run} is half a run");
    }
    project.latest().results();
}

#[test]
fn two_runs_at_once_on_one_state_or_one_folder_of_results_are_refused() {
    let project = Project::of_night(&file(&night(20, 1)));
    let holder = format!("locked by process {}", std::process::id());
    for name in ["state/retold.sqlite.lock", "out/.lock"] {
        let held = Lock::take(&project.at(name)).unwrap();
        project.run(&[]).says(3, &[name, &holder]);
        assert!(!project.at("out/latest").exists());
        drop(held);
    }
    let held = Lock::take(&project.at("state/retold.sqlite.lock")).unwrap();
    project.run(&["--state", "other.sqlite", "--out", "other"]).done();
    drop(held);
    project.run(&[]).done();
}

#[test]
fn two_real_runs_at_once_leave_one_whole_result() {
    let project = second_night();
    let mut first = start(&project);
    let mut said = BufReader::new(first.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(said.by_ref().any(|line| line.starts_with("ingest")));
    let second = project.run(&[]);
    let holder = format!("process {}", first.id());
    said.for_each(drop);
    assert_eq!(first.wait().unwrap().code(), Some(0));
    second.says(3, &["locked by", &holder]);
    assert_same(&project.latest(), &undisturbed().latest(), "beside a refused run");
}

#[test]
fn ctrl_c_and_a_request_to_stop_leave_the_last_results_and_the_next_run_works() {
    let reference = undisturbed();
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        for stage in ["ingest", "score"] {
            let project = second_night();
            let before = project.latest().run;
            let (status, rest) = send_after(&mut start(&project), stage, signal);
            assert_eq!(status.code(), Some(code), "{signal} after {stage}: {rest}");
            assert!(rest.contains("the last results stand as they did"), "{rest}");
            assert_eq!(project.latest().run, before);
            assert_whole(&project);
            project.run(&[]).done();
            assert_same(&project.latest(), &reference.latest(), &format!("{signal} after {stage}"));
            assert!(names(&project.at("out/runs")).iter().all(|n| !n.starts_with('.')), "no draft stays");
        }
    }
}

#[test]
fn a_killed_run_is_made_up_for_wherever_it_was() {
    let reference = undisturbed();
    let check = |project: &Project, when: &str| {
        assert_whole(project);
        project.run(&[]).done();
        assert_same(&project.latest(), &reference.latest(), when);
        project.run(&[]).says(0, &["nothing new since"]);
        assert_eq!(project.runs().len(), 2, "{when}: {:?}", project.runs());
    };
    for stage in ["ingest", "fingerprint", "cluster", "merge", "report"] {
        let project = second_night();
        send_after(&mut start(&project), stage, "-KILL");
        check(&project, &format!("killed after {stage}"));
    }
    for ms in [20, 60, 120, 250, 500, 800] {
        let project = second_night();
        let mut child = start(&project);
        std::thread::sleep(Duration::from_millis(ms));
        child.kill().unwrap();
        child.wait().unwrap();
        check(&project, &format!("killed after {ms} ms"));
    }
}

/// Puts a finished run back to where it was between the commit of the state and the rename of its folder.
fn unpublish(project: &Project, previous: Option<&str>) -> String {
    let run = project.latest().run;
    let out = project.at("out");
    fs::rename(out.join("runs").join(&run), out.join("runs").join(format!(".{run}.draft"))).unwrap();
    fs::remove_file(out.join("latest")).unwrap();
    if let Some(previous) = previous {
        std::os::unix::fs::symlink(Path::new("runs").join(previous), out.join("latest")).unwrap();
    }
    set_status(project, "committed");
    run
}

/// Changes what the state says of its newest run.
fn set_status(project: &Project, status: &str) {
    let db = Connection::open(project.at("state/retold.sqlite")).unwrap();
    let sql = "UPDATE run SET status = ?1 WHERE run = (SELECT max(run) FROM run)";
    assert_eq!(db.execute(sql, [status]).unwrap(), 1);
}

#[test]
fn a_run_that_was_killed_between_commit_and_rename_is_published_at_the_next_start() {
    for nights in [1, 2] {
        let project = if nights == 1 { Project::of_night(&file(&night(60, 1))) } else { second_night() };
        let first = (nights == 2).then(|| project.latest().run);
        project.run(&[]).done();
        let before = project.latest().bytes();
        let run = unpublish(&project, first.as_deref());
        let said = project.run(&[]);
        said.says(0, &[&format!("finished publishing run {run}"), &format!("nothing new since {run}")]);
        assert_eq!(project.latest().run, run);
        assert!(project.latest().bytes() == before);
        assert_eq!(project.runs().len(), nights);
        let after = project.run(&[]).says(0, &["nothing new since"]);
        assert!(!after.stderr.contains("finished publishing"));
    }
}

#[test]
fn a_run_that_was_killed_between_rename_and_latest_is_finished_too() {
    let project = second_night();
    let first = project.latest().run;
    project.run(&[]).done();
    let run = unpublish(&project, Some(&first));
    let runs = project.at("out/runs");
    fs::rename(runs.join(format!(".{run}.draft")), runs.join(&run)).unwrap();
    project.run(&[]).says(0, &["finished publishing run", "nothing new since"]);
    assert_eq!(project.latest().run, run);
}

#[test]
fn a_committed_run_whose_folder_is_gone_is_made_again() {
    let project = second_night();
    let first = project.latest().run;
    project.run(&[]).done();
    let entries = project.latest().rows("clusters");
    let run = unpublish(&project, Some(&first));
    fs::remove_dir_all(project.at("out/runs").join(format!(".{run}.draft"))).unwrap();
    project.run(&[]).says(0, &[&format!("the results of run {run} are gone; they are made again")]);
    assert!(project.latest().rows("clusters") == entries);
}

#[test]
fn a_run_of_some_stages_that_was_killed_before_its_last_word_publishes_nothing() {
    let project = second_night();
    let first = project.latest().run;
    project.run(&["--until", "score"]).done();
    set_status(&project, "committed");
    let said = project.run(&["--until", "score"]).says(0, &["nothing new since"]).stderr;
    assert!(!said.contains("finished publishing"), "{said}");
    assert_eq!(project.latest().run, first);
    project.run(&[]).done();
    assert_ne!(project.latest().run, first);
    let reference = undisturbed();
    for table in ["clusters", "links", "umbrellas", "events"] {
        assert!(project.latest().rows(table) == reference.latest().rows(table), "{table}");
    }
}

#[test]
fn what_a_run_wrote_before_it_was_killed_is_removed_from_the_state() {
    let project = second_night();
    let rows = project.state_rows();
    project.run(&[]).done();
    // As a killed run leaves it: the rows are there, the run is open, its folder was never published.
    let grown = second_night();
    let store = |p: &Project| p.at("state/retold.sqlite");
    let mut opened = retold::store::open(&store(&grown)).unwrap();
    opened.begin("20260115T020000Z-killed", 0).unwrap();
    let known = opened.working_set().unwrap();
    let mut fresh = known[0].clone();
    fresh.id = retold::model::EntryId::of("Nowhere", "k");
    opened.put_entries(&[fresh]).unwrap();
    drop(opened);
    grown.write("night.jsonl", file(&night(60, 1)));
    let killed = "run 20260115T020000Z-killed did not end; what it wrote to the state was removed";
    grown.run(&[]).says(0, &[killed, "nothing new since"]);
    // Runs are named after their start, so names are left out of the comparison.
    let kinds = |rows: Vec<String>| rows.into_iter().filter(|r| !r.starts_with("run ")).collect::<Vec<_>>();
    assert!(kinds(grown.state_rows()) == kinds(rows));
}

#[test]
fn results_that_cannot_be_written_end_with_three_and_leave_the_last_ones() {
    let project = second_night();
    let before = files(&project.at("out"));
    project.write("plain", "a file");
    project.run(&["--out", "plain"]).says(3, &["plain"]);
    project.run(&["--out", "plain/out"]).says(3, &["cannot create"]);
    project.run(&["--state", "plain/state.sqlite"]).says(3, &["plain"]);
    project.run(&["--state", "plain"]).says(3, &["the state", "plain"]);
    assert_eq!(fs::read_to_string(project.at("plain")).unwrap(), "a file");
    let after = files(&project.at("out"));
    assert!(before.iter().filter(|(n, _)| *n != ".lock").all(|(name, bytes)| after[name] == *bytes));
    project.run(&[]).done();
}

#[test]
fn a_folder_that_may_not_be_written_to_ends_with_three() {
    use std::os::unix::fs::PermissionsExt;
    let project = second_night();
    let runs = project.at("out/runs");
    let allow = |mode| fs::set_permissions(&runs, fs::Permissions::from_mode(mode)).unwrap();
    allow(0o555);
    let probe = runs.join("probe");
    if fs::write(&probe, "").is_ok() {
        fs::remove_file(probe).unwrap();
        println!("skipped: this user may write everywhere");
        return allow(0o755);
    }
    let before = project.latest().run;
    project.run(&[]).says(3, &["check its permissions"]);
    assert_eq!(project.latest().run, before);
    allow(0o755);
    project.run(&[]).done();
}

/// A file may not grow beyond a size: a write fails in the middle, as on a full disk, whoever runs the tests.
#[test]
fn a_write_that_fails_in_the_middle_ends_with_three_and_leaves_the_last_results() {
    let reference = undisturbed();
    for (blocks, state) in [(80, "\"\""), (80, "state/retold.sqlite"), (700, "\"\""), (1400, "state/retold.sqlite")] {
        let project = second_night();
        let before = project.latest().run;
        let script = format!(
            "trap '' XFSZ; ulimit -f {blocks}; exec {} run --as-of {AS_OF} --state {state}",
            env!("CARGO_BIN_EXE_retold")
        );
        let output = Command::new("sh").args(["-c", &script]).current_dir(project.path()).output().unwrap();
        Ended::of(output).says(3, &["error: "]);
        assert_eq!(project.latest().run, before, "{blocks} blocks");
        assert_whole(&project);
        project.run(&[]).done();
        assert_same(&project.latest(), &reference.latest(), &format!("after a full disk at {blocks} blocks"));
    }
}

/// A small disk of its own, unmounted at the end.
struct Disk<'a>(&'a Path);

impl Disk<'_> {
    fn mount(at: &Path) -> Option<Disk<'_>> {
        fs::create_dir_all(at).unwrap();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=40m", "retold-test"]).arg(at).output();
        mount.is_ok_and(|m| m.status.success()).then_some(Disk(at))
    }

    /// Leaves so many bytes free.
    fn fill(&self, free: u64) {
        let size = fs4::available_space(self.0).unwrap() - free;
        fs::write(self.0.join("filler"), vec![b'x'; size as usize]).unwrap();
    }

    fn free(&self) {
        fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_ends_with_three_and_the_next_run_works_once_there_is_room() {
    let project = Project::of_night(&file(&night(60, 1)));
    let place = project.at("disk");
    let Some(disk) = Disk::mount(&place) else {
        return println!("skipped: this user may not mount a disk");
    };
    let on_disk = ["--out", "disk/out", "--state", "disk/state.sqlite"];
    let state_alone = ["--out", "out", "--state", "disk/state.sqlite"];
    project.run(&on_disk).done();
    let before = Published::at(&place.join("out"));
    let bytes = before.bytes();
    project.write("night.jsonl", file(&night(900, 1)));
    for free in [0, 300_000, 4_000_000] {
        disk.fill(free);
        let said = project.run(&on_disk).says(3, &[]).stderr;
        assert!(said.contains("disk") || said.contains("MB are free"), "{said}");
        let now = Published::at(&place.join("out"));
        assert_eq!((&now.run, now.bytes() == bytes), (&before.run, true));
        disk.free();
    }
    disk.fill(200_000);
    project.run(&state_alone).says(3, &["state.sqlite"]);
    disk.free();
    project.run(&on_disk).done();
    let after = Published::at(&place.join("out"));
    assert_ne!(after.run, before.run);
    assert_same(&after, &undisturbed().latest(), "after a full disk");
    assert!(after.rows("events").iter().all(|e| !word(e, "event_id").is_empty()));
    drop(disk);
}
