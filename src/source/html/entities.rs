//! Character references to characters.

use markup5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};
use std::borrow::Cow;

/// The longest name of a reference.
const LONGEST: usize = 32;

/// Text with its references decoded, as browsers do: `&amp;`, `&#39;`, `&eacute` without its semicolon.
pub fn decode(raw: &str) -> Cow<'_, str> {
    let Some(first) = memchr::memchr(b'&', raw.as_bytes()) else { return Cow::Borrowed(raw) };
    let mut out = String::with_capacity(raw.len());
    let (before, mut rest) = raw.split_at(first);
    out.push_str(before);
    while let Some(after) = rest.strip_prefix('&') {
        let (text, length) = reference(after).unwrap_or_else(|| ("&".into(), 0));
        out.push_str(&text);
        rest = after.get(length..).unwrap_or_default();
        let next = memchr::memchr(b'&', rest.as_bytes()).unwrap_or(rest.len());
        out.push_str(rest.get(..next).unwrap_or_default());
        rest = rest.get(next..).unwrap_or_default();
    }
    Cow::Owned(out)
}

/// What the text behind `&` stands for, and its length.
fn reference(after: &str) -> Option<(String, usize)> {
    match after.strip_prefix('#') {
        Some(number) => numeric(number).map(|(c, length)| (c.into(), length + 1)),
        None => named(after),
    }
}

fn numeric(text: &str) -> Option<(char, usize)> {
    let (digits, radix, mark) = match text.strip_prefix(['x', 'X']) {
        Some(hex) => (hex, 16, 1),
        None => (text, 10, 0),
    };
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    if end == 0 {
        return None;
    }
    let code = u32::from_str_radix(digits.get(..end.min(10))?, radix).unwrap_or(u32::MAX);
    let replaced = code.checked_sub(0x80).and_then(|at| *C1_REPLACEMENTS.get(at as usize)?);
    let read = replaced.or_else(|| char::from_u32(code).filter(|c| *c != '\0')).unwrap_or('\u{fffd}');
    let semicolon = usize::from(digits.as_bytes().get(end) == Some(&b';'));
    Some((read, mark + end + semicolon))
}

/// The longest name that the text begins with.
fn named(text: &str) -> Option<(String, usize)> {
    let end = text.bytes().take(LONGEST).take_while(u8::is_ascii_alphanumeric).count();
    let with = end + usize::from(text.as_bytes().get(end) == Some(&b';'));
    (2..=with).rev().find_map(|length| {
        // The table holds the beginnings of names too, as nothing.
        let (first, second) = *NAMED_ENTITIES.get(text.get(..length)?)?;
        let chars = [first, second].into_iter().filter(|c| *c != 0).filter_map(char::from_u32);
        (first != 0).then(|| (chars.collect(), length))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_as_browsers_read_them() {
        for (raw, want) in [
            ("plain", "plain"),
            ("a &amp; b &lt;c&gt;", "a & b <c>"),
            ("caf&eacute; caf&eacute &notit;", "café café ¬it;"),
            ("&#39;&#x27;&#X2019;&#8212", "''’—"),
            ("&#150; &#0; &#xD800; &#99999999999999;", "– \u{fffd} \u{fffd} \u{fffd}"),
            ("&; &# &#x; & &nosuch; &a", "&; &# &#x; & &nosuch; &a"),
            ("&&amp;&", "&&&"),
            ("&nbsp;é&é", "\u{a0}é&é"),
        ] {
            assert_eq!(decode(raw), want, "{raw}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_strange(raw in "(&|#|x|[0-9]{1,12}|amp|[a-z]{1,4}|;|é| ){0,30}") {
            decode(&raw);
        }
    }
}
