//! Entries as a crawl of their pages: WARC records, each a gzip member of its own, some of them damaged on demand.

use super::Told;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, Write};

/// What is done to some records of a crawl.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Damage {
    /// Nothing.
    None,
    /// The second half of the member is missing.
    Cut,
    /// A bit in the middle of the member is another.
    Flip,
    /// The record says that it is longer than it is.
    Mislabel,
}

/// The address of an entry's page.
pub fn address(told: &Told) -> String {
    let host: String =
        told.outlet.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    format!("https://www.{host}.example/{}/{}", told.published[..10].replace('-', "/"), told.id)
}

/// A page with an article, and around it what pages have around one.
pub fn page(told: &Told) -> String {
    let text: String = told.text.lines().map(|line| format!("<p>{}</p>\n", escaped(line))).collect();
    let (title, outlet, address) = (escaped(&told.title), escaped(&told.outlet), address(told));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} | {outlet}</title>\n\
         <link rel=\"canonical\" href=\"{address}\"><meta property=\"og:site_name\" content=\"{outlet}\">\n\
         <meta property=\"og:title\" content=\"{title}\"><meta property=\"article:published_time\" content=\"{}\"></head>\n\
         <body><header><nav><ul><li><a href=\"/\">Home</a></li><li><a href=\"/world\">World</a></li></ul></nav></header>\n\
         <main><article><h1>{title}</h1>\n{text}</article></main>\n\
         <aside><h2>More</h2><ul><li><a href=\"/1\">One more story</a></li><li><a href=\"/2\">And another</a></li></ul></aside>\n\
         <footer><p>All rights reserved.</p></footer></body></html>\n",
        told.published
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// The answer of a server: of three pages one comes in chunks, of five one is compressed.
fn answer(n: usize, page: &str) -> io::Result<Vec<u8>> {
    let (mut head, mut body) =
        (String::from("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"), page.as_bytes().to_vec());
    if n.is_multiple_of(5) {
        head += "Content-Encoding: gzip\r\n";
        body = gzip(&body)?;
    }
    if n.is_multiple_of(3) {
        head += "Transfer-Encoding: chunked\r\n";
        let mut chunks = Vec::with_capacity(body.len() + 64);
        for chunk in body.chunks(1_000) {
            write!(chunks, "{:x}\r\n", chunk.len())?;
            chunks.extend_from_slice(chunk);
            chunks.extend_from_slice(b"\r\n");
        }
        chunks.extend_from_slice(b"0\r\n\r\n");
        body = chunks;
    }
    Ok([head.as_bytes(), b"\r\n", &body].concat())
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut to = GzEncoder::new(Vec::with_capacity(bytes.len() / 2), Compression::fast());
    to.write_all(bytes)?;
    to.finish()
}

/// The first record of a crawl, which says what made it.
pub fn opening() -> io::Result<Vec<u8>> {
    record("warcinfo", "", b"software: an invented crawl\r\n", 0)
}

/// The record of one entry; `n` is its place in the crawl.
pub fn response(n: usize, told: &Told, damage: Damage) -> io::Result<Vec<u8>> {
    let more = format!("WARC-Target-URI: {}\r\nContent-Type: application/http; msgtype=response\r\n", address(told));
    let longer = if damage == Damage::Mislabel { 1_000 } else { 0 };
    let mut member = record("response", &more, &answer(n, &page(told))?, longer)?;
    let middle = member.len() / 2;
    match damage {
        Damage::Cut => member.truncate(middle),
        Damage::Flip => member[middle] ^= 1 << (n % 8),
        Damage::None | Damage::Mislabel => {}
    }
    Ok(member)
}

fn record(kind: &str, more: &str, block: &[u8], longer: usize) -> io::Result<Vec<u8>> {
    let length = block.len() + longer;
    let head = format!(
        "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Date: 2026-01-16T00:00:00Z\r\nWARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000000>\r\n\
         {more}Content-Length: {length}\r\n\r\n"
    );
    gzip(&[head.as_bytes(), block, b"\r\n\r\n"].concat())
}
