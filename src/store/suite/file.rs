//! What only the store in a file promises: it is opened again, read beside a run, damaged, full.

use super::*;
use crate::error::{Error, Exit};

fn message(path: &Path) -> String {
    let Err(error) = open(path) else { panic!("opened") };
    assert!(matches!(error, Error::State { .. }) || matches!(error, Error::Io { .. }), "{error:?}");
    assert_eq!(error.exit(), Exit::Storage);
    error.to_string()
}

#[test]
fn a_file_opened_again_holds_what_was_committed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("retold.sqlite");
    let (first, second) = (Night::of(3), Night::of(9));
    first.commit(&mut *open(&path).unwrap());
    second.write(&mut *open(&path).unwrap());
    let mut store = open(&path).unwrap();
    first.assert_read_back(&*store);
    assert_eq!(store.known(&second.working[8..]).unwrap(), [None]);
    assert!(store.begin("too early", 1).is_err());
    let recovery = store.recover().unwrap();
    assert_eq!(recovery.to_publish.map(|r| r.out), Some("folder-1".into()));
    assert_eq!(recovery.deleted, ["night"]);
    store.published(1).unwrap();
    drop(store);
    let mut store = open(&path).unwrap();
    assert_eq!(store.recover().unwrap(), Recovery::default());
    second.commit(&mut *store);
    second.assert_read_back(&*store);
}

#[test]
fn a_first_night_goes_straight_into_the_file_and_what_a_crash_left_of_it_is_undone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("retold.sqlite");
    let mode = || {
        let db = rusqlite::Connection::open(&path).unwrap();
        db.query_row("PRAGMA journal_mode", [], |r| r.get::<_, String>(0)).unwrap()
    };
    let (first, second) = (Night::of(3), Night::of(4));
    let mut store = open(&path).unwrap();
    assert_eq!(store.recover().unwrap(), Recovery::default());
    first.write(&mut *store);
    drop(store);
    assert_eq!(mode(), "delete");
    let mut store = open(&path).unwrap();
    assert_eq!(store.recover().unwrap().deleted, ["night"]);
    assert!(store.counts().unwrap().values().all(|rows| *rows == 0));
    let number = second.commit(&mut *store);
    store.published(number).unwrap();
    // The next nights are written beside what readers see.
    assert_eq!(mode(), "wal");
    second.assert_read_back(&*store);
}

#[test]
fn a_reader_sees_the_last_commit_while_a_run_writes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("retold.sqlite");
    let (first, second) = (Night::of(3), Night::of(4));
    let (mut writer, reader) = (open(&path).unwrap(), open(&path).unwrap());
    let number = first.commit(&mut *writer);
    writer.published(number).unwrap();
    second.write(&mut *writer);
    first.assert_read_back(&*reader);
    writer.commit(&run_row(2)).unwrap();
    second.assert_read_back(&*reader);
    writer.published(2).unwrap();
    second.assert_read_back(&*reader);
}

#[test]
fn nothing_replaced_or_undone_stays_in_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("retold.sqlite");
    let mut store = open(&path).unwrap();
    for _ in 0..3 {
        let number = Night::of(5).commit(&mut *store);
        store.published(number).unwrap();
    }
    Night::of(8).write(&mut *store);
    store.recover().unwrap();
    let db = rusqlite::Connection::open(&path).unwrap();
    let rows =
        |table: &str| db.query_row(&format!("SELECT count(*) FROM {table}"), [], |r| r.get::<_, i64>(0)).unwrap();
    let tables = [
        "entry", "version", "body", "sketch", "link", "cluster", "event", "result", "packed", "touched", "run",
        "report",
    ];
    assert_eq!(tables.map(rows), [5, 15, 15, 1, 2, 1, 1, 1, 1, 0, 3, 5]);
}

#[test]
fn a_damaged_sketch_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("retold.sqlite");
    let mut store = open(&path).unwrap();
    let night = Night::of(5);
    let number = night.commit(&mut *store);
    store.published(number).unwrap();
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute("UPDATE sketch SET block = zeroblob(length(block))", []).unwrap();
    let told = store.window(&night.working).err().unwrap().to_string();
    assert!(told.contains("sketches") && told.contains("move the file away"), "{told}");
    assert!(store.sketches(&night.working).is_err());
}

#[test]
fn a_state_with_shingles_in_rows_lets_them_go() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("retold.sqlite");
    let night = Night::of(4);
    let mut store = open(&path).unwrap();
    let number = night.commit(&mut *store);
    store.published(number).unwrap();
    drop(store);
    let db = rusqlite::Connection::open(&path).unwrap();
    let rows =
        "CREATE TABLE shingle (shingle INTEGER PRIMARY KEY, list BLOB NOT NULL); INSERT INTO shingle VALUES (1, x'07');
        UPDATE meta SET value = 2 WHERE name = 'schema_version'";
    db.execute_batch(rows).unwrap();
    for _ in 0..2 {
        night.assert_read_back(&*open(&path).unwrap());
        let left: i64 =
            db.query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'shingle'", [], |r| r.get(0)).unwrap();
        assert_eq!(left, 0);
    }
}

#[test]
fn a_state_with_sketches_in_rows_lets_them_be_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("retold.sqlite");
    let night = Night::of(4);
    let mut store = open(&path).unwrap();
    let number = night.commit(&mut *store);
    store.published(number).unwrap();
    drop(store);
    let db = rusqlite::Connection::open(&path).unwrap();
    let rows =
        "DROP TABLE sketch; DROP TABLE search; CREATE TABLE sketch (sketch INTEGER PRIMARY KEY, block BLOB NOT NULL);
        INSERT INTO sketch VALUES (1048577, x'02'); UPDATE meta SET value = 1 WHERE name = 'schema_version'";
    db.execute_batch(rows).unwrap();
    for _ in 0..2 {
        let store = open(&path).unwrap();
        assert_eq!(store.working_set().unwrap(), night.entries);
        assert_eq!(store.links().unwrap(), night.links);
        assert!(store.window(&night.working).unwrap().is_none());
        let stamped: Vec<Stage> = store.stamps().unwrap().iter().map(|s| s.stage).collect();
        assert!(!stamped.contains(&Stage::Fingerprint) && stamped.contains(&Stage::Pair));
        assert_eq!(store.counts().unwrap()["sketch"], 0);
    }
    let mut store = open(&path).unwrap();
    let number = night.commit(&mut *store);
    store.published(number).unwrap();
    night.assert_read_back(&*store);
}

#[test]
fn a_newer_schema_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("retold.sqlite");
    drop(open(&path).unwrap());
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute("UPDATE meta SET value = 99 WHERE name = 'schema_version'", []).unwrap();
    assert!(message(&path).contains("a newer retold wrote it (schema 99"), "{}", message(&path));
    db.execute("UPDATE meta SET value = 3 WHERE name = 'schema_version'", []).unwrap();
    db.execute("UPDATE meta SET value = 7 WHERE name = 'key_rule_version'", []).unwrap();
    assert!(message(&path).contains("key rule 7"));
}

#[test]
fn a_file_that_is_no_state_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notes.txt");
    std::fs::write(&path, "no database ".repeat(2_000)).unwrap();
    let said = message(&path);
    assert!(said.contains("notes.txt") && said.contains("move the file away and run again"), "{said}");
    assert_eq!(std::fs::read(&path).unwrap().len(), 24_000);
    let other = dir.path().join("other.sqlite");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE song (title)").unwrap();
    assert!(message(&other).contains("no state of retold"));
    assert!(message(dir.path()).contains("check the disk"), "{}", message(dir.path()));
    assert!(message(&path.join("below").join("a file")).contains("cannot create"));
}

#[test]
fn a_damaged_file_is_an_error_and_never_a_panic() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("retold.sqlite");
    let night = Night::of(400);
    let mut store = open(&path).unwrap();
    let number = night.commit(&mut *store);
    store.published(number).unwrap();
    drop(store);
    let whole = std::fs::read(&path).unwrap();
    let mut refused = 0;
    for at in (0..whole.len()).step_by(whole.len() / 60) {
        let mut bytes = whole.clone();
        bytes[at..].iter_mut().take(3_000).for_each(|b| *b = b.wrapping_mul(31).wrapping_add(at as u8 | 1));
        std::fs::write(&path, &bytes).unwrap();
        if let Err(error) = read_all(&path, &night) {
            assert!(error.to_string().contains("move the file away"), "{error}");
            refused += 1;
        }
    }
    // What is not refused lay in pages without rows, or in bytes where any value is possible.
    assert!(refused > 20, "{refused} of 60 were refused");
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let Err(error) = read_all(&path, &night) else { panic!("read half a file") };
    assert!(error.to_string().contains("move the file away"), "{error}");
}

fn read_all(path: &Path, night: &Night) -> Result<()> {
    let mut store = open(path)?;
    store.recover()?;
    let _ = (store.last_run()?, store.known(&night.working)?, store.working_set()?, store.sketches(&night.working)?);
    let _ = (store.links()?, store.clusters()?, store.umbrellas()?, store.events()?, store.registry()?);
    let _ = (store.stamps()?, store.lineage()?, store.counts()?, store.table("frequencies")?);
    store.begin("after", 1)?;
    store.put_entries(&night.entries)?;
    store.put_results(&night.set())
}

#[test]
fn a_full_disk_is_an_error_of_storage_and_keeps_what_was_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("retold.sqlite");
    let mut store = Sqlite::open(&path).unwrap();
    let night = Night::of(5);
    night.commit(&mut store);
    store.fill_up();
    store.begin("full", 1).unwrap();
    let many: Vec<Entry> = (0..20_000).map(|i| entry(&format!("many {i}"), "Body.")).collect();
    let error = store.put_entries(&many).unwrap_err();
    assert_eq!(error.exit(), Exit::Storage);
    assert!(error.to_string().contains("free some space"), "{error}");
    night.assert_read_back(&store);
}
