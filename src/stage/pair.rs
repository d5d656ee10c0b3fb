//! Sketches to candidate pairs: equal texts, shared bands, nearest neighbours.

use super::heaviest::{Scratch, Weighing};
use super::score::{Evidence, ScoreSettings};
use super::tongues::Tongues;
use crate::algo::bands::{self, Columns};
use crate::algo::neighbours::{Fade, Limits, Vectors, neighbours};
use crate::algo::star::{Copy, leaders};
use crate::model::{Link, Pair, Probability, Proposals, Relation, Row, Sketch};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

crate::knobs! {
    /// Candidates: which pairs are looked at.
    pub struct PairSettings in "pair" {
        /// Look for independent accounts of one event; `false` finds copies alone.
        same_event: bool = true;
        /// Nearest neighbours kept per entry.
        neighbours: usize = 20, 1..=1_000;
        /// Heaviest terms of an entry that are searched.
        search_terms: usize = 60, 1..=1_000;
        /// Postings that an entry reads at most, those of the largest products first.
        most_postings: usize = 20_000, 1..=1_000_000_000;
        /// BM25 saturation of a term's count.
        k1: f64 = 1.2, 0.0..=10.0;
        /// Weight of a title's terms beside the body's.
        title_weight: f64 = 2.0, 0.0..=100.0;
        /// Weight of the lead's terms beside the body's.
        lead_weight: f64 = 0.5, 0.0..=100.0;
        /// Days apart that cost nothing.
        free_days: f64 = 3.0, 0.0..=3_650.0;
        /// Days beyond those over which a score would fall to nothing.
        fade_days: f64 = 120.0, 1.0..=36_500.0;
        /// What distance in time leaves of a score at least.
        fade_floor: f64 = 0.5, 0.0..=1.0;
        /// Of the entries before it that share a band with an entry, this many earliest are paired with it, and as many others that
        /// share the most bands.
        bucket_earliest: usize = 64, 1..=100_000;
    }
}

/// The version of this stage: raised when the same input would give another result.
pub const VERSION: u32 = 9;

/// The probability that two entries of one address, in two languages, report one event.
pub const ONE_ADDRESS: f64 = 0.95;

/// Candidates and what finding them cost.
#[derive(Debug, Default, PartialEq)]
pub struct Paired {
    /// Ascending by (a, b), without repeats.
    pub pairs: Vec<Pair>,
    /// Caps that bit: name to count.
    pub caps: BTreeMap<String, u64>,
    /// Entries that searched for neighbours.
    pub searched: u64,
    /// Postings read by them.
    pub postings: u64,
}

/// The keys of the bands of a working set's signatures.
#[derive(Clone, Copy)]
pub struct Keys<'a> {
    /// How many bands.
    pub bands: usize,
    /// The keys of some bands.
    pub of: &'a (dyn Fn(Range<usize>) -> Columns + Sync),
}

/// Gives the sketches of some rows.
pub type Sketches<'a> = dyn Fn(Range<usize>) -> Cow<'a, [Sketch]> + 'a;

/// What the search for copies found.
#[derive(Debug, Default)]
pub struct Copied {
    out: Paired,
    /// The rows that lead a group of copies; empty where only copies are looked for.
    leaders: Vec<u32>,
}

/// Proposes copies, and tells which entries lead them.
pub fn copied(
    evidence: &Evidence,
    tongues: &Tongues,
    keys: Keys,
    settings: &PairSettings,
    score: &ScoreSettings,
) -> Copied {
    let (mut out, mut leaders) = (Paired::default(), Vec::new());
    let (mut pairs, firsts) = exact_pairs(evidence, tongues, score);
    pairs.extend(band_pairs(keys, &firsts, settings, &mut out.caps));
    pairs.retain(|p| !parted(evidence, tongues, p.a, p.b, score));
    if settings.same_event {
        pairs.extend(tongues.shared_addresses());
        let sources = tongues.shared_sources().into_iter();
        pairs.extend(sources.filter(|p| !parted(evidence, tongues, p.a, p.b, score)));
        leaders = copy_leaders(evidence, &pairs, score);
    }
    out.pairs = merged(pairs);
    Copied { out, leaders }
}

/// Proposes pairs. After the copies, one entry of each group of them, its earliest, searches for neighbours
/// and is found, so that a text printed a thousand times does not fill everyone's list. `vectors` are what all entries are
/// searched by, as [`vectors`] makes it, where it is known.
pub fn pair(
    copied: Copied,
    evidence: &Evidence,
    tongues: &Tongues,
    (sketches, vectors): (&Sketches, Option<Vectors>),
    settings: &PairSettings,
) -> Paired {
    let Copied { mut out, leaders } = copied;
    let mut pairs = std::mem::take(&mut out.pairs);
    if settings.same_event {
        let vectors = match vectors {
            Some(all) => all.only(&leaders),
            None => self::vectors(evidence, sketches, &leaders, settings),
        };
        pairs.extend(neighbour_pairs(evidence, tongues, vectors, &leaders, settings, &mut out));
        pairs = merged(pairs);
    }
    out.pairs = pairs;
    out
}

/// Whether two entries are kept apart by their languages: what is known of these says nothing against a copy of some
/// length, for a text is in one language whatever its records say.
fn parted(evidence: &Evidence, tongues: &Tongues, a: Row, b: Row, score: &ScoreSettings) -> bool {
    let long = |row: Row| evidence.briefs[row.at()].words >= score.short_words;
    tongues.apart(a, b) && !(long(a) && long(b) && evidence.related(a, b, score).is_some())
}

/// A pair as it is scored alone; where one address vouches for it, as that has it: no word need be shared across languages, so
/// the score cannot see it.
pub fn vouched(link: Link) -> Link {
    if !link.by.has(Proposals::ADDRESS) {
        return link;
    }
    let relation = if link.relation.is_copy() { link.relation } else { Relation::SameEvent };
    Link { relation, p: link.p.max(Probability::new(ONE_ADDRESS)), ..link }
}

/// Sorted, the proposals of one pair put together.
fn merged(mut pairs: Vec<Pair>) -> Vec<Pair> {
    pairs.par_sort_unstable_by_key(|p| (p.a, p.b, p.by.0));
    pairs.dedup_by(|next, kept| {
        let same = (next.a, next.b) == (kept.a, kept.b);
        if same {
            kept.by = kept.by.and(next.by);
        }
        same
    });
    pairs
}

/// Entries of equal text, each paired with the first of its group, uncapped; short ones with the last before them
/// that no pair covers yet. Also the rows that were paired with none before them: they stand for their equals.
fn exact_pairs(evidence: &Evidence, tongues: &Tongues, score: &ScoreSettings) -> (Vec<Pair>, Vec<u32>) {
    let mut keyed: Vec<(u64, u32)> = evidence.briefs.iter().enumerate().map(|(row, s)| (s.exact, row as u32)).collect();
    keyed.par_sort_unstable();
    let (mut pairs, mut firsts) = (Vec::new(), Vec::new());
    for group in keyed.chunk_by(|x, y| x.0 == y.0 && x.0 != 0) {
        let mut first = group[0].1;
        firsts.push(first);
        for &(_, row) in &group[1..] {
            let same = evidence.related(Row(first), Row(row), score).is_some_and(|(r, _)| r == Relation::SameText);
            if same && !parted(evidence, tongues, Row(first), Row(row), score) {
                pairs.push(Pair::new(Row(first), Row(row), Proposals::EXACT));
            } else {
                first = row;
                firsts.push(row);
            }
        }
    }
    firsts.sort_unstable();
    (pairs, firsts)
}

fn band_pairs(keys: Keys, firsts: &[u32], settings: &PairSettings, caps: &mut BTreeMap<String, u64>) -> Vec<Pair> {
    let mut first = vec![false; firsts.last().map_or(0, |last| *last as usize + 1)];
    firsts.iter().for_each(|row| first[*row as usize] = true);
    let of_firsts = |some| {
        let mut columns = (keys.of)(some);
        columns.retain(|row| first.get(row as usize) == Some(&true));
        columns
    };
    let joined = bands::join(keys.bands, of_firsts, settings.bucket_earliest);
    if joined.not_made > 0 {
        caps.insert("bucket_earliest".into(), joined.not_made);
    }
    joined.pairs.into_iter().map(|(a, b)| Pair::new(Row(a), Row(b), Proposals::BAND)).collect()
}

/// The rows that lead a group of copies, as far as these pairs show them.
fn copy_leaders(evidence: &Evidence, pairs: &[Pair], score: &ScoreSettings) -> Vec<u32> {
    let copies: Vec<Copy> = pairs
        .par_iter()
        .filter_map(|p| {
            let (relation, _) = evidence.related(p.a, p.b, score)?;
            Some(Copy { a: p.a.0, b: p.b.0, same: relation == Relation::SameText })
        })
        .collect();
    let leader = leaders(evidence.briefs.len(), &copies);
    (0..leader.len() as u32).filter(|row| leader[*row as usize] == *row).collect()
}

/// The nearest neighbours of each leader among the leaders, both directions put together. Entries known to be of
/// different languages are not neighbours.
fn neighbour_pairs(
    evidence: &Evidence,
    tongues: &Tongues,
    vectors: Vectors,
    leaders: &[u32],
    settings: &PairSettings,
    out: &mut Paired,
) -> impl Iterator<Item = Pair> {
    let limits = Limits { top: settings.neighbours, most_postings: settings.most_postings };
    let fade = Fade { free_days: settings.free_days, fade_days: settings.fade_days, floor: settings.fade_floor };
    let row = |doc: u32| Row(leaders[doc as usize]);
    // Side by side: they are looked up for documents all over the night.
    let known: Vec<_> = leaders.iter().map(|r| (evidence.clock(Row(*r)), tongues.lang(Row(*r)))).collect();
    let found = neighbours(vectors, limits, fade, |a, b| {
        let ((here, lang), (there, other)) = (known[a as usize], known[b as usize]);
        match lang != other && tongues.apart(row(a), row(b)) {
            true => Some(f64::INFINITY),
            false => here.days_apart(there),
        }
    });
    (out.searched, out.postings) = (leaders.len() as u64, found.postings);
    if found.cut > 0 {
        out.caps.extend([("most_postings".into(), found.cut), ("postings_not_read".into(), found.unread)]);
    }
    found.pairs.into_iter().map(move |(a, b)| Pair::new(row(a), row(b), Proposals::NEIGHBOUR))
}

/// Rows whose sketches are at hand at a time …
const TOGETHER: usize = 1 << 14;

/// … and entries whose vectors one thread makes, one after the other.
const PART: usize = 1 << 10;

/// Terms that there is room for at first.
const USUAL: usize = 64;

/// The heaviest terms of these entries: what they are searched by.
pub fn vectors(evidence: &Evidence, sketches: &Sketches, rows: &[u32], settings: &PairSettings) -> Vectors {
    let (k1, most) = (settings.k1, settings.search_terms);
    let weighing = Weighing { k1, title: settings.title_weight, lead: settings.lead_weight, most };
    let mut all = Vectors::with_capacity(rows.len(), 0);
    for start in (0..evidence.briefs.len()).step_by(TOGETHER) {
        let end = evidence.briefs.len().min(start + TOGETHER);
        let before = |row: usize| rows.partition_point(|r| (*r as usize) < row);
        let some = &rows[before(start)..before(end)];
        let sketches = sketches(start..end);
        let made = |scratch: &mut Scratch, part: &[u32]| {
            let mut vectors = Vectors::with_capacity(part.len(), part.len() * most.min(USUAL));
            for row in part {
                let sketch = &sketches[*row as usize - start];
                vectors.fill(|out| weighing.vector(sketch, evidence.idf(Row(*row)), scratch, out));
            }
            vectors
        };
        let parts: Vec<Vectors> = some.par_chunks(PART).map_init(Scratch::default, made).collect();
        parts.iter().for_each(|part| all.append(part));
        if start == 0 {
            all.reserve(rows.len());
        }
    }
    all
}
