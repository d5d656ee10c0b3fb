//! The evidence of a pair: named features, computed from two sketches.

use super::copies::{Setting, relation};
use super::{ScoreSettings, Weights};
use crate::algo::lexicon::Lexicon;
use crate::algo::logistic::round6;
use crate::algo::overlap::{each_common, each_shared, shared};
use crate::model::sketch::Tf;
use crate::model::{Clock, Entry, Feature, Features, Lang, Overlap, Relation, Row, Sketch};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// Most quotation runs that count.
const MOST_QUOTES: u32 = 20;

/// How many of the rarest words that two leads share count …
const RAREST: usize = 3;

/// … and the idf that one of them counts at most, that of a word of one text in 8,000: where there are many more texts,
/// chance finds rarer words.
const MOST_RARE: f64 = 9.0;

/// Most days that count.
const MOST_DAYS: f64 = 365.0;

/// From how many different days on a short text of one outlet is a title that it repeats.
const REPEATED_DAYS: usize = 3;

/// What pairs are judged by, parallel to the working set.
pub struct Evidence<'a> {
    /// Sketches.
    pub sketches: &'a [Sketch],
    /// Document frequencies.
    pub lexicon: &'a Lexicon,
    /// Languages.
    pub langs: Vec<Lang>,
    clocks: Vec<&'a Clock>,
    /// Which outlet, numbered; `None` when it is not known.
    outlets: Vec<Option<u32>>,
    parents: Vec<Option<&'a str>>,
    repeated: Vec<bool>,
    norms: Vec<Norms>,
}

/// Lengths of an entry's vectors.
#[derive(Clone, Copy, Debug, Default)]
struct Norms {
    body: f64,
    caps: f64,
    numbers: f64,
    title: f64,
    lead: f64,
    /// The title's idf mass.
    mass: f64,
}

impl<'a> Evidence<'a> {
    /// Prepares a working set; `langs` and `sketches` are parallel to `entries`.
    pub fn new(
        entries: &'a [Entry],
        langs: Vec<Lang>,
        sketches: &'a [Sketch],
        lexicon: &'a Lexicon,
        settings: &ScoreSettings,
    ) -> Evidence<'a> {
        let clocks: Vec<&Clock> = entries.iter().map(|e| &e.published).collect();
        let mut numbers: FxHashMap<&str, u32> = FxHashMap::default();
        let outlets = entries
            .iter()
            .map(|e| {
                let next = numbers.len() as u32;
                e.outlet_known.then(|| *numbers.entry(&e.outlet).or_insert(next))
            })
            .collect();
        let repeated = repeated(entries, sketches, settings.short_words);
        let parents = entries.iter().map(|e| e.parent.as_deref()).collect();
        let norms = sketches.par_iter().map(|s| Norms::of(s, lexicon)).collect();
        Evidence { sketches, lexicon, langs, clocks, outlets, parents, repeated, norms }
    }

    /// The gap between two clocks in days.
    pub fn days_apart(&self, a: Row, b: Row) -> Option<f64> {
        self.clocks[a.at()].days_apart(self.clocks[b.at()])
    }

    /// How two entries relate as copies.
    pub fn copy(&self, a: Row, b: Row, settings: &ScoreSettings) -> Option<(Relation, Overlap)> {
        let setting = Setting { days: self.days_apart(a, b), repeated: self.repeated[a.at()] || self.repeated[b.at()] };
        relation(&self.sketches[a.at()], &self.sketches[b.at()], setting, settings)
    }

    /// The features of a pair; the same for (a, b) and (b, a).
    pub fn features(&self, a: Row, b: Row) -> Features {
        let (x, y) = (&self.sketches[a.at()], &self.sketches[b.at()]);
        let (nx, ny) = (&self.norms[a.at()], &self.norms[b.at()]);
        let mut out = Features::default();
        let mut set = |feature: Feature, value: f64| out.0[feature as usize] = round6(value) as f32;
        set(Feature::BodyCosine, cosine(self.dot(&x.body, &y.body), nx.body, ny.body));
        set(Feature::CapsCosine, cosine(self.dot(&x.caps, &y.caps), nx.caps, ny.caps));
        set(Feature::NumbersCosine, cosine(self.dot(&x.numbers, &y.numbers), nx.numbers, ny.numbers));
        set(Feature::TitleCosine, cosine(self.mass(&x.title, &y.title, 2), nx.title, ny.title));
        set(Feature::LeadCosine, cosine(self.mass(&x.lead, &y.lead, 2), nx.lead, ny.lead));
        let (there, back) =
            (ratio(self.mass(&x.title, &y.lead, 1), nx.mass), ratio(self.mass(&y.title, &x.lead, 1), ny.mass));
        set(Feature::ShareLarger, there.max(back));
        set(Feature::ShareSmaller, there.min(back));
        set(Feature::RareShared, self.rarest(&x.lead, &y.lead));
        set(Feature::SharedQuotes, f64::from(shared(&x.quotes, &y.quotes).min(MOST_QUOTES)).ln_1p());
        set(Feature::SameOutlet, f64::from(self.same_outlet(a, b)));
        set(Feature::OtherNames, f64::from(self.same_page(a, b) && names_others(x, y) && names_others(y, x)));
        match self.days_apart(a, b) {
            None => set(Feature::DateMissing, 1.0),
            Some(days) => {
                set(Feature::DaysApart, days.min(MOST_DAYS).ln_1p());
                set(Feature::OverOneDay, f64::from(days > 1.0));
                set(Feature::OverThreeDays, f64::from(days > 3.0));
            }
        }
        out
    }

    /// The terms two entries share behind a feature, heaviest first.
    pub fn shared_terms(&self, a: Row, b: Row, feature: Feature) -> Vec<u32> {
        let (x, y) = (&self.sketches[a.at()], &self.sketches[b.at()]);
        let mut terms = Vec::new();
        let mut add = |t| terms.push(t);
        match feature {
            Feature::BodyCosine => each_shared(&x.body, &y.body, |t, _, _| add(t)),
            Feature::CapsCosine => each_shared(&x.caps, &y.caps, |t, _, _| add(t)),
            Feature::NumbersCosine => each_shared(&x.numbers, &y.numbers, |t, _, _| add(t)),
            Feature::TitleCosine => each_common(&x.title, &y.title, add),
            Feature::LeadCosine | Feature::RareShared => each_common(&x.lead, &y.lead, add),
            Feature::ShareLarger | Feature::ShareSmaller => {
                each_common(&x.title, &y.lead, &mut add);
                each_common(&y.title, &x.lead, &mut add);
            }
            Feature::SharedQuotes => each_common(&x.quotes, &y.quotes, add),
            _ => {}
        }
        terms.sort_unstable_by(|s, t| self.lexicon.idf(*t).total_cmp(&self.lexicon.idf(*s)).then(s.cmp(t)));
        terms.dedup();
        if feature == Feature::RareShared {
            terms.truncate(RAREST);
        }
        terms
    }

    fn same_outlet(&self, a: Row, b: Row) -> bool {
        self.outlets[a.at()].is_some() && self.outlets[a.at()] == self.outlets[b.at()]
    }

    fn same_page(&self, a: Row, b: Row) -> bool {
        self.parents[a.at()].is_some() && self.parents[a.at()] == self.parents[b.at()]
    }

    fn dot(&self, a: &[Tf], b: &[Tf]) -> f64 {
        let mut sum = 0.0;
        each_shared(a, b, |t, n, m| sum += damped(n) * damped(m) * self.lexicon.idf(t).powi(2));
        sum
    }

    fn rarest(&self, a: &[u32], b: &[u32]) -> f64 {
        let mut top = [0.0_f64; RAREST];
        each_common(a, b, |t| {
            let mut idf = self.lexicon.idf(t).min(MOST_RARE);
            for kept in &mut top {
                if idf > *kept {
                    std::mem::swap(kept, &mut idf);
                }
            }
        });
        top.iter().sum()
    }

    fn mass(&self, a: &[u32], b: &[u32], power: i32) -> f64 {
        let mut sum = 0.0;
        each_common(a, b, |t| sum += self.lexicon.idf(t).powi(power));
        sum
    }
}

/// Whether the title of `x` holds a name (a word that is capitalised inside a sentence of its body) which `y` never
/// mentions: two arrivals told in the same words are two arrivals when others arrive.
fn names_others(x: &Sketch, y: &Sketch) -> bool {
    let named = |t: &u32| x.caps.binary_search_by_key(t, |c| c.0).is_ok();
    let mentioned = |t: &u32| y.title.binary_search(t).is_ok() || y.body.binary_search_by_key(t, |b| b.0).is_ok();
    x.title.iter().any(|t| named(t) && !mentioned(t))
}

impl Norms {
    fn of(s: &Sketch, lexicon: &Lexicon) -> Norms {
        let tf = |list: &[Tf]| list.iter().map(|(t, n)| (damped(*n) * lexicon.idf(*t)).powi(2)).sum::<f64>().sqrt();
        let set = |list: &[u32]| list.iter().map(|t| lexicon.idf(*t).powi(2)).sum::<f64>().sqrt();
        Norms {
            body: tf(&s.body),
            caps: tf(&s.caps),
            numbers: tf(&s.numbers),
            title: set(&s.title),
            lead: set(&s.lead),
            mass: s.title.iter().map(|t| lexicon.idf(*t)).sum(),
        }
    }
}

fn damped(tf: u16) -> f64 {
    1.0 + f64::from(tf).ln()
}

fn cosine(dot: f64, a: f64, b: f64) -> f64 {
    ratio(dot, a * b)
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole).min(1.0) } else { 0.0 }
}

/// Whether an entry's text is short and printed by its outlet on several days: a standing title.
fn repeated(entries: &[Entry], sketches: &[Sketch], short: u32) -> Vec<bool> {
    let mut days: FxHashMap<(&str, u64), Vec<i64>> = FxHashMap::default();
    let keys = || entries.iter().zip(sketches).map(|(e, s)| ((&*e.outlet, s.exact), e.published.from, s.words < short));
    for (key, from, _) in keys().filter(|k| k.2) {
        let day = from.map_or(i64::MIN, |f| f.div_euclid(86_400));
        let seen = days.entry(key).or_default();
        if !seen.contains(&day) && seen.len() < REPEATED_DAYS {
            seen.push(day);
        }
    }
    keys().map(|(key, _, short)| short && days.get(&key).is_some_and(|d| d.len() >= REPEATED_DAYS)).collect()
}

impl Weights {
    /// The weight of one feature.
    pub fn of(&self, feature: Feature) -> f64 {
        self.list()[feature as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algo::stems::Terms;
    use crate::model::Text;
    use crate::stage::fingerprint::{FingerprintSettings, counted_terms, sketch};
    use crate::stage::fixtures::entry_of;

    fn world() -> (Vec<Entry>, Vec<Sketch>) {
        let rows = [
            ("A", "Ferry runs aground at Ellery", "The ferry hit rocks at Ellery with 41 aboard", Some(0)),
            ("B", "Ellery ferry hits rocks", "All 41 aboard the Ellery ferry are safe", Some(3_600)),
            ("A", "Council sets budget", "The council of Northam voted on its budget", Some(900_000)),
            ("C", "Bread prices rise", "Bakers blame the harvest", None),
        ];
        let entries: Vec<Entry> =
            rows.iter().enumerate().map(|(i, r)| entry_of(r.0, &i.to_string(), r.1, r.2, r.3)).collect();
        let mut terms = Terms::default();
        let sketches = entries
            .iter()
            .map(|e| {
                let text = Text { title: e.title.clone(), body: e.body.clone(), lang: Lang::EN, ..Text::default() };
                sketch(&text, &mut terms, &FingerprintSettings::default())
            })
            .collect();
        (entries, sketches)
    }

    #[test]
    fn accounts_of_one_event_score_above_others_and_either_way_round() {
        let (entries, sketches) = world();
        let lexicon = counted_terms(&sketches);
        let e = Evidence::new(&entries, vec![Lang::EN; 4], &sketches, &lexicon, &ScoreSettings::default());
        let p = |a, b| Weights::default().probability(&e.features(Row(a), Row(b)));
        assert!(p(0, 1) > p(0, 2) && p(0, 1) > p(1, 3));
        for (a, b) in [(0, 1), (0, 2), (1, 3)] {
            assert_eq!(e.features(Row(a), Row(b)), e.features(Row(b), Row(a)));
        }
        assert_eq!(e.features(Row(0), Row(2)).get(Feature::SameOutlet), 1.0);
        assert_eq!(e.features(Row(0), Row(3)).get(Feature::DateMissing), 1.0);
        assert!(!e.shared_terms(Row(0), Row(1), Feature::NumbersCosine).is_empty());
    }

    #[test]
    fn posts_of_one_page_that_name_others_are_held_apart() {
        let (mut entries, mut sketches) = world();
        let mut terms = Terms::default();
        let posts = [
            ("Governor lands in Ellery", "It was the Governor who came"),
            ("Premier lands in Ellery", "It was the Premier who came"),
        ];
        for (i, (title, body)) in posts.iter().enumerate() {
            let mut e = entry_of("A", &format!("p{i}"), title, body, Some(0));
            e.parent = Some("page".into());
            let text = Text { title: (*title).into(), body: (*body).into(), lang: Lang::EN, ..Text::default() };
            sketches.push(sketch(&text, &mut terms, &FingerprintSettings::default()));
            entries.push(e);
        }
        let lexicon = counted_terms(&sketches);
        let e = Evidence::new(&entries, vec![Lang::EN; 6], &sketches, &lexicon, &ScoreSettings::default());
        assert_eq!(e.features(Row(4), Row(5)).get(Feature::OtherNames), 1.0);
        assert_eq!(e.features(Row(0), Row(5)).get(Feature::OtherNames), 0.0, "not of one page");
    }

    #[test]
    fn a_title_printed_on_three_days_is_repeated() {
        let entries: Vec<Entry> =
            (0..4).map(|d| entry_of("A", &d.to_string(), "Morning briefing", "", Some(d * 86_400))).collect();
        let s = Sketch { exact: 7, words: 2, ..Sketch::default() };
        assert_eq!(repeated(&entries, &vec![s; 4], 60), [true; 4]);
    }
}
