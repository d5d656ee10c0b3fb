//! What becomes of a text when others print it: nothing, a cut, other words, a frame of boilerplate.

use super::account::Article;
use super::dice::Dice;
use super::words::Words;

/// What was done to a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Nothing.
    Exact,
    /// The end was cut off.
    Cut,
    /// Some words were replaced.
    Reworded,
    /// Boilerplate was put before and after it.
    Framed,
}

impl Edit {
    /// Its name in the gold file.
    pub fn name(self) -> &'static str {
        match self {
            Edit::Exact => "exact",
            Edit::Cut => "cut",
            Edit::Reworded => "reworded",
            Edit::Framed => "framed",
        }
    }

    /// Two in five copies are exact; the others share the rest.
    pub fn drawn(dice: &mut Dice) -> Edit {
        [Edit::Exact, Edit::Exact, Edit::Cut, Edit::Reworded, Edit::Framed][dice.below(5)]
    }

    /// Makes the copy; `frame` is the boilerplate of its outlet.
    pub fn apply(self, article: &mut Article, frame: &str, words: &Words, dice: &mut Dice) {
        match self {
            Edit::Exact => {}
            Edit::Cut => cut(article, dice),
            Edit::Reworded => reword(article, words, dice),
            Edit::Framed => {
                article.text.insert(0, frame.to_string());
                article.text.push(frame.to_string());
            }
        }
        if self != Edit::Exact && dice.chance(0.3) {
            article.title = retitled(&article.title, words, dice);
        }
    }
}

/// Keeps two fifths or more of the paragraphs.
fn cut(article: &mut Article, dice: &mut Dice) {
    let n = article.text.len();
    article.text.truncate((n * dice.between(4, 9)).div_ceil(10));
}

/// Replaces 2 to 12 words in a hundred.
fn reword(article: &mut Article, words: &Words, dice: &mut Dice) {
    let share = 0.02 + 0.1 * dice.unit();
    for paragraph in &mut article.text {
        *paragraph = replaced(paragraph, share, words, dice);
    }
}

fn retitled(title: &str, words: &Words, dice: &mut Dice) -> String {
    replaced(title, 0.4, words, dice)
}

fn replaced(text: &str, share: f64, words: &Words, dice: &mut Dice) -> String {
    let mut to = String::with_capacity(text.len() + 32);
    for (i, word) in text.split(' ').enumerate() {
        if i > 0 {
            to.push(' ');
        }
        let other = dice.chance(share) && word.chars().all(char::is_alphabetic);
        to.push_str(if other { words.content.word(words.content.draw(dice)) } else { word });
    }
    to
}
