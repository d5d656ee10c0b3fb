//! Neighbours of neighbours, for documents whose search was cut short.

use super::index::Vectors;
use super::products::{Nearest, Products};
use super::{Fade, Limits, PART};
use rayon::prelude::*;

/// How many of the nearest, and of those that are near to them, lead on.
const LEADING: usize = 5;

/// A few documents, as many as there are and no document behind them.
type Few = [u32; LEADING];

/// The number of no document.
const NONE: u32 = u32::MAX;

fn few(of: &Few) -> impl Iterator<Item = u32> {
    of.iter().copied().take_while(|of| *of != NONE)
}

/// What leads on from each document.
struct Leads {
    /// Its nearest.
    nearest: Vec<Few>,
    /// The first that have it among these.
    followers: Vec<Few>,
}

impl Leads {
    fn of(nearest: &[Nearest]) -> Leads {
        let first = |nearest: &Nearest| {
            let mut few = [NONE; LEADING];
            few.iter_mut().zip(nearest).for_each(|(to, (_, near))| *to = *near);
            few
        };
        let nearest: Vec<Few> = nearest.iter().map(first).collect();
        let mut followers = vec![[NONE; LEADING]; nearest.len()];
        for (document, leading) in (0..).zip(&nearest) {
            for near in few(leading) {
                if let Some(free) = followers[near as usize].iter_mut().find(|of| **of == NONE) {
                    *free = document;
                }
            }
        }
        Leads { nearest, followers }
    }

    fn on_from(&self, document: u32) -> impl Iterator<Item = u32> {
        few(&self.nearest[document as usize]).chain(few(&self.followers[document as usize]))
    }

    /// Those that have a document among their nearest, and the neighbours of these and of its own, ascending; without its `own`.
    fn around(&self, document: u32, own: &Nearest, out: &mut Vec<u32>) {
        out.clear();
        out.extend(few(&self.followers[document as usize]));
        out.extend(self.on_from(document).flat_map(|next| self.on_from(next)));
        out.sort_unstable();
        out.dedup();
        out.retain(|other| own.iter().all(|(_, near)| near != other));
    }
}

/// Gives the documents whose search was `cut` short another chance: the nearest of their nearest are tried, both ways round
/// (a round of Dong, Moses and Li 2011). Two accounts of one event that a search missed mostly have a third in common.
pub fn refine(
    vectors: &Vectors,
    nearest: &mut [Nearest],
    cut: &[bool],
    limits: Limits,
    fade: Fade,
    days: &(impl Fn(u32, u32) -> Option<f64> + Sync),
) {
    let leads = Leads::of(nearest);
    nearest.par_chunks_mut(PART).zip(cut.par_chunks(PART)).enumerate().for_each(|(part, (nearest, cut))| {
        let (mut products, mut others) = (Products::new(vectors, limits.top, fade, days, None), Vec::new());
        let documents = (part * PART) as u32..;
        for (document, (nearest, _)) in documents.zip(nearest.iter_mut().zip(cut)).filter(|(_, (_, cut))| **cut) {
            leads.around(document, nearest, &mut others);
            products.begin(document, std::mem::take(nearest));
            products.offer(&others);
            *nearest = products.end();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_short_search_missed_is_found_by_way_of_a_third() {
        let mut vectors = Vectors::default();
        [0.9, 0.8, 0.7, 0.1].iter().for_each(|w| vectors.push(&[(1, *w)]));
        let mut nearest = [vec![(0.72, 1)], vec![(0.72, 0), (0.08, 3)], vec![(0.56, 1)], vec![]];
        let limits = Limits { top: 2, most_postings: 1 };
        let fade = Fade { free_days: 0.0, fade_days: 1.0, floor: 1.0 };
        refine(&vectors, &mut nearest, &[true, false, true, false], limits, fade, &|_, _| None);
        let of = |document: usize| -> Vec<u32> { nearest[document].iter().map(|(_, near)| *near).collect() };
        // 2 has 1 among its nearest too; the search of 1 was not cut short.
        assert_eq!([of(0), of(1), of(2), of(3)], [vec![1, 2], vec![0, 3], vec![0, 1], vec![]]);
    }
}
