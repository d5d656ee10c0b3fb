//! What an HTTP response holds: its chunks put together, its content unpacked, within bounds.

use brotli_decompressor::Decompressor;
use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use std::borrow::Cow;
use std::io::Read;

/// Headers that are looked at.
const MAX_HEADERS: usize = 256;
/// Encodings put on one another.
const MAX_LAYERS: usize = 4;

/// A response.
#[derive(Debug, PartialEq)]
pub struct Response<'b> {
    /// Its status.
    pub status: u16,
    /// The media type of what it holds, in lower case, without parameters.
    pub media: Option<String>,
    /// The charset it says.
    pub charset: Option<String>,
    encodings: Vec<String>,
    chunked: bool,
    body: &'b [u8],
}

/// Reads the header of a response.
///
/// # Errors
/// It is none.
pub fn parse(block: &[u8]) -> Result<Response<'_>, String> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let mut config = httparse::ParserConfig::default();
    config
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_multiple_spaces_in_response_status_delimiters(true)
        .ignore_invalid_headers_in_responses(true);
    let end = match config.parse_response(&mut response, block) {
        Ok(httparse::Status::Complete(end)) => end,
        Ok(httparse::Status::Partial) => return Err("the HTTP header has no end".into()),
        Err(error) => return Err(format!("the HTTP header cannot be read: {error}")),
    };
    let values = |name: &str| {
        let of = response.headers.iter().filter(|h| h.name.eq_ignore_ascii_case(name));
        of.map(|h| String::from_utf8_lossy(h.value).trim().to_ascii_lowercase()).collect::<Vec<_>>()
    };
    let listed = |name: &str| -> Vec<String> {
        let all = values(name).join(",");
        all.split(',').map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect()
    };
    let content = values("content-type").into_iter().next();
    let parameter = |content: &String| {
        let value = content.split(';').find_map(|part| part.trim().strip_prefix("charset=").map(str::to_owned))?;
        Some(value.trim_matches(['"', '\'', ' ']).to_owned()).filter(|v| !v.is_empty())
    };
    Ok(Response {
        status: response.code.unwrap_or(0),
        charset: content.as_ref().and_then(parameter),
        media: content.map(|c| c.split(';').next().unwrap_or_default().trim().to_owned()).filter(|m| !m.is_empty()),
        encodings: listed("content-encoding"),
        chunked: listed("transfer-encoding").iter().any(|t| t == "chunked"),
        body: block.get(end..).unwrap_or_default(),
    })
}

impl<'b> Response<'b> {
    /// What it holds, of at most `most` bytes. Crawlers keep headers that are no longer true, so an encoding counts only
    /// where the bytes bear it out.
    ///
    /// # Errors
    /// It cannot be unpacked, or is longer.
    pub fn content(&self, most: u64) -> Result<Cow<'b, [u8]>, String> {
        let mut content = Cow::Borrowed(self.body);
        if self.chunked
            && let Some(joined) = dechunked(self.body)
        {
            content = Cow::Owned(joined);
        }
        if self.encodings.len() > MAX_LAYERS {
            return Err(format!("the page is packed {} times", self.encodings.len()));
        }
        for encoding in self.encodings.iter().rev() {
            content = match unpacked(&content, encoding, most)? {
                Some(plain) => Cow::Owned(plain),
                None => content,
            };
        }
        Ok(content)
    }
}

/// One layer taken off; `None` where there is none.
fn unpacked(packed: &[u8], encoding: &str, most: u64) -> Result<Option<Vec<u8>>, String> {
    let mut from: Box<dyn Read + '_> = match (encoding, packed) {
        ("gzip" | "x-gzip", [0x1f, 0x8b, ..]) => Box::new(MultiGzDecoder::new(packed)),
        ("zstd", [0x28, 0xb5, 0x2f, 0xfd, ..]) => {
            Box::new(zstd::Decoder::with_buffer(packed).map_err(|e| e.to_string())?)
        }
        ("deflate", [first, second, ..]) if is_zlib(*first, *second) => Box::new(ZlibDecoder::new(packed)),
        ("deflate", _) if !begins_text(packed) => Box::new(DeflateDecoder::new(packed)),
        ("br", _) if !begins_text(packed) => Box::new(Decompressor::new(packed, 1 << 14)),
        _ => return Ok(None),
    };
    let mut plain = Vec::new();
    let read = from.by_ref().take(most.saturating_add(1)).read_to_end(&mut plain);
    if plain.len() as u64 > most {
        return Err(format!("the page unpacks to more than {most} bytes (ingest.max_record_bytes)"));
    }
    match read {
        Ok(_) => Ok(Some(plain)),
        Err(error) => Err(format!("the page is packed with {encoding} and damaged: {error}")),
    }
}

fn is_zlib(first: u8, second: u8) -> bool {
    first & 0x0f == 8 && (u16::from(first) << 8 | u16::from(second)) % 31 == 0
}

/// Whether bytes are a page as it is.
fn begins_text(bytes: &[u8]) -> bool {
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    start.first().is_none_or(|b| *b == b'<')
}

/// Chunks put together, as far as they go; `None` where the first is none.
fn dechunked(body: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = body;
    loop {
        let Some(line) = memchr::memchr(b'\n', rest.get(..rest.len().min(1 << 12))?) else {
            return (!out.is_empty()).then_some(out);
        };
        let size = rest.get(..line)?.split(|b| *b == b';').next()?.trim_ascii();
        let size =
            std::str::from_utf8(size).ok().filter(|s| !s.is_empty()).and_then(|s| usize::from_str_radix(s, 16).ok());
        let (Some(size), from) = (size, line + 1) else { return (!out.is_empty()).then_some(out) };
        if size == 0 {
            return Some(out);
        }
        rest = rest.get(from..)?;
        let end = size.min(rest.len());
        out.extend_from_slice(rest.get(..end)?);
        rest = rest.get(end..)?;
        rest = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).unwrap_or(rest);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::Write;

    fn response(headers: &str, body: &[u8]) -> Vec<u8> {
        [format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\n").as_bytes(), body].concat()
    }

    fn content(headers: &str, body: &[u8]) -> Result<Vec<u8>, String> {
        parse(&response(headers, body)).unwrap().content(1_000).map(Cow::into_owned)
    }

    #[test]
    fn chunks_and_encodings_are_taken_off() {
        let page = b"<html>ferry</html>";
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(page).unwrap();
        let gz = gz.finish().unwrap();
        assert_eq!(content("Content-Encoding: gzip", &gz).unwrap(), page);
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        zlib.write_all(page).unwrap();
        assert_eq!(content("content-encoding: DEFLATE", &zlib.finish().unwrap()).unwrap(), page);
        let mut raw = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        raw.write_all(page).unwrap();
        assert_eq!(content("Content-Encoding: deflate", &raw.finish().unwrap()).unwrap(), page);
        // As `brotli` packs the page.
        let br = [
            0x8b, 8, 0x80, b'<', b'h', b't', b'm', b'l', b'>', b'f', b'e', b'r', b'r', b'y', b'<', b'/', b'h', b't',
            b'm', b'l', b'>', 3,
        ];
        assert_eq!(content("Content-Encoding: br", &br).unwrap(), page);
        let chunked = [
            format!("{:x};a=b\r\n", 5).as_bytes(),
            &gz[..5],
            b"\r\n",
            format!("{:X}\r\n", gz.len() - 5).as_bytes(),
            &gz[5..],
            b"\r\n0\r\n\r\n",
        ]
        .concat();
        assert_eq!(content("Transfer-Encoding: chunked\r\nContent-Encoding: gzip", &chunked).unwrap(), page);
    }

    #[test]
    fn headers_that_are_no_longer_true_are_passed_over_and_bombs_are_bounded() {
        let page = b"<html>ferry</html>";
        assert_eq!(content("Transfer-Encoding: chunked\r\nContent-Encoding: gzip, br, deflate", page).unwrap(), page);
        let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        bomb.write_all(&vec![b'a'; 1 << 22]).unwrap();
        assert!(
            content("Content-Encoding: gzip", &bomb.finish().unwrap()).unwrap_err().contains("more than 1000 bytes")
        );
        assert!(content("Content-Encoding: gzip", &[0x1f, 0x8b, 8, 0, 0]).unwrap_err().contains("damaged"));
        let many =
            parse(&response("Content-Type: Text/HTML; Charset=\"UTF-8\"\r\nbad header\r\nX: ÿ", b"")).unwrap().media;
        assert_eq!(many.as_deref(), Some("text/html"));
        assert!(parse(b"HTTP/1.1 200 OK\r\nX: y").is_err() && parse(b"").is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_response_is_too_strange(head in "(HTTP/1.1 200 OK\r\n)?(Transfer-Encoding: chunked\r\n)?(Content-Encoding: (gzip|br|deflate|zstd)\r\n)?\r\n", body in proptest::collection::vec(proptest::num::u8::ANY, 0..80)) {
            if let Ok(response) = parse(&[head.as_bytes(), &body].concat()) {
                let _ = response.content(50);
            }
        }
    }
}
