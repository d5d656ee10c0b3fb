//! How alike each entry is to what only resembles it: the further candidates of an entry on a crowded topic are nearly as
//! alike as its own event, so that likeness tells less there (the correction of hubs of local scaling, Conneau and others
//! 2018, "Word translation without parallel data").

use super::Weights;
use crate::algo::logistic::round6;
use crate::model::{Feature, Link, Row};
use rayon::prelude::*;

/// How many of an entry's candidates count, those it is most alike to …
const NEAREST: usize = 20;

/// … but these many, which may well be of its own event.
const OWN: usize = 5;

/// What further candidates are alike to an entry anyway: only more than this tells of a crowded topic. Without it a night of a
/// few short texts, where nothing is alike, would pass for the opposite of one.
const USUAL: f64 = 0.1;

/// The units that a likeness is kept in.
const UNITS: f64 = 65_535.0;

/// The likenesses (cosines of the bodies: headlines alone have none, and an event of many headlines is no crowd) of each entry's nearest candidates, while they are gathered.
pub struct Crowds {
    /// Descending; 0 where there are fewer.
    nearest: Vec<[u16; NEAREST]>,
}

impl Crowds {
    /// Of so many entries, before any pair was seen.
    pub fn new(entries: usize) -> Crowds {
        Crowds { nearest: vec![[0; NEAREST]; entries] }
    }

    /// Takes scored candidates into account, each pair once, in any order. Copies say nothing: they are one text.
    pub fn see(&mut self, links: &[Link]) {
        for link in links.iter().filter(|l| !l.relation.is_copy()) {
            let likeness = (link.features.get(Feature::BodyCosine) * UNITS).round() as u16;
            for row in [link.a, link.b] {
                insert(&mut self.nearest[row.at()], likeness);
            }
        }
    }

    /// By how much the mean likeness of an entry's 6th to 20th nearest candidates, where one that is not there counts 0, is
    /// above the usual; 0 when it is not.
    fn of(&self, row: Row) -> f64 {
        let further: u32 = self.nearest[row.at()][OWN..].iter().map(|x| u32::from(*x)).sum();
        (f64::from(further) / ((NEAREST - OWN) as f64 * UNITS) - USUAL).max(0.0)
    }

    /// Puts the evidence into links that were scored without it, and scores them again.
    pub fn settle(&self, links: &mut [Link], weights: &Weights) {
        links.par_iter_mut().for_each(|link| {
            let crowd = (self.of(link.a) + self.of(link.b)) / 2.0;
            *link = in_crowd(link, crowd, weights);
        });
    }
}

/// A link with this evidence of the crowd, scored again.
pub fn in_crowd(link: &Link, crowd: f64, weights: &Weights) -> Link {
    let mut link = *link;
    link.features.0[Feature::Crowd as usize] = round6(crowd) as f32;
    super::weighed(&link, weights)
}

/// Keeps a descending list the list of the largest.
fn insert(list: &mut [u16; NEAREST], value: u16) {
    if value > list[NEAREST - 1] {
        let at = list.partition_point(|x| *x >= value);
        list.copy_within(at..NEAREST - 1, at + 1);
        list[at] = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_nearest_five_do_not_count_and_what_is_missing_counts_nothing() {
        let mut crowds = Crowds::new(2);
        (0..8).for_each(|_| insert(&mut crowds.nearest[0], 65_535));
        assert!((crowds.of(Row(0)) - (3.0 / 15.0 - USUAL)).abs() < 1e-12);
        assert_eq!(crowds.of(Row(1)), 0.0);
    }

    proptest! {
        #[test]
        fn the_largest_are_kept_whatever_their_order(mut values in prop::collection::vec(any::<u16>(), 0..60)) {
            let mut list = [0; NEAREST];
            values.iter().for_each(|v| insert(&mut list, *v));
            values.sort_unstable_by(|a, b| b.cmp(a));
            values.resize(NEAREST.max(values.len()), 0);
            prop_assert_eq!(&list[..], &values[..NEAREST]);
        }
    }
}
