//! Records to entries: identity, versions, what is new.

use super::owners::Owners;
use super::withdrawn::{Gone, Withdrawal};
use crate::algo::address::{canonical, domain};
use crate::algo::fold::fold;
use crate::model::record::Record;
use crate::model::run::SourceCounts;
use crate::model::{Clock, Entry, EntryId, Position, RareFields, TextHash};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

crate::knobs! {
    /// Reading: what is too much, and how much may fail.
    pub struct IngestSettings in "ingest" {
        /// Share of records that may be quarantined before the run ends with exit code 1.
        max_rejects: f64 = 0.05, 0.0..=1.0;
        /// Longest record in bytes; a longer one is quarantined.
        max_record_bytes: u64 = 16_777_216, 1_024..=1_073_741_824;
        /// Most bytes read from one file after decompression; the rest is quarantined.
        max_file_bytes: u64 = 68_719_476_736, 1_024..=17_592_186_044_416u64;
        /// Most entries of one live page; the rest is quarantined.
        max_page_entries: u64 = 5_000, 1..=1_000_000;
        /// Deepest nesting of elements on a page; a deeper page is quarantined.
        max_depth: u64 = 512, 16..=100_000;
        /// Most words of one entry; a longer one is quarantined.
        max_entry_words: u64 = 1_000_000, 100..=100_000_000;
    }
}

/// The version of this stage: raised when the same input would give another result.
pub const VERSION: u32 = 1;

/// The version of the rule that makes keys, kept in the state.
pub const KEY_RULE: u32 = 2;

/// Fewest records that a thread makes entries of: each takes a microsecond or two.
const TOGETHER: usize = 256;

/// Words of a body that stand in for a missing title in a key.
const KEY_WORDS: usize = 12;

/// What a source says of all of its records.
#[derive(Clone, Debug)]
pub struct SourceFacts {
    /// Its name.
    pub name: Arc<str>,
    /// Its outlet, where configured.
    pub outlet: Option<Arc<str>>,
    /// Its owner, where configured.
    pub owner: Option<Arc<str>>,
    /// The owners of outlets, where it names none.
    pub owners: Arc<Owners>,
}

/// Makes entries of one file's records. Records of one live page that share a key are told apart by an ordinal
/// counted from the oldest post.
pub fn entries(records: Vec<Record>, file: &Arc<str>, source: &SourceFacts) -> Vec<Entry> {
    let mut ordinals: FxHashMap<(String, String), Vec<u32>> = FxHashMap::default();
    for record in records.iter().filter(|r| r.parent.is_some()) {
        let name = (outlet_of(record, file, source).0.to_string(), key_of(record, source));
        ordinals.entry(name).or_default().push(record.age_rank);
    }
    ordinals.values_mut().for_each(|ranks| ranks.sort_unstable());
    let ordinal = |outlet: &str, key: &str, rank: u32| {
        let ranks = ordinals.get(&(outlet.to_string(), key.to_string()))?;
        ranks.binary_search(&rank).ok().filter(|n| *n > 0)
    };
    let make = |record: Record| {
        let (outlet, known) = outlet_of(&record, file, source);
        let mut key = key_of(&record, source);
        if let Some(n) = record.parent.as_ref().and_then(|_| ordinal(&outlet, &key, record.age_rank)) {
            key.push_str(&format!("|{n}"));
        }
        entry(record, outlet, known, key, file, source)
    };
    records.into_par_iter().with_min_len(TOGETHER).map(make).collect()
}

/// The id of the entry that a record is of, as far as it says so itself.
pub fn identity(record: &Record, file: &Arc<str>, source: &SourceFacts) -> EntryId {
    EntryId::of(&outlet_of(record, file, source).0, &key_of(record, source))
}

fn entry(r: Record, outlet: Arc<str>, outlet_known: bool, key: String, file: &Arc<str>, source: &SourceFacts) -> Entry {
    let rare = RareFields {
        byline: r.byline,
        credit: r.credit,
        labels: r.labels,
        captions: r.captions,
        updated: r.updated,
        parent: r.parent,
        extra: r.extra,
    };
    Entry {
        id: EntryId::of(&outlet, &key),
        source: source.name.clone(),
        owner: source.owner.clone().or_else(|| source.owners.of(&outlet, r.url.as_deref())),
        outlet,
        outlet_known,
        key,
        text_hash: TextHash::of(&r.title, &r.body),
        url: r.url,
        title: r.title,
        body: r.body.into(),
        lang: r.lang,
        published: r.published.unwrap_or_else(|| Clock::unknown(None)),
        position: Position { file: file.clone(), record: r.line },
        rare: rare.into(),
    }
}

/// The outlet, and whether anything but the file's name says so: the record, the source, the domain of the record's
/// address.
fn outlet_of(record: &Record, file: &Arc<str>, source: &SourceFacts) -> (Arc<str>, bool) {
    if let Some(own) = record.outlet.as_deref().map(str::trim).filter(|o| !o.is_empty()) {
        return (shared(own), true);
    }
    if let Some(outlet) = &source.outlet {
        return (outlet.clone(), true);
    }
    match record.url.as_deref().and_then(domain) {
        Some(domain) => (shared(&domain), true),
        None => (shared(stem(file)), false),
    }
}

/// The name of an outlet, once for the many records of it that a thread reads: it is asked of entries one behind the other.
fn shared(name: &str) -> Arc<str> {
    thread_local! {
        static OUTLETS: RefCell<FxHashSet<Arc<str>>> = RefCell::default();
    }
    OUTLETS.with_borrow_mut(|outlets| {
        if let Some(known) = outlets.get(name) {
            return known.clone();
        }
        if outlets.len() >= MOST_OUTLETS {
            outlets.clear();
        }
        let new: Arc<str> = name.into();
        outlets.insert(new.clone());
        new
    })
}

/// Outlets that a thread remembers.
const MOST_OUTLETS: usize = 4_096;

fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    let bare = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(name);
    bare.rsplit_once('.').map_or(bare, |(stem, _)| if stem.is_empty() { bare } else { stem })
}

/// The key: the record's id, else its address, else (page, instant, folded title), the first words where there is
/// no title. Never a post's number, nor the date as printed: both change from capture to capture.
fn key_of(record: &Record, source: &SourceFacts) -> String {
    let given = |s: &Option<String>| s.as_deref().map(str::trim).filter(|s| !s.is_empty()).map(str::to_string);
    if let Some(key) = given(&record.id).or_else(|| given(&record.url).map(|url| canonical(&url))) {
        return key;
    }
    let parent = record.parent.as_deref().unwrap_or(&source.name);
    let instant = record.published.as_ref().and_then(Clock::at).map_or("-".to_string(), |t| t.to_string());
    let title = fold(&record.title).to_lowercase();
    let words = || fold(&record.body).to_lowercase().split_whitespace().take(KEY_WORDS).collect::<Vec<_>>().join(" ");
    format!("{parent}|{instant}|{}", if title.is_empty() { words() } else { title })
}

/// What a run's records amount to.
#[derive(Debug, Default, PartialEq)]
pub struct Settled {
    /// One entry per id, its latest version, in the global order.
    pub entries: Vec<Entry>,
    /// Parallel to `entries`: whether the text is new to the state.
    pub new_text: Vec<bool>,
    /// Parallel to `entries`: which arrival each is.
    pub arrivals: Vec<u32>,
    /// Earlier new versions of entries of this run, oldest first.
    pub older: Vec<Entry>,
    /// Per source.
    pub counts: BTreeMap<String, SourceCounts>,
}

/// Sorts arrivals into new entries, new versions and repeats. `known`: the texts that the state has of an id,
/// oldest first. The latest version, by (updated or published instant, text hash), speaks for the entry. What is
/// `gone` is counted as withdrawn, and so is what says so.
pub fn settle(
    mut arrivals: Vec<Entry>,
    known: &FxHashMap<EntryId, Vec<TextHash>>,
    withdrawals: &[Withdrawal],
    gone: &Gone,
) -> Settled {
    let mut out = Settled::default();
    let mut counts = Counts::default();
    withdrawals.iter().for_each(|one| counts.withdrawn(&one.source));
    // By the upper halves of ids, which tell nearly all of them apart, and in half the room.
    let mut ids: Vec<Arrival> = Vec::with_capacity(arrivals.len());
    for (entry, at) in arrivals.iter().zip(0..) {
        match gone.has(entry) {
            true => counts.withdrawn(&entry.source),
            false => ids.push(Arrival { id: (entry.id.0 >> 64) as u64, at, source: counts.source(&entry.source) }),
        }
    }
    let id = |of: &Arrival| arrivals[of.at as usize].id;
    ids.par_sort_unstable_by(|x, y| x.id.cmp(&y.id).then_with(|| (id(x), x.at).cmp(&(id(y), y.at))));
    let mut settling = Settling { arrivals: &arrivals, kept: Vec::with_capacity(ids.len()), ..Settling::default() };
    for of_one in ids.chunk_by(|x, y| x.id == y.id && id(x) == id(y)) {
        match of_one {
            // Nearly all; the entry itself lies anywhere in memory, and need not be asked.
            [one] if known.is_empty() => {
                let counts = &mut counts.of[one.source as usize];
                counts.records += 1;
                counts.new_entries += 1;
                settling.kept.push((one.at, true));
            }
            _ => {
                let known = known.get(&id(&of_one[0])).map_or(&[][..], Vec::as_slice);
                settling.one(of_one, known, &mut counts);
            }
        }
    }
    out.counts = counts.by_name();
    let Settling { mut kept, older, .. } = settling;
    kept.par_sort_unstable();
    let placed = |(i, new): &(u32, bool)| Placed::of(&arrivals[*i as usize], *i, *new);
    let mut order: Vec<Placed> = kept.iter().map(placed).collect();
    let whole = |of: &Placed| (arrivals[of.arrival as usize].order(), of.arrival);
    order.par_sort_unstable_by(|x, y| x.key().cmp(&y.key()).then_with(|| whole(x).cmp(&whole(y))));
    out.new_text = order.iter().map(|of| of.new).collect();
    out.arrivals = order.iter().map(|of| of.arrival).collect();
    // Entries are large: they stay in their one list. Repeats stand behind.
    bring_into(out.arrivals.iter().chain(&older).copied(), &mut arrivals);
    arrivals.truncate(order.len() + older.len());
    out.older = arrivals.split_off(order.len());
    out.entries = arrivals;
    out
}

/// One of the arrivals.
struct Arrival {
    /// The upper half of its id.
    id: u64,
    at: u32,
    source: u32,
}

/// The counts of sources, which are numbered as they are met.
#[derive(Default)]
struct Counts<'a> {
    numbers: FxHashMap<&'a str, u32>,
    of: Vec<SourceCounts>,
    last: Option<(&'a Arc<str>, u32)>,
}

impl<'a> Counts<'a> {
    fn source(&mut self, name: &'a Arc<str>) -> u32 {
        if let Some((_, number)) = self.last.filter(|(last, _)| Arc::ptr_eq(last, name)) {
            return number;
        }
        let number = *self.numbers.entry(name).or_insert(self.of.len() as u32);
        if number as usize == self.of.len() {
            self.of.push(SourceCounts::default());
        }
        self.last = Some((name, number));
        number
    }

    fn withdrawn(&mut self, source: &'a Arc<str>) {
        let at = self.source(source) as usize;
        self.of[at].records += 1;
        self.of[at].withdrawals += 1;
    }

    fn by_name(self) -> BTreeMap<String, SourceCounts> {
        self.numbers.into_iter().map(|(name, at)| (name.to_owned(), self.of[at as usize].clone())).collect()
    }
}

/// What an arrival is sorted by into the global order; its text hash in part, which tells nearly all apart.
struct Placed {
    unknown: bool,
    new: bool,
    text: u32,
    at: i64,
    arrival: u32,
}

impl Placed {
    fn of(entry: &Entry, arrival: u32, new: bool) -> Placed {
        let (unknown, at, text, _) = entry.order();
        Placed { unknown, new, text: (text.0 >> 96) as u32, at, arrival }
    }

    fn key(&self) -> (bool, i64, u32) {
        (self.unknown, self.at, self.text)
    }
}

/// Moves what stands at these places to the front, in this order, and within its list.
pub fn bring_into<T>(order: impl Iterator<Item = u32>, list: &mut [T]) {
    let mut target = vec![u32::MAX; list.len()];
    let mut n = 0;
    for from in order {
        target[from as usize] = n;
        n += 1;
    }
    let others = target.iter_mut().filter(|t| **t == u32::MAX);
    others.zip(n..).for_each(|(to, place)| *to = place);
    for at in 0..list.len() {
        while target[at] as usize != at {
            let to = target[at] as usize;
            list.swap(at, to);
            target.swap(at, to);
        }
    }
}

/// By id, then the order of versions, then where it was read.
fn version_order(e: &Entry) -> (EntryId, Option<i64>, TextHash, &Position) {
    (e.id, e.rare.updated.or(e.published.from), e.text_hash, &e.position)
}

/// What becomes of the arrivals.
#[derive(Default)]
struct Settling<'a> {
    arrivals: &'a [Entry],
    /// Those that speak for their entries, and whether their texts are new.
    kept: Vec<(u32, bool)>,
    /// Earlier new versions.
    older: Vec<u32>,
    /// The arrivals of one id with their sources, and those of them that are versions: room to work in.
    group: Vec<(u32, u32)>,
    versions: Vec<(u32, bool)>,
}

impl Settling<'_> {
    /// Settles the arrivals of one id: which speaks for it and whether its text is new, and which are its earlier new versions.
    fn one(&mut self, of_one: &[Arrival], known: &[TextHash], counts: &mut Counts) {
        let Settling { arrivals, kept, older, group, versions } = self;
        let at = |i: u32| &arrivals[i as usize];
        group.clear();
        group.extend(of_one.iter().map(|one| (one.at, one.source)));
        group.sort_by(|a, b| version_order(at(a.0)).cmp(&version_order(at(b.0))));
        versions.clear();
        for (i, source) in group.iter().copied() {
            let (text, counts) = (at(i).text_hash, &mut counts.of[source as usize]);
            counts.records += 1;
            let read = |versions: &[(u32, bool)]| versions.iter().any(|(v, _)| at(*v).text_hash == text);
            if known.contains(&text) || read(versions) {
                counts.repeats += 1;
                if !read(versions) {
                    versions.push((i, false));
                }
                continue;
            }
            let first = known.is_empty() && !versions.iter().any(|v| v.1);
            let field = if first { &mut counts.new_entries } else { &mut counts.new_versions };
            *field += 1;
            versions.push((i, true));
        }
        // A text that is new speaks for the entry before one that the state knows already.
        let latest = versions.iter().rposition(|v| v.1).unwrap_or(versions.len().saturating_sub(1));
        kept.extend(versions.get(latest));
        older.extend(versions.iter().enumerate().filter(|(n, v)| *n != latest && v.1).map(|(_, v)| v.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn places_named_are_brought_to_the_front_in_their_order(n in 0_u32..40, seed: u64) {
            let mut order: Vec<u32> = (0..n).filter(|i| seed >> (i % 64) & 3 != 0).collect();
            order.sort_by_key(|i| u64::from(*i).wrapping_mul(seed | 1).rotate_left(7));
            let mut list: Vec<u32> = (0..n).collect();
            bring_into(order.iter().copied(), &mut list);
            prop_assert_eq!(&list[..order.len()], &order[..]);
            list.sort_unstable();
            prop_assert!(list.into_iter().eq(0..n));
        }
    }
    use crate::stage::fixtures::entry as sample;

    fn facts() -> SourceFacts {
        SourceFacts { name: "live".into(), outlet: Some("Harbour Courier".into()), owner: None, owners: Arc::default() }
    }

    fn record(title: &str, body: &str, rank: u32) -> Record {
        Record {
            title: title.into(),
            body: body.into(),
            parent: Some("page".into()),
            age_rank: rank,
            line: 9,
            ..Record::default()
        }
    }

    #[test]
    fn the_key_is_the_id_then_the_address_then_page_instant_and_title() {
        let mut r = record("Ferry  \u{201c}Pelican\u{201d} aground", "", 0);
        assert_eq!(key_of(&r, &facts()), "page|-|ferry \"pelican\" aground");
        r.url = Some("https://Example.org/a/b/#top".into());
        assert_eq!(key_of(&r, &facts()), "example.org/a/b");
        r.id = Some("guid-1".into());
        assert_eq!(key_of(&r, &facts()), "guid-1");
        assert!(key_of(&record("", "one two three", 0), &facts()).ends_with("|one two three"));
    }

    #[test]
    fn equal_keys_on_one_page_are_numbered_from_the_oldest() {
        let made = entries(vec![record("Same", "new", 1), record("Same", "old", 0)], &"p.txt".into(), &facts());
        assert!(made[0].key.ends_with("|same|1") && made[1].key.ends_with("|same"));
        assert_ne!(made[0].id, made[1].id);
    }

    #[test]
    fn a_file_names_the_outlet_only_where_nothing_else_does() {
        let unnamed = SourceFacts { outlet: None, ..facts() };
        let made = entries(vec![record("T", "", 0)], &"night/wire-a.jsonl.gz".into(), &unnamed);
        assert_eq!((&*made[0].outlet, made[0].outlet_known), ("wire-a", false));
        let addressed = Record { url: Some("https://www.bbc.co.uk/news/1?utm_source=a".into()), ..record("T", "", 0) };
        let made = entries(
            vec![addressed],
            &"night/wire-a.jsonl.gz".into(),
            &SourceFacts { owners: Arc::new(Owners::with(&BTreeMap::new()).unwrap_or_default()), ..unnamed },
        );
        assert_eq!((&*made[0].outlet, made[0].outlet_known), ("bbc.co.uk", true));
        assert_eq!((made[0].owner.as_deref(), made[0].key.as_str()), (Some("BBC"), "bbc.co.uk/news/1"));
    }

    #[test]
    fn a_new_text_under_a_known_id_is_a_version_and_the_latest_speaks() {
        let (mut first, mut second) = (sample("k", "Four hurt", ""), sample("k", "Six hurt", ""));
        (first.rare.make_mut().updated, second.rare.make_mut().updated) = (Some(10), Some(20));
        let settled =
            settle(vec![second.clone(), first.clone(), first.clone()], &FxHashMap::default(), &[], &Gone::default());
        assert_eq!(settled.entries, [second.clone()]);
        assert_eq!(settled.older, [first.clone()]);
        let counts = &settled.counts["test"];
        assert_eq!((counts.records, counts.new_entries, counts.new_versions, counts.repeats), (3, 1, 1, 1));
        assert!(counts.balanced());
        let known = FxHashMap::from_iter([(first.id, vec![first.text_hash, second.text_hash])]);
        let again = settle(vec![second, first], &known, &[], &Gone::default());
        assert_eq!((again.counts["test"].repeats, again.new_text), (2, vec![false]));
    }

    #[test]
    fn a_withdrawn_entry_is_counted_and_gone_until_a_later_version_comes() {
        let (mut early, mut late) = (sample("k", "Four hurt", ""), sample("k", "Six hurt", ""));
        (early.rare.make_mut().updated, late.rare.make_mut().updated) = (Some(10), Some(30));
        let other = sample("other", "Ferry late", "");
        let none = FxHashMap::default();
        let word = |at| Withdrawal { id: early.id, at, source: "test".into() };
        let mut gone = Gone::default();
        assert!(gone.add(&[word(Some(20))]) && !gone.add(&[word(Some(5))]), "an older word is no news");
        let arrivals = || vec![early.clone(), late.clone(), other.clone()];
        let settled = settle(arrivals(), &none, &[word(Some(20))], &Gone::from_rows(gone.rows()));
        assert_eq!(settled.entries.iter().map(|e| e.text_hash).collect::<Vec<_>>().len(), 2);
        assert!(settled.entries.contains(&late) && settled.older.is_empty());
        let counts = &settled.counts["test"];
        assert_eq!((counts.records, counts.new_entries, counts.withdrawals), (4, 2, 2));
        assert!(counts.balanced());
        gone.add(&[word(None)]);
        let settled = settle(arrivals(), &none, &[], &gone);
        assert_eq!((settled.entries.clone(), settled.counts["test"].withdrawals), (vec![other.clone()], 2));
    }

    #[test]
    fn the_order_of_arrival_changes_nothing() {
        let all: Vec<Entry> = (0..20).map(|i| sample(&format!("k{}", i % 7), &format!("t{}", i % 5), "")).collect();
        let mut turned = all.clone();
        turned.reverse();
        // But for where they came from.
        let of = |all| Settled { arrivals: Vec::new(), ..settle(all, &FxHashMap::default(), &[], &Gone::default()) };
        assert_eq!(of(all), of(turned));
    }
}
