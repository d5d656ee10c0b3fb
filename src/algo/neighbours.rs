//! Nearest neighbours by an inverted index over weighted term vectors.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// What is searched with and found: a document's heaviest terms.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vector {
    /// `(term, weight)`, ascending by term.
    pub terms: Vec<(u32, f32)>,
}

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
    /// max(floor, 1 − (days − free) / fade) beyond the free days; 1 when the distance is unknown.
    pub fn factor(&self, days: Option<f64>) -> f64 {
        days.map_or(1.0, |d| (1.0 - (d - self.free_days) / self.fade_days).min(1.0).max(self.floor))
    }
}

/// The neighbours found, and what finding them cost.
#[derive(Debug, Default, PartialEq)]
pub struct Found {
    /// `(document, neighbour)`, in the order of the documents, nearest first.
    pub pairs: Vec<(u32, u32)>,
    /// Postings read.
    pub postings: u64,
}

/// An inverted index: for each term its documents, ascending.
struct Index {
    slots: FxHashMap<u32, u32>,
    starts: Vec<u32>,
    postings: Vec<(u32, f32)>,
}

impl Index {
    fn new(vectors: &[Vector]) -> Index {
        let mut slots: FxHashMap<u32, u32> = FxHashMap::default();
        let mut counts: Vec<u32> = Vec::new();
        for (term, _) in vectors.iter().flat_map(|v| &v.terms) {
            let slot = *slots.entry(*term).or_insert_with(|| {
                counts.push(0);
                counts.len() as u32 - 1
            });
            counts[slot as usize] += 1;
        }
        let mut starts = vec![0_u32; counts.len() + 1];
        for (i, n) in counts.iter().enumerate() {
            starts[i + 1] = starts[i] + n;
        }
        let mut next = starts.clone();
        let mut postings = vec![(0_u32, 0_f32); starts.last().copied().unwrap_or(0) as usize];
        for (doc, vector) in vectors.iter().enumerate() {
            for (term, weight) in &vector.terms {
                let at = &mut next[slots[term] as usize];
                postings[*at as usize] = (doc as u32, *weight);
                *at += 1;
            }
        }
        Index { slots, starts, postings }
    }

    fn of(&self, term: u32) -> &[(u32, f32)] {
        match self.slots.get(&term) {
            Some(&s) => &self.postings[self.starts[s as usize] as usize..self.starts[s as usize + 1] as usize],
            None => &[],
        }
    }
}

/// The `top` nearest neighbours of each document: the dot product of the vectors times the fade,
/// ties to the smaller document. `days(a, b)` is the distance in time.
pub fn neighbours(vectors: &[Vector], top: usize, fade: Fade, days: impl Fn(u32, u32) -> Option<f64> + Sync) -> Found {
    let index = Index::new(vectors);
    let per_document: Vec<(Vec<u32>, u64)> = (0..vectors.len() as u32)
        .into_par_iter()
        .map_init(
            || (vec![0_f32; vectors.len()], Vec::<u32>::new()),
            |(scores, touched), doc| {
                let read = accumulate(&index, &vectors[doc as usize], scores, touched);
                (nearest(doc, scores, touched, top, fade, &days), read)
            },
        )
        .collect();
    let postings = per_document.iter().map(|(_, n)| n).sum();
    let pairs = per_document
        .into_iter()
        .enumerate()
        .flat_map(|(doc, (found, _))| found.into_iter().map(move |n| (doc as u32, n)))
        .collect();
    Found { pairs, postings }
}

/// Adds up the scores of every document that shares a term; returns the postings read.
fn accumulate(index: &Index, query: &Vector, scores: &mut [f32], touched: &mut Vec<u32>) -> u64 {
    let mut read = 0;
    for (term, weight) in &query.terms {
        let list = index.of(*term);
        read += list.len() as u64;
        for (doc, w) in list {
            let score = &mut scores[*doc as usize];
            if *score == 0.0 {
                touched.push(*doc);
            }
            *score += weight * w;
        }
    }
    read
}

/// Picks the best and empties the scratch.
fn nearest(
    doc: u32,
    scores: &mut [f32],
    touched: &mut Vec<u32>,
    top: usize,
    fade: Fade,
    days: &(impl Fn(u32, u32) -> Option<f64> + Sync),
) -> Vec<u32> {
    let mut found: Vec<(f32, u32)> = touched
        .drain(..)
        .map(|other| (std::mem::take(&mut scores[other as usize]), other))
        .filter(|(score, other)| *other != doc && *score > 0.0)
        .collect();
    // Fading only weakens: what is not among the best without it need not be dated, unless ties in rank are near.
    let by_rank = |x: &(f32, u32), y: &(f32, u32)| y.0.total_cmp(&x.0).then(x.1.cmp(&y.1));
    if found.len() > top {
        let (_, cut, _) = found.select_nth_unstable_by(top - 1, by_rank);
        let least = cut.0 * fade.floor as f32;
        found.retain(|(score, _)| *score >= least);
    }
    for (score, other) in &mut found {
        *score = (f64::from(*score) * fade.factor(days(doc, *other))) as f32;
    }
    found.sort_unstable_by(by_rank);
    found.truncate(top);
    // A new list: collecting in place would keep the room of every document that was touched.
    found.iter().map(|(_, other)| *other).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FADE: Fade = Fade { free_days: 3.0, fade_days: 120.0, floor: 0.5 };

    fn vector(terms: &[(u32, f32)]) -> Vector {
        Vector { terms: terms.to_vec() }
    }

    #[test]
    fn the_nearest_share_the_heaviest_terms() {
        let docs = [vector(&[(1, 2.0), (2, 1.0)]), vector(&[(1, 2.0)]), vector(&[(2, 1.0)]), vector(&[(9, 1.0)])];
        let found = neighbours(&docs, 2, FADE, |_, _| None);
        assert_eq!(found.pairs, [(0, 1), (0, 2), (1, 0), (2, 0)]);
        assert_eq!(found.postings, 2 + 2 + 2 + 2 + 1);
    }

    #[test]
    fn distance_in_time_weakens_but_never_below_the_floor() {
        assert_eq!(FADE.factor(None), 1.0);
        assert_eq!(FADE.factor(Some(2.0)), 1.0);
        assert_eq!(FADE.factor(Some(33.0)), 0.75);
        assert_eq!(FADE.factor(Some(3_650.0)), 0.5);
        let docs = [vector(&[(1, 1.0)]), vector(&[(1, 1.0)]), vector(&[(1, 0.9)])];
        let found = neighbours(&docs, 1, FADE, |a, b| Some(if a + b == 1 { 100.0 } else { 0.0 }));
        assert_eq!(found.pairs, [(0, 2), (1, 2), (2, 0)]);
    }
}
