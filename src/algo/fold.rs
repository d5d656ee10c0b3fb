//! Folding: one form for characters that differ only in how they were typed.

use std::borrow::Cow;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// Folds a text: NFKC, straight quotes, plain dashes, no control or zero-width characters, runs of
/// blanks as one, lines trimmed, empty lines out. Idempotent.
pub fn fold(text: &str) -> String {
    let normal: Cow<'_, str> = match is_nfkc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        _ => Cow::Owned(text.nfkc().collect()),
    };
    let mut out = String::with_capacity(normal.len());
    for line in normal.split(['\n', '\r', '\u{2028}', '\u{2029}', '\u{85}', '\u{b}', '\u{c}']) {
        let start = out.len();
        push_line(&mut out, line);
        if out.len() > start {
            out.push('\n');
        }
    }
    out.pop();
    out
}

fn push_line(out: &mut String, line: &str) {
    let mut blank = false;
    let start = out.len();
    for c in line.chars() {
        let Some(c) = fold_char(c) else { continue };
        if c.is_whitespace() {
            blank = out.len() > start;
            continue;
        }
        if blank {
            out.push(' ');
            blank = false;
        }
        out.push(c);
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

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(s in "\\PC{0,40}[\u{2018}\u{ad}\n\t ]{0,3}\\PC{0,40}") {
            let once = fold(&s);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
