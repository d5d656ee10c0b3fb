//! Neighbours of neighbours, for documents whose search was cut short.

use super::index::Vectors;
use super::products::{Nearest, Products};
use super::{Fade, Limits};
use rayon::prelude::*;

/// How many of the nearest, and of those that are near to them, lead on.
const LEADING: usize = 5;

/// The neighbours of documents, nearest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lists {
    /// Where each list ends.
    ends: Vec<usize>,
    neighbours: Vec<u32>,
    /// Which documents' search was cut short.
    cut: Vec<bool>,
}

impl Lists {
    /// Adds the list of the next document, as `fill` writes it; `fill` says whether it was cut short.
    pub fn push(&mut self, fill: impl FnOnce(&mut Vec<u32>) -> bool) {
        let cut = fill(&mut self.neighbours);
        self.cut.push(cut);
        self.ends.push(self.neighbours.len());
    }

    /// These, and after them the lists of later documents.
    pub fn append(&mut self, later: Lists) {
        let base = self.neighbours.len();
        self.ends.extend(later.ends.iter().map(|end| base + end));
        self.neighbours.extend(later.neighbours);
        self.cut.extend(later.cut);
    }

    /// A document's list.
    pub fn of(&self, document: u32) -> &[u32] {
        let at = document as usize;
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.neighbours[start..self.ends[at]]
    }

    /// `(document, neighbour)`, in the order of the documents, nearest first.
    pub fn pairs(&self) -> Vec<(u32, u32)> {
        let mut pairs = Vec::with_capacity(self.neighbours.len());
        for document in 0..self.ends.len() as u32 {
            pairs.extend(self.of(document).iter().map(|n| (document, *n)));
        }
        pairs
    }

    fn leading(&self, document: u32) -> &[u32] {
        let list = self.of(document);
        &list[..list.len().min(LEADING)]
    }

    /// For each document the first ones that have it among their nearest.
    fn followers(&self) -> Vec<Vec<u32>> {
        let mut followers: Vec<Vec<u32>> = vec![Vec::new(); self.ends.len()];
        for document in 0..self.ends.len() as u32 {
            for near in self.leading(document) {
                let of = &mut followers[*near as usize];
                if of.len() < LEADING {
                    of.push(document);
                }
            }
        }
        followers
    }
}

/// Gives the documents whose search was cut short another chance: the nearest of their nearest are tried, both ways round
/// (Dong, Moses and Li 2011, one round of it). Two accounts of one event that a search missed mostly have a third in common.
pub fn refine(
    vectors: &Vectors,
    lists: &Lists,
    limits: Limits,
    fade: Fade,
    days: &(impl Fn(u32, u32) -> Option<f64> + Sync),
) -> Lists {
    let followers = lists.followers();
    let starts: Vec<usize> = (0..lists.ends.len()).step_by(super::PART).collect();
    let part = |start: usize| {
        let mut products = Products::new(vectors, limits.top, fade, days, None);
        let (mut made, mut others) = (Lists::default(), Vec::new());
        for document in start..(start + super::PART).min(lists.ends.len()) {
            made.push(|out| {
                if lists.cut[document] {
                    around(document as u32, lists, &followers, &mut others);
                    products.begin(document as u32, Nearest::new());
                    products.offer(&others);
                    out.extend(products.end().iter().map(|(_, other)| *other));
                } else {
                    out.extend(lists.of(document as u32));
                }
                lists.cut[document]
            });
        }
        made
    };
    let parts: Vec<Lists> = starts.into_par_iter().map(part).collect();
    parts.into_iter().fold(Lists::default(), |mut all, part| {
        all.append(part);
        all
    })
}

/// A document's neighbours and theirs, ascending.
fn around(document: u32, lists: &Lists, followers: &[Vec<u32>], out: &mut Vec<u32>) {
    out.clear();
    let near = || lists.leading(document).iter().chain(&followers[document as usize]);
    out.extend(lists.of(document).iter().chain(&followers[document as usize]));
    for next in near() {
        out.extend(lists.leading(*next).iter().chain(&followers[*next as usize]));
    }
    out.sort_unstable();
    out.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(of: &[(&[u32], bool)]) -> Lists {
        let mut lists = Lists::default();
        for (list, cut) in of {
            lists.push(|out| {
                out.extend_from_slice(list);
                *cut
            });
        }
        lists
    }

    #[test]
    fn what_a_short_search_missed_is_found_by_way_of_a_third() {
        let mut vectors = Vectors::default();
        [0.9, 0.8, 0.7, 0.1].iter().for_each(|w| vectors.push(&[(1, *w)]));
        let found = lists(&[(&[1], true), (&[0, 3], false), (&[1], true), (&[], false)]);
        let limits = Limits { top: 2, most_postings: 1 };
        let fade = Fade { free_days: 0.0, fade_days: 1.0, floor: 1.0 };
        let refined = refine(&vectors, &found, limits, fade, &|_, _| None);
        assert_eq!(refined.of(0), [1, 2], "2 has 1 among its nearest too");
        assert_eq!(refined.of(1), [0, 3], "its search was not cut short");
        assert_eq!(refined.of(2), [0, 1]);
        assert_eq!(refined.pairs().len(), 6);
    }
}
