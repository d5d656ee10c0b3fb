//! Nearest neighbours by an inverted index over weighted term vectors.

mod index;
mod met;
mod products;
mod refine;
mod search;

pub use index::{Index, Vectors};

use met::Wanted;
use products::{Near, Nearest};
use rayon::prelude::*;
use refine::refine;
use search::{Cost, Searcher};
use std::ops::Range;

/// How distance in time weakens a score.
#[derive(Clone, Copy, Debug)]
pub struct Fade {
    /// Days that cost nothing.
    pub free_days: f64,
    /// Days beyond those over which the factor falls by one.
    pub fade_days: f64,
    /// The factor's lower end.
    pub floor: f64,
}

impl Fade {
    /// max(floor, 1 − (days − free) / fade) beyond the free days; 1 when the distance is unknown, 0 when it is infinite.
    pub fn factor(&self, days: Option<f64>) -> f64 {
        if days == Some(f64::INFINITY) {
            return 0.0;
        }
        days.map_or(1.0, |d| (1.0 - (d - self.free_days) / self.fade_days).min(1.0).max(self.floor))
    }
}

/// How many neighbours are wanted, and what finding them may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Neighbours kept per document, from 1.
    pub top: usize,
    /// Postings read per document at most.
    pub most_postings: usize,
}

impl Limits {
    /// So many documents for each neighbour wanted, one at least.
    fn share(&self, of_each: f64) -> usize {
        ((self.top as f64 * of_each).round() as usize).max(1)
    }
}

/// The neighbours found, and what finding them cost.
#[derive(Debug, Default, PartialEq)]
pub struct Found {
    /// `(document, neighbour)`, in the order of the documents, nearest first.
    pub pairs: Vec<(u32, u32)>,
    /// Postings read.
    pub postings: u64,
    /// Documents whose search the cap cut short.
    pub cut: u64,
    /// Postings that the cap left unread.
    pub unread: u64,
}

/// Rounds in which the neighbours of neighbours are tried where searches were cut short.
const REFINED: usize = 2;

/// Documents that are searched for one after the other by one thread.
const PART: usize = 1_024;

/// Documents of one index: so many are worth one of their own, …
const BLOCK: usize = 1 << 15;

/// … more indexes than this are too many for so few documents, …
const BLOCKS: usize = 8;

/// … but of so many documents the sums still lie in the cache near a core.
const MOST: usize = 1 << 17;

/// The documents in parts of like size, each of which has an index of its own.
pub fn blocks(documents: usize) -> Vec<Range<usize>> {
    let n = documents.div_ceil(BLOCK).clamp(1, BLOCKS).max(documents.div_ceil(MOST));
    (0..n).map(|i| i * documents / n..(i + 1) * documents / n).collect()
}

/// The `top` nearest neighbours of each document: the dot product of the vectors, summed in `f32` in ascending order of
/// the terms, times the fade; ties to the smaller document. `days(a, b)` is the distance in time; what is
/// infinitely far is no neighbour.
///
/// The documents are indexed in blocks, and each searches its own block and those before it: what it meets there is told of it,
/// where it is near enough, so that the postings of two documents are read once (as in a self-join: Bayardo, Ma and Srikant
/// 2007).
///
/// The answer is exact where the cap leaves nothing unread. Where it bites, a search reads the postings of the largest
/// products first (Anh, de Kretser and Moffat 2001; Lin and Trotman 2015), adds up upper bounds, multiplies out the
/// documents that stand highest then, and tries the neighbours of its neighbours, twice.
pub fn neighbours(
    vectors: Vectors,
    limits: Limits,
    fade: Fade,
    days: impl Fn(u32, u32) -> Option<f64> + Sync,
) -> Found {
    let blocks = blocks(vectors.len());
    in_blocks(vectors, &blocks, limits, fade, days)
}

fn in_blocks(
    vectors: Vectors,
    blocks: &[Range<usize>],
    limits: Limits,
    fade: Fade,
    days: impl Fn(u32, u32) -> Option<f64> + Sync,
) -> Found {
    // As much of each block, so that none of two documents depends on when it came; the last ones search all blocks.
    let of_one = (limits.most_postings / blocks.len().max(1)).max(1);
    let mut night = Night::new(vectors.len(), Limits { most_postings: of_one, ..limits });
    // Each block first in itself, where most of what is near lies: the rest has less to multiply then.
    for block in blocks {
        night.search(&vectors, &Index::new(&vectors, block.clone()), block, (fade, &days));
    }
    for (i, block) in blocks.iter().enumerate() {
        let later = &blocks[i + 1..];
        if !later.is_empty() {
            let index = Index::new(&vectors, block.clone());
            later.iter().for_each(|block| night.search(&vectors, &index, block, (fade, &days)));
        }
    }
    let Night { mut nearest, cut, cost, .. } = night;
    let cut_short = cut.iter().filter(|cut| **cut).count() as u64;
    if cut_short > 0 {
        (0..REFINED).for_each(|_| refine(&vectors, &mut nearest, &cut, limits, fade, &days));
    }
    drop(vectors);
    Found { pairs: pairs(nearest), postings: cost.read, cut: cut_short, unread: cost.unread }
}

/// What the searches so far have found and cost.
struct Night {
    limits: Limits,
    /// Per document.
    nearest: Vec<Nearest>,
    /// Whose search was cut short.
    cut: Vec<bool>,
    cost: Cost,
}

impl Night {
    fn new(documents: usize, limits: Limits) -> Night {
        Night { limits, nearest: vec![Vec::new(); documents], cut: vec![false; documents], cost: Cost::default() }
    }

    /// Searches the index for the documents of a block: its own, or a later one.
    fn search<D: Fn(u32, u32) -> Option<f64> + Sync>(
        &mut self,
        vectors: &Vectors,
        index: &Index,
        block: &Range<usize>,
        (fade, days): (Fade, &D),
    ) {
        let limits = self.limits;
        let own = index.documents == *block;
        let least = |nearest: &Nearest| products::least(nearest, limits.top);
        let held = &self.nearest[index.documents.clone()];
        let wanted = (!own).then(|| Wanted::new(held.iter().map(least).collect()));
        let (nearest, cut) = (&mut self.nearest[block.clone()], &mut self.cut[block.clone()]);
        let parts: Vec<(Vec<Near>, Cost)> = nearest
            .par_chunks_mut(PART)
            .zip(cut.par_chunks_mut(PART))
            .enumerate()
            .map(|(part, (nearest, cut))| {
                let mut searcher = Searcher::new((vectors, index), limits, (fade, days), wanted.as_ref());
                let mut all = Cost::default();
                for (document, (nearest, cut)) in (block.start + part * PART..).zip(nearest.iter_mut().zip(cut)) {
                    let cost = searcher.search(document as u32, nearest);
                    *cut |= cost.unread > 0;
                    all.add(cost);
                }
                (searcher.told(), all)
            })
            .collect();
        for (told, cost) in parts {
            told.into_iter().for_each(|(of, score, document)| {
                products::put(&mut self.nearest[of as usize], limits.top, score, document);
            });
            self.cost.add(cost);
        }
    }
}

/// `(document, neighbour)`, in the order of the documents, nearest first.
fn pairs(nearest: Vec<Nearest>) -> Vec<(u32, u32)> {
    let mut pairs = Vec::with_capacity(nearest.iter().map(Vec::len).sum());
    // Each list goes as it is read: the pairs take as much room again.
    for (document, nearest) in (0..).zip(nearest) {
        pairs.extend(nearest.iter().map(|(_, near)| (document, *near)));
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FADE: Fade = Fade { free_days: 3.0, fade_days: 120.0, floor: 0.5 };
    const UNCAPPED: Limits = Limits { top: 20, most_postings: usize::MAX };

    fn vectors(documents: &[Vec<(u32, f32)>]) -> Vectors {
        let mut vectors = Vectors::with_capacity(documents.len(), 0);
        documents.iter().for_each(|d| vectors.push(d));
        vectors
    }

    /// As [`neighbours`], in so many blocks.
    fn in_parts(documents: &[Vec<(u32, f32)>], parts: usize, limits: Limits) -> Found {
        let n = documents.len();
        let blocks: Vec<Range<usize>> = (0..parts).map(|i| i * n / parts..(i + 1) * n / parts).collect();
        in_blocks(vectors(documents), &blocks, limits, FADE, some_days)
    }

    /// Every product of every two documents.
    fn exhaustive(
        documents: &[Vec<(u32, f32)>],
        top: usize,
        days: impl Fn(u32, u32) -> Option<f64>,
    ) -> Vec<(u32, u32)> {
        let mut pairs = Vec::new();
        for a in 0..documents.len() {
            let score = |b: usize| {
                let dot = products::dot(&documents[a], &documents[b]);
                (f64::from(dot) * FADE.factor(days(a as u32, b as u32))) as f32
            };
            let mut found: Vec<(f32, usize)> = (0..documents.len()).map(|b| (score(b), b)).collect();
            found.retain(|(score, b)| *score > 0.0 && *b != a);
            found.sort_by(|x, y| y.0.total_cmp(&x.0).then(x.1.cmp(&y.1)));
            pairs.extend(found.iter().take(top).map(|(_, b)| (a as u32, *b as u32)));
        }
        pairs
    }

    /// Documents of some of a hundred terms, of weights over many halvings; `seed` makes one set.
    fn random(seed: u64, documents: usize) -> Vec<Vec<(u32, f32)>> {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut next = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as u32
        };
        let mut document = || {
            let mut terms: Vec<u32> = (0..next() % 30).map(|_| (next() % 100).min(next() % 100) << 20).collect();
            terms.sort_unstable();
            terms.dedup();
            terms.into_iter().map(|t| (t, (next() % 1_000) as f32 / 1_000.0 / (1 << (next() % 20)) as f32)).collect()
        };
        (0..documents).map(|_| document()).collect()
    }

    /// Some days are unknown, some far apart, some documents never neighbours.
    fn some_days(a: u32, b: u32) -> Option<f64> {
        if (a + b).is_multiple_of(5) {
            return Some(f64::INFINITY);
        }
        let apart = (a * 37 % 101).abs_diff(b * 37 % 101);
        (a + b).is_multiple_of(7).then_some(f64::from(apart))
    }

    #[test]
    fn the_nearest_share_the_heaviest_terms() {
        let docs = [vec![(1, 2.0), (2, 1.0)], vec![(1, 2.0)], vec![(2, 1.0)], vec![(9, 1.0)]];
        let found = neighbours(vectors(&docs), Limits { top: 2, ..UNCAPPED }, FADE, |_, _| None);
        assert_eq!(found.pairs, [(0, 1), (0, 2), (1, 0), (2, 0)]);
        assert_eq!(found.postings, 4 + 2 + 2, "a term of one document has no postings");
    }

    #[test]
    fn distance_in_time_weakens_but_never_below_the_floor() {
        assert_eq!(FADE.factor(None), 1.0);
        assert_eq!(FADE.factor(Some(2.0)), 1.0);
        assert_eq!(FADE.factor(Some(33.0)), 0.75);
        assert_eq!(FADE.factor(Some(3_650.0)), 0.5);
        let docs = [vec![(1, 1.0)], vec![(1, 1.0)], vec![(1, 0.9)]];
        let apart = |a, b| Some(if a + b == 1 { 100.0 } else { 0.0 });
        let found = neighbours(vectors(&docs), Limits { top: 1, ..UNCAPPED }, FADE, apart);
        assert_eq!(found.pairs, [(0, 2), (1, 2), (2, 0)]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn without_a_cap_the_answer_is_that_of_an_exhaustive_search(
            seed: u64,
            documents in 0_usize..300,
            top in 1_usize..25,
            parts in 1_usize..6,
        ) {
            let docs = random(seed, documents);
            let found = in_parts(&docs, parts, Limits { top, ..UNCAPPED });
            prop_assert_eq!(found.pairs, exhaustive(&docs, top, some_days));
            prop_assert_eq!((found.cut, found.unread), (0, 0));
        }

        #[test]
        fn what_a_cap_leaves_unread_is_counted_and_what_is_read_is_in_bounds(
            seed: u64,
            cap in 5_usize..200,
            parts in 1_usize..6,
        ) {
            let docs = random(seed, 200);
            let all = in_parts(&docs, parts, UNCAPPED);
            let capped = in_parts(&docs, parts, Limits { most_postings: cap, ..UNCAPPED });
            prop_assert_eq!(capped.postings + capped.unread, all.postings);
            prop_assert!(capped.postings <= (cap * docs.len()) as u64);
            prop_assert_eq!(capped.cut > 0, capped.unread > 0);
        }
    }

    #[test]
    fn blocks_hold_all_documents_and_are_of_like_size() {
        for n in [0, 1, 32_768, 32_769, 850_000, 3_000_000] {
            let blocks = blocks(n);
            assert_eq!(blocks.iter().flat_map(Clone::clone).count(), n);
            assert!(blocks.windows(2).all(|w| w[0].end == w[1].start && w[0].len().abs_diff(w[1].len()) < 2));
            assert!(blocks.iter().all(|b| b.len() <= MOST));
        }
    }

    #[test]
    fn the_number_of_threads_does_not_matter() {
        let docs = random(7, 5_000);
        let limits = Limits { top: 5, most_postings: 700 };
        let search = || in_parts(&docs, 3, limits);
        let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let one = pool(1).install(search);
        assert!(one.cut > 0);
        assert_eq!(pool(3).install(search), one);
    }

    #[test]
    fn weights_that_vanish_in_a_product_end_the_search_too() {
        let docs = vec![vec![(1, 1e-30), (2, 1e-38)]; 40];
        let found = neighbours(vectors(&docs), Limits { top: 1, most_postings: 60 }, FADE, |_, _| None);
        assert_eq!((found.cut, found.postings), (40, 40 * 60));
    }

    #[test]
    fn what_shares_only_the_lightest_of_its_terms_is_found_too() {
        // As many terms as make sums of half to all that they are counted to.
        for terms in 16..=32 {
            // What they share with the last document is below 2⁻¹⁶ of what they do not.
            let light = |i: u32| (1..=terms).map(move |term| (term, 1e-6 * (1.0 + 0.01 * i as f32)));
            let mut docs: Vec<_> = (0..20).map(|i| light(i).chain([(50, 1.0)]).collect()).collect();
            docs.push((1..=terms).map(|term| (term, 1.0)).collect());
            let blocks = [0..20, 20..21];
            let found = in_blocks(vectors(&docs), &blocks, Limits { top: 1, ..UNCAPPED }, FADE, |_, _| None);
            assert_eq!(found.pairs, exhaustive(&docs, 1, |_, _| None), "{terms} terms");
        }
    }

    #[test]
    fn of_a_search_cut_short_those_hear_first_that_have_the_least() {
        // The first has one neighbour, and a faint one; the next seven are near to one another, and nearer to the last than that.
        let mut docs = vec![vec![(2, 0.5), (4, 0.1)], vec![(4, 0.1)]];
        docs.extend(vec![vec![(1, 0.5), (3, 0.01)]; 7]);
        docs.push(vec![(1, 0.52), (2, 0.2), (3, 0.01)]);
        // Four of the seven are tried, and two documents more are told.
        let limits = Limits { top: 2, most_postings: 2 * 9 };
        let found = in_blocks(vectors(&docs), &[0..9, 9..10], limits, FADE, |_, _| None);
        assert!(found.cut > 0);
        assert!((0..9).all(|i| i == 1 || found.pairs.contains(&(i, 9))), "{:?}", found.pairs);
    }

    #[test]
    fn a_cap_spends_its_reading_on_the_heaviest() {
        // Document 0 shares its heavy rare term with 1, a light common one with everyone.
        let mut docs = vec![vec![(5, 0.99), (9, 0.1)], vec![(5, 0.9), (9, 0.1)]];
        docs.extend((0..500).map(|i| vec![(9, 0.05 + 0.0001 * i as f32)]));
        let found = neighbours(vectors(&docs), Limits { top: 1, most_postings: 50 }, FADE, |_, _| None);
        assert_eq!(found.pairs[..2], [(0, 1), (1, 0)]);
        assert_eq!(found.cut, 502);
    }
}
