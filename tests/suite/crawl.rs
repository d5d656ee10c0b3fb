//! A crawl of invented pages, whole and damaged: only the damaged records are lost.

use crate::night::Night;
use crate::night::crawl::{self, Damage};
use crate::project::{Project, word};
use std::collections::BTreeSet;

const PAGES: usize = 60;
/// Every so many records one is damaged.
const EVERY: usize = 10;

fn crawl_of(night: &Night, damage: Damage) -> Vec<u8> {
    let mut bytes = crawl::opening().unwrap();
    for (n, told) in night.entries().enumerate() {
        let hit = n % EVERY == EVERY / 2;
        bytes.extend(crawl::response(n, &told, if hit { damage } else { Damage::None }).unwrap());
    }
    bytes
}

/// The addresses of what is read of a crawl, and how much is quarantined.
fn read(bytes: &[u8]) -> (BTreeSet<String>, usize) {
    let project = Project::of(&[(
        "pipeline.toml",
        "[ingest]\nmax_rejects = 1.0\n\n[[source]]\nname = \"crawl\"\npath = \"a.warc.gz\"\n",
    )]);
    project.write("a.warc.gz", bytes);
    project.run(&[]).done();
    let published = project.latest();
    let urls = published.rows("entries").iter().map(|e| word(e, "url")).collect();
    (urls, published.rows("quarantine").len())
}

#[test]
fn damaged_records_cost_themselves_alone() {
    let night = Night::invented(PAGES, 5);
    let all: Vec<String> = night.entries().map(|told| crawl::address(&told)).collect();
    assert_eq!(read(&crawl_of(&night, Damage::None)), (all.iter().cloned().collect(), 0));
    let whole: BTreeSet<String> =
        all.iter().enumerate().filter(|(n, _)| n % EVERY != EVERY / 2).map(|(_, a)| a.clone()).collect();
    for damage in [Damage::Cut, Damage::Flip, Damage::Mislabel] {
        let (urls, quarantined) = read(&crawl_of(&night, damage));
        let lost: Vec<&String> = whole.difference(&urls).collect();
        assert!(lost.is_empty(), "{damage:?} lost {lost:?}");
        assert!(quarantined > 0, "{damage:?} left no trace");
    }
    let bytes = crawl_of(&night, Damage::None);
    let (urls, quarantined) = read(&bytes[..bytes.len() - 100]);
    assert_eq!((urls.len(), quarantined), (PAGES - 1, 1), "the end is cut off");
}
