//! Sketches to candidate pairs: equal texts, shared bands, nearest neighbours.

use super::heaviest::{Scratch, Weighing};
use super::score::{self, Evidence, ScoreSettings};
use super::tongues::Tongues;
use crate::algo::bands;
use crate::algo::neighbours::{Fade, Index, Limits, Vectors, neighbours};
use crate::algo::star::{Copy, leaders};
use crate::model::{Link, List, Pair, Probability, Proposals, Relation, Row};
use rayon::prelude::*;
use std::collections::BTreeMap;

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
pub const VERSION: u32 = 4;

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

/// What pairs are proposed by, parallel to the sketches.
#[derive(Debug, Default)]
pub struct Prints {
    /// Signatures; they are let go before the search.
    pub signatures: Vec<List<u32>>,
    /// Rows of a band of these.
    pub band_rows: usize,
    /// What entries are searched by, as [`vectors`] makes it, where it is known.
    pub vectors: Option<Vectors>,
}

/// Proposes pairs. Copies first; then one entry of each group of copies, its earliest, searches for neighbours
/// and is found, so that a text printed a thousand times does not fill everyone's list.
pub fn pair(
    evidence: &Evidence,
    tongues: &Tongues,
    prints: Prints,
    settings: &PairSettings,
    score: &ScoreSettings,
) -> Paired {
    let Prints { signatures, band_rows, vectors } = prints;
    let mut out = Paired::default();
    let (mut pairs, firsts) = exact_pairs(evidence, tongues, score);
    pairs.extend(band_pairs(signatures, &firsts, band_rows, settings, &mut out.caps));
    pairs.retain(|p| !parted(evidence, tongues, p.a, p.b, score));
    if settings.same_event {
        pairs.extend(tongues.shared_addresses());
        let sources = tongues.shared_sources().into_iter();
        pairs.extend(sources.filter(|p| !parted(evidence, tongues, p.a, p.b, score)));
        let leaders = copy_leaders(evidence, &pairs, score);
        let vectors = match vectors {
            Some(all) => all.only(&leaders),
            None => self::vectors(evidence, &leaders, settings),
        };
        pairs.extend(neighbour_pairs(evidence, tongues, (&leaders, vectors), settings, &mut out));
    }
    out.pairs = merged(pairs);
    out
}

/// Whether two entries are kept apart by their languages: what is known of these says nothing against a copy of some
/// length, for a text is in one language whatever its records say.
fn parted(evidence: &Evidence, tongues: &Tongues, a: Row, b: Row, score: &ScoreSettings) -> bool {
    let long = |row: Row| evidence.sketches[row.at()].words >= score.short_words;
    tongues.apart(a, b) && !(long(a) && long(b) && evidence.related(a, b, score).is_some())
}

/// The links of scored pairs, with those that one address vouches for: no word need be shared across languages, so
/// the score cannot see them.
pub fn vouched(evidence: &Evidence, pairs: &[Pair], mut links: Vec<Link>, settings: &ScoreSettings) -> Vec<Link> {
    let vouched: Vec<Pair> = pairs.iter().filter(|p| p.by.has(Proposals::ADDRESS)).copied().collect();
    if vouched.is_empty() {
        return links;
    }
    links.retain(|l| !l.by.has(Proposals::ADDRESS));
    links.extend(vouched.into_iter().map(|pair| {
        let link = score::link(evidence, pair, settings);
        let relation = if link.relation.is_copy() { link.relation } else { Relation::SameEvent };
        Link { relation, p: link.p.max(Probability::new(ONE_ADDRESS)), ..link }
    }));
    links.par_sort_unstable_by_key(|l| (l.a, l.b));
    links
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
    let mut keyed: Vec<(u64, u32)> =
        evidence.sketches.iter().enumerate().map(|(row, s)| (s.exact, row as u32)).collect();
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

fn band_pairs(
    signatures: Vec<List<u32>>,
    firsts: &[u32],
    band_rows: usize,
    settings: &PairSettings,
    caps: &mut BTreeMap<String, u64>,
) -> Vec<Pair> {
    let signatures: Vec<(u32, &[u32])> = firsts.iter().map(|&row| (row, &signatures[row as usize][..])).collect();
    let longest = signatures.iter().map(|(_, s)| s.len()).max().unwrap_or(0);
    let joined = bands::join(&signatures, longest / band_rows.max(1), band_rows, settings.bucket_earliest);
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
    let leader = leaders(evidence.sketches.len(), &copies);
    (0..leader.len() as u32).filter(|row| leader[*row as usize] == *row).collect()
}

/// The nearest neighbours of each leader among the leaders, both directions put together. Entries known to be of
/// different languages are not neighbours.
fn neighbour_pairs(
    evidence: &Evidence,
    tongues: &Tongues,
    (leaders, vectors): (&[u32], Vectors),
    settings: &PairSettings,
    out: &mut Paired,
) -> Vec<Pair> {
    let index = Index::new(vectors);
    let limits = Limits { top: settings.neighbours, most_postings: settings.most_postings };
    let fade = Fade { free_days: settings.free_days, fade_days: settings.fade_days, floor: settings.fade_floor };
    let row = |doc: u32| Row(leaders[doc as usize]);
    // Side by side: they are looked up for documents all over the night.
    let known: Vec<_> = leaders.iter().map(|r| (evidence.clock(Row(*r)), tongues.lang(Row(*r)))).collect();
    let found = neighbours(&index, limits, fade, |a, b| {
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
    found.pairs.into_iter().map(|(a, b)| Pair::new(row(a), row(b), Proposals::NEIGHBOUR)).collect()
}

/// Entries whose vectors are made before they are put together …
const TOGETHER: usize = 1 << 16;

/// … and those of one thread, one after the other.
const PART: usize = 1 << 10;

/// The heaviest terms of these entries: what they are searched by.
pub fn vectors(evidence: &Evidence, rows: &[u32], settings: &PairSettings) -> Vectors {
    let (k1, most) = (settings.k1, settings.search_terms);
    let weighing = Weighing { k1, title: settings.title_weight, lead: settings.lead_weight, most };
    let made = |scratch: &mut Scratch, part: &[u32]| {
        let mut vectors = Vectors::with_capacity(part.len(), part.len() * most.min(USUAL));
        for row in part {
            let sketch = &evidence.sketches[*row as usize];
            vectors.fill(|out| weighing.vector(sketch, evidence.idf(Row(*row)), scratch, out));
        }
        vectors
    };
    let mut all = Vectors::with_capacity(rows.len(), 0);
    for some in rows.chunks(TOGETHER) {
        let parts: Vec<Vectors> = some.par_chunks(PART).map_init(Scratch::default, made).collect();
        parts.iter().for_each(|part| all.append(part));
    }
    all
}

/// Terms that there is room for at first.
const USUAL: usize = 64;
