//! The search of one document: postings heaviest first up to a cap, then exact products with the best of what was met.

use super::index::Index;
use super::products::{MOST_TERMS, Products};
use super::{Fade, Limits};

/// What one search read, and what the cap left unread.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Postings read.
    pub read: u64,
    /// Postings not read.
    pub unread: u64,
}

/// Documents multiplied out per neighbour wanted, where the cap bit.
const TRIED: usize = 6;

/// Documents multiplied out per neighbour wanted before the others are judged by the worst of them.
const FIRST: usize = 2;

/// What the bounds of a query add up to at most, as they are counted: below 2¹⁶ with a unit of rounding per term.
const FULL: f32 = 60_000.0;

/// Makes up for the rounding of `f32` sums and products.
const SLACK: f32 = 1.000_1;

/// Each step of the descent reads down to this share of the step before …
const DESCENT: f32 = 0.7;

/// … and the last the rest, from this share of the first.
const LEAST: f32 = 1e-6;

/// A list of postings and how far it has been read.
struct Cursor<'a> {
    rest: &'a [u32],
    weight: f32,
}

/// One thread's searches: what they share and what they use again.
pub struct Searcher<'a, D> {
    index: &'a Index,
    limits: Limits,
    lists: Vec<Cursor<'a>>,
    met: Met,
    tried: Vec<(u16, u32)>,
    others: Vec<u32>,
    products: Products<'a, D>,
}

impl<'a, D: Fn(u32, u32) -> Option<f64>> Searcher<'a, D> {
    /// Ready to search.
    pub fn new(index: &'a Index, limits: Limits, fade: Fade, days: &'a D) -> Self {
        let met = Met::new(index.vectors.len(), limits.most_postings);
        let products = Products::new(&index.vectors, limits.top, fade, days);
        Searcher { index, limits, lists: Vec::new(), met, tried: Vec::new(), others: Vec::new(), products }
    }

    /// Adds the nearest neighbours of a document to `out`, nearest first.
    pub fn search(&mut self, document: u32, out: &mut Vec<u32>) -> Cost {
        let cost = self.read(document);
        self.met.count();
        self.products.begin(document);
        let first = self.met.edge(self.limits.top * FIRST + 1);
        self.multiply(first, u16::MAX);
        let next = match cost.unread {
            0 => (self.products.least() / (self.met.unit * SLACK)) as u16,
            _ => self.met.edge(self.limits.top * TRIED + 1),
        };
        if next < first {
            self.multiply(next, first - 1);
        }
        out.extend(self.products.best());
        cost
    }

    /// Reads the lists of the document's terms, from the largest products down.
    fn read(&mut self, document: u32) -> Cost {
        let index = self.index;
        let terms = index.vectors.of(document);
        let cursor = |t: &(u32, f32)| Cursor { rest: index.list(t.0), weight: t.1 };
        self.lists.clear();
        self.lists.extend(terms.iter().take(MOST_TERMS).map(cursor));
        let all: usize = self.lists.iter().map(|l| l.rest.len()).sum();
        let largest = |l: &Cursor| l.weight * index.bound(l.rest[0]);
        self.met.begin(self.lists.iter().map(largest).sum());
        let mut budget = self.limits.most_postings.min(all);
        let read = budget as u64;
        // With the cap out of reach the order is of no account.
        let mut above = if budget == all { 0.0 } else { self.lists.iter().map(largest).fold(0.0, f32::max) };
        let least = above * LEAST;
        self.lists.sort_unstable_by_key(|l| l.rest.len());
        while budget > 0 {
            above = if above > least { above * DESCENT } else { 0.0 };
            for list in &mut self.lists {
                list.descend(above, &mut budget, index, &mut self.met);
            }
            self.lists.retain(|l| !l.rest.is_empty());
        }
        Cost { read, unread: all as u64 - read }
    }

    /// Multiplies out what was met with a sum in this range, the largest first.
    fn multiply(&mut self, from: u16, to: u16) {
        self.tried.clear();
        self.met.between(from, to, &mut self.tried);
        self.tried.sort_unstable_by(|x, y| y.cmp(x));
        self.others.clear();
        self.others.extend(self.tried.iter().map(|(_, other)| *other));
        self.products.offer(&self.others);
    }
}

impl Cursor<'_> {
    /// Reads on while the products are not below this.
    fn descend(&mut self, above: f32, budget: &mut usize, index: &Index, met: &mut Met) {
        while let Some(first) = self.rest.first() {
            let bound = self.weight * index.bound(*first);
            if bound < above || *budget == 0 {
                return;
            }
            let last = index.last_of_step(*first);
            let most = &self.rest[..self.rest.len().min(*budget)];
            let n = met.add(most, last, bound, index);
            self.rest = &self.rest[n..];
            *budget -= n;
        }
    }
}

/// The documents met, each with the sum of what bounds its products from above.
struct Met {
    /// Per document, in units.
    sums: Vec<u16>,
    /// The first `n` are those met.
    documents: Vec<u32>,
    n: usize,
    /// Their sums, once they are counted.
    counted: Vec<u16>,
    /// How many sums lie in each range of `1 << RANGE`.
    ranges: Vec<u32>,
    /// A unit of the sums, as a product of weights.
    unit: f32,
}

/// Bits of a sum that one range spans.
const RANGE: u32 = 6;

impl Met {
    fn new(documents: usize, most: usize) -> Met {
        let room = documents.min(most) + 1;
        Met {
            sums: vec![0; documents],
            documents: vec![0; room],
            n: 0,
            counted: Vec::with_capacity(room),
            ranges: vec![0; 1 << (16 - RANGE)],
            unit: 1.0,
        }
    }

    /// None met; their bounds will add up to `most` at most.
    fn begin(&mut self, most: f32) {
        self.n = 0;
        self.unit = most.max(f32::MIN_POSITIVE) * SLACK / FULL;
    }

    /// Adds a product to the documents of the postings up to `last`; returns how many these are.
    fn add(&mut self, postings: &[u32], last: u32, product: f32, index: &Index) -> usize {
        // Never 0, by which those not met are known.
        let part = (product * SLACK / self.unit).ceil().max(1.0) as u16;
        let mut n = self.n;
        let mut read = 0;
        for &posting in postings {
            if posting > last {
                break;
            }
            let document = index.document(posting);
            let sum = &mut self.sums[document as usize];
            // Written in any case, counted if new: a branch here would be mispredicted half of the time.
            self.documents[n] = document;
            n += usize::from(*sum == 0);
            *sum += part;
            read += 1;
        }
        self.n = n;
        read
    }

    /// Takes the sums from their table, which is empty afterwards, and counts them by range.
    fn count(&mut self) {
        self.counted.clear();
        self.ranges.fill(0);
        for document in &self.documents[..self.n] {
            let sum = std::mem::take(&mut self.sums[*document as usize]);
            self.ranges[usize::from(sum >> RANGE)] += 1;
            self.counted.push(sum);
        }
    }

    /// The least sum of the ranges from the top that hold this many; 0 where there are not as many.
    fn edge(&self, documents: usize) -> u16 {
        let mut held = 0;
        let full = self.ranges.iter().rposition(|n| {
            held += *n as usize;
            held >= documents
        });
        full.map_or(0, |range| (range << RANGE) as u16)
    }

    /// The documents whose sums are in this range.
    fn between(&self, from: u16, to: u16, out: &mut Vec<(u16, u32)>) {
        let met = self.counted.iter().zip(&self.documents);
        out.extend(met.filter(|(sum, _)| (from..=to).contains(*sum)).map(|(sum, document)| (*sum, *document)));
    }
}
