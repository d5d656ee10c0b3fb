//! Vectors side by side in one arena, and the inverted index over them.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

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
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        self.terms.extend_from_slice(terms);
        self.starts.push(self.terms.len());
    }

    /// How many documents.
    pub fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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

    /// Leaves out the terms of a single document, which nothing can share, and those without weight; gives the others
    /// numbers from 0 in the same order. Returns how many documents hold each.
    fn numbered(&mut self) -> Vec<u32> {
        let mut counts: FxHashMap<u32, u32> = FxHashMap::default();
        self.terms.iter().filter(|t| t.1 > 0.0).for_each(|t| *counts.entry(t.0).or_default() += 1);
        counts.retain(|_, n| *n > 1);
        let mut shared: Vec<u32> = counts.keys().copied().collect();
        shared.par_sort_unstable();
        let frequencies = shared.iter().map(|t| counts[t]).collect();
        shared.iter().enumerate().for_each(|(i, t)| {
            counts.insert(*t, i as u32);
        });
        let numbers = counts;
        const NONE: u32 = u32::MAX;
        self.terms.par_iter_mut().for_each(|t| t.0 = numbers.get(&t.0).copied().filter(|_| t.1 > 0.0).unwrap_or(NONE));
        self.close_ranks(|t| t.0 != NONE);
        frequencies
    }

    fn close_ranks(&mut self, keep: impl Fn(&(u32, f32)) -> bool) {
        let mut to = 0;
        let mut from = 0;
        for start in self.starts.iter_mut().skip(1) {
            for at in from..*start {
                if keep(&self.terms[at]) {
                    self.terms[to] = self.terms[at];
                    to += 1;
                }
            }
            from = *start;
            *start = to;
        }
        self.terms.truncate(to);
    }
}

/// Bits of a posting that hold its weight, where the documents leave as many.
const WEIGHT_BITS: u32 = 8;
/// Of these, the ones that count the halvings of the heaviest weight; the others part each halving.
const HALVING_BITS: u32 = 4;
/// Bits of the fraction of an `f32`.
const FRACTION_BITS: u32 = 23;

/// For each term its documents, heaviest first, in 4 bytes each: in the upper bits how far its weight is below the
/// heaviest of all, in the lower bits the document.
pub struct Index {
    /// The vectors, their terms numbered as the lists are.
    pub vectors: Vectors,
    starts: Vec<usize>,
    postings: Vec<u32>,
    document_bits: u32,
    /// For each step below the heaviest, a weight that none on that step exceeds.
    bounds: Vec<f32>,
}

impl Index {
    /// Indexes vectors.
    pub fn new(mut vectors: Vectors) -> Index {
        let frequencies = vectors.numbered();
        let document_bits = 32 - (vectors.len().max(2) as u32 - 1).leading_zeros();
        let weight_bits = (32 - document_bits).min(WEIGHT_BITS);
        let shift = FRACTION_BITS + HALVING_BITS - weight_bits.max(HALVING_BITS);
        let top = vectors.terms.par_iter().map(|t| t.1.to_bits() >> shift).max().unwrap_or(0);
        let last = (1_u32 << weight_bits) - 1;
        let bounds = (0..=last).map(|step| f32::from_bits((top.saturating_sub(step) + 1) << shift)).collect();
        let mut starts = vec![0_usize; frequencies.len() + 1];
        for (i, n) in frequencies.iter().enumerate() {
            starts[i + 1] = starts[i] + *n as usize;
        }
        let mut next = starts.clone();
        let mut postings = vec![0_u32; vectors.terms.len()];
        for document in 0..vectors.len() as u32 {
            for (term, weight) in vectors.of(document) {
                let step = (top - (weight.to_bits() >> shift)).min(last);
                let at = &mut next[*term as usize];
                postings[*at] = step << document_bits | document;
                *at += 1;
            }
        }
        sort_lists(&mut postings, &starts);
        Index { vectors, starts, postings, document_bits, bounds }
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
        &self.postings[self.starts[term as usize]..self.starts[term as usize + 1]]
    }

    /// The document of a posting.
    pub fn document(&self, posting: u32) -> u32 {
        posting & ((1 << self.document_bits) - 1)
    }

    /// The last posting that there could be of the same step as this.
    pub fn last_of_step(&self, posting: u32) -> u32 {
        posting | ((1 << self.document_bits) - 1)
    }

    /// A weight that the posting's does not exceed, and by which it falls short of a sixteenth at most, unless it is
    /// below 2⁻¹⁵ of the heaviest of all.
    pub fn bound(&self, posting: u32) -> f32 {
        self.bounds[(posting >> self.document_bits) as usize]
    }
}

/// Sorts each list, in parallel.
fn sort_lists(postings: &mut [u32], starts: &[usize]) {
    const ALONE: usize = 1 << 16;
    let lists = starts.len() - 1;
    if lists <= 1 || postings.len() <= ALONE {
        let base = starts[0];
        starts.windows(2).for_each(|w| postings[w[0] - base..w[1] - base].sort_unstable());
        return;
    }
    let middle = lists / 2;
    let (left, right) = postings.split_at_mut(starts[middle] - starts[0]);
    rayon::join(|| sort_lists(left, &starts[..=middle]), || sort_lists(right, &starts[middle..]));
}
