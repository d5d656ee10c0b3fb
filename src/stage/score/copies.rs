//! When one text is a copy of another: on real shingle sets, never on estimates.

use super::ScoreSettings;
use crate::algo::overlap::{each_shared, shared, shared_from};
use crate::model::sketch::Tf;
use crate::model::{Brief, Entry, Marks, Overlap, Relation, Sketch};
use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// A copy smaller than this part of the other is an abridgement.
const ABRIDGED_BELOW: f64 = 0.75;

/// From this containment two texts differ in a word here and there alone, and nothing else is asked.
const NEAR: f32 = 0.9;

/// A title of which more than this is shared is the same title.
const SAME_TITLE: f64 = 0.5;

/// Twins differ in length by less than this: an abridgement has its own reasons to lack names.
const TWIN_LENGTHS: u32 = 2;

/// Fewest names and numbers that say anything …
const LEAST_NAMES: usize = 5;

/// … and fewest numbers that say anything alone.
const LEAST_NUMBERS: usize = 8;

/// Of the numbers alone a copy shares at least this part of what it shares of names and numbers.
const NUMBERS_ALONE: f64 = 0.5;

/// From how many different days on a short text of one outlet is a title that it repeats.
const REPEATED_DAYS: usize = 3;

/// What is known of two texts besides their sketches.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Days apart; `None` when a date is missing.
    pub days: Option<f64>,
    /// Whether the text is a title that its outlet repeats ("Morning briefing").
    pub repeated: bool,
}

/// A sketch whose parts may be made only when they are asked for.
pub trait Parts: Copy {
    /// What of it is always at hand.
    fn brief(&self) -> Brief;
    /// Its shingles.
    fn shingles(&self) -> Cow<'_, [u32]>;
    /// How many these are.
    fn count(&self) -> u32 {
        self.shingles().len() as u32
    }
    /// A sketch with its title, lead, capitalised words and numbers.
    fn names(&self) -> Cow<'_, Sketch>;
    /// The marks of its shingles, where they are at hand.
    fn marks(&self) -> Option<&Marks> {
        None
    }
}

impl Parts for &Sketch {
    fn brief(&self) -> Brief {
        Sketch::brief(self)
    }

    fn shingles(&self) -> Cow<'_, [u32]> {
        Cow::Borrowed(&self.shingles)
    }

    fn names(&self) -> Cow<'_, Sketch> {
        Cow::Borrowed(self)
    }
}

/// How two texts relate as copies; `None` when they are none.
pub fn relation(x: impl Parts, y: impl Parts, setting: Setting, rules: &ScoreSettings) -> Option<(Relation, Overlap)> {
    let (relation, overlap) = related(x, y, setting, rules)?;
    Some((relation, overlap.unwrap_or_else(|| all_of(x))))
}

/// As [`relation`], but without the overlap of equal texts: it is all of them, and to count it their shingles may have to be made.
pub fn related(
    x: impl Parts,
    y: impl Parts,
    setting: Setting,
    rules: &ScoreSettings,
) -> Option<(Relation, Option<Overlap>)> {
    let (a, b) = (x.brief(), y.brief());
    if a.words == 0 || b.words == 0 {
        return None;
    }
    let equal = a.exact == b.exact && a.words == b.words;
    let short = a.words.min(b.words) < rules.short_words;
    if equal {
        let is_copy = !short || equal_rule(a, setting, rules);
        return is_copy.then_some((Relation::SameText, None));
    }
    let overlap = if short { overlap(x, y) } else { long_overlap(x, y, rules)? };
    // What two texts share is a text, and not a template or a block of the page around them.
    let one_text = || {
        overlap.containment >= NEAR || {
            let (of_a, of_b) = (x.names(), y.names());
            !(twins(a, b, &of_a, &of_b, rules) || strangers(&of_a, &of_b, rules))
        }
    };
    let shared = if short { short_rule(a, b, overlap, rules) } else { long_rule(overlap, rules) };
    (shared && one_text()).then(|| (kind(a, b), Some(overlap)))
}

/// What the one of two texts that differ is of the other.
fn kind(a: Brief, b: Brief) -> Relation {
    let (small, large) = (a.words.min(b.words), a.words.max(b.words));
    if f64::from(small) < ABRIDGED_BELOW * f64::from(large) { Relation::Abridgement } else { Relation::Reprint }
}

fn long_rule(o: Overlap, rules: &ScoreSettings) -> bool {
    let alike = f64::from(o.containment) >= rules.copy_containment || f64::from(o.jaccard) >= rules.copy_jaccard;
    alike && o.shared >= rules.copy_shared
}

/// How two long texts that differ overlap, if they share shingles enough.
fn long_overlap(x: impl Parts, y: impl Parts, rules: &ScoreSettings) -> Option<Overlap> {
    let least = least_shared(x, y, rules);
    if x.marks().zip(y.marks()).is_some_and(|(a, b)| a.most_shared(b) < least) {
        return None;
    }
    // Read once: they may lie on a disk.
    let (of_x, of_y) = (x.shingles(), y.shingles());
    shared_from(&of_x, &of_y, least).map(|both| overlap_of(both, x, y))
}

/// Shingles that two long texts share at least if they are copies; the rule itself decides.
fn least_shared(x: impl Parts, y: impl Parts, rules: &ScoreSettings) -> u32 {
    let (n, m) = (f64::from(size(x, y.brief())), f64::from(size(y, x.brief())));
    let by_jaccard = rules.copy_jaccard / (1.0 + rules.copy_jaccard) * (n + m);
    let least = (rules.copy_containment * n.min(m)).min(by_jaccard);
    // One less, because the rule compares rounded parts.
    rules.copy_shared.max((least as u32).saturating_sub(1))
}

fn equal_rule(a: Brief, setting: Setting, rules: &ScoreSettings) -> bool {
    let near = setting.days.is_none_or(|d| d <= rules.equal_days);
    near && !setting.repeated && a.content >= rules.equal_content
}

fn short_rule(a: Brief, b: Brief, o: Overlap, rules: &ScoreSettings) -> bool {
    f64::from(o.containment) >= rules.short_containment
        && o.shared >= rules.short_shared
        && a.content.min(b.content) >= rules.short_content
}

/// Two reports made from one template: the words are the same, the names and numbers are not.
fn twins(a: Brief, b: Brief, of_a: &Sketch, of_b: &Sketch, rules: &ScoreSettings) -> bool {
    let (small, large) = (a.words.min(b.words), a.words.max(b.words));
    if large >= TWIN_LENGTHS * small {
        return false;
    }
    let (names, numbers) = (common(&of_a.caps, &of_b.caps), common(&of_a.numbers, &of_b.numbers));
    let less = |least: usize, (both, of): (usize, usize), part: f64| of >= least && (both as f64) < part * of as f64;
    let all = (names.0 + numbers.0, names.1 + numbers.1);
    less(LEAST_NAMES, all, rules.copy_names) || less(LEAST_NUMBERS, numbers, NUMBERS_ALONE * rules.copy_names)
}

/// Two reports that begin differently under different titles: they share a picture gallery, a form to sign up, or the
/// background that an outlet repeats under each new turn of a story.
fn strangers(a: &Sketch, b: &Sketch, rules: &ScoreSettings) -> bool {
    let part = |x: &[u32], y: &[u32]| f64::from(shared(x, y)) / x.len().min(y.len()).max(1) as f64;
    part(&a.lead, &b.lead) < rules.copy_lead && part(&a.title, &b.title) <= SAME_TITLE
}

/// How many terms two lists share, and how many the shorter has.
fn common(a: &[Tf], b: &[Tf]) -> (usize, usize) {
    let mut both = 0;
    each_shared(a, b, |_, _| both += 1);
    (both, a.len().min(b.len()))
}

fn all_of(a: impl Parts) -> Overlap {
    Overlap { shared: a.count(), containment: 1.0, jaccard: 1.0 }
}

/// How two texts overlap. A short text is compared with its title before it; beside a long one, which is compared
/// without, the title does not count against it.
pub fn overlap(a: impl Parts, b: impl Parts) -> Overlap {
    overlap_of(shared(&a.shingles(), &b.shingles()), a, b)
}

/// The same of two texts that share so many shingles.
fn overlap_of(both: u32, a: impl Parts, b: impl Parts) -> Overlap {
    let (x, y) = (size(a, b.brief()).max(both), size(b, a.brief()).max(both));
    let part = |of: u32| if of == 0 { 0.0 } else { both as f32 / of as f32 };
    Overlap { shared: both, containment: part(x.min(y)), jaccard: part(x + y - both) }
}

/// Shingles of a text that can be found in the other.
fn size(a: impl Parts, other: Brief) -> u32 {
    let (all, a) = (a.count(), a.brief());
    let title = if other.titled == 0 && a.titled < a.words { a.titled } else { 0 };
    all.saturating_sub(title)
}

/// Whether an entry's text is short and printed by its outlet on several days: a standing title.
pub(super) fn repeated(entries: &[Entry], briefs: &[Brief], short: u32) -> Vec<bool> {
    let mut days: FxHashMap<(&str, u64), Vec<i64>> = FxHashMap::default();
    let keys = || entries.iter().zip(briefs).map(|(e, s)| ((&*e.outlet, s.exact), e.published.from, s.words < short));
    for (key, from, _) in keys().filter(|k| k.2) {
        let day = from.map_or(i64::MIN, |f| f.div_euclid(86_400));
        let seen = days.entry(key).or_default();
        if !seen.contains(&day) && seen.len() < REPEATED_DAYS {
            seen.push(day);
        }
    }
    keys().map(|(key, _, short)| short && days.get(&key).is_some_and(|d| d.len() >= REPEATED_DAYS)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algo::stems::Terms;
    use crate::model::{Lang, Text};
    use crate::stage::fingerprint::{FingerprintSettings, sketch};
    use crate::stage::fixtures::entry_of;
    use proptest::prelude::*;

    const TODAY: Setting = Setting { days: Some(0.0), repeated: false };

    #[test]
    fn a_title_printed_on_three_days_is_repeated() {
        let entries: Vec<Entry> =
            (0..4).map(|d| entry_of("A", &d.to_string(), "Morning briefing", "", Some(d * 86_400))).collect();
        let s = Brief { exact: 7, words: 2, ..Brief::default() };
        assert_eq!(repeated(&entries, &[s; 4], 60), [true; 4]);
    }

    fn sketch_of(words: std::ops::Range<u32>) -> Sketch {
        of_body("", &words_of(words))
    }

    /// Words that are all different.
    fn words_of(range: std::ops::Range<u32>) -> String {
        let letters = |n: u32| n.to_string().bytes().map(|b| (b'a' + b - b'0') as char).collect::<String>();
        range.map(|i| format!("w{}", letters(i))).collect::<Vec<_>>().join(" ")
    }

    fn of(a: &Sketch, b: &Sketch, setting: Setting) -> Option<Relation> {
        relation(a, b, setting, &ScoreSettings::default()).map(|(r, _)| r)
    }

    #[test]
    fn a_text_cut_in_half_is_an_abridgement_of_the_whole() {
        assert_eq!(of(&sketch_of(0..200), &sketch_of(0..100), TODAY), Some(Relation::Abridgement));
        assert_eq!(of(&sketch_of(0..200), &sketch_of(10..210), TODAY), Some(Relation::Reprint));
        assert_eq!(of(&sketch_of(0..200), &sketch_of(0..200), TODAY), Some(Relation::SameText));
        assert_eq!(of(&sketch_of(0..200), &sketch_of(175..375), TODAY), None);
    }

    #[test]
    fn short_equal_texts_are_one_only_when_near_and_not_repeated() {
        let s = sketch_of(0..8);
        assert_eq!(of(&s, &s, TODAY), Some(Relation::SameText));
        assert_eq!(of(&s, &s, Setting { days: Some(9.0), ..TODAY }), None);
        assert_eq!(of(&s, &s, Setting { repeated: true, ..TODAY }), None);
        assert_eq!(of(&sketch_of(0..3), &sketch_of(0..3), TODAY), None, "too few content words");
    }

    #[test]
    fn a_short_text_inside_a_long_one_needs_most_of_its_shingles() {
        assert_eq!(of(&sketch_of(0..40), &sketch_of(0..300), TODAY), Some(Relation::Abridgement));
        assert_eq!(of(&sketch_of(0..40), &sketch_of(20..300), TODAY), None);
    }

    fn of_body(title: &str, body: &str) -> Sketch {
        let text = Text { title: title.into(), body: body.into(), lang: Lang::EN, ..Text::default() };
        sketch(&text, &mut Terms::default(), &FingerprintSettings::default())
    }

    /// A report of ten sentences with a name in each.
    fn report(name: impl Fn(usize) -> String) -> String {
        let said = ["left the quay of", "met the crew of", "heard the horn of", "lost sight of", "turned back towards"];
        let line = |i: usize| {
            format!("Somebody on watch {} a ship called {} and no more was seen of it. ", said[i % 5], name(i))
        };
        (0..10).map(line).collect()
    }

    #[test]
    fn reports_from_one_template_with_other_names_are_no_copies() {
        let with = |letter: char| of_body("Ships", &report(|i| format!("{}{letter}anda", (b'A' + i as u8) as char)));
        let (one, other) = (with('m'), with('t'));
        assert!(overlap(&one, &other).containment > 0.5, "the words between the names are shared");
        assert_eq!(of(&one, &other, TODAY), None);
        let few = of_body(
            "Ships",
            &report(|i| if i < 2 { "Xanda".into() } else { format!("{}manda", (b'A' + i as u8) as char) }),
        );
        assert_eq!(of(&one, &few, TODAY), Some(Relation::Reprint), "two names were changed");
    }

    #[test]
    fn a_block_that_two_pages_share_makes_no_copies_of_them() {
        let page =
            |title: &str, from: u32| of_body(title, &format!("{} {}", words_of(from..from + 150), words_of(0..200)));
        let (one, other) = (page("Bread is dearer", 1_000), page("Ferry aground", 2_000));
        assert!(overlap(&one, &other).containment > 0.5);
        assert_eq!(of(&one, &other, TODAY), None);
        assert_eq!(of(&one, &page("Bread is dearer now", 2_000), TODAY), Some(Relation::Reprint), "the title is one");
    }

    #[test]
    fn the_title_before_a_brief_does_not_count_against_it() {
        let brief = of_body("A headline of six whole words", &words_of(0..25));
        let whole = of_body("Other", &words_of(0..300));
        assert_eq!(overlap(&brief, &whole).containment, 1.0);
        assert_eq!(of(&brief, &whole, TODAY), Some(Relation::Abridgement));
    }

    proptest! {
        #[test]
        fn the_relation_is_symmetric(a in 0_u32..80, n in 1_u32..200, b in 0_u32..80, m in 1_u32..200) {
            let (x, y) = (sketch_of(a..a + n), sketch_of(b..b + m));
            prop_assert_eq!(of(&x, &y, TODAY), of(&y, &x, TODAY));
        }
    }
}
