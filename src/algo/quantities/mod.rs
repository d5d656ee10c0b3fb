//! Quantities of a text: a number, and what it counts.
//!
//! What is no quantity gives none: years, dates, times, ages, ordinals, scores, ranges, telephone numbers, parts of
//! names, and numbers of which nothing says what they count. A language is a table of words; English is the first.

mod english;
mod number;
mod vocabulary;

use super::stems::Terms;
use super::stopwords::is_stopword;
use super::tokens::{Kind, Token, tokens};
use crate::model::Lang;
use crate::model::id::hash32;
use number::Number;
use std::ops::Range;
use vocabulary::{Openings, Vocabulary, find, has, vocabulary};

/// What kind of thing is counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Counted {
    /// People to whom something happened: killed, injured, missing …
    People,
    /// A measure: euros, per cent, kilometres.
    Measure,
    /// Things or persons named by a noun: households, passengers.
    Things,
}

/// A number and what it counts.
#[derive(Clone, PartialEq, Debug)]
pub struct Quantity {
    /// The number.
    pub value: f64,
    /// What kind of thing it counts.
    pub counted: Counted,
    /// What it counts, for a person: `people injured`, `euros`, `households`.
    pub counts: String,
    /// The same for comparison: endings do not matter.
    pub key: u32,
    /// Whether it is qualified: at least, about, more than.
    pub rough: bool,
    /// Where it stands with its neighbours, in bytes.
    pub range: Range<usize>,
    /// Content terms near it, ascending, distinct, without the noun: what the number is about.
    pub context: Vec<u32>,
}

/// Symbols of currencies, which every language shares.
const CURRENCIES: [(char, &str); 6] =
    [('$', "dollars"), ('£', "pounds"), ('¥', "yen"), ('€', "euros"), ('₹', "rupees"), ('₽', "roubles")];

/// Tokens on either side that are a quantity's context.
const CONTEXT: usize = 8;
/// Tokens on either side that are printed with it.
const NEIGHBOURS: usize = 3;
/// Tokens in which the noun is looked for.
const NOUN_REACH: usize = 4;
/// Tokens in which a toll is looked for, backwards.
const TOLL_REACH: usize = 6;

/// The quantities of a folded text, in its order; none for a language without a vocabulary.
pub fn quantities(text: &str, lang: Lang, terms: &mut Terms) -> Vec<Quantity> {
    let Some(words) = vocabulary(lang) else { return Vec::new() };
    let numeric = Openings::of(&[words.numbers, words.scales]);
    let scan = Scan { text, low: text.to_ascii_lowercase(), tokens: tokens(text), words, numeric };
    let mut out = Vec::new();
    let mut at = 0;
    while at < scan.tokens.len() {
        let Some(number) = scan.number(at) else {
            at += 1;
            continue;
        };
        at = number.last + 1;
        if let Some(found) = scan.classify(&number) {
            out.push(scan.quantity(&number, found, lang, terms));
        }
    }
    out
}

/// What a number was found to count, and the tokens that say so.
struct Found {
    counted: Counted,
    counts: String,
    /// The first and the last token that belong to it.
    first: usize,
    last: usize,
    rough: bool,
}

/// A text with its tokens, and the words to read it by.
struct Scan<'a> {
    text: &'a str,
    /// The same in lower case (ASCII), byte for byte.
    low: String,
    tokens: Vec<Token>,
    words: &'static Vocabulary,
    /// Of the words of numbers and scales.
    numeric: Openings,
}

impl Scan<'_> {
    /// The lower-case word of a token; empty beyond the ends.
    fn word(&self, i: usize) -> &str {
        self.tokens.get(i).map_or("", |t| t.of(&self.low))
    }

    /// What stands between a token and the next.
    fn gap(&self, i: usize) -> &str {
        match (self.tokens.get(i), self.tokens.get(i + 1)) {
            // The pairs of a script without spaces overlap.
            (Some(a), Some(b)) => self.text.get(a.end as usize..b.start as usize).unwrap_or(""),
            _ => "\n",
        }
    }

    /// Whether only blanks, or nothing, stand between a token and the next.
    fn joined(&self, i: usize) -> bool {
        self.gap(i).bytes().all(|b| b == b' ')
    }

    /// Whether one sentence goes on from a token to the next.
    fn flows(&self, i: usize) -> bool {
        !self.gap(i).contains(['.', '!', '?', ';', '\n', ':'])
    }

    fn char_before(&self, i: usize) -> Option<char> {
        self.text[..self.tokens.get(i)?.start as usize].chars().next_back()
    }

    fn char_after(&self, i: usize) -> Option<char> {
        self.text[self.tokens.get(i)?.end as usize..].chars().next()
    }

    /// What the number counts; `None` when it is no quantity.
    fn classify(&self, n: &Number) -> Option<Found> {
        let (first, rough) = self.qualifiers(n.first);
        let before = first.checked_sub(1).filter(|p| self.joined(*p));
        let of = |counted, counts: &str, last| Some(Found { counted, counts: counts.to_string(), first, last, rough });
        if let Some(unit) = self.unit_before(n) {
            return of(Counted::Measure, unit, n.last + usize::from(self.repeats(n.last + 1, unit)));
        }
        if let Some((unit, last)) = self.unit_after(n) {
            return match self.rate(last) {
                Some(by) => of(Counted::Measure, &format!("{unit} {} {by}", self.words.rate), last + 2),
                None => of(Counted::Measure, unit, last),
            };
        }
        if self.is_dated(n) || self.adds(first) || before.is_some_and(|p| has(self.words.partial, self.word(p))) {
            return None;
        }
        let noun = self.noun(n)?;
        if noun.at.is_some_and(|i| has(self.words.things, self.word(i))) {
            return self.things(n, &noun, first, rough);
        }
        let class = before
            .and_then(|p| find(self.words.active, self.word(p)))
            .map(|class| (class, noun.at.unwrap_or(n.last)))
            .or(noun.class)
            .or_else(|| self.toll(first, &noun).map(|class| (class, n.last)));
        match class {
            Some(_) if n.value.fract() != 0.0 => None,
            Some((class, last)) if !n.year || noun.at.is_some() || last == n.last + 1 => {
                of(Counted::People, &format!("people {class}"), last)
            }
            _ => self.things(n, &noun, first, rough),
        }
    }

    /// Whether a number adds to one before it: the one woman of "six men and one woman".
    fn adds(&self, first: usize) -> bool {
        let Some(and) = first.checked_sub(1).filter(|i| self.word(*i) == self.words.and) else { return false };
        let near = (0..and).rev().take(NOUN_REACH).take_while(|i| self.joined(*i));
        near.take_while(|i| find(self.words.passive, self.word(*i)).is_none()).any(|i| self.number(i).is_some())
    }

    /// A number of things that a noun names.
    fn things(&self, n: &Number, noun: &Noun, first: usize, rough: bool) -> Option<Found> {
        let at = noun.at?;
        let named = first
            .checked_sub(1)
            .is_some_and(|p| self.joined(p) && self.tokens[p].upper && !self.tokens[p].opens && !rough && !n.spelled);
        if n.value == 1.0 || n.year || named || has(self.words.people, self.word(at)) {
            return None;
        }
        Some(Found { counted: Counted::Things, counts: self.word(at).to_string(), first, last: at, rough })
    }

    /// The first token of the qualifying phrases before a token, and whether one is rough.
    fn qualifiers(&self, mut first: usize) -> (usize, bool) {
        let mut rough = false;
        while let Some(start) = self.tokens.get(first).map(|t| t.start as usize) {
            let before = self.low[..start].trim_end_matches([' ', '$', '€', '£', '¥']);
            let last = before.as_bytes().last();
            let ends = |p: &&&str| {
                // Of few phrases the last letter is the same.
                p.as_bytes().last() == last
                    && before
                        .strip_suffix(**p)
                        .is_some_and(|rest| !rest.ends_with(|c: char| c.is_alphanumeric() || c == '-'))
            };
            let (vague, plain) = (self.words.rough.iter().find(ends), self.words.exact.iter().rfind(ends));
            let Some(phrase) = vague.or(plain) else { break };
            rough |= vague.is_some();
            first -= phrase.split(' ').count().min(first);
        }
        (first, rough)
    }

    fn unit_before(&self, n: &Number) -> Option<&'static str> {
        let symbol = self.char_before(n.first).and_then(|c| CURRENCIES.iter().find(|s| s.0 == c)).map(|s| s.1);
        let code = || {
            let p = n.first.checked_sub(1).filter(|p| self.joined(*p))?;
            find(self.words.units_before, self.word(p))
        };
        symbol.or_else(code)
    }

    /// Whether a token is the unit that the symbol has already said.
    fn repeats(&self, i: usize, unit: &str) -> bool {
        find(self.words.units, self.word(i)) == Some(unit) && self.joined(i - 1)
    }

    fn unit_after(&self, n: &Number) -> Option<(&'static str, usize)> {
        let rest = self.text[self.tokens[n.last].end as usize..].trim_start_matches(' ');
        if rest.starts_with('%') {
            return Some(("per cent", n.last));
        }
        if rest.starts_with('°') {
            return Some(("degrees", n.last));
        }
        let next = n.last + 1;
        if !self.joined(n.last) {
            return None;
        }
        let pair = self.words.unit_pairs.iter().find(|p| p.0 == self.word(next) && p.1 == self.word(next + 1));
        if let Some(pair) = pair.filter(|_| self.joined(next)) {
            return Some((pair.2, next + 1));
        }
        // One letter is a unit only where it is glued to digits.
        let short = self.word(next).len() < 2 && !self.gap(n.last).is_empty();
        find(self.words.units, self.word(next)).filter(|_| !short).map(|u| (u, next))
    }

    /// What a unit is reckoned by: the second of "metres per second".
    fn rate(&self, unit: usize) -> Option<&str> {
        let by = self.word(unit + 1) == self.words.rate && self.joined(unit) && self.joined(unit + 1);
        by.then(|| self.word(unit + 2))
    }

    /// Whether a month stands beside the number.
    fn is_dated(&self, n: &Number) -> bool {
        let month = |i: usize| self.tokens.get(i).is_some_and(|t| t.upper) && has(self.words.months, self.word(i));
        !n.spelled && (month(n.last + 1) || n.first.checked_sub(1).is_some_and(month))
    }

    /// What stands after the number; `None` when it says that the number is no quantity.
    fn noun(&self, n: &Number) -> Option<Noun> {
        let mut noun = Noun { at: None, class: None };
        let next = n.last + 1;
        if !self.joined(n.last) {
            return Some(noun);
        }
        if has(self.words.partial_after, self.word(next)) || has(self.words.not_counted, self.word(next)) {
            return None;
        }
        for i in next..(next + NOUN_REACH).min(self.tokens.len()) {
            let word = self.word(i);
            if !self.joined(i - 1) || has(self.words.not_counted, word) {
                break;
            }
            if has(self.words.auxiliaries, word) || find(self.words.passive, word).is_some() {
                noun.class = self.passive(i);
                break;
            }
            let plural = self.is_plural(word);
            if (noun.at.is_some() && !plural) || is_stopword(word, Lang::EN) || self.number(i).is_some() {
                break;
            }
            if plural || (n.value == 1.0 && has(self.words.people, word)) {
                noun.at = Some(i);
            }
        }
        Some(noun)
    }

    /// The class of what happened to those before token `i`: auxiliaries, then a word of a class that has no object.
    fn passive(&self, mut i: usize) -> Option<(&'static str, usize)> {
        while has(self.words.auxiliaries, self.word(i)) && self.joined(i) {
            i += 1;
        }
        let class = find(self.words.passive, self.word(i))?;
        let object = self.joined(i) && (has(self.words.determiners, self.word(i + 1)) || self.number(i + 1).is_some());
        let by_them = object && find(self.words.active, self.word(i)).is_some();
        (!by_them).then_some((class, i))
    }

    fn is_plural(&self, word: &str) -> bool {
        let regular =
            word.len() >= 4 && word.ends_with('s') && !["ss", "us", "'s", "is"].iter().any(|e| word.ends_with(e));
        has(self.words.plurals, word) || (regular && !has(self.words.not_plural, word))
    }

    /// The class of "death toll rises to 12", "the number of injured reached 21".
    fn toll(&self, first: usize, noun: &Noun) -> Option<&'static str> {
        if noun.at.is_some_and(|i| !has(self.words.people, self.word(i))) {
            return None;
        }
        let last = first.checked_sub(1)?;
        let led = has(self.words.towards, self.word(last));
        let walk = (0..=last).rev().take(TOLL_REACH).take_while(|i| self.flows(*i) && self.number(*i).is_none());
        for i in walk {
            if self.word(i) == self.words.toll {
                return Some(self.words.toll_class);
            }
            if let Some(class) = find(self.words.passive, self.word(i)).filter(|_| led) {
                return Some(class);
            }
        }
        None
    }

    fn quantity(&self, n: &Number, found: Found, lang: Lang, terms: &mut Terms) -> Quantity {
        let key = match found.counted {
            Counted::Things => {
                let token = &self.tokens[found.last];
                terms.term(token.of(&self.low), token.kind, lang).unwrap_or_else(|| hash32(found.counts.as_bytes()))
            }
            _ => hash32(found.counts.as_bytes()),
        };
        let context = self.context(&found, key, lang, terms);
        let range = self.range(n, &found);
        let Found { counted, counts, rough, .. } = found;
        Quantity { value: n.value, counted, counts, key, rough, range, context }
    }

    /// The content terms around it, within the sentence.
    fn context(&self, found: &Found, key: u32, lang: Lang, terms: &mut Terms) -> Vec<u32> {
        let before = (0..found.first).rev().take(CONTEXT).take_while(|i| self.flows(*i));
        let after = (found.last + 1..self.tokens.len()).take(CONTEXT).take_while(|i| self.flows(*i - 1));
        let measures = |w: &str| find(self.words.units, w).is_some() || find(self.words.scales, w).is_some();
        let mut context: Vec<u32> = before
            .chain(after)
            .filter(|i| self.tokens[*i].kind != Kind::Number && !measures(self.word(*i)))
            .filter_map(|i| terms.term(self.word(i), self.tokens[i].kind, lang))
            .filter(|t| *t != key)
            .collect();
        context.sort_unstable();
        context.dedup();
        context
    }

    /// It and its neighbours, within the sentence.
    fn range(&self, n: &Number, found: &Found) -> Range<usize> {
        let (mut first, mut last) = (found.first.min(n.first), found.last.max(n.last));
        for _ in 0..NEIGHBOURS {
            if first > 0 && self.flows(first - 1) {
                first -= 1;
            }
            if last + 1 < self.tokens.len() && self.flows(last) {
                last += 1;
            }
        }
        let start = self.tokens[first].start as usize;
        let end = self.tokens[last].end as usize;
        let sign = self.text[end..].chars().next().filter(|c| "%°)\"".contains(*c));
        let symbol = self.text[..start].chars().next_back().filter(|c| CURRENCIES.iter().any(|s| s.0 == *c));
        start - symbol.map_or(0, char::len_utf8)..end + sign.map_or(0, char::len_utf8)
    }
}

/// The noun after a number, and what happened to those it names.
struct Noun {
    at: Option<usize>,
    class: Option<(&'static str, usize)>,
}

#[cfg(test)]
mod tests;
