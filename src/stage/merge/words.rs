//! First words and first sentences of a text.

use crate::algo::tokens::is_unspaced;
use unicode_segmentation::UnicodeSegmentation;

/// Words shown where a title is missing.
const TITLE_WORDS: usize = 12;
/// A line of at most this many words without a sentence's end is a sub-heading.
const HEADING_WORDS: usize = 12;
/// Abbreviations after which a sentence goes on.
const ABBREVIATIONS: [&str; 13] =
    ["mr", "mrs", "ms", "mt", "dr", "prof", "st", "sgt", "capt", "gen", "col", "no", "vs"];

/// The first sentence, at most twelve words of it; empty for a text without words.
pub(super) fn first_words(text: &str) -> String {
    let Some(line) = text.lines().find(|l| l.contains(char::is_alphanumeric)) else { return String::new() };
    let sentence = sentences(line).next().unwrap_or(line);
    cut(sentence.trim(), TITLE_WORDS)
}

/// The first sentences of a body, at most `most` words: whole sentences where one fits, else a part and "…".
/// Sub-headings are passed over.
pub(super) fn summary(body: &str, most: usize) -> String {
    let mut out = String::new();
    let mut left = most;
    for sentence in body.lines().filter(|l| !is_heading(l)).flat_map(sentences) {
        let words = count(sentence, left);
        if words > left {
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(sentence);
        left -= words;
    }
    if out.is_empty() {
        let line = body.lines().find(|l| !is_heading(l)).or_else(|| body.lines().find(|l| !l.trim().is_empty()));
        return line.map(|l| cut(l.trim_start_matches(['•', ' ']), most)).unwrap_or_default();
    }
    out
}

/// A text of at most `most` words: whole, or its first words and "…".
fn cut(text: &str, most: usize) -> String {
    match word_end(text, most) {
        None => text.to_string(),
        Some(end) => {
            let kept = text[..end].trim_end_matches(|c: char| c.is_whitespace() || ".,;:-(\"'".contains(c));
            format!("{kept}…")
        }
    }
}

/// Words of a text, counted to one more than `most`. A word is what stands between blanks; in a script
/// without spaces, each character.
fn count(text: &str, most: usize) -> usize {
    word_starts(text).take(most.saturating_add(1)).count()
}

/// Where the first `most` words end, when more follow.
fn word_end(text: &str, most: usize) -> Option<usize> {
    word_starts(text).nth(most)
}

fn word_starts(text: &str) -> impl Iterator<Item = usize> + '_ {
    let mut inside = false;
    text.char_indices().filter_map(move |(i, c)| {
        let starts = !c.is_whitespace() && (!inside || is_unspaced(c));
        inside = !c.is_whitespace();
        starts.then_some(i)
    })
}

/// Whether a line is short and does not end a sentence.
fn is_heading(line: &str) -> bool {
    !ends_sentence(line) && count(line, HEADING_WORDS) <= HEADING_WORDS
}

fn ends_sentence(text: &str) -> bool {
    let bare = text.trim_end_matches(|c: char| c.is_whitespace() || "\"')]»".contains(c));
    bare.ends_with(['.', '?', '!', '…', '。', '？', '！', '।', '؟'])
}

/// The sentences of one line, without blanks around them; an abbreviation ends none.
fn sentences(line: &str) -> impl Iterator<Item = &str> {
    let mut start = 0;
    let mut ends = ends(line).peekable();
    std::iter::from_fn(move || {
        while let Some(end) = ends.next() {
            if ends.peek().is_some() && goes_on(&line[start..end]) {
                continue;
            }
            let sentence = line[start..end].trim().trim_start_matches(['•', ' ']);
            start = end;
            if !sentence.is_empty() {
                return Some(sentence);
            }
        }
        None
    })
}

/// Where the sentences of a line end by the rules of Unicode (UAX 29).
fn ends(line: &str) -> Box<dyn Iterator<Item = usize> + '_> {
    if line.is_ascii() && !line.contains('\r') {
        return Box::new(Ends { line, at: 0, known: Vec::new() });
    }
    Box::new(line.split_sentence_bound_indices().map(|(at, piece)| at + piece.len()))
}

/// The same of a line in ASCII, where only what stands around stops, question and exclamation marks is looked at: one of them
/// stands before the end of a sentence, and the letter before and the next letter behind say whether it is one.
struct Ends<'a> {
    line: &'a str,
    /// From where on ends are looked for.
    at: usize,
    /// Those that are known, the next one last.
    known: Vec<usize>,
}

impl Ends<'_> {
    /// Looks for ends in a part of the line; the end of a part is that of a sentence if the line ends there.
    fn look(&mut self, from: usize, to: usize) {
        let pieces = self.line[from..to].split_sentence_bound_indices();
        let ends = pieces.map(|(at, piece)| from + at + piece.len());
        self.known.extend(ends.filter(|end| *end < to || to == self.line.len()));
        self.known.reverse();
        self.at = to;
    }
}

impl Iterator for Ends<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        while self.known.is_empty() && self.at < self.line.len() {
            let rest = self.line.as_bytes().get(self.at..)?;
            let stop = memchr::memchr3(b'.', b'?', b'!', rest).map_or(self.line.len(), |i| self.at + i);
            let letter = self.line.bytes().skip(stop).position(|b| b.is_ascii_alphabetic());
            let to = letter.map_or(self.line.len(), |i| stop + i + 1);
            self.look(stop.saturating_sub(1), to);
        }
        self.known.pop()
    }
}

/// Whether a sentence ends with an abbreviation or an initial.
fn goes_on(sentence: &str) -> bool {
    let Some(head) = sentence.trim_end().strip_suffix('.') else { return false };
    let last = head.rsplit([' ', '.', '(']).next().unwrap_or("");
    let initial = last.chars().count() == 1 && last.chars().all(char::is_uppercase);
    initial || ABBREVIATIONS.contains(&last.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_summary_ends_at_a_sentence_where_one_fits() {
        let body = "Damage\nThe ferry hit Mt. St. Elm rock. Dr. A. Anchor was aboard! Nobody else was hurt at all.";
        assert_eq!(summary(body, 13), "The ferry hit Mt. St. Elm rock. Dr. A. Anchor was aboard!");
        assert_eq!(summary(body, 5), "The ferry hit Mt. St…");
        assert_eq!(summary("Only a heading", 5), "Only a heading");
        assert_eq!(summary("", 5), "");
    }

    #[test]
    fn first_words_are_a_sentence_or_twelve_words() {
        assert_eq!(first_words("\nGoats arrive. They eat."), "Goats arrive.");
        let long = "one two three four five six seven eight nine ten eleven twelve thirteen";
        assert_eq!(first_words(long), "one two three four five six seven eight nine ten eleven twelve…");
        assert_eq!(first_words("- -"), "");
    }

    #[test]
    fn scripts_without_spaces_are_counted_by_character() {
        assert_eq!(count("東京都 ab", 10), 4);
        assert_eq!(summary("東京都東京都", 5), "東京都東京…");
    }

    proptest! {
        #[test]
        fn sentences_end_where_unicode_says(line in "[aB.?! 1,)\"\r-]{0,40}|[aB.!é東 1)]{0,30}") {
            let pieces = line.split_sentence_bound_indices().map(|(at, piece)| at + piece.len());
            prop_assert_eq!(ends(&line).collect::<Vec<_>>(), pieces.collect::<Vec<_>>());
        }

        #[test]
        fn a_summary_is_never_longer_than_asked(body in "[a-zé東 .!?\n•\"]{0,200}", most in 1_usize..20) {
            prop_assert!(count(&summary(&body, most), 1_000) <= most);
        }
    }
}
