//! Recognising a format from the first bytes.

use super::settings::{Dialect, Format};
use super::{csv, decode, feed, html, json, live_text, warc};

/// How many unpacked bytes are looked at.
pub const HEAD: usize = 1 << 18;

/// The format of what begins with these bytes, packed or not; `None` when they fit none. A first
/// line that may be cut off is enough for JSON Lines; a live page shows one numbered post, or one
/// line that says `Updated`.
pub fn detect(head: &[u8]) -> Option<(Format, Option<Dialect>)> {
    if let Some(format) = stored(head) {
        return Some((format, None));
    }
    let mut unpacked = decode::unpacked(head).ok()?;
    recognise(&decode::head(&mut unpacked, HEAD).0)
}

/// The format of stored bytes that is read as it is stored.
pub fn stored(head: &[u8]) -> Option<Format> {
    match head {
        _ if warc::is_archive(head) => Some(Format::Warc),
        [b'P', b'A', b'R', b'1', ..] => Some(Format::Parquet),
        _ => None,
    }
}

/// As [`detect`], of unpacked bytes.
pub fn recognise(head: &[u8]) -> Option<(Format, Option<Dialect>)> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let plain = || {
        if let Some(format) = json::shape::recognise(head) {
            return Some(format);
        }
        if feed::is_feed(head) {
            return Some(Format::Feed);
        }
        if html::is_page(head) {
            return Some(Format::Html);
        }
        lines(head).any(is_object).then_some(Format::Jsonl)
    };
    if let Some(format) = plain() {
        return Some((format, None));
    }
    let dialect = live_text::dialect(head).map(|dialect| (Format::LiveText, Some(dialect)));
    dialect.or_else(|| csv::recognise(head).map(|format| (format, None)))
}

fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    head.split(|b| *b == b'\n')
}

/// A line that begins like an object with a key, or is an empty one.
fn is_object(line: &[u8]) -> bool {
    let Some(rest) = line.trim_ascii_start().strip_prefix(b"{") else { return false };
    matches!(rest.trim_ascii_start().first(), Some(b'"' | b'}'))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn each_format_is_recognised_packed_or_not() {
        let jsonl = Some((Format::Jsonl, None));
        let json = b"{\"id\": 1}\n{\"id\"";
        assert_eq!(detect(json), jsonl);
        assert_eq!(detect(b"\xef\xbb\xbf  { \"id\""), jsonl);
        assert_eq!(detect(&zstd::encode_all(&json[..], 1).unwrap()), jsonl);
        assert_eq!(detect(b"half a line\"}\n{\"id\": 2}\n"), jsonl);
        let numbered = b"Summary\n\n  1. Ferry latepublished at 10:00 BST\n\n    Late.\n";
        assert_eq!(detect(numbered), Some((Format::LiveText, Some(Dialect::Numbered))));
        let unnumbered = "Ferry late\r\nThe ferry is late.\r\nUpdated\r\n".as_bytes();
        assert_eq!(detect(unnumbered), Some((Format::LiveText, Some(Dialect::Unnumbered))));
    }

    #[test]
    fn what_fits_none_is_none() {
        for no in [&b""[..], b"\x00\x01\x02", b"just a text\n", b"[1, 2]", b"\x1f\x8b\x00", b"\x28\xb5\x2f\xfd"] {
            assert_eq!(detect(no), None);
        }
    }
}
