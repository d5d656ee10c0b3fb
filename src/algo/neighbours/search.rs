//! The search of one document: postings heaviest first up to a cap, then exact products with the best of what was met.

use super::index::{self, Index, Vectors};
use super::met::{Met, Wanted};
use super::products::{MOST_TERMS, Near, Nearest, Products};
use super::{Fade, Limits};
use std::cmp::Reverse;
use std::ops::Range;

/// What one search read, and what the cap left unread.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Postings read.
    pub read: u64,
    /// Postings not read.
    pub unread: u64,
}

impl Cost {
    /// This, and another.
    pub fn add(&mut self, other: Cost) {
        self.read += other.read;
        self.unread += other.unread;
    }
}

/// Documents of one index multiplied out per neighbour wanted at most, where the cap bit: of the first, …
const TRIED: f64 = 2.0;

/// … of the next indexes, for a document that has neighbours enough, …
const TRIED_LATER: f64 = 0.5;

/// … and of those that may want to know of it, which are hundreds in each index of a large night of real words.
const OWED: f64 = 1.0;

/// Documents multiplied out per neighbour wanted before the others are judged by the worst of them.
const FIRST: usize = 2;

/// The next search is expected to ask for less than the last one did by no more than this part of it.
const EXPECTED: u16 = 4;

/// … and one that finds too few above asks again for those above this part of it.
const LOWER: u16 = 2;

/// Each step of the descent reads down to this share of the step before …
const DESCENT: f32 = 0.5;

/// … and the last the rest, from this share of the first.
const LEAST: f32 = 1e-6;

/// Lists fetched ahead of their use, …
const AHEAD: usize = 2;

/// … this many lines of each; …
const FETCHED: usize = 8;

/// … and of all lists before a search that is cut short, which reads little of each.
const FETCHED_OF_ALL: usize = 3;

/// A list of postings and how far it has been read.
struct Cursor<'a> {
    rest: &'a [u32],
    weight: f32,
}

/// One thread's searches of one index: what they share and what they use again.
pub struct Searcher<'a, D> {
    vectors: &'a Vectors,
    index: &'a Index,
    limits: Limits,
    wanted: Option<&'a Wanted>,
    lists: Vec<Cursor<'a>>,
    met: Met,
    /// The least sum that the next search of a document without enough neighbours yet is expected to ask for.
    floor: u16,
    tried: Vec<(u16, u32)>,
    owed: Vec<(u16, u32)>,
    others: Vec<u32>,
    products: Products<'a, D>,
}

impl<'a, D: Fn(u32, u32) -> Option<f64>> Searcher<'a, D> {
    /// Ready to search. `wanted`: what the documents of the index want to know, where they want to know at all.
    pub fn new(
        (vectors, index): (&'a Vectors, &'a Index),
        limits: Limits,
        (fade, days): (Fade, &'a D),
        wanted: Option<&'a Wanted>,
    ) -> Self {
        let met = Met::new(index.documents.len());
        let products = Products::new(vectors, limits.top, fade, days, wanted.map(|of| (index.documents.start, of)));
        let (lists, tried, owed, others) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Searcher { vectors, index, limits, wanted, lists, met, floor: 1, tried, owed, others, products }
    }

    /// What the documents of the index want to know of those that were searched for.
    pub fn told(self) -> Vec<Near> {
        self.products.told
    }

    /// Puts the nearest of the index among those that are near to a document so far.
    pub fn search(&mut self, document: u32, nearest: &mut Nearest) -> Cost {
        let cost = self.read(document);
        let full = nearest.len() >= self.limits.top;
        self.products.begin(document, std::mem::take(nearest));
        self.owed.clear();
        let next = match cost.unread {
            0 if full => self.bounded(self.met.sum_of(self.products.least()), 0),
            0 => self.bounded(self.floor, self.limits.top * FIRST),
            _ => self.highest(full),
        };
        if !full && next.0 < u16::MAX {
            self.floor = (next.0 - next.0 / EXPECTED).max(1);
        }
        self.tried.clear();
        self.tried.extend(self.owed.iter().filter(|met| **met < next));
        if cost.unread > 0 {
            self.only_most_owed();
        }
        self.offer(0..self.tried.len());
        *nearest = self.products.end();
        cost
    }

    /// Of those that may want to know of the document, the ones whose sums are the most beside what they must reach.
    fn only_most_owed(&mut self) {
        let (most, Some(wanted)) = (self.limits.share(OWED), self.wanted) else { return };
        if self.tried.len() > most {
            let met = &self.met;
            let beyond = |of: &(u16, u32)| (u64::from(of.0) << 32) / u64::from(met.least(of.1, wanted));
            self.tried.select_nth_unstable_by_key(most, |of| (Reverse(beyond(of)), of.1));
            self.tried.truncate(most);
        }
    }

    /// Multiplies out all that may be among the nearest, of which most have this sum or more; returns what
    /// none of the others reaches.
    fn bounded(&mut self, mut floor: u16, least: usize) -> (u16, u32) {
        self.gather((floor, u16::MAX), self.wanted);
        while self.tried.len() < least && floor > 1 {
            floor = (floor / LOWER).max(1);
            self.gather((floor, u16::MAX), None);
        }
        let first = self.tried.len().min(self.limits.top * FIRST);
        self.offer(0..first);
        let next = self.met.sum_of(self.products.least());
        let end = first.max(self.tried.partition_point(|(sum, _)| *sum >= next));
        self.offer(first..end);
        if next < floor {
            self.gather((next, floor - 1), None);
            self.offer(0..self.tried.len());
            return (next, 0);
        }
        end.checked_sub(1).map_or((u16::MAX, u32::MAX), |last| self.tried[last])
    }

    /// Multiplies out some of those with the highest sums, of which not all is read, fewer where there are neighbours enough; returns
    /// the last of these.
    fn highest(&mut self, full: bool) -> (u16, u32) {
        let most = self.limits.share(if full { TRIED_LATER } else { TRIED });
        let mut floor = if full { self.met.sum_of(self.products.least()) } else { self.floor };
        self.meet((floor, u16::MAX), self.wanted);
        while !full && self.tried.len() < most && floor > 1 {
            floor = (floor / LOWER).max(1);
            self.meet((floor, u16::MAX), None);
        }
        if self.tried.len() > most {
            self.tried.select_nth_unstable_by(most, |x, y| y.cmp(x));
            self.tried.truncate(most);
        }
        self.tried.sort_unstable_by(|x, y| y.cmp(x));
        self.offer(0..self.tried.len());
        self.tried.last().copied().unwrap_or((u16::MAX, u32::MAX))
    }

    /// What was met with a sum in this range, the largest first.
    fn gather(&mut self, range: (u16, u16), wanted: Option<&Wanted>) {
        self.meet(range, wanted);
        self.tried.sort_unstable_by(|x, y| y.cmp(x));
    }

    /// What was met with a sum in this range.
    fn meet(&mut self, range: (u16, u16), wanted: Option<&Wanted>) {
        self.tried.clear();
        self.met.collect(range, wanted, &mut self.tried, &mut self.owed);
    }

    /// Multiplies these out.
    fn offer(&mut self, some: Range<usize>) {
        let first = self.index.documents.start as u32;
        self.others.clear();
        self.others.extend(self.tried[some].iter().map(|(_, place)| first + place));
        self.products.offer(&self.others);
    }

    /// Reads the lists of the document's terms, from the largest products down.
    fn read(&mut self, document: u32) -> Cost {
        let index = self.index;
        let terms = self.vectors.of(document);
        // Alone in its list, a document of the index meets nothing but itself.
        let others = usize::from(index.documents.contains(&(document as usize)));
        let cursor = |t: &(u32, f32)| Cursor { rest: index.list(t.0), weight: t.1 };
        self.lists.clear();
        let shared = terms.iter().filter(|t| t.1 > 0.0).map(cursor).filter(|l| l.rest.len() > others);
        self.lists.extend(shared.take(MOST_TERMS));
        let all: usize = self.lists.iter().map(|l| l.rest.len()).sum();
        let mut budget = self.limits.most_postings.min(all);
        self.met.begin(self.lists.iter().map(|l| l.weight * index.most(l.rest)).sum(), budget, budget == all);
        let read = budget as u64;
        if budget == all {
            // The order is of no account.
            for (i, list) in self.lists.iter().enumerate() {
                if let Some(next) = self.lists.get(i + AHEAD) {
                    index::fetch(next.rest, FETCHED);
                }
                self.met.add(list.rest, u32::MAX, list.weight, index);
            }
            return Cost { read, unread: 0 };
        }
        self.lists.iter().for_each(|list| index::fetch(list.rest, FETCHED_OF_ALL));
        let mut above = self.lists.iter().map(|l| l.weight * index.bound(l.rest[0])).fold(0.0, f32::max);
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
}

impl Cursor<'_> {
    /// Reads on while the products are not below this.
    fn descend(&mut self, above: f32, budget: &mut usize, index: &Index, met: &mut Met) {
        let end = index.end_of(above / self.weight);
        if self.rest[0] >= end {
            return;
        }
        let most = &self.rest[..self.rest.len().min(*budget)];
        let n = met.add(most, end, self.weight, index);
        self.rest = &self.rest[n..];
        *budget -= n;
    }
}
