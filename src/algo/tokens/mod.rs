//! Tokens: words and numbers of a folded text, with what a reader sees of them.

mod words;

pub use words::{count, hashes};

use super::signature::{SHORT_WORD, short_hash, word_hash};
use unicode_normalization::char::is_combining_mark;

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A letter and what letters and digits follow it, inner `'` and `-` kept.
    Word,
    /// A run of digits, inner `.`, `,` and `:` kept.
    Number,
    /// Neighbouring characters of a script without spaces, or of Hangul: two, or four of an alphabet.
    Bigram,
}

/// A token as a byte range of its text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    /// First byte.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
    /// What it is.
    pub kind: Kind,
    /// Whether it starts with an upper-case letter.
    pub upper: bool,
    /// Whether it opens a sentence, a line or a quotation.
    pub opens: bool,
    /// Which quotation it stands in, counted from 1; 0 outside.
    pub quote: u32,
}

impl Token {
    /// The token's text.
    pub fn of<'a>(&self, text: &'a str) -> &'a str {
        &text[self.start as usize..self.end as usize]
    }
}

/// Longest quotation in words; a longer one is a quotation mark that was never closed.
const LONGEST_QUOTE: usize = 120;

/// Splits a folded text of at most 4 GB into tokens.
pub fn tokens(text: &str) -> Vec<Token> {
    scan(text, Vec::with_capacity(text.len() / 5))
}

/// What is made of the tokens of a text.
trait Sink {
    fn push(&mut self, text: &str, token: Token);
    /// How many were pushed.
    fn len(&self) -> usize;
    /// The tokens from this one on stand in no quotation after all.
    fn unquote(&mut self, _first: usize) {}
}

impl Sink for Vec<Token> {
    fn push(&mut self, _: &str, token: Token) {
        Vec::push(self, token);
    }

    fn len(&self) -> usize {
        Vec::len(self)
    }

    fn unquote(&mut self, first: usize) {
        self[first..].iter_mut().for_each(|t| t.quote = 0);
    }
}

/// The [`word_hash`] of a token of a folded text in its compared form; `lowered` is room to work in.
#[inline(always)]
pub fn hash(text: &str, token: Token, lowered: &mut String) -> u64 {
    let (start, end) = (token.start as usize, token.end as usize);
    let short = sixteen(text.as_bytes(), start).filter(|_| end - start <= SHORT_WORD);
    let word = short.map(|bytes| bytes & (u128::MAX >> (8 * (SHORT_WORD - (end - start)))));
    match word.filter(|word| word & HIGH_BITS == 0) {
        Some(word) => short_hash(word | (between(word, b'A', b'Z') >> 2), end - start),
        None => {
            lower(&text[start..end], lowered);
            word_hash(lowered.as_bytes())
        }
    }
}

const ONES: u128 = u128::from_le_bytes([1; SHORT_WORD]);
const HIGH_BITS: u128 = 0x80 * ONES;

/// The sixteen bytes from `at` on, the first lowest.
#[inline(always)]
fn sixteen(bytes: &[u8], at: usize) -> Option<u128> {
    bytes.get(at..at + SHORT_WORD)?.try_into().ok().map(u128::from_le_bytes)
}

/// The high bit of each byte that is ASCII and lies from `first` to `last`.
#[inline(always)]
fn between(bytes: u128, first: u8, last: u8) -> u128 {
    let low = bytes & !HIGH_BITS;
    let reaches = low + ONES * u128::from(0x80 - first);
    let passes = low + ONES * u128::from(0x7f - last);
    reaches & !passes & !bytes & HIGH_BITS
}

/// How many of the first bytes are ASCII letters.
#[inline(always)]
fn letters(bytes: u128) -> usize {
    let found = between(bytes | (0x20 * ONES), b'a', b'z');
    (!found & HIGH_BITS).trailing_zeros() as usize / 8
}

fn scan<S: Sink>(text: &str, out: S) -> S {
    let mut scan = Scan::new(text, out);
    let mut at = 0;
    while at < text.len() {
        at = scan.next(at);
    }
    scan.drop_open_quote();
    scan.out
}

struct Scan<'a, S> {
    text: &'a str,
    out: S,
    opens: bool,
    /// Index of the first token of the open quotation.
    quote: Option<usize>,
    quotes: u32,
}

const LETTER: u8 = 1;
const DIGIT: u8 = 2;
/// Joins letters to letters.
const IN_WORDS: u8 = 4;
/// Joins digits to digits.
const IN_NUMBERS: u8 = 8;
/// Not ASCII.
const WIDE: u8 = 16;

/// What each byte may be part of.
static CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut b = 0;
    while b < 256 {
        class[b] = match b as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => LETTER,
            b'0'..=b'9' => DIGIT,
            b'\'' | b'-' => IN_WORDS,
            b'.' | b',' | b':' => IN_NUMBERS,
            0x80.. => WIDE,
            _ => 0,
        };
        b += 1;
    }
    class
};

#[inline(always)]
fn class(byte: Option<&u8>) -> u8 {
    byte.map_or(0, |b| CLASS[usize::from(*b)])
}

/// How many of the first bytes are of these classes.
#[inline(always)]
fn run(bytes: &[u8], classes: u8) -> usize {
    bytes.iter().position(|b| CLASS[usize::from(*b)] & classes == 0).unwrap_or(bytes.len())
}

impl<'a, S: Sink> Scan<'a, S> {
    fn new(text: &'a str, out: S) -> Scan<'a, S> {
        Scan { text, out, opens: true, quote: None, quotes: 0 }
    }

    /// Handles what stands at `at`, before the end of the text; returns where to go on.
    #[inline(always)]
    fn next(&mut self, at: usize) -> usize {
        match self.ascii(at, self.text.as_bytes()[at]) {
            Some(next) => next,
            None => self.text[at..].chars().next().map_or(self.text.len(), |c| self.step(at, c)),
        }
    }

    /// Handles the byte at `at` where no more than ASCII need be looked at; returns where to go on. The same as
    /// [`Scan::step`], without decoding.
    #[inline(always)]
    fn ascii(&mut self, at: usize, byte: u8) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let (inside, joint, after) = match CLASS[usize::from(byte)] {
            LETTER => (LETTER | DIGIT, IN_WORDS, LETTER),
            DIGIT => (DIGIT, IN_NUMBERS, DIGIT),
            _ if byte == b' ' => return Some(at + 1),
            _ => return None,
        };
        let mut end = at;
        // Most words are a few letters before a blank or a mark.
        if let Some(n) = sixteen(bytes, at).map(letters).filter(|n| (1..SHORT_WORD).contains(n)) {
            end += n;
            if class(bytes.get(end)) & (DIGIT | joint | WIDE) == 0 {
                self.push(at, end, Kind::Word, byte.is_ascii_uppercase());
                return Some(end + usize::from(bytes.get(end) == Some(&b' ')));
            }
        }
        loop {
            end += run(&bytes[end..], inside);
            let here = class(bytes.get(end));
            if here & (joint | WIDE) == 0 {
                break;
            }
            // A joint before ASCII joins or ends; what is not ASCII takes the long way.
            let next = class(bytes.get(end + 1));
            if (here | next) & WIDE != 0 {
                return None;
            }
            if next & after == 0 {
                break;
            }
            end += 1;
        }
        let kind = if inside & LETTER != 0 { Kind::Word } else { Kind::Number };
        self.push(at, end, kind, byte.is_ascii_uppercase());
        Some(end)
    }

    /// Handles the character at `at`; returns where to go on.
    fn step(&mut self, at: usize, c: char) -> usize {
        if is_paired(c) {
            return self.bigrams(at);
        }
        if c.is_alphabetic() {
            let end = self.run(
                at,
                |c| c.is_alphanumeric() || is_combining_mark(c),
                |c| c == '\'' || c == '-',
                char::is_alphabetic,
            );
            self.push(at, end, Kind::Word, c.is_uppercase());
            return end;
        }
        if c.is_numeric() {
            let joint = |c| matches!(c, '.' | ',' | ':' | '\u{66b}' | '\u{66c}');
            let end = self.run(at, char::is_numeric, joint, char::is_numeric);
            self.push(at, end, Kind::Number, false);
            return end;
        }
        match c {
            '\n' => {
                self.drop_open_quote();
                self.opens = true;
            }
            c if ends_sentence(c) || c == ':' => self.opens = true,
            '"' => self.toggle_quote(),
            '\u{300c}' if self.quote.is_none() => self.toggle_quote(),
            '\u{300d}' if self.quote.is_some() => self.toggle_quote(),
            _ => {}
        }
        at + c.len_utf8()
    }

    /// End of a run of `inside` characters that may hold single `joint`s between `after`s.
    fn run(&self, at: usize, inside: fn(char) -> bool, joint: fn(char) -> bool, after: fn(char) -> bool) -> usize {
        let mut end = at;
        let mut rest = self.text[at..].chars().peekable();
        while let Some(c) = rest.next() {
            let joins = joint(c) && rest.peek().is_some_and(|n| after(*n) && !is_paired(*n));
            if (inside(c) && !is_paired(c)) || joins {
                end += c.len_utf8();
            } else {
                break;
            }
        }
        end
    }

    #[inline(always)]
    fn push(&mut self, start: usize, end: usize, kind: Kind, upper: bool) {
        let quote = if self.quote.is_some() { self.quotes } else { 0 };
        let token = Token { start: start as u32, end: end as u32, kind, upper, opens: self.opens, quote };
        self.out.push(self.text, token);
        self.opens = false;
    }

    /// A run of such a script becomes its overlapping groups of characters; a short run is one.
    fn bigrams(&mut self, at: usize) -> usize {
        let width = self.text[at..].chars().next().map_or(2, width);
        let alike = |c: char| is_combining_mark(c) || is_paired(c) && self::width(c) == width;
        let run: Vec<(usize, char)> = self.text[at..].char_indices().take_while(|(_, c)| alike(*c)).collect();
        let mut end = at;
        for group in run.windows(width.min(run.len())) {
            end = group.last().map_or(end, |(i, c)| at + i + c.len_utf8());
            self.push(at + group[0].0, end, Kind::Bigram, false);
        }
        end
    }

    fn toggle_quote(&mut self) {
        match self.quote.take() {
            Some(first) if self.out.len() - first > LONGEST_QUOTE => self.out.unquote(first),
            Some(_) => {}
            None => {
                self.quotes += 1;
                self.quote = Some(self.out.len());
                self.opens = true;
            }
        }
    }

    fn drop_open_quote(&mut self) {
        if let Some(first) = self.quote.take() {
            self.out.unquote(first);
        }
    }
}

/// Scripts that are written without spaces between words.
pub fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c),
        0x0e00..=0x0eff | 0x0f00..=0x0fff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x3005..=0x3007 | 0x3040..=0x30ff
        | 0x31f0..=0x31ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x323af)
}

/// Scripts that are cut into pairs: those without spaces, and Hangul, whose words carry their particles.
fn is_paired(c: char) -> bool {
    is_unspaced(c) || matches!(u32::from(c), 0x1100..=0x11ff | 0xac00..=0xd7a3)
}

/// How many characters of such a script say as much as a word: the letters of the alphabets of South-East Asia say less.
fn width(c: char) -> usize {
    if matches!(u32::from(c), 0x0e00..=0x10ff | 0x1780..=0x17ff) { 4 } else { 2 }
}

/// Full stops, question and exclamation marks of any script.
pub fn ends_sentence(c: char) -> bool {
    matches!(c, '.' | '?' | '!' | '\u{3002}' | '\u{61f}' | '\u{6d4}' | '\u{964}' | '\u{589}' | '\u{1362}')
}

/// Writes the form of `word` in which words are compared to `out`, which is emptied first: lower case, without the
/// vowel points of Arabic and Hebrew, digits of any script as 0 to 9.
pub fn lower(word: &str, out: &mut String) {
    out.clear();
    if word.is_ascii() {
        out.push_str(word);
        out.make_ascii_lowercase();
    } else {
        out.extend(word.chars().flat_map(char::to_lowercase).filter_map(compared));
    }
}

/// The lower-case character as it is compared; `None` for one that may be left out in writing.
fn compared(c: char) -> Option<char> {
    let digit = |zero: u32| char::from_digit(u32::from(c) - zero, 10);
    match u32::from(c) {
        // What is left of a Turkish capital; vowel points; the stroke that stretches Arabic words.
        0x307 | 0x591..=0x5bd | 0x5bf..=0x5c2 | 0x5c4..=0x5c7 | 0x640 | 0x64b..=0x65f | 0x670 => None,
        // Russian prints its yo as ye or not.
        0x451 => Some('\u{435}'),
        0x660..=0x669 => digit(0x660),
        0x6f0..=0x6f9 => digit(0x6f0),
        0x966..=0x96f => digit(0x966),
        0x9e6..=0x9ef => digit(0x9e6),
        0x66b => Some('.'),
        0x66c => Some(','),
        _ => Some(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> Vec<&str> {
        tokens(text).iter().map(|t| t.of(text)).collect()
    }

    #[test]
    fn inner_apostrophes_hyphens_and_points_stay() {
        assert_eq!(
            words("The state-run port's 1,250.5 tons - 'no'."),
            ["The", "state-run", "port's", "1,250.5", "tons", "no"]
        );
        assert_eq!(words("covid19 10am"), ["covid19", "10", "am"]);
    }

    #[test]
    fn scripts_without_spaces_give_bigrams() {
        assert_eq!(words("東京都 a"), ["東京", "京都", "a"]);
        assert_eq!(words("港"), ["港"]);
        assert_eq!(words("हिन्दी में"), ["हिन्दी", "में"]);
        assert_eq!(words("เรือเกย 港"), ["เรือ", "รือเ", "ือเก", "อเกย", "港"], "letters say less");
        assert_eq!(words("เรื"), ["เรื"]);
        assert_eq!(words("佐々木"), ["佐々", "々木"]);
        assert_eq!(words("항구에서 3월"), ["항구", "구에", "에서", "3", "월"], "Korean words carry their particles");
    }

    #[test]
    fn scripts_without_capitals_have_no_capitalised_words() {
        for text in [
            "تعطلت العبارة قرب الميناء",
            "המעבורת עלתה על שרטון",
            "渡轮搁浅",
            "フェリーが座礁",
            "เรือเกยตื้น",
            "नौका फँस गई",
            "ბორანი მეჩეჩზე",
        ] {
            assert!(!tokens(text).is_empty());
            assert!(tokens(text).iter().all(|t| !t.upper), "{text}");
        }
    }

    #[test]
    fn what_may_be_left_out_in_writing_is_not_compared() {
        let lowered = |word: &str| {
            let mut out = String::new();
            lower(word, &mut out);
            out
        };
        assert_eq!(lowered("مِينَاء"), lowered("ميناء"));
        assert_eq!(lowered("مينـــاء"), lowered("ميناء"));
        assert_eq!(lowered("Ёлка"), "елка");
        assert_eq!(lowered("İstanbul"), "istanbul");
        assert_eq!((lowered("٤١"), lowered("१२")), ("41".into(), "12".into()));
        assert_eq!(words("٣٫٥ مليون"), ["٣٫٥", "مليون"]);
    }

    #[test]
    fn corner_brackets_are_quotation_marks_and_full_stops_of_any_script_end_sentences() {
        let text = "市長は「港を再建する」と述べた。次";
        let quoted: Vec<&str> = tokens(text).iter().filter(|t| t.quote == 1).map(|t| t.of(text)).collect();
        assert_eq!(quoted, ["港を", "を再", "再建", "建す", "する"]);
        let text = "ماذا حدث؟ غرق. انتهى";
        let opens: Vec<&str> = tokens(text).iter().filter(|t| t.opens).map(|t| t.of(text)).collect();
        assert_eq!(opens, ["ماذا", "غرق", "انتهى"]);
    }

    #[test]
    fn quotations_are_numbered_and_unclosed_ones_forgotten() {
        let text = "He said \"all is well\" and \"go\". \"Never closed\nNext";
        let quoted: Vec<(u32, &str)> =
            tokens(text).iter().filter(|t| t.quote > 0).map(|t| (t.quote, t.of(text))).collect();
        assert_eq!(quoted, [(1, "all"), (1, "is"), (1, "well"), (2, "go")]);
    }

    #[test]
    fn sentence_openers_are_known() {
        let text = "One two. Three\nFour";
        let opens: Vec<&str> = tokens(text).iter().filter(|t| t.opens).map(|t| t.of(text)).collect();
        assert_eq!(opens, ["One", "Three", "Four"]);
    }

    /// Tokens by the long way alone.
    fn slowly(text: &str) -> Vec<Token> {
        let mut scan = Scan::new(text, Vec::<Token>::new());
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            at = scan.step(at, c);
        }
        scan.drop_open_quote();
        scan.out
    }

    proptest! {
        #[test]
        fn the_quick_way_through_ascii_gives_the_same_tokens(text in "([a-cA-BzZ0-2 '.,:\"\\n\u{e9}\u{301}\u{6e2f}\u{661}@\\[`{-]|[a-zA-Z]{3,18} |[a-z]{50,140}[ 1\u{e9}]){0,40}") {
            let slow = slowly(&text);
            let mut lowered = String::new();
            let mut hash = |t: &Token| {
                lower(t.of(&text), &mut lowered);
                word_hash(lowered.as_bytes())
            };
            prop_assert_eq!(hashes(&text, <[u64]>::to_vec), slow.iter().map(&mut hash).collect::<Vec<_>>());
            prop_assert_eq!((count(&text), tokens(&text)), (slow.len(), slow));
        }

        #[test]
        fn long_texts_have_the_hashes_of_their_words(words in prop::collection::vec("([a-zA-Z]{1,12}|[a-z]{14,70}|b-c|\u{e9}t\u{e9}|7)[ .]", 0..400)) {
            let text = words.concat();
            let (mut lowered, slow) = (String::new(), slowly(&text));
            let hash = |t: &Token| {
                lower(t.of(&text), &mut lowered);
                word_hash(lowered.as_bytes())
            };
            prop_assert_eq!((hashes(&text, <[u64]>::to_vec), count(&text)), (slow.iter().map(hash).collect::<Vec<_>>(), slow.len()));
        }

        #[test]
        fn tokens_are_ascending_ranges_of_any_text(text in "\\PC{0,60}") {
            let mut last = 0;
            for t in tokens(&text) {
                prop_assert!(t.start < t.end && t.start >= last);
                prop_assert!(!t.of(&text).is_empty());
                last = t.start;
            }
        }
    }
}
