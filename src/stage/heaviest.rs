//! An entry's heaviest terms: what it is searched by.

use crate::algo::lexicon::Idf;
use crate::model::Sketch;

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
    counts: Vec<(u32, f64)>,
    added: Vec<(u32, f64)>,
    heaviest: Vec<Weighed>,
}

/// A term's weight in choosing, the term, its saturated count, its idf.
type Weighed = (f64, u32, f64, f64);

impl Weighing {
    /// The heaviest terms of an entry, ascending by term: body tf + title + lead, saturated as in BM25 (Robertson and Walker
    /// 1994), × idf. Both sides of a product carry √idf and are of length one: a cosine, in which a term's idf counts once.
    pub fn vector(&self, sketch: &Sketch, idf: &Idf, scratch: &mut Scratch) -> Vec<(u32, f32)> {
        let Scratch { counts, added, heaviest } = scratch;
        counts.clear();
        counts.extend(sketch.body.iter().map(|(term, n)| (*term, f64::from(*n))));
        for (list, weight) in [(&sketch.title, self.title), (&sketch.lead, self.lead)] {
            add(counts, list, weight, added);
            std::mem::swap(counts, added);
        }
        heaviest.clear();
        heaviest.extend(counts.iter().map(|(term, tf)| {
            let (saturated, idf) = (tf * (self.k1 + 1.0) / (tf + self.k1), idf.of(*term));
            (saturated * idf, *term, saturated, idf)
        }));
        let by_weight = |x: &Weighed, y: &Weighed| y.0.total_cmp(&x.0).then(x.1.cmp(&y.1));
        let most = self.most.min(heaviest.len());
        if most < heaviest.len() {
            heaviest.select_nth_unstable_by(self.most - 1, by_weight);
        }
        heaviest[..most].sort_unstable_by_key(|t| t.1);
        let weight = |t: &Weighed| t.2 * t.3.sqrt();
        let length = heaviest[..most].iter().map(|t| weight(t) * weight(t)).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
        // A term of this text alone finds nothing. Where most are such, as in a small night or a script of many
        // combinations, the next heaviest that others hold are searched besides.
        let found = |t: &Weighed| idf.frequency(t.1) > 1;
        let lacking = (self.most / 2).saturating_sub(heaviest[..most].iter().filter(|t| found(t)).count());
        if lacking > 0 {
            let mut others: Vec<Weighed> = heaviest.drain(most..).filter(|t| found(t)).collect();
            others.sort_unstable_by(by_weight);
            heaviest.extend(others.into_iter().take(lacking));
            heaviest.sort_unstable_by_key(|t| t.1);
        }
        heaviest.truncate(most + lacking.min(heaviest.len().saturating_sub(most)));
        heaviest.iter().map(|t| (t.1, (weight(t) / length) as f32)).collect()
    }
}

/// Adds a weight to the terms of a list; all are ascending and free of repeats.
fn add(counts: &[(u32, f64)], list: &[u32], weight: f64, out: &mut Vec<(u32, f64)>) {
    out.clear();
    let mut rest = counts;
    for term in list {
        let before = rest.iter().take_while(|(t, _)| t < term).count();
        out.extend_from_slice(&rest[..before]);
        rest = &rest[before..];
        let held = rest.first().filter(|(t, _)| t == term);
        out.push((*term, held.map_or(0.0, |t| t.1) + weight));
        rest = &rest[usize::from(held.is_some())..];
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algo::lexicon::Lexicon;
    use crate::model::Lang;

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
        let vector = weighing.vector(&sketch, &lexicon.weights(Lang::UNKNOWN), &mut Scratch::default());
        assert_eq!(vector.iter().map(|t| t.0).collect::<Vec<_>>(), [2, 3, 4]);
        assert!(vector[0].1 > vector[1].1, "one more in the body");
        let length: f32 = vector.iter().map(|t| t.1 * t.1).sum();
        assert!((length - 1.0).abs() < 1e-6);
    }

    #[test]
    fn lists_are_merged_whatever_their_ends() {
        let mut out = Vec::new();
        add(&[(2, 1.0), (5, 1.0)], &[1, 2, 7], 0.5, &mut out);
        assert_eq!(out, [(1, 0.5), (2, 1.5), (5, 1.0), (7, 0.5)]);
    }
}
