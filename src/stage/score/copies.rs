//! When one text is a copy of another: on real shingle sets, never on estimates.

use super::ScoreSettings;
use crate::algo::overlap::shared;
use crate::model::{Overlap, Relation, Sketch};

/// A copy smaller than this part of the other is an abridgement.
const ABRIDGED_BELOW: f64 = 0.75;

/// What is known of two texts besides their sketches.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Days apart; `None` when a date is missing.
    pub days: Option<f64>,
    /// Whether the text is a title that its outlet repeats ("Morning briefing").
    pub repeated: bool,
}

/// How two texts relate as copies; `None` when they are none.
pub fn relation(a: &Sketch, b: &Sketch, setting: Setting, rules: &ScoreSettings) -> Option<(Relation, Overlap)> {
    if a.shingles.is_empty() || b.shingles.is_empty() {
        return None;
    }
    let equal = a.exact == b.exact && a.words == b.words;
    let overlap = if equal { whole(a) } else { overlap(a, b) };
    let short = a.words.min(b.words) < rules.short_words;
    let is_copy = match (short, equal) {
        (false, true) => true,
        (false, false) => long_rule(overlap, rules),
        (true, true) => equal_rule(a, setting, rules),
        (true, false) => short_rule(a, b, overlap, rules),
    };
    is_copy.then(|| (kind(a, b, equal), overlap))
}

fn kind(a: &Sketch, b: &Sketch, equal: bool) -> Relation {
    let (small, large) = (a.words.min(b.words), a.words.max(b.words));
    match equal {
        true => Relation::SameText,
        false if f64::from(small) < ABRIDGED_BELOW * f64::from(large) => Relation::Abridgement,
        false => Relation::Reprint,
    }
}

fn long_rule(o: Overlap, rules: &ScoreSettings) -> bool {
    let alike = f64::from(o.containment) >= rules.copy_containment || f64::from(o.jaccard) >= rules.copy_jaccard;
    alike && o.shared >= rules.copy_shared
}

fn equal_rule(a: &Sketch, setting: Setting, rules: &ScoreSettings) -> bool {
    let near = setting.days.is_none_or(|d| d <= rules.equal_days);
    near && !setting.repeated && a.content >= rules.equal_content
}

fn short_rule(a: &Sketch, b: &Sketch, o: Overlap, rules: &ScoreSettings) -> bool {
    f64::from(o.containment) >= rules.short_containment
        && o.shared >= rules.short_shared
        && a.content.min(b.content) >= rules.short_content
}

fn whole(a: &Sketch) -> Overlap {
    Overlap { shared: a.shingles.len() as u32, containment: 1.0, jaccard: 1.0 }
}

fn overlap(a: &Sketch, b: &Sketch) -> Overlap {
    let both = shared(&a.shingles, &b.shingles);
    let (x, y) = (a.shingles.len() as u32, b.shingles.len() as u32);
    Overlap { shared: both, containment: both as f32 / x.min(y) as f32, jaccard: both as f32 / (x + y - both) as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algo::stems::Terms;
    use crate::model::{Lang, Text};
    use crate::stage::fingerprint::{FingerprintSettings, sketch};
    use proptest::prelude::*;

    const NEAR: Setting = Setting { days: Some(0.0), repeated: false };

    fn sketch_of(words: std::ops::Range<u32>) -> Sketch {
        let letters = |n: u32| n.to_string().bytes().map(|b| (b'a' + b - b'0') as char).collect::<String>();
        let body = words.map(|i| format!("w{}", letters(i))).collect::<Vec<_>>().join(" ");
        let text = Text { body, lang: Lang::EN, ..Text::default() };
        sketch(&text, &mut Terms::default(), &FingerprintSettings::default())
    }

    fn of(a: &Sketch, b: &Sketch, setting: Setting) -> Option<Relation> {
        relation(a, b, setting, &ScoreSettings::default()).map(|(r, _)| r)
    }

    #[test]
    fn a_text_cut_in_half_is_an_abridgement_of_the_whole() {
        assert_eq!(of(&sketch_of(0..200), &sketch_of(0..100), NEAR), Some(Relation::Abridgement));
        assert_eq!(of(&sketch_of(0..200), &sketch_of(10..210), NEAR), Some(Relation::Reprint));
        assert_eq!(of(&sketch_of(0..200), &sketch_of(0..200), NEAR), Some(Relation::SameText));
        assert_eq!(of(&sketch_of(0..200), &sketch_of(175..375), NEAR), None);
    }

    #[test]
    fn short_equal_texts_are_one_only_when_near_and_not_repeated() {
        let s = sketch_of(0..8);
        assert_eq!(of(&s, &s, NEAR), Some(Relation::SameText));
        assert_eq!(of(&s, &s, Setting { days: Some(9.0), ..NEAR }), None);
        assert_eq!(of(&s, &s, Setting { repeated: true, ..NEAR }), None);
        assert_eq!(of(&sketch_of(0..3), &sketch_of(0..3), NEAR), None, "too few content words");
    }

    #[test]
    fn a_short_text_inside_a_long_one_needs_most_of_its_shingles() {
        assert_eq!(of(&sketch_of(0..40), &sketch_of(0..300), NEAR), Some(Relation::Abridgement));
        assert_eq!(of(&sketch_of(0..40), &sketch_of(20..300), NEAR), None);
    }

    proptest! {
        #[test]
        fn the_relation_is_symmetric(a in 0_u32..80, n in 1_u32..200, b in 0_u32..80, m in 1_u32..200) {
            let (x, y) = (sketch_of(a..a + n), sketch_of(b..b + m));
            prop_assert_eq!(of(&x, &y, NEAR), of(&y, &x, NEAR));
        }
    }
}
