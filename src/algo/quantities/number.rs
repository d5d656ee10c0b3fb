//! Numbers in digits and in words, with their scales.

use super::vocabulary::find;
use super::{CURRENCIES, Scan};
use crate::algo::tokens::Kind;

/// A number and its tokens.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Number {
    /// Its value, scale included.
    pub value: f64,
    /// Its first and its last token.
    pub first: usize,
    pub last: usize,
    /// Whether it is written in words.
    pub spelled: bool,
    /// Whether it may be a year: four plain digits from 1800 to 2100.
    pub year: bool,
}

impl Scan<'_> {
    /// The number that starts at a token; `None` for what only looks like one: ordinals, times, scores, ranges, parts
    /// of names, telephone numbers.
    pub(super) fn number(&self, i: usize) -> Option<Number> {
        let token = self.tokens.get(i)?;
        let number = match token.kind {
            Kind::Number => self.digits(i)?,
            Kind::Word => self.spelled(i)?,
            Kind::Bigram => return None,
        };
        Some(self.scaled(number))
    }

    fn digits(&self, i: usize) -> Option<Number> {
        let printed = self.word(i);
        let value = parse(printed)?;
        if self.is_glued_before(i) || self.is_glued_after(i) {
            return None;
        }
        let year = printed.len() == 4 && !printed.contains('.') && (1800.0..=2100.0).contains(&value);
        Some(Number { value, first: i, last: i, spelled: false, year })
    }

    /// Whether a sign ties the number to what stands before it: covid-19, 24-23, B/12, +44.
    fn is_glued_before(&self, i: usize) -> bool {
        let start = self.tokens[i].start as usize;
        let mut before = self.text[..start].chars().rev();
        match before.next() {
            Some('-' | '/' | ':' | '\'') => before.next().is_some_and(char::is_alphanumeric),
            Some('+' | '#' | '.' | ',' | '_' | '@') => true,
            Some(c) => c.is_alphanumeric(),
            None => false,
        }
    }

    /// Whether it is tied to what follows: 12th, 5am, 34-year-old, 24/7, 1.2.3; units and scales may be glued.
    fn is_glued_after(&self, i: usize) -> bool {
        let end = self.tokens[i].end as usize;
        let mut after = self.text[end..].chars();
        match after.next() {
            Some('-' | '/' | '_' | '@') => after.next().is_some_and(char::is_alphanumeric),
            Some(c) if c.is_alphabetic() => {
                let word = self.word(i + 1);
                find(self.words.scales, word).is_none() && find(self.words.units, word).is_none()
            }
            _ => false,
        }
    }

    /// "twelve", "twenty-four", "a hundred".
    fn spelled(&self, i: usize) -> Option<Number> {
        let word = self.word(i);
        if !self.numeric.may_hold(word) && !self.numeric.may_tie(word) {
            return None;
        }
        let last = i;
        let plain = |value| Some(Number { value, first: i, last, spelled: true, year: false });
        if self.char_after(i) == Some('-') || self.char_before(i) == Some('-') {
            return None;
        }
        if let Some(value) = find(self.words.numbers, word) {
            return plain(value);
        }
        if let Some((tens, ones)) = word.split_once('-') {
            let (tens, ones) = (find(self.words.numbers, tens)?, find(self.words.numbers, ones)?);
            return if (20.0..100.0).contains(&tens) && ones < 10.0 { plain(tens + ones) } else { None };
        }
        let article = i.checked_sub(1).is_some_and(|p| self.word(p) == self.words.article && self.joined(p));
        let scale = find(self.words.scales, word).filter(|_| article && word.len() > 2)?;
        plain(scale)
    }

    /// Takes in the scales that follow: 1.2 million, £5m, two hundred and fifty.
    fn scaled(&self, mut n: Number) -> Number {
        loop {
            let next = n.last + 1;
            let Some(scale) = find(self.words.scales, self.word(next)).filter(|_| self.scales(&n)) else { return n };
            n.value *= scale;
            n.last = next;
            n.year = false;
            if let Some(rest) = self.and_more(next).filter(|_| scale == 100.0) {
                n.value += rest.value;
                n.last = rest.last;
            }
        }
    }

    /// What follows a hundred: "and fifty".
    fn and_more(&self, hundred: usize) -> Option<Number> {
        let and = self.word(hundred + 1) == self.words.and && self.joined(hundred) && self.joined(hundred + 1);
        if and { self.spelled(hundred + 2).filter(|r| r.value < 100.0) } else { None }
    }

    /// Whether the word after a number scales it. "m" is metres, unless money or a glued scale says otherwise.
    fn scales(&self, n: &Number) -> bool {
        let next = n.last + 1;
        if !self.joined(n.last) {
            return false;
        }
        if self.word(next).len() > 2 || self.word(next) == "bn" || self.word(next) == "tn" {
            return true;
        }
        let glued = self.gap(n.last).is_empty() && !n.spelled;
        let symbol = self.char_before(n.first).is_some_and(|c| CURRENCIES.iter().any(|s| s.0 == c));
        let money = find(self.words.units, self.word(next + 1)).is_some() && self.joined(next);
        let people = self.joined(next) && self.words.people.contains(&self.word(next + 1));
        (glued || symbol) && (self.word(next) != "m" || symbol || money || people)
    }
}

/// A number in digits: groups of three after commas, one decimal point; no leading zero, and no more than six digits
/// in a row.
fn parse(printed: &str) -> Option<f64> {
    let (whole, fraction) = printed.split_once('.').unwrap_or((printed, ""));
    let groups: Vec<&str> = whole.split(',').collect();
    let (head, tail) = groups.split_first()?;
    let grouped =
        tail.is_empty() && head.len() <= 6 || !tail.is_empty() && head.len() <= 3 && tail.iter().all(|g| g.len() == 3);
    let zero = head.len() > 1 && head.starts_with('0');
    let plain = whole.bytes().all(|b| b.is_ascii_digit() || b == b',') && fraction.bytes().all(|b| b.is_ascii_digit());
    if !grouped || zero || !plain {
        return None;
    }
    printed.replace(',', "").parse().ok()
}
