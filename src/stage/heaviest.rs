//! An entry's heaviest terms: what it is searched by.

use crate::algo::lexicon::Idf;
use crate::model::Sketch;
use rustc_hash::FxHashSet;

/// How the terms of an entry are weighed.
#[derive(Clone, Copy, Debug)]
pub struct Weighing {
    /// BM25 saturation of a term's count.
    pub k1: f64,
    /// Weight of a title's terms beside the body's.
    pub title: f64,
    /// Weight of the lead's terms beside the body's.
    pub lead: f64,
    /// How many terms, from 1.
    pub most: usize,
}

/// Room that is used again from entry to entry.
#[derive(Debug, Default)]
pub struct Scratch {
    opening: Vec<(u32, f64, f64)>,
    counts: Vec<(u32, f64)>,
    frequencies: Vec<(u32, u32)>,
    terms: Vec<Term>,
    keys: Vec<i64>,
}

/// A term of an entry, what it weighs in choosing as [`key`] has it, its saturated count, how many documents hold it, its idf.
#[derive(Clone, Copy, Debug)]
struct Term {
    term: u32,
    held_by: u32,
    key: i64,
    saturated: f64,
    idf: f64,
}

impl Weighing {
    /// The heaviest terms of an entry, ascending by term: body tf + title + lead, saturated as in BM25 (Robertson and Walker
    /// 1994), × idf. Both sides of a product carry √idf and are of length one: a cosine, in which a term's idf counts once.
    /// They are added to `out`.
    pub fn vector(&self, sketch: &Sketch, idf: &Idf, scratch: &mut Scratch, out: &mut Vec<(u32, f32)>) {
        let Scratch { opening, counts, frequencies, terms, keys } = scratch;
        self.count(sketch, opening, counts);
        idf.frequencies(counts.iter().map(|t| t.0), frequencies);
        terms.clear();
        terms.extend(counts.iter().zip(&*frequencies).map(|((term, tf), (_, held_by))| {
            let (saturated, idf) = (tf * (self.k1 + 1.0) / (tf + self.k1), idf.of_frequency(*held_by));
            Term { term: *term, held_by: *held_by, key: key(saturated * idf), saturated, idf }
        }));
        keys.clear();
        keys.extend(terms.iter().map(|t| t.key));
        let chosen = chosen(keys, self.most);
        let weight = |t: &Term| t.saturated * t.idf.sqrt();
        let (mut sum, mut found) = (0.0, 0);
        for t in of(terms, chosen) {
            sum += weight(t) * weight(t);
            found += usize::from(t.held_by > 1);
        }
        let length = sum.sqrt().max(f64::MIN_POSITIVE);
        let scaled = |t: &Term| (t.term, (weight(t) / length) as f32);
        // A term of this text alone finds nothing. Where most are such, as in a small night or a script of many
        // combinations, the next heaviest that others hold are searched besides.
        let lacking = (self.most / 2).saturating_sub(found);
        if lacking == 0 || terms.len() <= self.most {
            out.extend(of(terms, chosen).map(scaled));
            return;
        }
        let heaviest: FxHashSet<u32> = of(terms, chosen).map(|t| t.term).collect();
        let mut others: Vec<&Term> = terms.iter().filter(|t| t.held_by > 1 && !heaviest.contains(&t.term)).collect();
        others.sort_unstable_by(|x, y| y.key.cmp(&x.key).then(x.term.cmp(&y.term)));
        others.truncate(lacking);
        let mut all: Vec<&Term> = of(terms, chosen).chain(others).collect();
        all.sort_unstable_by_key(|t| t.term);
        out.extend(all.into_iter().map(scaled));
    }

    /// The terms of the body, the title and the lead, ascending, each with its weighted count. All three ascend without
    /// repeats.
    fn count(&self, sketch: &Sketch, opening: &mut Vec<(u32, f64, f64)>, counts: &mut Vec<(u32, f64)>) {
        opening.clear();
        let mut title = &sketch.title[..];
        for term in &sketch.lead {
            let before = title.iter().take_while(|t| *t < term).count();
            opening.extend(title[..before].iter().map(|t| (*t, self.title, 0.0)));
            title = &title[before..];
            let both = title.first() == Some(term);
            opening.push((*term, if both { self.title } else { 0.0 }, self.lead));
            title = &title[usize::from(both)..];
        }
        opening.extend(title.iter().map(|t| (*t, self.title, 0.0)));
        counts.clear();
        let mut body = &sketch.body[..];
        for (term, title, lead) in opening {
            let before = body.iter().take_while(|(t, _)| *t < *term).count();
            counts.extend(body[..before].iter().map(|(t, n)| (*t, f64::from(*n))));
            body = &body[before..];
            let held = body.first().filter(|(t, _)| t == term);
            counts.push((*term, held.map_or(0.0, |t| f64::from(t.1)) + *title + *lead));
            body = &body[usize::from(held.is_some())..];
        }
        counts.extend(body.iter().map(|(t, n)| (*t, f64::from(*n))));
    }
}

/// A number that orders as [`f64::total_cmp`] does.
#[inline]
fn key(weight: f64) -> i64 {
    let bits = weight.to_bits().cast_signed();
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

/// The least key of the `most` largest, and how many that are equal to it are among them.
fn chosen(keys: &mut [i64], most: usize) -> (i64, usize) {
    if keys.len() <= most {
        return (i64::MIN, usize::MAX);
    }
    let (larger, least, _) = keys.select_nth_unstable_by(most - 1, |x, y| y.cmp(x));
    let least = *least;
    (least, most - larger.iter().filter(|k| **k > least).count())
}

/// The chosen of some terms: of equal weight the first, which are those of the smaller hashes.
fn of(terms: &[Term], (least, mut equal): (i64, usize)) -> impl Iterator<Item = &Term> {
    terms.iter().filter(move |t| {
        let among = t.key == least && equal > 0;
        equal -= usize::from(among);
        among || t.key > least
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algo::lexicon::Lexicon;
    use crate::model::Lang;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn terms_of_body_title_and_lead_add_up_and_the_rarest_stay() {
        let lexicon = Lexicon::from_rows(100, &[], &[(1, 90), (2, 5), (3, 5), (4, 1)]);
        let sketch = Sketch {
            body: vec![(1, 3), (2, 1), (4, 1)].into(),
            title: vec![2, 3].into(),
            lead: vec![2, 3, 4].into(),
            ..Sketch::default()
        };
        let weighing = Weighing { k1: 1.2, title: 2.0, lead: 0.5, most: 3 };
        let mut vector = Vec::new();
        weighing.vector(&sketch, &lexicon.weights(Lang::UNKNOWN), &mut Scratch::default(), &mut vector);
        assert_eq!(vector.iter().map(|t| t.0).collect::<Vec<_>>(), [2, 3, 4]);
        assert!(vector[0].1 > vector[1].1, "one more in the body");
        let length: f32 = vector.iter().map(|t| t.1 * t.1).sum();
        assert!((length - 1.0).abs() < 1e-6);
    }

    /// The same by sorting everything.
    fn plainly(weighing: &Weighing, sketch: &Sketch, idf: &Idf) -> Vec<(u32, f32)> {
        let mut counts: BTreeMap<u32, f64> = sketch.body.iter().map(|(t, n)| (*t, f64::from(*n))).collect();
        for (list, weight) in [(&sketch.title, weighing.title), (&sketch.lead, weighing.lead)] {
            list.iter().for_each(|t| *counts.entry(*t).or_default() += weight);
        }
        let saturated = |tf: f64| tf * (weighing.k1 + 1.0) / (tf + weighing.k1);
        let mut all: Vec<(u32, f64)> = counts.into_iter().map(|(t, tf)| (t, saturated(tf))).collect();
        all.sort_by(|x, y| (y.1 * idf.of(y.0)).total_cmp(&(x.1 * idf.of(x.0))).then(x.0.cmp(&y.0)));
        let rest = all.split_off(weighing.most.min(all.len()));
        all.sort_unstable_by_key(|t| t.0);
        let weight = |t: &(u32, f64)| t.1 * idf.of(t.0).sqrt();
        let length = all.iter().map(|t| weight(t) * weight(t)).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
        let found = |t: &(u32, f64)| idf.frequency(t.0) > 1;
        let lacking = (weighing.most / 2).saturating_sub(all.iter().filter(|t| found(t)).count());
        all.extend(rest.into_iter().filter(found).take(lacking));
        all.sort_unstable_by_key(|t| t.0);
        all.iter().map(|t| (t.0, (weight(t) / length) as f32)).collect()
    }

    proptest! {
        #[test]
        fn the_heaviest_are_those_of_sorting_everything(
            body in prop::collection::btree_map(0_u32..40, 1_u16..4, 0..30),
            (title, lead) in (prop::collection::btree_set(0_u32..40, 0..5), prop::collection::btree_set(0_u32..50, 0..9)),
            frequencies in prop::collection::btree_map(0_u32..40, 1_u32..9, 0..40),
            most in 1_usize..12,
            (k1, far) in (0.0..2.0, any::<bool>()),
        ) {
            let last = |t: u32| if far && t == 39 { u32::MAX } else { t };
            let sketch = Sketch {
                body: body.into_iter().map(|(t, n)| (last(t), n)).collect::<Vec<_>>().into(),
                title: title.into_iter().map(last).collect::<Vec<_>>().into(),
                lead: lead.into_iter().filter(|t| *t != 39).collect::<Vec<_>>().into(),
                ..Sketch::default()
            };
            let lexicon = Lexicon::from_rows(9, &[], &frequencies.into_iter().collect::<Vec<_>>());
            let idf = lexicon.weights(Lang::UNKNOWN);
            let weighing = Weighing { k1, title: 2.0, lead: 0.5, most };
            let mut vector = vec![(7, 1.0)];
            weighing.vector(&sketch, &idf, &mut Scratch::default(), &mut vector);
            prop_assert_eq!(&vector[1..], plainly(&weighing, &sketch, &idf));
        }
    }
}
