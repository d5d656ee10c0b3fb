//! What stands above the items of a feed: its charset, its namespaces, its language and address.

use crate::source::words::some;
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Namespaces whose elements are read, and the prefix they are known by here; none for those of the feed itself.
const SPACES: [(&str, &str); 16] = [
    ("http://www.w3.org/2005/atom", ""),
    ("http://purl.org/atom/ns#", ""),
    ("http://purl.org/rss/1.0", ""),
    ("http://backend.userland.com/rss2", ""),
    ("http://my.netscape.com/rdf/simple/0.9", ""),
    ("http://purl.org/atompub/tombstones/1.0", ""),
    ("http://purl.org/rss/1.0/modules/content", "content:"),
    ("http://purl.org/dc/elements/1.1", "dc:"),
    ("http://purl.org/dc/elements/1.0", "dc:"),
    ("http://purl.org/dc/terms", "dcterms:"),
    ("http://search.yahoo.com/mrss", "media:"),
    ("http://www.w3.org/1999/xhtml", "xhtml:"),
    ("http://www.itunes.com/dtds/podcast-1.0.dtd", "itunes:"),
    ("http://rssnamespace.org/feedburner/ext/1.0", "feedburner:"),
    ("http://prismstandard.org/namespaces/basic/2.0", "prism:"),
    ("http://www.w3.org/1999/02/22-rdf-syntax-ns#", "rdf:"),
];

/// What stands above the items.
#[derive(Debug)]
pub struct Head {
    /// What its bytes are.
    encoding: &'static Encoding,
    /// Whether it says so.
    declared: bool,
    /// What each prefix of it is known by here.
    prefixes: BTreeMap<String, &'static str>,
    /// The language of all its items.
    pub lang: Option<String>,
}

impl Head {
    /// Reads as much as can be read; a feed without any head is one too.
    pub fn read(bytes: &[u8]) -> Head {
        let label = declared(bytes);
        let encoding = label.and_then(Encoding::for_label).unwrap_or(UTF_8);
        let mut head =
            Head { encoding, declared: label.is_some() && encoding != UTF_8, prefixes: BTreeMap::new(), lang: None };
        let text = head.text(bytes).into_owned();
        let mut xml = Reader::from_str(&text);
        let config = xml.config_mut();
        (config.check_end_names, config.allow_unmatched_ends, config.allow_dangling_amp) = (false, true, true);
        let mut in_language = false;
        loop {
            match xml.read_event() {
                Ok(Event::Start(tag)) => {
                    head.spaces(&tag);
                    in_language = matches!(head.name(tag.name().as_ref()).as_str(), "language" | "dc:language");
                }
                Ok(Event::Text(text)) if in_language && head.lang.is_none() => head.lang = some(&text),
                Ok(Event::End(_)) => in_language = false,
                Ok(Event::Eof) | Err(_) => return head,
                Ok(_) => {}
            }
        }
    }

    fn spaces(&mut self, tag: &BytesStart<'_>) {
        for attribute in tag.attributes().with_checks(false).flatten().take(64) {
            let key = attribute.key.as_ref();
            if key == "xml:lang" && self.lang.is_none() {
                self.lang = some(&attribute.value);
            }
            let Some(prefix) = key.strip_prefix("xmlns:") else { continue };
            let uri = attribute.value.trim().trim_end_matches('/').to_ascii_lowercase();
            if let Some((_, known)) = SPACES.iter().find(|(space, _)| *space == uri) {
                self.prefixes.entry(prefix.to_owned()).or_insert(known);
            }
        }
    }

    /// The name of an element under the prefix that is known here; prefixes that nothing explains mean themselves.
    pub fn name(&self, raw: &str) -> String {
        match raw.split_once(':') {
            None => raw.to_owned(),
            Some((prefix, local)) => match self.prefixes.get(prefix) {
                Some(known) => format!("{known}{local}"),
                None if matches!(prefix, "atom" | "rss" | "at") => local.to_owned(),
                None => raw.to_owned(),
            },
        }
    }

    /// Bytes of the feed as text. Those that are no UTF-8 and are not said to be anything else are what browsers take
    /// them for.
    pub fn text<'b>(&self, bytes: &'b [u8]) -> Cow<'b, str> {
        if self.declared {
            return self.encoding.decode_without_bom_handling(bytes).0;
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text.strip_prefix('\u{feff}').unwrap_or(text)),
            Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
        }
    }
}

/// What the XML declaration says of the bytes.
fn declared(bytes: &[u8]) -> Option<&[u8]> {
    let start = bytes.get(..bytes.len().min(200))?.trim_ascii_start();
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    let line = start.strip_prefix(b"<?xml")?;
    let line = line.get(..memchr::memmem::find(line, b"?>")?)?;
    let value = line.get(memchr::memmem::find(line, b"encoding")? + 8..)?.trim_ascii_start();
    let value = value.strip_prefix(b"=")?.trim_ascii_start();
    let quote = *value.first().filter(|q| matches!(q, b'"' | b'\''))?;
    let value = value.get(1..)?;
    value.get(..memchr::memchr(quote, value)?)
}
