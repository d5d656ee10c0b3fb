//! The evidence of a pair: named features, computed from two sketches.

use super::ScoreSettings;
use super::copies::{Setting, related, relation, repeated};
use super::lacking::{Lacking, Rest, Side};
use super::norms::{Damped, Norms};
use super::scale::{Idfs, MOST_RARE, Pages, Scale};
use super::weighed::{Terms, Weighed, mass};
use super::window::{Stretch, Window};
use crate::algo::lexicon::{Idf, Lexicon};
use crate::algo::logistic::round6;
use crate::algo::overlap::{each_common, each_shared, shared};
use crate::model::sketch::Tf;
use crate::model::{Brief, Entry, Feature, Features, Interval, Lang, Overlap, Pair, Relation, Row, Sketch};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

/// Most quotation runs that count.
const MOST_QUOTES: u32 = 20;

/// How many of the rarest words that two leads share count.
const RAREST: usize = 3;

/// Most days that count.
const MOST_DAYS: f64 = 365.0;

/// What pairs are judged by, parallel to the working set.
pub struct Evidence<'a> {
    /// What of each sketch is at hand wherever its lists lie.
    pub briefs: Cow<'a, [Brief]>,
    /// The rows whose sketches are at hand.
    window: Window<'a>,
    /// Languages.
    pub langs: Vec<Lang>,
    clocks: Vec<Interval>,
    /// Which outlet, numbered; `None` when it is not known.
    outlets: Vec<Option<u32>>,
    pages: Pages,
    repeated: Vec<bool>,
    norms: Vec<Norms>,
    /// The first rows of the stretches whose norms are known.
    normed: Vec<u32>,
    idfs: Idfs<'a>,
    damped: Damped,
    /// Where the shingles lie elsewhere, and the lists of rows outside of the window, who reads them.
    shelved: Option<Lacking<'a>>,
    /// Where the sketches propose copies alone, who makes the rest of them.
    lacking: Option<Lacking<'a>>,
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
        let briefs = sketches.iter().map(Sketch::brief).collect();
        let of_row = |row: Row| Cow::Borrowed(&sketches[row.at()]);
        let mut evidence =
            Evidence::of_candidates(entries, langs, briefs, lexicon, settings).with_features(entries, &of_row);
        let all = Stretch { first: 0, sketches: sketches.into(), marks: Cow::default() };
        evidence.turn_to(Window::one(Arc::new(all)));
        evidence
    }

    /// The same for one who asks for [`Evidence::features`] too, of the rows of the window that it is turned to.
    pub fn with_features<'b>(
        self,
        entries: &[Entry],
        sketch: &(dyn Fn(Row) -> Cow<'b, Sketch> + Sync),
    ) -> Evidence<'a> {
        let mut numbers: FxHashMap<&str, u32> = FxHashMap::default();
        let outlets = entries
            .iter()
            .map(|e| {
                let next = numbers.len() as u32;
                e.outlet_known.then(|| *numbers.entry(&e.outlet).or_insert(next))
            })
            .collect();
        let norms = vec![Norms::default(); entries.len()];
        Evidence { outlets, pages: Pages::of(entries, sketch), norms, ..self }
    }

    /// Has other rows at hand.
    pub fn turn_to(&mut self, window: Window<'a>) {
        for stretch in window.stretches() {
            if !self.norms.is_empty() && !self.normed.contains(&stretch.first) {
                let norms = |(row, s): (u32, &Sketch)| {
                    let row = Row(row);
                    Norms::of(s, Scale { idf: self.idf(row), page: self.pages.page(row) }, &self.damped)
                };
                let rows = (0..stretch.sketches.len()).into_par_iter();
                let made: Vec<Norms> = rows.map(|i| norms((stretch.first + i as u32, &stretch.sketches[i]))).collect();
                if let Some(to) = self.norms.get_mut(stretch.first as usize..).and_then(|n| n.get_mut(..made.len())) {
                    to.copy_from_slice(&made);
                }
                self.normed.push(stretch.first);
            }
        }
        self.window = window;
    }

    /// Prepares a working set of which no [`Evidence::features`] are asked.
    pub fn of_candidates(
        entries: &[Entry],
        langs: Vec<Lang>,
        briefs: Cow<'a, [Brief]>,
        lexicon: &'a Lexicon,
        settings: &ScoreSettings,
    ) -> Evidence<'a> {
        let idfs = Idfs::of(lexicon, &langs);
        Evidence { langs, idfs, ..Evidence::bare(entries, briefs, lexicon, settings) }
    }

    /// Prepares a working set of which only [`Evidence::copy`] is asked. `sketches` hold what proposes copies, and
    /// `lacking` makes the rest where a pair needs it.
    pub fn of_copies(
        entries: &'a [Entry],
        sketches: &'a [Sketch],
        lexicon: &'a Lexicon,
        lacking: Lacking<'a>,
        settings: &ScoreSettings,
    ) -> Evidence<'a> {
        let briefs = sketches.iter().map(Sketch::brief).collect();
        let all = Stretch { first: 0, sketches: sketches.into(), marks: Cow::default() };
        let window = Window::one(Arc::new(all));
        Evidence { lacking: Some(lacking), window, ..Evidence::bare(entries, briefs, lexicon, settings) }
    }

    fn bare(
        entries: &[Entry],
        briefs: Cow<'a, [Brief]>,
        lexicon: &'a Lexicon,
        settings: &ScoreSettings,
    ) -> Evidence<'a> {
        Evidence {
            langs: Vec::new(),
            clocks: entries.iter().map(|e| e.published.interval()).collect(),
            outlets: Vec::new(),
            pages: Pages::default(),
            repeated: repeated(entries, &briefs, settings.short_words),
            norms: Vec::new(),
            normed: Vec::new(),
            idfs: Idfs::of(lexicon, &[]),
            briefs,
            window: Window::default(),
            shelved: None,
            damped: Damped::default(),
            lacking: None,
        }
    }

    /// When an entry was published.
    pub fn clock(&self, row: Row) -> Interval {
        self.clocks[row.at()]
    }

    /// The gap between two clocks in days.
    pub fn days_apart(&self, a: Row, b: Row) -> Option<f64> {
        self.clocks[a.at()].days_apart(self.clocks[b.at()])
    }

    /// How two entries relate as copies.
    pub fn copy(&self, a: Row, b: Row, settings: &ScoreSettings) -> Option<(Relation, Overlap)> {
        let rest = self.rest([(a, b)]);
        relation(self.side(a, rest.as_ref()), self.side(b, rest.as_ref()), self.setting(a, b), settings)
    }

    /// As [`Evidence::copy`], without the overlap of equal texts.
    pub fn related(&self, a: Row, b: Row, settings: &ScoreSettings) -> Option<(Relation, Option<Overlap>)> {
        self.related_by(self.rest([(a, b)]).as_ref(), a, b, settings)
    }

    /// The same of one of several pairs, which share what their sketches lack.
    pub(super) fn related_by(
        &self,
        rest: Option<&Rest<'_>>,
        a: Row,
        b: Row,
        settings: &ScoreSettings,
    ) -> Option<(Relation, Option<Overlap>)> {
        related(self.side(a, rest), self.side(b, rest), self.setting(a, b), settings)
    }

    /// Room for what the sketches of these pairs lack, where they lack anything.
    pub(super) fn rest(&self, pairs: impl IntoIterator<Item = (Row, Row)>) -> Option<Rest<'a>> {
        self.lacking.map(|lacking| Rest::of(lacking, pairs))
    }

    fn setting(&self, a: Row, b: Row) -> Setting {
        Setting { days: self.days_apart(a, b), repeated: self.repeated[a.at()] || self.repeated[b.at()] }
    }

    fn side<'b>(&'b self, row: Row, rest: Option<&'b Rest<'b>>) -> Side<'b> {
        let sketch = self.window.sketch(row);
        // A text that has words and no shingles was sketched without them.
        let lacks = |s: &Sketch| s.words > 0 && s.shingles.is_empty();
        let lacking = rest.filter(|_| sketch.is_some_and(lacks));
        let (brief, marks) = (self.briefs[row.at()], self.window.marks(row));
        Side { row, brief, sketch, lacking, shelved: self.shelved, marks }
    }

    /// The same of sketches whose shingles lie elsewhere, as do the lists of rows outside of the window.
    pub fn shelved(self, shelf: Lacking<'a>) -> Evidence<'a> {
        Evidence { shelved: Some(shelf), ..self }
    }

    /// The sketch of a row of the window.
    #[inline]
    fn sketch(&self, row: Row) -> &Sketch {
        static NONE: LazyLock<Sketch> = LazyLock::new(Sketch::default);
        self.window.sketch(row).unwrap_or_else(|| &NONE)
    }

    /// Reads a number of each cache line that the features of these pairs rest on in their second entries, so that their
    /// memory is waited for all at once; the first is mostly that of the pair before.
    pub(super) fn fetch(&self, pairs: &[Pair]) {
        const COUNTED: usize = 64 / size_of::<Tf>();
        const PLAIN: usize = 64 / size_of::<u32>();
        let sketches = || pairs.iter().map(|p| self.sketch(p.b));
        let begun = sketches().fold(0, |all, s| all ^ s.words ^ s.quotes.len() as u32);
        let counted = sketches().flat_map(|s| [&s.body, &s.caps, &s.numbers]).flat_map(|l| l.iter().step_by(COUNTED));
        let plain = sketches().flat_map(|s| [&s.title, &s.lead, &s.quotes]).flat_map(|l| l.iter().step_by(PLAIN));
        std::hint::black_box(plain.fold(counted.fold(begun, |all, t| all ^ t.0), |all, t| all ^ t));
    }

    /// The features of a pair; the same for (a, b) and (b, a). That of the crowd is 0: it rests on the other pairs.
    pub fn features(&self, a: Row, b: Row) -> Features {
        self.features_beside(&mut Weighed::default(), a, b)
    }

    /// As [`Evidence::features`], many pairs of one `a` after another: what its terms weigh is looked up once.
    pub(super) fn features_beside(&self, weighed: &mut Weighed, a: Row, b: Row) -> Features {
        let (x, y) = (self.sketch(a), self.sketch(b));
        let (there, back) = (self.scale(a, b), self.scale(b, a));
        let (nx, ny) = (&self.norms[a.at()], &self.norms[b.at()]);
        weighed.turn_to(a, self.lang_of(a, b), x, there.idf);
        let w = weighed;
        let both = |idf: f64, t: u32| idf.powi(2) * there.share(t) * back.share(t);
        let mut out = Features::default();
        let mut set = |feature: Feature, value: f64| out.0[feature as usize] = round6(value) as f32;
        set(Feature::BodyCosine, cosine(self.dot(&x.body, &mut w.body, &y.body, both), nx.body, ny.body));
        set(Feature::CapsCosine, cosine(self.dot(&x.caps, &mut w.caps, &y.caps, both), nx.caps, ny.caps));
        let numbers = self.dot(&x.numbers, &mut w.numbers, &y.numbers, both);
        set(Feature::NumbersCosine, cosine(numbers, nx.numbers, ny.numbers));
        set(Feature::TitleCosine, cosine(mass(&mut w.title, &y.title, both), nx.title, ny.title));
        let here = ratio(mass(&mut w.title, &y.lead, |idf, t| idf * there.share(t)), nx.mass);
        let hence = ratio(mass(&mut w.lead, &y.title, |idf, t| idf * back.share(t)), ny.mass);
        set(Feature::ShareLarger, here.max(hence));
        set(Feature::ShareSmaller, here.min(hence));
        let rarity = there.rarity();
        let (mut lead, mut rarest) = (0.0, [0.0; RAREST]);
        w.lead.each_shared(
            &y.lead,
            |t| *t,
            |_, j, idf| {
                let (s, t) = (there.share(y.lead[j]), back.share(y.lead[j]));
                lead += idf.powi(2) * s * t;
                keep_rarest(&mut rarest, (idf * s * t * rarity).min(MOST_RARE));
            },
        );
        set(Feature::LeadCosine, cosine(lead, nx.lead, ny.lead));
        set(Feature::RareShared, rarest.iter().sum());
        set(Feature::SharedQuotes, f64::from(shared(&x.quotes, &y.quotes).min(MOST_QUOTES)).ln_1p());
        set(Feature::SameOutlet, f64::from(self.same_outlet(a, b)));
        set(Feature::OtherNames, f64::from(self.of_others(a, b)));
        match self.days_apart(a, b) {
            None => set(Feature::DateMissing, 1.0),
            Some(days) => {
                set(Feature::DaysApart, days.min(MOST_DAYS).ln_1p());
                set(Feature::OverOneDay, f64::from(days > 1.0));
            }
        }
        out
    }

    /// The product of two vectors of damped counts; `weight` is given the idf of a term, and the term.
    fn dot<const BITS: u32>(
        &self,
        a: &[Tf],
        terms: &mut Terms<BITS>,
        b: &[Tf],
        weight: impl Fn(f64, u32) -> f64,
    ) -> f64 {
        let damped = |tf: u16| self.damped.of(tf);
        let mut sum = 0.0;
        terms.each_shared(b, |tf| tf.0, |i, j, idf| sum += damped(a[i].1) * damped(b[j].1) * weight(idf, b[j].0));
        sum
    }

    /// The terms two entries share behind a feature, heaviest first.
    pub fn shared_terms(&self, a: Row, b: Row, feature: Feature) -> Vec<u32> {
        let (x, y) = (self.sketch(a), self.sketch(b));
        let mut terms = match feature {
            Feature::BodyCosine => keys(&x.body, &y.body),
            Feature::CapsCosine => keys(&x.caps, &y.caps),
            Feature::NumbersCosine => keys(&x.numbers, &y.numbers),
            Feature::TitleCosine => common(&x.title, &y.title),
            Feature::LeadCosine | Feature::RareShared => common(&x.lead, &y.lead),
            Feature::ShareLarger | Feature::ShareSmaller => {
                [common(&x.title, &y.lead), common(&y.title, &x.lead)].concat()
            }
            Feature::SharedQuotes => common(&x.quotes, &y.quotes),
            _ => Vec::new(),
        };
        let scale = self.scale(a, b);
        terms.sort_unstable_by(|s, t| scale.idf(*t).total_cmp(&scale.idf(*s)).then(s.cmp(t)));
        terms.dedup();
        if feature == Feature::RareShared {
            terms.truncate(RAREST);
        }
        terms
    }

    fn same_outlet(&self, a: Row, b: Row) -> bool {
        self.outlets[a.at()].is_some() && self.outlets[a.at()] == self.outlets[b.at()]
    }

    /// Whether two posts of one live page name others, or two posts of two pages are more than a day apart: a post tells of
    /// the hour it was posted in.
    fn of_others(&self, a: Row, b: Row) -> bool {
        if !self.same_page(a, b) {
            let posts = self.pages.of[a.at()].is_some() && self.pages.of[b.at()].is_some();
            return posts && self.days_apart(a, b).is_some_and(|days| days > 1.0);
        }
        let (x, y) = (self.sketch(a), self.sketch(b));
        names_others(x, y) && names_others(y, x)
    }

    fn same_page(&self, a: Row, b: Row) -> bool {
        self.pages.of[a.at()].is_some() && self.pages.of[a.at()] == self.pages.of[b.at()]
    }

    /// What the words of `a` weigh beside those of `b`.
    fn scale(&self, a: Row, b: Row) -> Scale<'_> {
        Scale { idf: self.idfs.get(self.lang_of(a, b)), page: self.pages.page(a) }
    }

    /// The language that both are in, or that one of them is known to be in.
    fn lang_of(&self, a: Row, b: Row) -> Lang {
        match (self.langs[a.at()], self.langs[b.at()]) {
            (x, y) if y == Lang::UNKNOWN || x == y => x,
            (Lang::UNKNOWN, y) => y,
            _ => Lang::UNKNOWN,
        }
    }

    /// What a term of an entry weighs among the texts of its language.
    pub fn idf(&self, row: Row) -> &Idf<'a> {
        self.idfs.get(self.langs[row.at()])
    }
}

/// Whether the title of `x` holds a name (a word that is capitalised inside a sentence of its body) which `y` never
/// mentions: two arrivals told in the same words are two arrivals when others arrive.
fn names_others(x: &Sketch, y: &Sketch) -> bool {
    let named = |t: &u32| x.caps.binary_search_by_key(t, |c| c.0).is_ok();
    let mentioned = |t: &u32| y.title.binary_search(t).is_ok() || y.body.binary_search_by_key(t, |b| b.0).is_ok();
    x.title.iter().any(|t| named(t) && !mentioned(t))
}

/// The terms that two lists share.
fn keys(a: &[Tf], b: &[Tf]) -> Vec<u32> {
    let mut shared = Vec::new();
    each_shared(a, b, |i, _| shared.push(a[i].0));
    shared
}

/// The terms that two sets share.
fn common(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut shared = Vec::new();
    each_common(a, b, |i| shared.push(a[i]));
    shared
}

/// Puts an idf into a descending list of the largest.
fn keep_rarest(rarest: &mut [f64; RAREST], mut idf: f64) {
    for kept in rarest {
        if idf > *kept {
            std::mem::swap(kept, &mut idf);
        }
    }
}

fn cosine(dot: f64, a: f64, b: f64) -> f64 {
    ratio(dot, a * b)
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole).min(1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algo::stems::Terms;
    use crate::model::Text;
    use crate::stage::fingerprint::{FingerprintSettings, counted_terms, sketch};
    use crate::stage::fixtures::entry_of;
    use crate::stage::score::Weights;

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
                let text =
                    Text { title: e.title.clone(), body: e.body.text().into(), lang: Lang::EN, ..Text::default() };
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
            e.rare.make_mut().parent = Some("page".into());
            let text = Text { title: (*title).into(), body: (*body).into(), lang: Lang::EN, ..Text::default() };
            sketches.push(sketch(&text, &mut terms, &FingerprintSettings::default()));
            entries.push(e);
        }
        let lexicon = counted_terms(&sketches);
        let e = Evidence::new(&entries, vec![Lang::EN; 6], &sketches, &lexicon, &ScoreSettings::default());
        assert_eq!(e.features(Row(4), Row(5)).get(Feature::OtherNames), 1.0);
        assert_eq!(e.features(Row(0), Row(5)).get(Feature::OtherNames), 0.0, "not of one page");
    }
}
