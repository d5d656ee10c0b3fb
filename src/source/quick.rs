//! The quick way through an object of JSON whose values are all strings, sixteen bytes at a time; any other is for serde_json.

use crate::algo::bytes::{BLOCK, LANES, bits, equal, first, load, within};
use std::borrow::Cow;
use wide::u8x16;

/// Calls `each` with the keys and values of an object of strings, in their order. `None` where a text is anything else, sound or
/// not; what was handed out by then does not count.
pub fn strings<'t>(text: &'t str, mut each: impl FnMut(Cow<'t, str>, Cow<'t, str>)) -> Option<()> {
    let bytes = text.as_bytes();
    let mut at = after(bytes, 0, b'{')?;
    loop {
        let (key, end) = string(text, after(bytes, at, b'"')?)?;
        let (value, end) = string(text, after(bytes, after(bytes, end, b':')?, b'"')?)?;
        each(key, value);
        let next = blanks(bytes, end);
        match bytes.get(next)? {
            b',' => at = next + 1,
            b'}' if blanks(bytes, next + 1) == bytes.len() => return Some(()),
            _ => return None,
        }
    }
}

/// Where that goes on which begins with this byte, blanks before it or not.
fn after(bytes: &[u8], at: usize, byte: u8) -> Option<usize> {
    let at = blanks(bytes, at);
    (bytes.get(at) == Some(&byte)).then_some(at + 1)
}

/// Where the blanks end that begin at `at`.
fn blanks(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n')).unwrap_or(rest.len())
}

/// The string whose quotation mark stands before `start`, and where the text goes on.
fn string(text: &str, start: usize) -> Option<(Cow<'_, str>, usize)> {
    let mut end = plain(text.as_bytes(), start);
    if text.as_bytes().get(end) == Some(&b'"') {
        return Some((Cow::Borrowed(&text[start..end]), end + 1));
    }
    // The longest string of an object is most of it.
    let mut out = String::with_capacity(text.len() - start);
    let mut from = start;
    loop {
        out.push_str(&text[from..end]);
        match text.as_bytes().get(end..)? {
            [b'"', ..] => return Some((Cow::Owned(out), end + 1)),
            [b'\\', b'u', ..] => {
                out.push(escaped(text.get(end + 2..end + 6)?)?);
                from = end + 6;
            }
            [b'\\', mark, ..] => {
                out.push(match mark {
                    b'"' | b'\\' | b'/' => char::from(*mark),
                    b'n' => '\n',
                    b't' => '\t',
                    b'r' => '\r',
                    b'b' => '\u{8}',
                    b'f' => '\u{c}',
                    _ => return None,
                });
                from = end + 2;
            }
            _ => return None,
        }
        end = plain(text.as_bytes(), from);
    }
}

/// The character of four hexadecimal digits, unless it is half of one.
fn escaped(digits: &str) -> Option<char> {
    let sound = digits.bytes().all(|b| b.is_ascii_hexdigit());
    char::from_u32(u32::from_str_radix(digits, 16).ok().filter(|_| sound)?)
}

/// Where the bytes from `at` on end that a string holds as they are.
fn plain(bytes: &[u8], mut at: usize) -> usize {
    while let Some(block) = bytes.get(at..).and_then(|rest| rest.first_chunk::<BLOCK>()) {
        match first(std::array::from_fn(|i| odd(load(&block[i * LANES..])))) {
            Some(found) => return at + found,
            None => at += BLOCK,
        }
    }
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let found = bits(odd(load(rest)));
        if found != 0 {
            // Zeros that stand for what lacks are odd.
            return (at + found.trailing_zeros() as usize).min(bytes.len());
        }
        at += LANES;
    }
    bytes.len()
}

/// All ones in each byte that a string does not hold as it is.
#[inline(always)]
fn odd(lane: u8x16) -> u8x16 {
    equal(lane, b'"') | equal(lane, b'\\') | within(lane, 0, 0x1f)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    fn quick(text: &str) -> Option<Map<String, Value>> {
        let mut found = Map::new();
        strings(text, |key, value| drop(found.insert(key.into_owned(), value.into_owned().into())))?;
        Some(found)
    }

    #[test]
    fn objects_of_strings_are_read() {
        let text = r#" { "a" : "b", "long": "A text of more than sixteen bytes, \"quoted\",\n\u2019and \/ on\\", "é": "“ü”" } "#;
        assert_eq!(quick(text), serde_json::from_str(text).ok());
        assert!(quick(text).is_some());
    }

    #[test]
    fn anything_else_is_left_to_others() {
        for text in [
            "",
            "{",
            "{}",
            "[]",
            "{\"a\": 1}",
            "{\"a\": \"b\",}",
            "{\"a\": \"b\"} x",
            "{\"a\": \"b\tc\"}",
            "{\"a\": \"b",
        ] {
            assert_eq!(quick(text), None, "{text}");
        }
        assert_eq!(quick(r#"{"a": "\ud83d\ude00"}"#), None, "halves of a character");
        assert_eq!(quick(r#"{"a": "\u+123"}"#), None);
        assert_eq!(quick(r#"{"a": "\x"}"#), None);
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_serde_reads(text in r#"\{( |"a"|"b"|:|,|"([a-z é]{0,40}|\\["\\/bfnrtux]|\\u[0-9a-fD+]{4})*"|"[^"]{0,3}|\}|1|\n){0,12}\}?"#) {
            if let Some(found) = quick(&text) {
                prop_assert_eq!(Some(found), serde_json::from_str(&text).ok());
            }
        }

        #[test]
        fn sound_objects_of_strings_are_read(pairs in prop::collection::vec((".{0,9}", "(.{0,30}|[a-zé ]{50,200}){0,4}"), 1..5)) {
            let object: Map<String, Value> = pairs.into_iter().map(|(k, v)| (k, v.into())).collect();
            let text = Value::from(object.clone()).to_string();
            prop_assert_eq!(quick(&text), Some(object));
        }
    }
}
