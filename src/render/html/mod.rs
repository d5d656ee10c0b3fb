//! The report page: one file that opens offline, loads nothing, and never grows beyond its limit.
//!
//! Data stands in the file as base64 of zlib of JSON, in blocks that the page unpacks when they are
//! asked for: the manifest and the list of events at the start, then what is behind each event, then
//! texts, until the limit is reached. What is left out is counted in the manifest.

mod blocks;

use crate::model::page::Page;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use blocks::{Block, Budget};
use minijinja::{Environment, context};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::io::{self, Write};

const TEMPLATE: &str = include_str!("template.html");
/// The style of the report page; other pages wear it too.
pub const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = concat!(
    include_str!("js/data.js"),
    include_str!("js/text.js"),
    include_str!("js/compare.js"),
    include_str!("js/evidence.js"),
    include_str!("js/event.js"),
    include_str!("js/run.js"),
    include_str!("js/list.js"),
    include_str!("js/app.js"),
);
/// Where the blocks go in the template: those that the script needs at once before it, the rest after.
const MARKS: [&str; 2] = ["<!--first blocks-->", "<!--other blocks-->"];
/// Room for the manifest beyond the overview.
const RESERVE: u64 = 2_048;

/// What the page holds, and what had to stay out.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct PageStats {
    /// Size of the file; not in the file itself.
    #[serde(skip)]
    pub bytes: u64,
    /// Events in the list.
    pub events: u64,
    /// Events of the run that are not.
    pub events_left: u64,
    /// Events of the list that can be opened.
    pub details: u64,
    /// Entries whose text is in the page.
    pub texts: u64,
    /// Entries of listed events whose text is not.
    pub texts_left: u64,
}

/// The first block of the page: the overview, and where everything else is.
#[derive(Serialize)]
struct Manifest<'a, 'b> {
    overview: &'a crate::model::page::Overview<'b>,
    /// First event of each block of the list, of details and of texts, and the end.
    lists: Vec<usize>,
    details: Vec<usize>,
    texts: Vec<usize>,
    stats: &'a PageStats,
}

/// Writes the page. At most `max_bytes` are written; where even the overview does not fit, nothing is.
pub fn render(page: &Page, out: &mut dyn Write, max_bytes: u64) -> io::Result<PageStats> {
    let parts = shell(page)?;
    let overview = Block::pack("m", &serde_json::to_vec(&page.overview)?)?.len();
    let fixed = parts.iter().map(|p| p.len() as u64).sum::<u64>() + overview + RESERVE;
    if fixed > max_bytes {
        let wanted = fixed.div_ceil(1 << 20);
        let message = format!("the report page needs {fixed} bytes without any event; set [report] max_mb to {wanted}");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let mut budget = Budget::new(max_bytes, fixed);
    let lists = blocks::lists(page, &mut budget)?;
    let details = blocks::details(page, lists.end(), &mut budget)?;
    let texts = blocks::texts(page, details.end(), &mut budget)?;
    let mut stats = stats(page, [lists.end(), details.end()], texts.count);
    let manifest = Manifest {
        overview: &page.overview,
        lists: lists.starts(),
        details: details.starts(),
        texts: texts.starts(),
        stats: &stats,
    };
    let manifest = Block::pack("m", &serde_json::to_vec(&manifest)?)?;
    let first = std::iter::once(&manifest).chain(&lists.blocks);
    let other = details.blocks.iter().chain(&texts.blocks);
    stats.bytes = write(out, &parts, first, other)?;
    Ok(stats)
}

fn stats(page: &Page, [events, details]: [usize; 2], texts: u64) -> PageStats {
    let wanted: usize = page.events[..events].iter().map(|e| e.entries as usize).sum();
    let wanted = if page.overview.text == "none" { texts } else { wanted as u64 };
    PageStats {
        bytes: 0,
        events: events as u64,
        events_left: page.overview.totals.events.saturating_sub(events as u64),
        details: details as u64,
        texts,
        texts_left: wanted - texts,
    }
}

/// The page around the blocks, in three parts.
fn shell(page: &Page) -> io::Result<[String; 3]> {
    let (style, script) = (STYLE.replace("\r\n", "\n"), SCRIPT.replace("\r\n", "\n"));
    let mut environment = Environment::new();
    environment.add_template("page.html", TEMPLATE).map_err(io::Error::other)?;
    let values = context! {
        style_hash => hash(&style), script_hash => hash(&script), style => style, script => script,
        as_of => page.overview.as_of.as_ref(), events => page.overview.totals.events, entries => page.overview.totals.entries,
    };
    let template = environment.get_template("page.html").map_err(io::Error::other)?;
    let text = template.render(values).map_err(io::Error::other)?;
    let missing = || io::Error::other("the page's template has lost the place of its blocks");
    let (head, rest) = text.split_once(MARKS[0]).ok_or_else(missing)?;
    let (middle, tail) = rest.split_once(MARKS[1]).ok_or_else(missing)?;
    Ok([head.to_owned(), middle.to_owned(), tail.to_owned()])
}

/// A source of the Content-Security-Policy: what stands between the tags, hashed.
pub fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

fn write<'a>(
    out: &mut dyn Write,
    [head, middle, tail]: &'a [String; 3],
    first: impl Iterator<Item = &'a Block>,
    other: impl Iterator<Item = &'a Block>,
) -> io::Result<u64> {
    let pieces = std::iter::once(head.as_str())
        .chain(first.flat_map(Block::pieces))
        .chain(std::iter::once(middle.as_str()))
        .chain(other.flat_map(Block::pieces))
        .chain(std::iter::once(tail.as_str()));
    let mut bytes = 0;
    for piece in pieces {
        out.write_all(piece.as_bytes())?;
        bytes += piece.len() as u64;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
