//! Web archives (WARC 1.0 and 1.1) as crawls of news publish them: the pages of their responses.

mod frames;
mod http;
mod members;

pub use members::is_archive;

use super::context::Context;
use super::html::{self, About};
use super::reader::{Batch, Ended};
use super::sink::Sink;
use frames::{Frame, Frames, Header};
use http::Response;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::io::Read;

/// Bytes and records that are unpacked and parsed side by side.
const BLOCK: usize = 8 << 20;
const MANY: usize = 256;

/// What an archive came to.
#[derive(Debug, Default)]
pub struct Archive {
    /// Records that are no pages: what they are, and how many.
    pub passed: BTreeMap<String, u64>,
    /// Whether it had more bytes than allowed.
    pub capped: bool,
}

/// Reads an archive from its stored bytes, for a damaged member of it costs no other.
pub fn read(stored: impl Read, ctx: &Context<'_>, sink: &Sink<'_>) -> (Archive, Ended) {
    let limits = &ctx.limits;
    let mut frames = Frames::new(stored, limits.record_bytes, limits.file_bytes);
    let mut archive = Archive::default();
    let (mut block, mut bytes) = (Vec::new(), 0);
    while let Some(frame) = frames.next_frame() {
        match frame {
            Frame::Record(number, header, record) if header.kind == "response" => {
                bytes += record.len();
                block.push((number, header, record));
            }
            Frame::TooLong(number, header, length) if header.kind == "response" => {
                let most = limits.record_bytes;
                let reason =
                    format!("record {number} has {length} bytes; a record may have {most} (ingest.max_record_bytes)");
                sink.put(Batch::reject(number, reason));
            }
            Frame::Record(_, header, _) | Frame::TooLong(_, header, _) => {
                // What archives call their records is a short list, whatever this one says.
                let known = ["warcinfo", "request", "metadata", "revisit", "resource", "conversion", "continuation"];
                let kind = known.into_iter().find(|kind| *kind == header.kind).unwrap_or("other record");
                *archive.passed.entry(kind.to_owned()).or_default() += 1;
            }
            Frame::Broken(..) if frames.capped => {}
            Frame::Broken(number, reason) => sink.put(Batch::reject(number, format!("record {number}: {reason}"))),
        }
        if bytes >= BLOCK || block.len() >= MANY {
            pages(&block, ctx, &mut archive, sink);
            block.clear();
            bytes = 0;
        }
    }
    pages(&block, ctx, &mut archive, sink);
    archive.capped = frames.capped;
    (archive, Ended { line: frames.number() + 1, damage: None })
}

/// A response: its page, or what it is instead.
enum Read1 {
    Page(Batch),
    Passed(&'static str),
}

fn pages(block: &[(u64, Header, Vec<u8>)], ctx: &Context<'_>, archive: &mut Archive, sink: &Sink<'_>) {
    let read = |(number, header, record): &(u64, Header, Vec<u8>)| {
        page(*number, header, record, ctx)
            .unwrap_or_else(|reason| Read1::Page(Batch::reject(*number, format!("record {number}: {reason}"))))
    };
    let mut out = Batch::default();
    for one in block.par_iter().map(read).collect::<Vec<_>>() {
        match one {
            Read1::Page(batch) => out.append(batch),
            Read1::Passed(what) => *archive.passed.entry(what.to_owned()).or_default() += 1,
        }
    }
    sink.put(out);
}

fn page(number: u64, header: &Header, record: &[u8], ctx: &Context<'_>) -> Result<Read1, String> {
    if header.content.as_deref().is_some_and(|kind| !kind.to_ascii_lowercase().starts_with("application/http")) {
        return Ok(Read1::Passed("response of another protocol"));
    }
    let response = http::parse(record)?;
    if response.status != 200 {
        return Ok(Read1::Passed("response without success"));
    }
    if !may_be_page(&response) {
        return Ok(Read1::Passed("response that is no page"));
    }
    let content = response.content(ctx.limits.record_bytes)?;
    if response.media.is_none() && !html::is_page(&content) {
        return Ok(Read1::Passed("response that is no page"));
    }
    let about = About {
        url: header.url.as_deref(),
        charset: response.charset.as_deref(),
        fetched: header.date.as_deref().and_then(|date| date.parse().ok()),
        line: number,
    };
    Ok(Read1::Page(html::page(&content, &about, ctx)))
}

fn may_be_page(response: &Response<'_>) -> bool {
    let pages = ["text/html", "application/xhtml+xml", "application/xhtml"];
    response.media.as_deref().is_none_or(|media| pages.contains(&media))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
