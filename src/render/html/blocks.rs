//! Data cut into blocks: each is packed on its own, and taken only while it fits.

use crate::model::excerpt::Excerpt;
use crate::model::page::Page;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use rayon::prelude::*;
use std::io::{self, Write};

/// A block is closed when its JSON has this many bytes …
const RAW_BYTES: usize = 256 * 1024;
/// … or this many events.
const EVENTS: usize = 200;
/// A block of the list holds more: all of them are unpacked at once.
const LIST_EVENTS: usize = 2_000;
/// Events that are put into JSON at a time.
const BATCH: usize = 2_000;
/// The most that one event's texts may take, so that no event fills the page alone.
const EVENT_TEXT_BYTES: usize = 1024 * 1024;
/// What a block adds to the manifest.
const MANIFEST_BYTES: u64 = 20;

/// Packed data with the tags around it.
pub struct Block {
    open: String,
    data: String,
}

const CLOSE: &str = "</script>\n";

impl Block {
    /// JSON to base64 of zlib, under an id.
    pub fn pack(id: &str, json: &[u8]) -> io::Result<Block> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
        encoder.write_all(json)?;
        let open = format!("<script type=\"application/octet-stream\" id=\"{id}\">");
        Ok(Block { open, data: STANDARD.encode(encoder.finish()?) })
    }

    /// Its size in the file.
    pub fn len(&self) -> u64 {
        (self.open.len() + self.data.len() + CLOSE.len()) as u64
    }

    /// What is written, in order.
    pub fn pieces(&self) -> [&str; 3] {
        [&self.open, &self.data, CLOSE]
    }
}

/// What may still be written.
pub struct Budget {
    max: u64,
    used: u64,
}

impl Budget {
    /// A budget of which some is used.
    pub fn new(max: u64, used: u64) -> Budget {
        Budget { max, used }
    }

    /// Takes a block if it fits below `percent` of the whole.
    fn take(&mut self, block: &Block, percent: u64) -> bool {
        let wanted = self.used + block.len() + MANIFEST_BYTES;
        let fits = wanted <= self.max / 100 * percent;
        if fits {
            self.used = wanted;
        }
        fits
    }
}

/// Blocks of one kind over a run of events from the first.
pub struct Taken {
    /// The blocks that fit.
    pub blocks: Vec<Block>,
    /// Where each ends; the next starts there.
    ends: Vec<usize>,
    /// Texts in them.
    pub count: u64,
}

impl Taken {
    /// The first event that is in none of the blocks.
    pub fn end(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    /// The first event of each block, and the end.
    pub fn starts(&self) -> Vec<usize> {
        std::iter::once(0).chain(self.ends.iter().copied()).collect()
    }
}

/// The JSON of one event in one kind of block, and how many texts are in it.
type Piece = (Vec<u8>, u64);

/// What kind of block: the letter of its ids, its share of the page, its number of events.
struct Kind {
    letter: char,
    percent: u64,
    events: usize,
}

/// The list of events, to be unpacked at once; at most two fifths of the page.
pub fn lists(page: &Page, budget: &mut Budget) -> io::Result<Taken> {
    let kind = Kind { letter: 'i', percent: 40, events: LIST_EVENTS };
    fill(page.events.len(), &kind, budget, |event| Ok((serde_json::to_vec(&page.events[event])?, 0)))
}

/// What stands behind the first events; with the list at most four fifths of the page.
pub fn details(page: &Page, end: usize, budget: &mut Budget) -> io::Result<Taken> {
    let percent = if page.overview.text == "none" { 100 } else { 80 };
    let kind = Kind { letter: 'd', percent, events: EVENTS };
    fill(end, &kind, budget, |event| Ok((serde_json::to_vec(&(page.detail)(event))?, 0)))
}

/// The texts of the first events, with what is left.
pub fn texts(page: &Page, end: usize, budget: &mut Budget) -> io::Result<Taken> {
    let end = if page.overview.text == "none" { 0 } else { end };
    let kind = Kind { letter: 't', percent: 100, events: EVENTS };
    fill(end, &kind, budget, |event| event_texts(&(page.texts)(event)))
}

/// The texts of one event: a string each, in a list when it is cut, null when it is left out.
fn event_texts(texts: &[Excerpt]) -> io::Result<Piece> {
    let (mut json, mut count) = (vec![b'['], 0);
    for (at, excerpt) in texts.iter().enumerate() {
        if at > 0 {
            json.push(b',');
        }
        let (text, cut) = excerpt.text();
        if json.len() + text.len() > EVENT_TEXT_BYTES {
            json.extend(b"null");
        } else {
            json.extend(if cut { serde_json::to_vec(&[&text])? } else { serde_json::to_vec(&text)? });
            count += 1;
        }
    }
    json.push(b']');
    Ok((json, count))
}

/// Fills blocks with the first events in order and takes them while they fit; stops at the first that does not.
fn fill(
    events: usize,
    kind: &Kind,
    budget: &mut Budget,
    json: impl Fn(usize) -> io::Result<Piece> + Sync,
) -> io::Result<Taken> {
    let mut taken = Taken { blocks: Vec::new(), ends: Vec::new(), count: 0 };
    for start in (0..events).step_by(BATCH) {
        let batch = start..events.min(start + BATCH);
        let pieces = batch.into_par_iter().map(&json).collect::<io::Result<Vec<Piece>>>()?;
        let groups = groups(pieces, kind.events);
        let from = taken.blocks.len();
        let packed = groups.par_iter().enumerate().map(|(at, group)| {
            let id = format!("{}{}", kind.letter, from + at);
            Block::pack(&id, &group.json)
        });
        for (block, group) in packed.collect::<io::Result<Vec<Block>>>()?.into_iter().zip(&groups) {
            if !budget.take(&block, kind.percent) {
                return Ok(taken);
            }
            taken.ends.push(taken.end() + group.events);
            taken.count += group.texts;
            taken.blocks.push(block);
        }
    }
    Ok(taken)
}

/// Events that share a block.
struct Group {
    json: Vec<u8>,
    events: usize,
    texts: u64,
}

fn groups(pieces: Vec<Piece>, most: usize) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (json, texts) in pieces {
        let open = groups.last_mut().filter(|g| g.events < most && g.json.len() + json.len() < RAW_BYTES);
        match open {
            Some(group) => {
                group.json.push(b',');
                group.json.extend(json);
                group.events += 1;
                group.texts += texts;
            }
            None => groups.push(Group { json: [b"[".as_slice(), &json].concat(), events: 1, texts }),
        }
    }
    groups.iter_mut().for_each(|g| g.json.push(b']'));
    groups
}
