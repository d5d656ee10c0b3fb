//! Folding: one form for characters that differ only in how they were typed.

use super::bytes::{BLOCK, LANES, bits, equal, first, load, within};
use std::borrow::Cow;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};
use wide::u8x16;

/// Folds a text: NFKC, straight quotes, plain dashes, no control or zero-width characters, runs of
/// blanks as one, lines trimmed, empty lines out. Idempotent.
pub fn fold(text: &str) -> String {
    // A line feed ends the last line too, until all is folded.
    let mut out = String::with_capacity(text.len() + 1);
    let mut start = 0;
    while start < text.len() {
        start = push_plain(&mut out, text, start).unwrap_or_else(|| {
            let end = memchr::memchr(b'\n', &text.as_bytes()[start..]).map_or(text.len(), |n| start + n);
            push_lines(&mut out, &text[start..end]);
            end + 1
        });
    }
    out.pop();
    out
}

/// Folds the line that starts at `start`, if it is of ASCII, the letters of Latin-1 and the marks of typesetting, which folding
/// takes one by one; returns where the next line starts. Of another line nothing is left in `out`.
fn push_plain(out: &mut String, text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let opened = out.len();
    let mut at = start + blanks(&bytes[start..]);
    loop {
        let odd = at + folded(&bytes[at..]);
        out.push_str(&text[at..odd]);
        at = odd;
        match bytes[at..] {
            [] | [b'\n', ..] => break,
            // The first of several blanks stands already.
            [b' ', ..] => at += blanks(&bytes[at..]),
            [b'`', ..] => (at, _) = (at + 1, out.push('\'')),
            [0xc3, 0x80..=0xbf, ..] => {
                out.push_str(&text[at..at + 2]);
                at += 2;
            }
            [0xe2, 0x80, last @ (0x92..=0x95 | 0x98..=0x9f), ..] => {
                out.push(match last {
                    ..=0x95 => '-',
                    0x96..=0x9b => '\'',
                    _ => '"',
                });
                at += 3;
            }
            _ => {
                out.truncate(opened);
                return None;
            }
        }
    }
    if out.len() > opened {
        if out.ends_with(' ') {
            out.pop();
        }
        out.push('\n');
    }
    Some(at + 1)
}

/// How many of the first bytes are blanks.
fn blanks(bytes: &[u8]) -> usize {
    bytes.iter().position(|b| *b != b' ').unwrap_or(bytes.len())
}

/// How many of the first bytes are ASCII that folding leaves as it is: single blanks and what can be seen.
fn folded(bytes: &[u8]) -> usize {
    // Of several blanks the first is left.
    let left = |at: usize| at + usize::from(bytes.get(at) == Some(&b' '));
    let mut at = 0;
    while let Some(near) = bytes[at..].first_chunk::<{ BLOCK + 1 }>() {
        match first(std::array::from_fn(|i| odd(load(&near[i * LANES..]), load(&near[i * LANES + 1..])))) {
            Some(found) => return left(at + found),
            None => at += BLOCK,
        }
    }
    loop {
        // Zeros that stand for what lacks are odd.
        let found = bits(odd(load(&bytes[at..]), load(bytes.get(at + 1..).unwrap_or_default())));
        if found != 0 {
            return left(at + found.trailing_zeros() as usize);
        }
        at += LANES;
    }
}

/// The highest bit of each of these bytes that folding does not leave as it is, and of each blank before another; `next` are those
/// one behind.
#[inline(always)]
fn odd(bytes: u8x16, next: u8x16) -> u8x16 {
    !within(bytes, b' ', b'~') | equal(bytes, b'`') | equal(bytes, b' ') & equal(next, b' ')
}

/// Folds what stands between two line feeds; other characters may end lines in it.
fn push_lines(out: &mut String, text: &str) {
    let normal: Cow<'_, str> = if is_normal(text) { Cow::Borrowed(text) } else { Cow::Owned(text.nfkc().collect()) };
    for line in normal.split(['\n', '\r', '\u{2028}', '\u{2029}', '\u{85}', '\u{b}', '\u{c}']) {
        let start = out.len();
        push_line(out, line);
        if out.len() > start {
            out.push('\n');
        }
    }
}

/// Whether a text is in NFKC, as far as that is quickly told.
fn is_normal(text: &str) -> bool {
    // Letters of Latin-1, and the dashes and quotation marks of typesetting, are their own normal form.
    let plain =
        |c: char| c.is_ascii() || matches!(c, '\u{c0}'..='\u{ff}' | '\u{2012}'..='\u{2015}' | '\u{2018}'..='\u{201f}');
    text.chars().all(plain) || is_nfkc_quick(text.chars()) == IsNormalized::Yes
}

fn push_line(out: &mut String, line: &str) {
    let mut blank = false;
    let start = out.len();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let run = rest.bytes().position(|b| !b.is_ascii_graphic() || b == b'`').unwrap_or(rest.len());
        let (text, folded) = if run > 0 { (&rest[..run], None) } else { (&rest[..c.len_utf8()], fold_char(c)) };
        rest = &rest[text.len()..];
        if run == 0 && folded.is_none() {
            continue;
        }
        if folded.is_some_and(char::is_whitespace) {
            blank = out.len() > start;
            continue;
        }
        if blank {
            out.push(' ');
            blank = false;
        }
        match folded {
            Some(c) => out.push(c),
            None => out.push_str(text),
        }
    }
}

/// The folded character; `None` for those that carry no text.
fn fold_char(c: char) -> Option<char> {
    match c {
        '`' => Some('\''),
        ' '..='~' => Some(c),
        '\t' => Some(' '),
        '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' | '\u{2032}' | '\u{02bc}' | '\u{00b4}' => Some('\''),
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}' | '\u{2033}' | '\u{00ab}' | '\u{00bb}' | '\u{2039}'
        | '\u{203a}' => Some('"'),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{ff0d}' => Some('-'),
        '\u{00ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => None,
        c if c.is_control() => None,
        c => Some(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quotes_dashes_and_blanks_are_folded() {
        assert_eq!(fold("\u{201c}A\u{201d} \u{2013}  b\u{2019}s\u{a0}c\u{200b}d"), "\"A\" - b's cd");
        assert_eq!(fold("  one \r\n\r\n two\tthree \n"), "one\ntwo three");
        assert_eq!(fold(""), "");
    }

    /// Folding a character at a time.
    fn plainly(text: &str) -> String {
        let normal: String = text.nfkc().collect();
        let ends = ['\n', '\r', '\u{2028}', '\u{2029}', '\u{85}', '\u{b}', '\u{c}'];
        let line = |line: &str| line.chars().filter_map(fold_char).collect::<String>();
        let words = |line: String| line.split_whitespace().collect::<Vec<_>>().join(" ");
        normal.split(ends).map(|l| words(line(l))).filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n")
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(s in "\\PC{0,40}[\u{2018}\u{ad}\n\t ]{0,3}\\PC{0,40}") {
            let once = fold(&s);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn the_quick_ways_fold_like_the_plain_one(s in "([ -~\\n\u{85}\u{2019}\u{e9}\u{301}\u{fb01}\u{2011}\u{ad}\r]|[a-z`\u{2013}\u{201c}\u{201a}\u{c0}\u{ff}]{1,20}|([a-z]{1,9} ){5,30}| {1,3}){0,40}") {
            prop_assert_eq!(fold(&s), plainly(&s));
        }
    }
}
