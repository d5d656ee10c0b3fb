//! What every store promises, run against both of them.
#![allow(clippy::unwrap_used)]

mod file;
mod night;

use super::*;
use crate::model::EventId;
use night::{Night, entry, kept, link, run_row, sketch};
use std::sync::Arc;

/// Runs a promise against a store in memory and one in a new file.
fn both(promise: impl Fn(&mut dyn Store)) {
    promise(&mut Memory::new());
    let dir = tempfile::tempdir().unwrap();
    promise(&mut Sqlite::open(&dir.path().join("state").join("retold.sqlite")).unwrap());
}

#[test]
fn a_new_store_knows_nothing() {
    both(|store| {
        assert_eq!(store.recover().unwrap(), Recovery::default());
        assert_eq!(store.last_run().unwrap(), None);
        Night::default().assert_read_back(store);
        assert_eq!(store.known(&[EntryId(1)]).unwrap(), [None]);
        assert_eq!(store.entries(&[EntryId(1)]).unwrap(), [None]);
        assert_eq!(store.table("frequencies").unwrap(), None);
        assert!(store.counts().unwrap().values().all(|n| *n == 0));
    });
}

#[test]
fn what_is_committed_reads_back_equal() {
    both(|store| {
        let night = Night::of(5);
        let number = night.commit(store);
        night.assert_read_back(store);
        assert_eq!(store.table("frequencies").unwrap(), Some(vec![1, 0, 255]));
        let committed = RunRow { status: RunStatus::Committed, ..run_row(number) };
        assert_eq!(store.last_run().unwrap(), Some(committed.clone()));
        store.published(number).unwrap();
        night.assert_read_back(store);
        assert_eq!(store.last_run().unwrap(), Some(RunRow { status: RunStatus::Published, ..committed }));
    });
}

#[test]
fn counts_tell_the_committed_rows_of_every_table() {
    both(|store| {
        Night::of(5).commit(store);
        Night::of(7).write(store);
        let counts = store.counts().unwrap();
        let expected = [
            ("cluster", 2),
            ("entry", 5),
            ("event", 1),
            ("judgement", 0),
            ("lineage", 1),
            ("link", 5),
            ("member", 5),
            ("minted", 1),
            ("run", 1),
            ("sketch", 5),
            ("table", 1),
            ("umbrella", 1),
            ("version", 5),
        ];
        assert_eq!(counts, expected.map(|(what, n)| (what.to_string(), n)).into());
        store.commit(&run_row(2)).unwrap();
        store.published(2).unwrap();
        let counts = store.counts().unwrap();
        let after: Vec<u64> = ["entry", "version", "sketch", "member", "lineage", "link"].map(|w| counts[w]).to_vec();
        assert_eq!(after, [7, 12, 7, 7, 2, 7]);
    });
}

#[test]
fn rows_of_an_open_run_are_seen_by_known_alone() {
    both(|store| {
        let (first, mut second) = (Night::of(3), Night::of(6));
        first.commit(store);
        second.entries[0] = Entry { title: "Another title".into(), ..entry("k0", "Another body.") };
        second.registry.members.insert(second.working[1], EventId(77));
        second.write(store);
        first.assert_read_back(store);
        assert_eq!(store.table("frequencies").unwrap(), Some(vec![1, 0, 255]));
        assert_eq!(store.entries(&second.working[3..]).unwrap(), [None, None, None]);
        assert_eq!(store.sketches(&second.working[5..]).unwrap(), [None]);
        assert_eq!(store.last_run().unwrap().map(|r| r.number), Some(1));
        assert!(store.known(&second.working).unwrap().iter().all(Option::is_some));
        assert_eq!(
            store.known(&second.working[..1]).unwrap()[0].as_ref().unwrap().current,
            second.entries[0].text_hash
        );
        store.commit(&run_row(2)).unwrap();
        second.assert_read_back(store);
    });
}

#[test]
fn a_run_that_was_not_committed_leaves_nothing() {
    both(|store| {
        let (first, mut second) = (Night::of(3), Night::of(6));
        first.commit(store);
        store.published(1).unwrap();
        second.entries[1] = entry("k1", "Another body.");
        second.registry.members.remove(&second.working[0]);
        second.write(store);
        let before = store.counts().unwrap();
        assert_eq!(store.recover().unwrap(), Recovery { to_publish: None, deleted: vec!["night".into()] });
        first.assert_read_back(store);
        assert_eq!(store.counts().unwrap(), before);
        assert_eq!(store.known(&second.working[4..5]).unwrap(), [None]);
        assert_eq!(
            store.known(&second.working[1..2]).unwrap()[0].as_ref().unwrap().texts,
            [first.entries[1].text_hash]
        );
        assert_eq!(second.commit(store), 2);
        second.assert_read_back(store);
    });
}

#[test]
fn a_committed_run_waits_for_its_folder_until_it_is_published() {
    both(|store| {
        Night::of(3).commit(store);
        let waiting = RunRow { status: RunStatus::Committed, ..run_row(1) };
        for _ in 0..2 {
            assert_eq!(store.recover().unwrap(), Recovery { to_publish: Some(waiting.clone()), deleted: vec![] });
        }
        Night::of(4).write(store);
        let deleted = vec!["night".to_string()];
        assert_eq!(store.recover().unwrap(), Recovery { to_publish: Some(waiting), deleted });
        store.published(1).unwrap();
        store.published(1).unwrap();
        assert_eq!(store.recover().unwrap(), Recovery::default());
    });
}

#[test]
fn a_second_run_replaces_results_and_keeps_entries() {
    both(|store| {
        let first = Night::of(6);
        first.commit(store);
        store.published(1).unwrap();
        let mut second = Night::of(6);
        second.entries.drain(..3);
        second.working.drain(..3);
        second.links = vec![link(0, 2)];
        second.clusters.truncate(1);
        second.umbrellas.clear();
        second.registry.events.values_mut().for_each(|r| r.merged_into = Some(EventId(9)));
        second.registry.members.remove(&first.working[0]);
        second.commit(store);
        second.assert_read_back(store);
        store.published(2).unwrap();
        second.assert_read_back(store);
        assert!(store.entries(&first.working).unwrap().into_iter().eq(first.entries.into_iter().map(Some)));
    });
}

#[test]
fn results_and_tables_stay_when_a_run_writes_none() {
    both(|store| {
        let night = Night::of(3);
        night.commit(store);
        store.published(1).unwrap();
        store.begin("short", 1).unwrap();
        store.commit(&run_row(2)).unwrap();
        store.published(2).unwrap();
        night.assert_read_back(store);
        assert_eq!(store.table("frequencies").unwrap(), Some(vec![1, 0, 255]));
        assert_eq!(store.last_run().unwrap().map(|r| r.number), Some(2));
    });
}

#[test]
fn every_version_of_an_entry_is_known_in_the_order_of_runs() {
    both(|store| {
        let text = |body: &str| Entry { title: body.into(), ..entry("k", body) };
        let texts = |store: &dyn Store| store.known(&[text("1").id]).unwrap()[0].clone().unwrap();
        let hashes = |bodies: &[&str]| bodies.iter().map(|b| text(b).text_hash).collect::<Vec<_>>();
        store.begin("one", 1).unwrap();
        store.put_entries(&[text("3")]).unwrap();
        store.put_versions(&[text("1"), text("2")]).unwrap();
        assert_eq!(texts(store), Known { texts: hashes(&["1", "2", "3"]), current: text("3").text_hash });
        store.commit(&run_row(1)).unwrap();
        assert_eq!(texts(store), Known { texts: hashes(&["1", "2", "3"]), current: text("3").text_hash });
        store.begin("two", 1).unwrap();
        store.put_versions(&[text("0")]).unwrap();
        assert_eq!(texts(store), Known { texts: hashes(&["1", "2", "3", "0"]), current: text("3").text_hash });
        store.commit(&run_row(2)).unwrap();
        assert_eq!(store.entries(&[text("3").id]).unwrap(), [Some(text("3"))]);
        store.begin("three", 1).unwrap();
        store.put_versions(&[text("4")]).unwrap();
        store.put_entries(&[text("5"), text("1")]).unwrap();
        store.commit(&run_row(3)).unwrap();
        assert_eq!(
            texts(store),
            Known { texts: hashes(&["1", "2", "3", "0", "4", "5"]), current: text("1").text_hash }
        );
        assert_eq!(store.entries(&[text("1").id]).unwrap(), [Some(text("1"))]);
        assert_eq!((store.counts().unwrap()["entry"], store.counts().unwrap()["version"]), (1, 7));
    });
}

#[test]
fn a_new_sketch_replaces_the_old_one_once_it_is_committed() {
    both(|store| {
        let night = Night::of(3);
        night.commit(store);
        store.published(1).unwrap();
        store.begin("again", 1).unwrap();
        let (early, late) = (Sketch { words: 1, ..Sketch::default() }, Sketch { words: 2, ..Sketch::default() });
        store.put_sketches(&[(night.working[1], &early)]).unwrap();
        store.put_sketches(&[(night.working[1], &late)]).unwrap();
        night.assert_read_back(store);
        store.commit(&run_row(2)).unwrap();
        for _ in 0..2 {
            let ids = [night.working[2], night.working[1], EntryId(0), night.working[2]];
            let third = Some(kept(sketch(&night.entries[2])));
            assert_eq!(store.sketches(&ids).unwrap(), [third.clone(), Some(late.clone()), None, third]);
            assert_eq!(store.counts().unwrap()["sketch"], 3);
            store.published(2).unwrap();
        }
    });
}

fn searched(of: &[(u32, f32)]) -> Vectors {
    let mut vectors = Vectors::default();
    of.iter().for_each(|(term, weight)| vectors.push(&[(*term, *weight), (u32::MAX, -0.0)]));
    vectors
}

#[test]
fn search_terms_are_read_under_their_stamp_alone() {
    both(|store| {
        let night = Night::of(3);
        night.write(store);
        let (a, b) = (searched(&[(1, 0.5), (2, 0.25), (3, 1.0)]), searched(&[(9, 0.1)]));
        store.put_search_terms(7, &night.working, &a).unwrap();
        assert!(store.put_search_terms(7, &[EntryId(5)], &b).is_err());
        assert_eq!(store.search_terms(7, &night.working).unwrap(), None, "not committed yet");
        store.commit(&run_row(1)).unwrap();
        store.published(1).unwrap();
        assert_eq!(store.search_terms(7, &night.working).unwrap(), Some(a));
        assert_eq!(store.search_terms(8, &night.working).unwrap(), None);
        store.begin("again", 1).unwrap();
        store.put_search_terms(8, &night.working[1..2], &b).unwrap();
        store.recover().unwrap();
        store.begin("again", 1).unwrap();
        store.put_search_terms(7, &night.working[1..2], &b).unwrap();
        store.commit(&run_row(2)).unwrap();
        for _ in 0..2 {
            let ids = [night.working[2], night.working[1], night.working[0], night.working[2]];
            let expected = searched(&[(3, 1.0), (9, 0.1), (1, 0.5), (3, 1.0)]);
            assert_eq!(store.search_terms(7, &ids).unwrap(), Some(expected));
            assert_eq!(store.search_terms(7, &[EntryId(5)]).unwrap(), None);
            store.published(2).unwrap();
        }
    });
}

#[test]
fn what_makes_no_sense_is_refused_and_changes_nothing() {
    both(|store| {
        let night = Night::of(3);
        assert!(store.put_entries(&night.entries).is_err());
        assert!(store.commit(&run_row(1)).is_err());
        assert!(store.published(1).is_err());
        night.write(store);
        assert!(store.begin("second", 1).is_err());
        assert!(store.put_results(&night.set()).is_err());
        assert!(store.put_sketches(&[(EntryId(5), &Sketch::default())]).is_err());
        assert!(store.commit(&run_row(2)).is_err());
        assert!(store.published(1).is_err());
        store.commit(&run_row(1)).unwrap();
        night.assert_read_back(store);
        store.begin("strange", 1).unwrap();
        let strange = [EntryId(5)];
        assert!(store.put_results(&ResultSet { working: &strange, ..night.set() }).is_err());
        assert!(store.put_results(&ResultSet { links: &vec![link(0, 9)], ..night.set() }).is_err());
        assert!(store.put_results(&night.set()).is_ok());
    });
}

#[test]
fn empty_batches_are_no_mistake() {
    both(|store| {
        store.begin("empty", 1).unwrap();
        store.put_entries(&[]).unwrap();
        store.put_versions(&[]).unwrap();
        store.put_sketches(&[]).unwrap();
        store.put_results(&Night::default().set()).unwrap();
        store.commit(&run_row(1)).unwrap();
        Night::default().assert_read_back(store);
    });
}

#[test]
fn names_may_be_shared_and_empty() {
    both(|store| {
        let mut odd = entry("", "");
        (odd.outlet, odd.owner, odd.title) = (Arc::from(""), Some("harbour".into()), String::new());
        let twin = Entry { id: EntryId(3), ..odd.clone() };
        store.begin("odd", 1).unwrap();
        store.put_entries(&[odd.clone(), twin.clone()]).unwrap();
        store.commit(&run_row(1)).unwrap();
        assert_eq!(store.entries(&[twin.id, odd.id]).unwrap(), [Some(twin), Some(odd)]);
    });
}
