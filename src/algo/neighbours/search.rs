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
        let met = Met::new(index.vectors.len());
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
        self.met.expect(next.min(first));
        out.extend(self.products.best());
        cost
    }

    /// Reads the lists of the document's terms, from the largest products down.
    fn read(&mut self, document: u32) -> Cost {
        let index = self.index;
        let terms = index.vectors.of(document);
        let cursor = |t: &(u32, f32)| Cursor { rest: index.list(t.0), weight: t.1 };
        self.lists.clear();
        let shared = terms.iter().filter(|t| t.1 > 0.0).map(cursor).filter(|l| !l.rest.is_empty());
        self.lists.extend(shared.take(MOST_TERMS));
        let all: usize = self.lists.iter().map(|l| l.rest.len()).sum();
        let largest = |l: &Cursor| l.weight * index.bound(l.rest[0]);
        let mut budget = self.limits.most_postings.min(all);
        self.met.begin(budget, self.lists.len(), self.lists.iter().map(largest).sum());
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
///
/// A table of the sums of a million documents is as large as the cache near a core. What is read is therefore laid down in
/// parts first, and each part is added up in one small table (radix partitioning, as in a hash join: Manegold, Boncz and
/// Kersten 2002). The lowest bits of a document say its part: neighbours in a list fall on different ones, so that
/// no write waits for the one before.
struct Met {
    /// Bits of a document that say its part.
    part_bits: u32,
    /// What was read, in one stretch per part: the bound in the upper half, in the lower the document within its part.
    read: Vec<u32>,
    /// From one stretch to the next.
    stride: usize,
    /// Where the stretch of each part ends so far.
    ends: Vec<usize>,
    /// Per document of one part, in units; 0 between parts.
    sums: Box<[u16; IN_PART]>,
    /// The first `n` are those met, once they are counted, and parallel to them their sums.
    documents: Vec<u32>,
    counted: Vec<u16>,
    n: usize,
    /// The first `highs` are the places of those whose sums are not below the floor.
    high: Vec<u32>,
    highs: usize,
    /// What the last search leads to expect that this one asks for; where it asks for more, the floor falls.
    floor: u16,
    /// How many sums that are not below the floor lie in each range of `1 << RANGE`.
    ranges: Vec<u32>,
    /// A unit of the sums, as a product of weights.
    unit: f32,
}

/// The most documents of a part: a table of 128 KB.
const IN_PART: usize = 1 << IN_PART_BITS;
const IN_PART_BITS: u32 = 16;

/// Bits of a document within its part that would suit the nearest cache, …
const NEAR_BITS: u32 = 14;

/// … and the fewest and most bits that say its part, where there is a choice.
const PART_BITS: std::ops::RangeInclusive<u32> = 4..=8;

/// Bits of a sum that one range spans.
const RANGE: u32 = 6;

/// Postings of a line of the cache.
const LINE: usize = 16;

impl Met {
    fn new(documents: usize) -> Met {
        let bits = usize::BITS - documents.saturating_sub(1).leading_zeros();
        let chosen = bits.saturating_sub(NEAR_BITS).clamp(*PART_BITS.start(), *PART_BITS.end());
        let part_bits = chosen.max(bits.saturating_sub(IN_PART_BITS));
        Met {
            part_bits,
            read: Vec::new(),
            stride: 0,
            ends: vec![0; 1 << part_bits],
            sums: Box::new([0; IN_PART]),
            documents: Vec::new(),
            counted: Vec::new(),
            n: 0,
            high: Vec::new(),
            highs: 0,
            floor: 0,
            ranges: vec![0; 1 << (16 - RANGE)],
            unit: 1.0,
        }
    }

    /// None met; so many postings will be read at most, of so many lists, and their bounds will add up to `most` at most.
    fn begin(&mut self, postings: usize, lists: usize, most: f32) {
        self.unit = most.max(f32::MIN_POSITIVE) * SLACK / FULL;
        // An odd number of lines: the stretches would compete for one place in the cache else.
        self.stride = (postings.min(lists * IN_PART).div_ceil(LINE) | 1) * LINE;
        self.ends.iter_mut().enumerate().for_each(|(part, end)| *end = part * self.stride);
        if self.read.len() < self.ends.len() * self.stride {
            self.read.resize(self.ends.len() * self.stride, 0);
        }
    }

    /// Adds a product to the documents of the postings up to `last`; returns how many these are.
    fn add(&mut self, postings: &[u32], last: u32, product: f32, index: &Index) -> usize {
        // Never 0, by which those not met are known.
        let units = ((product * SLACK / self.unit).ceil().max(1.0) as u16 as u32) << IN_PART_BITS;
        let (stretches, ends) = (&mut self.read[..], &mut self.ends[..]);
        let mut read = 0;
        for &posting in postings {
            if posting > last {
                break;
            }
            let document = index.document(posting);
            let end = &mut ends[document as usize & ((1 << self.part_bits) - 1)];
            stretches[*end] = units | document >> self.part_bits;
            *end += 1;
            read += 1;
        }
        read
    }

    /// Adds up what was read, and counts the high sums by range.
    fn count(&mut self) {
        let Met { part_bits, read, stride, ends, sums, documents, counted, high, floor, .. } = self;
        let most = ends.iter().enumerate().map(|(part, end)| end - part * *stride).sum::<usize>();
        if documents.len() <= most {
            // One more: written before it is known to be counted.
            documents.resize(most + 1, 0);
            counted.resize(most + 1, 0);
            high.resize(most + 1, 0);
        }
        let (mut n, mut highs) = (0, 0);
        for (part, end) in ends.iter().enumerate() {
            let met = &mut documents[n..];
            let mut new = 0;
            for one in &read[part * *stride..*end] {
                let (within, units) = (*one as u16, (one >> IN_PART_BITS) as u16);
                let sum = &mut sums[usize::from(within)];
                // Written in any case, counted if new: a branch here would be mispredicted half of the time.
                met[new] = u32::from(within);
                new += usize::from(*sum == 0);
                *sum += units;
            }
            for (place, (document, counted)) in (n..).zip(met[..new].iter_mut().zip(&mut counted[n..])) {
                *counted = std::mem::take(&mut sums[usize::from(*document as u16)]);
                *document = *document << *part_bits | part as u32;
                high[highs] = place as u32;
                highs += usize::from(*counted >= *floor);
            }
            n += new;
        }
        (self.n, self.highs) = (n, highs);
        self.count_ranges();
    }

    fn count_ranges(&mut self) {
        self.ranges.fill(0);
        for place in &self.high[..self.highs] {
            self.ranges[usize::from(self.counted[*place as usize] >> RANGE)] += 1;
        }
    }

    /// Lets the floor fall to nothing where a search asks for sums below it.
    fn reach(&mut self, sum: u16) {
        if sum < self.floor {
            self.floor = 0;
            self.highs = self.n;
            (0..).zip(&mut self.high[..self.n]).for_each(|(place, high)| *high = place);
            self.count_ranges();
        }
    }

    /// The least sum of the ranges from the top that hold this many; 0 where there are not as many.
    fn edge(&mut self, documents: usize) -> u16 {
        let edge = self.edge_of_high(documents);
        if edge >= self.floor {
            return edge;
        }
        self.reach(0);
        self.edge_of_high(documents)
    }

    fn edge_of_high(&self, documents: usize) -> u16 {
        let mut held = 0;
        let full = self.ranges.iter().rposition(|n| {
            held += *n as usize;
            held >= documents
        });
        full.map_or(0, |range| (range << RANGE) as u16)
    }

    /// The documents whose sums are in this range.
    fn between(&mut self, from: u16, to: u16, out: &mut Vec<(u16, u32)>) {
        self.reach(from);
        let met = self.high[..self.highs]
            .iter()
            .map(|place| (self.counted[*place as usize], self.documents[*place as usize]));
        out.extend(met.filter(|(sum, _)| (from..=to).contains(sum)));
    }

    /// Leads the next search to expect that it asks for sums not far below this one.
    fn expect(&mut self, sum: u16) {
        self.floor = sum / EXPECTED;
    }
}

/// The next search is expected to ask for no less than the last one did, divided by this.
const EXPECTED: u16 = 2;
