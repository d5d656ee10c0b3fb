//! The documents that a search meets, each with the sum of what bounds its products from above.

use super::index::Index;
use std::sync::OnceLock;
use wide::u16x8;

/// What the bounds of a query add up to at most, as they are counted: below 2¹⁶ with two units of rounding per term.
const FULL: f32 = 50_000.0;

/// Makes up for the rounding of `f32` sums and products.
const SLACK: f32 = 1.000_1;

/// What has been read of a product that is worth making, where not all is read.
const PARTLY: f32 = 0.7;

/// Sums that are compared at a time, and that are looked at together: a line of the cache.
const LANES: usize = 8;
const LINE: usize = 4 * LANES;

/// Of fewer postings than one for so many documents the documents are listed; of more, all sums are looked through.
const SPARSE: usize = 32;

/// What sums are counted in: a power of two, as a product of weights.
#[derive(Clone, Copy)]
struct Unit(f32);

impl Unit {
    /// The smallest in which bounds that add up to so much stay below [`FULL`].
    fn for_most(most: f32) -> Unit {
        let least = (most * SLACK / FULL).clamp(f32::MIN_POSITIVE, 2.0_f32.powi(100));
        Unit(f32::from_bits(((least.to_bits() >> FRACTION_BITS) + 1) << FRACTION_BITS))
    }

    /// Which of all units this is.
    fn number(self) -> usize {
        (self.0.to_bits() >> FRACTION_BITS) as usize
    }

    /// The sum that a product of this makes at least; one is the least there is.
    fn sum_of(self, product: f32) -> u16 {
        ((product / (self.0 * SLACK)) as u16).max(1)
    }
}

/// Bits of an `f32` that hold its fraction, and how many exponents there are.
const FRACTION_BITS: u32 = 23;
const UNITS: usize = 256;

/// What a product must reach, of each document of an index, for it to be told.
pub struct Wanted {
    least: Vec<f32>,
    /// The sums that such products make at least, for each unit that is asked for; and those that a part of them makes.
    sums: Box<[OnceLock<Vec<u16>>]>,
    partly: Box<[OnceLock<Vec<u16>>]>,
}

impl Wanted {
    /// Of each document.
    pub fn new(least: Vec<f32>) -> Wanted {
        let none = || (0..UNITS).map(|_| OnceLock::new()).collect();
        Wanted { least, sums: none(), partly: none() }
    }

    /// What a product with this document must reach, where it is to be told at all.
    pub fn of(&self, place: usize) -> Option<f32> {
        self.least.get(place).copied()
    }

    fn sums(&self, unit: Unit, whole: bool) -> &[u16] {
        let (sums, part) = if whole { (&self.sums, 1.0) } else { (&self.partly, PARTLY) };
        let made = || {
            let padding = self.least.len().next_multiple_of(LINE) - self.least.len();
            let least = self.least.iter().map(|of| unit.sum_of(*of * part));
            least.chain(std::iter::repeat_n(u16::MAX, padding)).collect()
        };
        sums[unit.number()].get_or_init(made)
    }
}

/// The documents met.
pub struct Met {
    /// Per document of the index, in units; 0 for one that was not met.
    sums: Vec<u16>,
    /// Where they are listed, the first `n` are those met.
    documents: Vec<u32>,
    n: usize,
    listed: bool,
    /// Whether all postings are added; where not, a part of what is wanted will do.
    whole: bool,
    /// Where the lines begin that hold what is asked for.
    lines: Vec<u32>,
    unit: Unit,
}

impl Met {
    /// Ready for searches among so many documents.
    pub fn new(documents: usize) -> Met {
        Met {
            sums: vec![0; documents.next_multiple_of(LINE)],
            documents: Vec::new(),
            n: 0,
            listed: false,
            whole: true,
            lines: Vec::new(),
            unit: Unit::for_most(1.0),
        }
    }

    /// None met; the bounds of what will be added add up to `most` at most, and it is no more postings than these, which are all
    /// or not.
    pub fn begin(&mut self, most: f32, postings: usize, whole: bool) {
        self.whole = whole;
        self.start(most, postings, postings < self.sums.len() / SPARSE);
    }

    fn start(&mut self, most: f32, postings: usize, listed: bool) {
        self.unit = Unit::for_most(most);
        match self.listed {
            true => self.documents[..self.n].iter().for_each(|d| self.sums[*d as usize] = 0),
            false => self.sums.fill(0),
        }
        self.n = 0;
        self.listed = listed;
        if self.listed && self.documents.len() <= postings {
            // One more: written before it is known to be met.
            self.documents.resize(postings + 1, 0);
        }
    }

    /// The sum that a product of this makes at least, or what was read of it; one is the least there is.
    pub fn sum_of(&self, product: f32) -> u16 {
        self.unit.sum_of(if self.whole { product } else { product * PARTLY })
    }

    /// The sum that a product with a document makes at least which that document wants to know of, or what is asked of a part of it.
    pub fn least(&self, place: u32, wanted: &Wanted) -> u16 {
        wanted.sums(self.unit, self.whole)[place as usize]
    }

    /// Adds what a weight makes of these postings; returns how many of them lie before `end`, where it stops.
    pub fn add(&mut self, postings: &[u32], end: u32, weight: f32, index: &Index) -> usize {
        // A product of 2¹⁶ parts of the heaviest; a sum is never 0 then, by which those not met are known.
        let weight = (weight * index.heaviest() * SLACK / self.unit.0).ceil() as u64;
        let sums = &mut self.sums[..];
        let mut read = 0;
        if self.listed {
            let (mut n, documents) = (self.n, &mut self.documents[..]);
            for &posting in postings {
                if posting >= end {
                    break;
                }
                let place = index.place(posting);
                let sum = &mut sums[place as usize];
                // Written in any case, counted if new: a branch here would be mispredicted half of the time.
                documents[n] = place;
                n += usize::from(*sum == 0);
                *sum += ((weight * index.share(posting)) >> 16) as u16 + 1;
                read += 1;
            }
            self.n = n;
        } else {
            for &posting in postings {
                if posting >= end {
                    break;
                }
                sums[index.place(posting) as usize] += ((weight * index.share(posting)) >> 16) as u16 + 1;
                read += 1;
            }
        }
        read
    }

    /// The documents whose sums are in this range, and in `owed` those that want to know, as their sums have it.
    pub fn collect(
        &mut self,
        (from, to): (u16, u16),
        wanted: Option<&Wanted>,
        out: &mut Vec<(u16, u32)>,
        owed: &mut Vec<(u16, u32)>,
    ) {
        let least = wanted.map(|wanted| wanted.sums(self.unit, self.whole));
        let sums = &self.sums;
        let mut look = |place: usize| {
            let sum = sums[place];
            if (from..=to).contains(&sum) {
                out.push((sum, place as u32));
            }
            if least.is_some_and(|least| sum >= least[place]) {
                owed.push((sum, place as u32));
            }
        };
        if self.listed {
            return self.documents[..self.n].iter().for_each(|place| look(*place as usize));
        }
        let floor = u16x8::splat(from.max(1));
        self.lines.resize(self.sums.len() / LINE + 1, 0);
        // Written in any case, counted if anything is there.
        let (mut n, lines) = (0, &mut self.lines[..]);
        let mut note = |at: usize, any: bool| {
            lines[n] = at as u32;
            n += usize::from(any);
        };
        match least {
            None => of_lines(&self.sums).for_each(|(at, sums)| note(at, reached(sums, [floor; LINE / LANES]).any())),
            Some(least) => of_lines(&self.sums).zip(of_lines(least)).for_each(|((at, sums), (_, least))| {
                // The lower of the two.
                let least = least.map(|least| floor - floor.saturating_sub(least));
                note(at, reached(sums, least).any());
            }),
        }
        let floor = from.max(1);
        for at in &self.lines[..n] {
            let at = *at as usize..*at as usize + LINE;
            match least {
                None => sums[at.clone()].iter().zip(at).filter(|(sum, _)| **sum >= floor).for_each(|(_, at)| look(at)),
                Some(least) => {
                    let both = sums[at.clone()].iter().zip(&least[at.clone()]);
                    both.zip(at).filter(|((sum, least), _)| **sum >= floor.min(**least)).for_each(|(_, at)| look(at));
                }
            }
        }
    }
}

/// The lines of a list, each with where it begins.
#[inline(always)]
fn of_lines(list: &[u16]) -> impl Iterator<Item = (usize, [u16x8; LINE / LANES])> {
    let (lanes, _) = list.as_chunks::<LANES>();
    let (lines, _) = lanes.as_chunks::<{ LINE / LANES }>();
    (0..).step_by(LINE).zip(lines).map(|(at, line)| (at, line.map(u16x8::new)))
}

/// All ones where any lane of a line reaches what it must.
#[inline(always)]
fn reached(sums: [u16x8; LINE / LANES], least: [u16x8; LINE / LANES]) -> u16x8 {
    let enough = |lane: usize| least[lane].saturating_sub(sums[lane]).simd_eq(u16x8::splat(0));
    (enough(0) | enough(1)) | (enough(2) | enough(3))
}

#[cfg(test)]
mod tests {
    use super::super::Vectors;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_listed_and_what_is_looked_through_is_the_same_and_never_too_little(
            documents in prop::collection::vec((0.0_f32..2.0, 0.0_f32..0.1), 1..200),
            weights in (0.001_f32..1.0, 0.001_f32..1.0),
            range in (1_u16..60_000, 1_u16..60_000),
            wanted in prop::option::of(0.0_f32..3.0),
        ) {
            let mut vectors = Vectors::default();
            documents.iter().for_each(|(x, y)| vectors.push(&[(1, *x), (2, *y)]));
            let index = Index::new(&vectors, 0..documents.len());
            let wanted = wanted.map(|least| Wanted::new((0..documents.len()).map(|i| least / i as f32).collect()));
            let (from, to) = (range.0.min(range.1), range.0.max(range.1));
            let collected = |listed: bool| {
                let mut met = Met::new(documents.len());
                // What a search left behind is gone in the next.
                for weights in [(0.5, 0.7), weights] {
                    let lists = [(index.list(1), weights.0), (index.list(2), weights.1)];
                    let most = lists.iter().map(|l| l.1 * index.most(l.0)).sum();
                    met.start(most, 2 * documents.len(), listed);
                    for (list, weight) in lists {
                        met.add(list, u32::MAX, weight, &index);
                    }
                }
                let (mut out, mut owed) = (Vec::new(), Vec::new());
                met.collect((from, to), wanted.as_ref(), &mut out, &mut owed);
                out.sort_unstable();
                owed.sort_unstable();
                for (place, (x, y)) in documents.iter().enumerate() {
                    let product = weights.0 * x + weights.1 * y;
                    let sum = met.sum_of(product);
                    let low = out.iter().find(|m| m.1 == place as u32).is_none_or(|m| m.0 >= sum);
                    prop_assert!(low && (product == 0.0 || met.sums[place] >= sum));
                    let told = wanted.as_ref().and_then(|w| w.of(place)).is_some_and(|least| product > 0.0 && product >= least);
                    prop_assert!(!told || owed.iter().any(|m| m.1 == place as u32));
                }
                Ok((out, owed))
            };
            prop_assert_eq!(collected(true)?, collected(false)?);
        }
    }
}
