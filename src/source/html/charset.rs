//! The bytes of a page to text, in the charset that its BOM, its HTTP header or the page itself names.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};
use std::borrow::Cow;

/// How far into a page its own word about its charset is looked for.
const PRESCAN: usize = 4096;

/// The text of a page. A BOM beats the header; without either it is UTF-8 where it fits, else what the page says, else
/// windows-1252. What fits no charset becomes U+FFFD.
pub fn decode<'b>(bytes: &'b [u8], header: Option<&str>) -> Cow<'b, str> {
    if let Some((encoding, bom)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(bytes.get(bom..).unwrap_or_default()).0;
    }
    let head = bytes.get(..PRESCAN).unwrap_or(bytes);
    let named = header.and_then(|h| Encoding::for_label(h.trim().trim_matches(['"', '\'']).as_bytes()));
    // A page that a browser saved anew as UTF-8 still names the charset it had.
    let saved_anew = || (!bytes.is_ascii() && std::str::from_utf8(bytes).is_ok()).then_some(UTF_8);
    let encoding = named
        .or_else(saved_anew)
        .or_else(|| prescan(head))
        .unwrap_or_else(|| if bytes.is_ascii() { UTF_8 } else { WINDOWS_1252 });
    encoding.decode_without_bom_handling(bytes).0
}

/// The charset that the first bytes name, as browsers look for it.
fn prescan(head: &[u8]) -> Option<&'static Encoding> {
    let mut at = 0;
    if head.starts_with(b"<?xml") {
        let end = head.iter().position(|b| *b == b'>').unwrap_or(head.len());
        if let Some(found) = head.get(..end).and_then(|xml| value_after(xml, b"encoding")) {
            return of_label(found);
        }
    }
    while let Some(open) = memchr::memchr(b'<', head.get(at..)?) {
        at += open;
        let rest = head.get(at..)?;
        if rest.starts_with(b"<!--") {
            // `<!-->` is a whole comment.
            at += 5 + memchr::memmem::find(rest.get(2..)?, b"-->")?;
            continue;
        }
        let end = memchr::memchr(b'>', rest).unwrap_or(rest.len());
        let tag = rest.get(..end)?;
        if tag.get(..5).is_some_and(|t| t.eq_ignore_ascii_case(b"<meta")) {
            let named = value_after(tag, b"charset");
            if let Some(encoding) = named.and_then(of_label) {
                return Some(encoding);
            }
        }
        at += 1;
    }
    None
}

/// The value behind `name=`, in quotes or not, in any case. In `content="text/html; charset=x"` it ends with the
/// quotes that are open already.
fn value_after<'b>(tag: &'b [u8], name: &[u8]) -> Option<&'b [u8]> {
    let at = tag.windows(name.len()).position(|w| w.eq_ignore_ascii_case(name))?;
    let rest = tag.get(at + name.len()..)?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
    let end = rest.iter().position(|b| b.is_ascii_whitespace() || b"\"';/>?".contains(b)).unwrap_or(rest.len());
    rest.get(..end)
}

/// A label as the standard reads it in a page: one that could be read is in no 16-bit charset.
fn of_label(label: &[u8]) -> Option<&'static Encoding> {
    let encoding = Encoding::for_label(label)?;
    Some(match encoding {
        e if e == UTF_16BE || e == UTF_16LE => UTF_8,
        e if e == X_USER_DEFINED => WINDOWS_1252,
        e => e,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bom_beats_the_header_and_the_header_beats_the_page() {
        let utf16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("Fähre".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(decode(&utf16, Some("utf-8")), "Fähre");
        assert_eq!(decode("\u{feff}Fähre".as_bytes(), Some("windows-1252")), "Fähre");
        assert_eq!(decode(b"<meta charset=utf-8>F\xe4hre", Some("\"ISO-8859-1\"")), "<meta charset=utf-8>Fähre");
        assert_eq!(decode(b"<meta charset=cp1251>\xcf", Some("nonsense")), "<meta charset=cp1251>П");
    }

    #[test]
    fn a_page_names_its_charset_in_a_meta_or_an_xml_declaration() {
        for head in [
            "<META CHARSET='windows-1251' />",
            "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=windows-1251\">",
            "<!-- <meta charset=utf-8> --><meta charset = windows-1251>",
            "<?xml version=\"1.0\" encoding=\"windows-1251\"?>",
        ] {
            let page = [head.as_bytes(), b"\xcf"].concat();
            assert!(decode(&page, None).ends_with('П'), "{head}");
        }
        assert_eq!(decode("<meta charset=utf-16>П".as_bytes(), None), "<meta charset=utf-16>П");
        assert_eq!(decode("<meta charset=gb2312>П".as_bytes(), None), "<meta charset=gb2312>П");
    }

    #[test]
    fn a_page_that_says_nothing_is_utf8_or_windows_1252() {
        assert_eq!(decode("Fähre".as_bytes(), None), "Fähre");
        assert_eq!(decode(b"F\xe4hre \x93late\x94", None), "Fähre “late”");
        for odd in [&b"<!--"[..], b"<!-->", b"<", b"<meta charset", b"<meta charset=", b"<?xml encoding="] {
            assert_eq!(decode(odd, None).as_bytes(), odd);
        }
    }
}
