//! Neighbours of neighbours, for documents whose search was cut short.

use super::index::Vectors;
use super::products::{Nearest, Products};
use super::{Fade, Limits};
use rayon::prelude::*;

/// How many of the nearest, and of those that are near to them, lead on.
const LEADING: usize = 5;

/// The first documents that have one among their nearest.
type Followers = [u32; LEADING];

/// The number of no document.
const NONE: u32 = u32::MAX;

/// The neighbours of documents, nearest first.
#[derive(Debug, Default)]
pub struct Lists {
    /// Where each list ends.
    ends: Vec<usize>,
    neighbours: Vec<u32>,
}

impl Lists {
    /// Adds the list of the next document.
    pub fn push(&mut self, nearest: &Nearest) {
        self.neighbours.extend(nearest.iter().map(|(_, near)| *near));
        self.ends.push(self.neighbours.len());
    }

    /// These, and after them the lists of later documents.
    fn append(&mut self, later: Lists) {
        let base = self.neighbours.len();
        self.ends.extend(later.ends.iter().map(|end| base + end));
        self.neighbours.extend(later.neighbours);
    }

    /// `(document, neighbour)`, in the order of the documents, nearest first.
    pub fn pairs(&self) -> Vec<(u32, u32)> {
        let mut pairs = Vec::with_capacity(self.neighbours.len());
        let mut start = 0;
        for (document, end) in (0..).zip(&self.ends) {
            pairs.extend(self.neighbours[start..*end].iter().map(|near| (document, *near)));
            start = *end;
        }
        pairs
    }
}

/// What searches found: for each document its nearest, and whether its search was cut short.
#[derive(Clone, Copy)]
pub struct Searched<'a> {
    /// Per document.
    pub nearest: &'a [Nearest],
    /// Per document.
    pub cut: &'a [bool],
}

impl Searched<'_> {
    fn leading(&self, document: u32) -> impl Iterator<Item = u32> {
        self.nearest[document as usize].iter().take(LEADING).map(|(_, near)| *near)
    }

    /// For each document the first ones that have it among their nearest.
    fn followers(&self) -> Vec<Followers> {
        let mut followers = vec![[NONE; LEADING]; self.nearest.len()];
        for document in 0..self.nearest.len() as u32 {
            for near in self.leading(document) {
                if let Some(free) = followers[near as usize].iter_mut().find(|of| **of == NONE) {
                    *free = document;
                }
            }
        }
        followers
    }

    /// Those that have a document among their nearest, and the neighbours of these and of its own, ascending; without its own.
    fn around(&self, document: u32, followers: &[Followers], out: &mut Vec<u32>) {
        out.clear();
        let following = |of: u32| followers[of as usize].iter().copied().take_while(|of| *of != NONE);
        out.extend(following(document));
        for next in self.leading(document).chain(following(document)) {
            out.extend(self.leading(next).chain(following(next)));
        }
        out.sort_unstable();
        out.dedup();
        let own = &self.nearest[document as usize];
        out.retain(|other| own.iter().all(|(_, near)| near != other));
    }
}

/// Gives the documents whose search was cut short another chance: the nearest of their nearest are tried, both ways round
/// (Dong, Moses and Li 2011, one round of it). Two accounts of one event that a search missed mostly have a third in common.
pub fn refine(
    vectors: &Vectors,
    searched: Searched,
    limits: Limits,
    fade: Fade,
    days: &(impl Fn(u32, u32) -> Option<f64> + Sync),
) -> Lists {
    let followers = searched.followers();
    let n = searched.nearest.len();
    let starts: Vec<usize> = (0..n).step_by(super::PART).collect();
    let part = |start: usize| {
        let mut products = Products::new(vectors, limits.top, fade, days, None);
        let (mut made, mut others) = (Lists::default(), Vec::new());
        for document in start..(start + super::PART).min(n) {
            let nearest = &searched.nearest[document];
            if searched.cut[document] {
                searched.around(document as u32, &followers, &mut others);
                products.begin(document as u32, nearest.clone());
                products.offer(&others);
                made.push(&products.end());
            } else {
                made.push(nearest);
            }
        }
        made
    };
    let parts: Vec<Lists> = starts.into_par_iter().map(part).collect();
    let neighbours = parts.iter().map(|part| part.neighbours.len()).sum();
    let none = Lists { ends: Vec::with_capacity(n), neighbours: Vec::with_capacity(neighbours) };
    parts.into_iter().fold(none, |mut all, part| {
        all.append(part);
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_short_search_missed_is_found_by_way_of_a_third() {
        let mut vectors = Vectors::default();
        [0.9, 0.8, 0.7, 0.1].iter().for_each(|w| vectors.push(&[(1, *w)]));
        let nearest = [vec![(0.72, 1)], vec![(0.72, 0), (0.08, 3)], vec![(0.56, 1)], vec![]];
        let searched = Searched { nearest: &nearest, cut: &[true, false, true, false] };
        let limits = Limits { top: 2, most_postings: 1 };
        let fade = Fade { free_days: 0.0, fade_days: 1.0, floor: 1.0 };
        let refined = refine(&vectors, searched, limits, fade, &|_, _| None);
        // 2 has 1 among its nearest too; the search of 1 was not cut short.
        assert_eq!(refined.pairs(), [(0, 1), (0, 2), (1, 0), (1, 3), (2, 0), (2, 1)]);
    }
}
