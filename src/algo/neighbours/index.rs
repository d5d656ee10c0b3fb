//! Vectors side by side in one arena, and the inverted index over them.

use rayon::prelude::*;
use std::ops::Range;

/// Documents as weighted terms, one after the other in one arena: 8 bytes per term.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vectors {
    starts: Vec<usize>,
    terms: Vec<(u32, f32)>,
}

impl Vectors {
    /// None yet, with room for this many documents and terms in all.
    pub fn with_capacity(documents: usize, terms: usize) -> Vectors {
        let mut starts = Vec::with_capacity(documents + 1);
        starts.push(0);
        Vectors { starts, terms: Vec::with_capacity(terms) }
    }

    /// Adds a document: `(term, weight)`, ascending by term without repeats, weights not negative.
    pub fn push(&mut self, terms: &[(u32, f32)]) {
        self.fill(|to| to.extend_from_slice(terms));
    }

    /// Adds a document, whose terms are put behind those that are there.
    pub fn fill(&mut self, put: impl FnOnce(&mut Vec<(u32, f32)>)) {
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        put(&mut self.terms);
        self.starts.push(self.terms.len());
    }

    /// Adds the documents of others.
    pub fn append(&mut self, later: &Vectors) {
        let before = self.terms.len();
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        self.terms.extend_from_slice(&later.terms);
        self.starts.extend(later.starts.iter().skip(1).map(|start| before + start));
    }

    /// Makes room for so many documents in all, as large as those that are there: an arena that grows is there twice meanwhile.
    pub fn reserve(&mut self, documents: usize) {
        let terms = (self.terms.len() as u128 * documents as u128 / self.len().max(1) as u128) as usize;
        // A little more, for they are not. Room that is not written to costs nothing; where there is none, it grows as lists do.
        let _ = self.terms.try_reserve_exact((terms + terms / 16).saturating_sub(self.terms.len()));
    }

    /// Only these documents, which ascend.
    pub fn only(mut self, documents: &[u32]) -> Vectors {
        let mut to = 0;
        for (i, document) in documents.iter().enumerate() {
            let terms = self.starts[*document as usize]..self.starts[*document as usize + 1];
            // What is written lies before what is still to be read.
            self.starts[i] = to;
            to += terms.len();
            self.terms.copy_within(terms, self.starts[i]);
        }
        self.starts.truncate(documents.len());
        self.starts.push(to);
        self.terms.truncate(to);
        self
    }

    /// How many documents.
    pub fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many terms in all.
    pub fn terms(&self) -> usize {
        self.terms.len()
    }

    /// The terms of some documents, one after the other.
    fn of_all(&self, documents: &Range<usize>) -> &[(u32, f32)] {
        if documents.is_empty() { &[] } else { &self.terms[self.starts[documents.start]..self.starts[documents.end]] }
    }

    /// The terms of a document.
    pub fn of(&self, document: u32) -> &[(u32, f32)] {
        &self.terms[self.starts[document as usize]..self.starts[document as usize + 1]]
    }

    /// Reads one term of each cache line of these documents, so that their memory is waited for all at once.
    pub fn fetch(&self, documents: &[u32]) {
        const LINE: usize = 64 / size_of::<(u32, f32)>();
        let terms = documents.iter().flat_map(|d| self.of(*d).iter().step_by(LINE));
        std::hint::black_box(terms.fold(0, |all, t| all ^ t.0));
    }
}

/// Reads one posting of each of so many cache lines of a list's beginning, so that its memory is waited for at once.
pub fn fetch(postings: &[u32], lines: usize) {
    const LINE: usize = 64 / size_of::<u32>();
    std::hint::black_box(postings.iter().take(lines * LINE).step_by(LINE).fold(0, |all, p| all ^ p));
}

/// Documents whose postings are laid out together.
const DOCUMENTS: usize = 1 << 14;

/// Terms that one thread looks through, one after the other.
const PART: usize = 1 << 16;

/// Bits of a posting that hold its weight, where the documents leave as many.
const WEIGHT_BITS: u32 = 8;
/// Of these, the ones that count the halvings of the heaviest weight; the others part each halving.
const HALVING_BITS: u32 = 4;
/// Bits of the fraction of an `f32`.
const FRACTION_BITS: u32 = 23;

/// For each term the documents of a range that hold it, heaviest first, in 4 bytes each: in the upper bits how far its weight is
/// below the heaviest of all, in the lower bits the document's place in the range.
pub struct Index {
    /// The range.
    pub documents: Range<usize>,
    starts: Starts,
    postings: Vec<u32>,
    document_bits: u32,
    /// For each step below the heaviest, a weight that none on that step exceeds.
    bounds: Vec<f32>,
    /// The first of them without the bits below those that tell steps apart, and how many such bits there are.
    first: u32,
    shift: u32,
    shares: [u64; SHARES],
}

/// As many as there are steps at most.
const SHARES: usize = 1 << WEIGHT_BITS;

/// The share of the heaviest.
const WHOLE: f32 = 65_536.0;

impl Index {
    /// Indexes some of the documents, which hold fewer than 2³² terms.
    pub fn new(vectors: &Vectors, documents: Range<usize>) -> Index {
        let document_bits = 32 - (documents.len().max(2) as u32 - 1).leading_zeros();
        let weight_bits = (32 - document_bits).min(WEIGHT_BITS);
        let shift = FRACTION_BITS + HALVING_BITS - weight_bits.max(HALVING_BITS);
        let terms = vectors.of_all(&documents);
        let top = terms.par_iter().with_min_len(PART).map(|t| t.1.to_bits() >> shift).max().unwrap_or(0);
        let last = (1_u32 << weight_bits) - 1;
        let bounds: Vec<f32> = (0..=last).map(|step| f32::from_bits((top.saturating_sub(step) + 1) << shift)).collect();
        let mut shares = [0; SHARES];
        shares.iter_mut().zip(&bounds).for_each(|(share, of)| *share = (of / bounds[0] * WHOLE).ceil() as u64);
        let step = |weight: f32| (top - (weight.to_bits() >> shift)).min(last) << document_bits;
        let mut starts = Vec::new();
        let mut postings = Vec::with_capacity(terms.len());
        lists(vectors, &documents, document_bits, step, |term, list| {
            starts.push((term, postings.len() as u32));
            postings.extend(list.iter().map(|p| *p as u32));
        });
        let first = top + 1;
        let starts = Starts::new(starts, postings.len() as u32);
        Index { documents, starts, postings, document_bits, bounds, first, shift, shares }
    }

    /// How many postings.
    pub fn len(&self) -> usize {
        self.postings.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.postings.is_empty()
    }

    /// The postings of a term, heaviest first, equal steps by document.
    pub fn list(&self, term: u32) -> &[u32] {
        &self.postings[self.starts.of(term)]
    }

    /// The place of a posting's document in the range.
    pub fn place(&self, posting: u32) -> u32 {
        posting & ((1 << self.document_bits) - 1)
    }

    /// The heaviest weight that there could be.
    pub fn heaviest(&self) -> f32 {
        self.bounds[0]
    }

    /// [`Self::bound`] in 2¹⁶ parts of the heaviest, rounded up.
    pub fn share(&self, posting: u32) -> u64 {
        self.shares[(posting >> self.document_bits) as usize & (SHARES - 1)]
    }

    /// What the heaviest posting of a list counts for by its share, which far below the heaviest of all may be twice its bound.
    pub fn most(&self, list: &[u32]) -> f32 {
        list.first().map_or(0.0, |first| self.share(*first) as f32 / WHOLE * self.heaviest())
    }

    /// What no posting whose weight is bounded by this or more reaches; the bound is not negative.
    pub fn end_of(&self, bound: f32) -> u32 {
        // The bounds, without the bits that do not tell steps apart, are every number from the first down to 1, which is the last
        // of all.
        let steps = match bound.to_bits().div_ceil(1 << self.shift) {
            0 | 1 => self.bounds.len(),
            least => ((self.first + 1).saturating_sub(least) as usize).min(self.bounds.len()),
        };
        ((steps as u64) << self.document_bits).min(u64::from(u32::MAX)) as u32
    }

    /// A weight that the posting's does not exceed, and by which it falls short of a sixteenth at most, unless it is
    /// below 2⁻¹⁵ of the heaviest of all.
    pub fn bound(&self, posting: u32) -> f32 {
        self.bounds[(posting >> self.document_bits) as usize]
    }
}

/// Postings that are sorted together: so many that they stay in the cache near a core.
const TOGETHER: usize = 1 << 16;

/// Postings are laid out for sorting in rounds, each of a range of terms: they take four times their room meanwhile, and memory
/// that is new costs more than reading twice. So many postings are worth a round of their own …
const ROUND: usize = 1 << 22;

/// … and so many rounds, a power of two, are as many as pay.
const ROUNDS: usize = 4;

/// Hands out the list of each term, ascending by term, the postings of a list ascending, the term above each. `step` is what
/// a weight puts into the upper bits of a posting.
///
/// Terms are hashes, spread evenly over all numbers: their upper bits part the postings into ranges of like size, which
/// are sorted each by one thread (partitioning as in a sample sort, without the sample). Terms that are not spread so only take
/// longer. `document_bits` hold the document.
fn lists(
    vectors: &Vectors,
    documents: &Range<usize>,
    document_bits: u32,
    step: impl Fn(f32) -> u32 + Sync,
    mut each: impl FnMut(u32, &[u64]),
) {
    let all = vectors.of_all(documents).len();
    let rounds = (all / ROUND).clamp(1, ROUNDS).ilog2();
    let bits = ((all >> rounds) / TOGETHER).max(1).next_power_of_two().ilog2().min(16);
    let range = |term: u32| u64::from(term) >> (u32::BITS - rounds - bits);
    // What a round has made room for serves the next.
    let parts = documents.clone().step_by(DOCUMENTS);
    let mut laid: Vec<Laid> = parts.map(|start| Laid::of(start..documents.end.min(start + DOCUMENTS))).collect();
    let mut sorted: Vec<Vec<u64>> = vec![Vec::new(); 1 << bits];
    for round in 0..1 << rounds {
        let within = |term: u32| {
            let range = range(term);
            (range >> bits == round).then_some((range & ((1 << bits) - 1)) as usize)
        };
        laid.par_iter_mut().for_each(|laid| laid.lay_out(vectors, documents.start, 1 << bits, within, &step));
        sorted.par_iter_mut().enumerate().for_each_init(Vec::new, |other, (at, to)| {
            sort(&laid, at, document_bits, to, other);
        });
        for of_one in sorted.iter().flat_map(|some| some.chunk_by(|x, y| x >> 32 == y >> 32)) {
            each((of_one[0] >> 32) as u32, of_one);
        }
    }
}

/// Some documents' postings, each with its term in the upper half, laid out by ranges of terms.
struct Laid {
    documents: Range<usize>,
    postings: Vec<u64>,
    /// Where each range ends.
    ends: Vec<usize>,
}

impl Laid {
    fn of(documents: Range<usize>) -> Laid {
        Laid { documents, postings: Vec::new(), ends: Vec::new() }
    }

    fn lay_out(
        &mut self,
        vectors: &Vectors,
        first: usize,
        ranges: usize,
        within: impl Fn(u32) -> Option<usize>,
        step: impl Fn(f32) -> u32,
    ) {
        let Laid { documents, postings, ends } = self;
        let terms = vectors.of_all(documents);
        ends.clear();
        ends.resize(ranges, 0);
        terms.iter().filter(|t| t.1 > 0.0).filter_map(|t| within(t.0)).for_each(|at| ends[at] += 1);
        let all = ends.iter_mut().fold(0, |start, end| start + std::mem::replace(end, start));
        // Written over from the first to the last.
        postings.resize(all, 0);
        for document in documents.clone() {
            for (term, weight) in vectors.of(document as u32).iter().filter(|t| t.1 > 0.0) {
                if let Some(at) = within(*term) {
                    postings[ends[at]] = u64::from(*term) << 32 | u64::from(step(*weight) | (document - first) as u32);
                    ends[at] += 1;
                }
            }
        }
    }

    fn range(&self, at: usize) -> &[u64] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.postings[start..self.ends[at]]
    }
}

/// The postings of one range, by term, then step, then document: by digits from the lowest on, for they come in the order of
/// their documents.
fn sort(laid: &[Laid], at: usize, document_bits: u32, to: &mut Vec<u64>, other: &mut Vec<u64>) {
    to.clear();
    to.reserve(laid.iter().map(|l| l.range(at).len()).sum());
    laid.iter().for_each(|l| to.extend_from_slice(l.range(at)));
    let differ = to.first().map_or(0, |first| to.iter().fold(0, |differ, p| differ | (p ^ first)));
    // First the bits of the step, then those of the term.
    for (mut shift, of) in [(document_bits, differ & u64::from(u32::MAX)), (32, differ)] {
        let end = u64::BITS - of.leading_zeros();
        while shift < end {
            let bits = (end - shift).div_ceil((end - shift).div_ceil(DIGIT));
            by_digit(to, other, shift, bits);
            std::mem::swap(to, other);
            shift += bits;
        }
    }
}

/// Bits that are sorted by at a time.
const DIGIT: u32 = 13;

/// Puts numbers in the order of some of their bits, equal ones as they come.
fn by_digit(from: &[u64], to: &mut Vec<u64>, shift: u32, bits: u32) {
    let digit = |n: u64| (n >> shift) as usize & ((1 << bits) - 1);
    let mut next = [0_u32; 1 << DIGIT];
    from.iter().for_each(|n| next[digit(*n)] += 1);
    next.iter_mut().fold(0, |start, n| start + std::mem::replace(n, start));
    to.clear();
    to.resize(from.len(), 0);
    for n in from {
        let at = &mut next[digit(*n)];
        to[*at as usize] = *n;
        *at += 1;
    }
}

/// Where the list of each term lies, found by the upper bits of the term.
struct Starts {
    /// Each term with where its list starts, ascending, and behind the last where that ends.
    all: Vec<(u32, u32)>,
    /// Where those of each range begin.
    ranges: Vec<u32>,
    shift: u32,
}

impl Starts {
    /// Of terms that ascend, and where the last list ends.
    fn new(mut all: Vec<(u32, u32)>, end: u32) -> Starts {
        let bits = (all.len() as u32).checked_ilog2().unwrap_or(0).clamp(1, 24);
        let shift = 32 - bits;
        let (mut ranges, mut at) = (Vec::with_capacity((1 << bits) + 1), 0);
        for range in 0..=1_u64 << bits {
            at += all[at..].iter().take_while(|of| u64::from(of.0 >> shift) < range).count();
            ranges.push(at as u32);
        }
        all.push((u32::MAX, end));
        Starts { all, ranges, shift }
    }

    /// Where the list of a term lies; an empty range where it has none.
    #[inline]
    fn of(&self, term: u32) -> Range<usize> {
        let range = (term >> self.shift) as usize;
        let (from, to) = (self.ranges[range] as usize, self.ranges[range + 1] as usize);
        let some = &self.all[from..to];
        let at = if some.len() > 8 {
            some.partition_point(|of| of.0 < term)
        } else {
            some.iter().filter(|of| of.0 < term).count()
        };
        match some.get(at) {
            Some((of, start)) if *of == term => *start as usize..self.all[from + at + 1].1 as usize,
            _ => 0..0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn every_list_is_that_of_gathering_its_documents(
            documents in prop::collection::vec(prop::collection::btree_map(0_u32..40, 0_u32..300, 0..12), 0..40),
            spread in any::<bool>(),
            first in 0_usize..3,
        ) {
            let first = first.min(documents.len());
            let term = |t: u32| if spread { t.wrapping_mul(0x0666_6667) } else { t };
            let mut vectors = Vectors::default();
            let mut holders: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
            for (document, terms) in (0..).zip(&documents) {
                let mut terms: Vec<(u32, f32)> = terms.iter().map(|(t, w)| (term(*t), *w as f32)).collect();
                terms.sort_unstable_by_key(|t| t.0);
                let held = terms.iter().filter(|t| t.1 > 0.0 && document as usize >= first);
                held.for_each(|t| holders.entry(t.0).or_default().push(document - first as u32));
                vectors.push(&terms);
            }
            let index = Index::new(&vectors, first..documents.len());
            prop_assert_eq!(index.starts.all.len(), holders.len() + 1);
            for t in 0..41 {
                let list = index.list(term(t));
                prop_assert!(list.is_sorted());
                let mut held: Vec<u32> = list.iter().map(|p| index.place(*p)).collect();
                held.sort_unstable();
                prop_assert_eq!(held, holders.get(&term(t)).cloned().unwrap_or_default());
            }
        }

        #[test]
        fn no_posting_of_a_bound_lies_behind_its_end(
            heaviest in 1e-40_f32..2.0,
            documents in 1_usize..70_000,
            bound in prop_oneof![0.0_f32..4.0, Just(0.0), Just(f32::INFINITY), 1e-45_f32..1e-30],
            step in 0_usize..SHARES,
        ) {
            let mut vectors = Vectors::default();
            vectors.push(&[(1, heaviest)]);
            (1..documents).for_each(|_| vectors.push(&[]));
            let index = Index::new(&vectors, 0..documents);
            for bound in [bound, index.bounds[step % index.bounds.len()]] {
                let steps = index.bounds.iter().filter(|of| **of >= bound).count() as u64;
                prop_assert_eq!(u64::from(index.end_of(bound)), (steps << index.document_bits).min(u64::from(u32::MAX)));
            }
        }

        #[test]
        fn only_some_documents_stay(documents in prop::collection::vec((prop::collection::vec((any::<u32>(), 0.0_f32..1.0), 0..5), any::<bool>()), 0..20)) {
            let (mut all, mut some, mut kept) = (Vectors::default(), Vectors::with_capacity(0, 0), Vec::new());
            for (i, (terms, keep)) in (0..).zip(&documents) {
                all.push(terms);
                if *keep {
                    some.push(terms);
                    kept.push(i);
                }
            }
            prop_assert_eq!(all.only(&kept), some);
        }

        #[test]
        fn a_list_is_found_where_it_is(terms in prop::collection::btree_set(prop_oneof![any::<u32>(), 0_u32..50, (u32::MAX - 20)..=u32::MAX], 0..200), other: u32) {
            let all: Vec<(u32, u32)> = terms.into_iter().zip((0..).step_by(3)).collect();
            let starts = Starts::new(all.clone(), 3 * all.len() as u32);
            let list = |at: u32| at as usize..at as usize + 3;
            prop_assert!(all.iter().all(|(term, at)| starts.of(*term) == list(*at)));
            let known = all.iter().find(|(term, _)| *term == other);
            prop_assert_eq!(starts.of(other), known.map_or(0..0, |(_, at)| list(*at)));
        }
    }
}
