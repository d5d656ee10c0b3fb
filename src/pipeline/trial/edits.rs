//! What editors and machines do to a text that they print again: twelve named edits.

use super::dice::Dice;
use crate::model::Entry;
use unicode_segmentation::UnicodeSegmentation;

/// An edit of a known kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Edit {
    /// The first 70 % of the words.
    Truncated70,
    /// The first half.
    Truncated50,
    /// The first 30 %.
    Truncated30,
    /// Lines of the page before the text.
    FurnitureAtHead,
    /// Lines of the page after it.
    FurnitureAtTail,
    /// Its paragraphs in another order.
    Reordered,
    /// One word in twenty is another article's.
    Replaced5,
    /// One in ten.
    Replaced10,
    /// One in five.
    Replaced20,
    /// Another article's headline.
    Retitled,
    /// Letters misread, doubled and lost, words run together.
    Ocr,
    /// Two sentences of it.
    Brief,
}

impl Edit {
    /// All of them.
    pub const ALL: [Edit; 12] = [
        Edit::Truncated70,
        Edit::Truncated50,
        Edit::Truncated30,
        Edit::FurnitureAtHead,
        Edit::FurnitureAtTail,
        Edit::Reordered,
        Edit::Replaced5,
        Edit::Replaced10,
        Edit::Replaced20,
        Edit::Retitled,
        Edit::Ocr,
        Edit::Brief,
    ];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Edit::Truncated70 => "truncated_70",
            Edit::Truncated50 => "truncated_50",
            Edit::Truncated30 => "truncated_30",
            Edit::FurnitureAtHead => "furniture_head",
            Edit::FurnitureAtTail => "furniture_tail",
            Edit::Reordered => "reordered",
            Edit::Replaced5 => "replaced_5",
            Edit::Replaced10 => "replaced_10",
            Edit::Replaced20 => "replaced_20",
            Edit::Retitled => "retitled",
            Edit::Ocr => "ocr",
            Edit::Brief => "brief",
        }
    }

    /// Title and body of an edited copy; words and headlines come from `others`.
    pub fn apply(self, entry: &Entry, others: &Others, dice: &mut Dice) -> (String, String) {
        let (title, body) = (entry.title.clone(), &*entry.body.text());
        let body = match self {
            Edit::Truncated70 => truncated(body, 70),
            Edit::Truncated50 => truncated(body, 50),
            Edit::Truncated30 => truncated(body, 30),
            Edit::FurnitureAtHead => format!("{}\n\n{body}", furniture(others, dice)),
            Edit::FurnitureAtTail => format!("{body}\n\n{}", furniture(others, dice)),
            Edit::Reordered => reordered(body, dice),
            Edit::Replaced5 => replaced(body, 5, others, dice),
            Edit::Replaced10 => replaced(body, 10, others, dice),
            Edit::Replaced20 => replaced(body, 20, others, dice),
            Edit::Retitled => return (others.title(dice), body.to_string()),
            Edit::Ocr => misread(body, dice),
            Edit::Brief => brief(body),
        };
        (title, body)
    }
}

/// The articles that words and headlines are taken from, the edited one left out.
pub struct Others<'a> {
    /// The articles.
    pub articles: &'a [&'a Entry],
    /// The place among them of the one that is edited.
    pub own: usize,
}

/// How often chance is asked again before what it gave is taken.
const TRIES: usize = 32;

impl<'a> Others<'a> {
    /// Another article; the edited one where there is no other.
    pub fn one(&self, dice: &mut Dice) -> &'a Entry {
        let n = self.articles.len();
        self.articles[(self.own + 1 + dice.below(n - 1)) % n]
    }

    fn title(&self, dice: &mut Dice) -> String {
        let titles = (0..TRIES).map(|_| self.one(dice).title.clone());
        titles.into_iter().find(|t| !t.is_empty()).unwrap_or_default()
    }
}

/// The words of a text with the byte at which each starts.
fn words(text: &str) -> Vec<(usize, &str)> {
    text.split_word_bound_indices().filter(|(_, w)| w.chars().any(char::is_alphanumeric)).collect()
}

fn truncated(body: &str, percent: usize) -> String {
    let words = words(body);
    let kept = (words.len() * percent / 100).max(1);
    words.get(kept - 1).map_or_else(String::new, |(at, w)| body[..at + w.len()].to_string())
}

const FURNITURE: [&str; 8] = [
    "Sign up for our free morning newsletter and never miss what matters to you.",
    "This article is more than three hours old. Listen to it in our app.",
    "Share this page with your friends or save it for later reading.",
    "Advertisement. Scroll down to go on reading.",
    "Your support keeps our journalism open to everybody. Become a member today.",
    "We use cookies to make this site work and to measure how it is read.",
    "Photographs by our picture desk. All times are local unless we say otherwise.",
    "Do you know more about this story? Write to the newsroom in confidence.",
];

/// Four lines of a page and three headlines that it links to.
fn furniture(others: &Others, dice: &mut Dice) -> String {
    let mut lines: Vec<String> =
        dice.some_of(FURNITURE.len(), 4).into_iter().map(|i| FURNITURE[i].to_string()).collect();
    lines.extend((0..3).map(|_| format!("Read also: {}", others.title(dice))));
    dice.some_of(lines.len(), lines.len()).into_iter().map(|i| lines[i].clone()).collect::<Vec<_>>().join("\n\n")
}

/// Sentences of a paragraph where a text has too few paragraphs to reorder.
const SENTENCES: usize = 3;

fn reordered(body: &str, dice: &mut Dice) -> String {
    let mut parts: Vec<String> = body.lines().map(str::trim).filter(|l| !l.is_empty()).map(String::from).collect();
    if parts.len() < 3 {
        let sentences: Vec<&str> = body.unicode_sentences().map(str::trim).collect();
        let size = SENTENCES.min(sentences.len().div_ceil(2)).max(1);
        parts = sentences.chunks(size).map(|c| c.join(" ")).collect();
    }
    let mut order = dice.some_of(parts.len(), parts.len());
    if order.is_sorted() {
        order.reverse();
    }
    order.into_iter().map(|i| parts[i].clone()).collect::<Vec<_>>().join("\n\n")
}

fn replaced(body: &str, percent: usize, others: &Others, dice: &mut Dice) -> String {
    let own = words(body);
    let mut places = dice.some_of(own.len(), (own.len() * percent).div_ceil(100));
    places.sort_unstable();
    let donor = others.one(dice).body.text();
    let donor = words(&donor);
    let (mut out, mut at) = (String::with_capacity(body.len()), 0);
    for place in places {
        let (start, old) = own[place];
        let drawn = (0..TRIES).filter_map(|_| Some(donor.get(dice.below(donor.len()))?.1));
        let new = drawn.into_iter().find(|w| w.to_lowercase() != old.to_lowercase()).unwrap_or("");
        out.push_str(&body[at..start]);
        out.push_str(new);
        at = start + old.len();
    }
    out + &body[at..]
}

/// What a machine takes for what.
const MISREAD: [(char, &str); 12] = [
    ('l', "1"),
    ('o', "0"),
    ('e', "c"),
    ('i', "l"),
    ('s', "5"),
    ('h', "b"),
    ('m', "rn"),
    ('n', "ri"),
    ('u', "ii"),
    ('a', "o"),
    ('S', "8"),
    ('1', "l"),
];

/// One letter in fifty is wrong, one space in a hundred is lost.
fn misread(body: &str, dice: &mut Dice) -> String {
    let mut out = String::with_capacity(body.len() + body.len() / 50);
    for c in body.chars() {
        let at_hand = MISREAD.iter().find(|(from, _)| *from == c);
        match (c, at_hand) {
            (' ', _) if dice.below(100) == 0 => {}
            (c, Some((_, to))) if dice.below(50) == 0 && c.is_alphanumeric() => out.push_str(to),
            (c, None) if c.is_alphanumeric() && dice.below(50) == 0 => {
                if dice.below(2) == 0 {
                    out.extend([c, c]);
                }
            }
            (c, _) => out.push(c),
        }
    }
    out
}

/// A sentence of fewer words is a headline, a byline or the end of an abbreviation.
const SENTENCE_WORDS: usize = 8;

/// The first two sentences of some length.
fn brief(body: &str) -> String {
    let lines = || body.lines().flat_map(|l| l.unicode_sentences()).map(str::trim).filter(|s| !s.is_empty());
    let mut kept: Vec<&str> = lines().filter(|s| words(s).len() >= SENTENCE_WORDS).take(2).collect();
    if kept.len() < 2 {
        kept = lines().take(2).collect();
    }
    kept.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::fixtures::entry;

    const BODY: &str = "Short line.\n\nThe ferry left the quay of Ellery at nine in the morning. It came back at noon \
                        because the wind had turned to the north. Nobody on board was hurt.\n\nThe owner will look \
                        into it.";

    fn edited(edit: Edit) -> (String, String) {
        let own = entry("a", "Ferry turns back", BODY);
        let other = entry("b", "Bread is dearer", "Bakers everywhere complain loudly");
        let others = Others { articles: &[&own, &other], own: 0 };
        edit.apply(&own, &others, &mut Dice::new(7, edit.name()))
    }

    #[test]
    fn a_truncated_text_keeps_its_first_words() {
        let (_, half) = edited(Edit::Truncated50);
        assert!(BODY.starts_with(&half));
        assert_eq!(words(&half).len(), words(BODY).len() / 2);
    }

    #[test]
    fn furniture_leaves_the_text_whole() {
        assert!(edited(Edit::FurnitureAtHead).1.ends_with(BODY));
        let (_, tail) = edited(Edit::FurnitureAtTail);
        assert!(tail.starts_with(BODY) && tail.contains("Read also: Bread is dearer"));
    }

    #[test]
    fn reordering_keeps_every_paragraph_and_changes_their_order() {
        let (_, turned) = edited(Edit::Reordered);
        let sorted = |text: &str| {
            let mut lines: Vec<String> = text.lines().filter(|l| !l.is_empty()).map(String::from).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&turned), sorted(BODY));
        assert_ne!(turned, BODY);
        let flat = reordered("One is here. Two is here. Three is here. Four is here.", &mut Dice::new(1, "x"));
        assert!(flat.contains("Two is here.") && !flat.starts_with("One"), "{flat}");
    }

    #[test]
    fn replacing_changes_the_share_of_words_that_it_says() {
        let (_, replaced) = edited(Edit::Replaced20);
        let (old, new) = (words(BODY), words(&replaced));
        let changed = old.iter().zip(&new).filter(|(x, y)| x.1 != y.1).count();
        assert_eq!((old.len(), changed), (new.len(), (old.len() * 20).div_ceil(100)));
    }

    #[test]
    fn a_brief_is_two_sentences_and_a_headline_is_anothers() {
        let (title, brief) = edited(Edit::Brief);
        assert!(brief.starts_with("The ferry left") && brief.ends_with("turned to the north."), "{brief}");
        assert_eq!(title, "Ferry turns back");
        assert_eq!(edited(Edit::Retitled), ("Bread is dearer".into(), BODY.into()));
    }

    #[test]
    fn misreading_touches_some_words_and_not_most() {
        let body = BODY.repeat(20);
        let read = misread(&body, &mut Dice::new(7, "ocr"));
        let (old, new) = (words(&body), words(&read));
        let kept = new.iter().filter(|w| old.iter().any(|o| o.1 == w.1)).count() as f64 / new.len() as f64;
        assert!(kept > 0.8 && kept < 0.98, "{kept}");
    }
}
