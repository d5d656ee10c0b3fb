//! The beginning of a text: so many characters, so many words.

use super::Body;
use serde::{Serialize, Serializer};
use std::borrow::Cow;

/// A body as far as it is shown. It is read only when it is asked for: a page is made of many.
#[derive(Clone, PartialEq, Debug)]
pub struct Excerpt<'a> {
    /// The body.
    pub body: &'a Body,
    /// Most characters.
    pub chars: usize,
    /// Most words, where they are counted.
    pub words: Option<usize>,
}

impl<'a> Excerpt<'a> {
    /// What is shown, and whether it is less than the body.
    pub fn text(&self) -> (Cow<'a, str>, bool) {
        let whole = self.body.text();
        let kept = first_chars(&whole, self.chars);
        let kept = self.words.map_or(kept, |words| first_words(kept, words)).len();
        let cut = kept < whole.trim_end().len();
        let shown = match whole {
            Cow::Borrowed(text) => Cow::Borrowed(&text[..kept]),
            Cow::Owned(mut text) => {
                text.truncate(kept);
                Cow::Owned(text)
            }
        };
        (shown, cut)
    }
}

impl Serialize for Excerpt<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.text().0)
    }
}

/// The first characters.
pub fn first_chars(text: &str, chars: usize) -> &str {
    match text.get(..chars) {
        // No text has more characters than bytes.
        _ if text.len() <= chars => text,
        Some(ascii) if ascii.is_ascii() => ascii,
        _ => text.char_indices().nth(chars).map_or(text, |(end, _)| &text[..end]),
    }
}

/// The first words, up to where the next would start.
pub fn first_words(text: &str, words: usize) -> &str {
    let starts = text.char_indices().zip(std::iter::once(' ').chain(text.chars()));
    let mut starts = starts.filter(|((_, c), before)| before.is_whitespace() && !c.is_whitespace());
    starts.nth(words).map_or(text, |((at, _), _)| text[..at].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_the_first_words_of_the_first_characters() {
        let body = Body::from("A ferry ran aground. ");
        let shown = |chars, words| Excerpt { body: &body, chars, words }.text();
        assert_eq!(shown(40, None), ("A ferry ran aground. ".into(), false));
        assert_eq!(shown(7, None), ("A ferry".into(), true));
        assert_eq!(shown(40, Some(3)), ("A ferry ran".into(), true));
        assert_eq!(shown(40, Some(4)), ("A ferry ran aground. ".into(), false));
    }

    #[test]
    fn an_excerpt_is_whole_words_of_the_text_as_it_stands() {
        assert_eq!(first_words("one  two\nthree four", 3), "one  two\nthree");
        assert_eq!(first_words("one two", 2), "one two");
        assert_eq!(first_words("  one two", 1), "  one");
        assert_eq!(first_words("", 5), "");
    }

    proptest::proptest! {
        #[test]
        fn the_first_characters_are_counted_as_characters(text in "[a-cäß漢\u{1f6a2}]{0,12}", ascii in "[a-c]{0,12}", chars in 0_usize..15) {
            for text in [text, ascii] {
                let first: String = text.chars().take(chars).collect();
                proptest::prop_assert_eq!(first_chars(&text, chars), first);
            }
        }
    }
}
