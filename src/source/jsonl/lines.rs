//! Lines in blocks: never more than a block is held, and a line that is too long not at all.

use crate::model::record::Place;
use crate::source::decode::read_full;
use crate::source::reader::{Ended, Input};
use std::io;
use std::ops::Range;

/// Bytes of a block, unless one line is longer: it and what is made of it stay in a near cache while they are worked on, and
/// what is needed for that is small enough to be used again for the next.
const BLOCK: usize = 1 << 18;

/// Fewest bytes that are read at a time.
const READ: usize = 1 << 17;

/// Lines with something in them.
#[derive(Default)]
pub struct Block {
    bytes: Vec<u8>,
    /// Where they begin in the file as it is unpacked.
    at: u64,
    /// Where each line is.
    pub lines: Vec<Line>,
}

/// One line of a block.
pub struct Line {
    /// Counted from 1 through the file.
    pub number: u64,
    /// Its size, where it was too long to be held.
    pub too_long: Option<u64>,
    range: Range<usize>,
}

impl Block {
    /// The bytes of a line without its end.
    pub fn text(&self, line: &Line) -> &[u8] {
        self.bytes.get(line.range.clone()).unwrap_or_default()
    }

    /// Where these bytes are in the file as it is unpacked.
    pub fn place(&self, line: &Line) -> Place {
        Place { at: self.at + line.range.start as u64, len: line.range.len() as u32 }
    }
}

/// A file by its lines.
pub struct Lines<'i, 'a> {
    input: &'i mut Input<'a>,
    /// What was read behind the last block: the beginning of a line.
    rest: Vec<u8>,
    /// Where that is in the file.
    at: u64,
    most: u64,
    number: u64,
    damage: Option<io::Error>,
    done: bool,
}

impl<'i, 'a> Lines<'i, 'a> {
    /// Lines of at most `most` bytes.
    pub fn new(input: &'i mut Input<'a>, most: u64) -> Self {
        Lines { input, rest: Vec::new(), at: 0, most, number: 0, damage: None, done: false }
    }

    /// The next lines, in place of those of a block that is done with; `None` at the end.
    pub fn next_block(&mut self, mut block: Block) -> Option<Block> {
        block.lines.clear();
        block.bytes.clear();
        block.bytes.append(&mut self.rest);
        block.at = self.at;
        let mut end = 0;
        while !self.done && end == 0 {
            end = self.fill(&mut block.bytes);
            if end == 0 && self.is_long(block.bytes.len()) {
                self.pass_over(&mut block);
                end = last_end(&block.bytes);
            }
        }
        let last = block.bytes.len() - end;
        if self.done && self.damage.is_none() && (!self.input.bit || self.is_long(last)) {
            // The last line of a file may lack its end.
            end += last;
        }
        self.at = block.at + end as u64;
        if !self.done {
            self.rest.extend_from_slice(block.bytes.get(end..).unwrap_or_default());
        }
        block.bytes.truncate(end);
        self.split(&mut block);
        if block.lines.is_empty() && self.done { None } else { Some(block) }
    }

    /// Whether nothing is left to read.
    pub fn is_read(&self) -> bool {
        self.done
    }

    /// Where and why the lines ended.
    pub fn ended(self) -> Ended {
        Ended { line: self.number + 1, damage: self.damage }
    }

    /// Whether a line of so many bytes is longer than allowed.
    fn is_long(&self, bytes: usize) -> bool {
        bytes as u64 > self.most
    }

    /// Reads on behind bytes that have no end of a line in them; returns where the last line that was read ends, or 0.
    fn fill(&mut self, bytes: &mut Vec<u8>) -> usize {
        let from = bytes.len();
        let room = BLOCK.saturating_sub(from).max(READ);
        bytes.resize(from + room, 0);
        let (got, damage) = read_full(self.input, bytes.get_mut(from..).unwrap_or_default());
        bytes.truncate(from + got);
        (self.done, self.damage) = (got < room, damage);
        let end = last_end(bytes.get(from..).unwrap_or_default());
        if end > 0 { from + end } else { 0 }
    }

    /// Passes over the rest of a line that is too long to be held, up to what follows it.
    fn pass_over(&mut self, block: &mut Block) {
        let mut size = 0;
        loop {
            let end = memchr::memchr(b'\n', &block.bytes).map(|at| at + 1);
            let passed = end.unwrap_or(block.bytes.len());
            size += passed as u64;
            block.at += passed as u64;
            block.bytes.drain(..passed);
            if end.is_some() || self.done {
                break;
            }
            self.fill(&mut block.bytes);
        }
        block.bytes.shrink_to(BLOCK);
        if self.damage.is_none() {
            self.number += 1;
            block.lines.push(Line { number: self.number, too_long: Some(size), range: 0..0 });
        }
    }

    /// Finds the lines of a block.
    fn split(&mut self, block: &mut Block) {
        let mut start = 0;
        while start < block.bytes.len() {
            let rest = &block.bytes[start..];
            let line = &rest[..memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1)];
            self.number += 1;
            let text = line.strip_suffix(b"\n").unwrap_or(line);
            let too_long = self.is_long(text.len()).then_some(line.len() as u64);
            let text = if self.number == 1 { text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text) } else { text };
            let text = text.trim_ascii_end();
            let end = start + line.len();
            // From its end, for a mark may stand before the first line.
            let ends = start + line.trim_ascii_end().len();
            let range = ends - text.trim_ascii_start().len()..ends;
            if !range.is_empty() || too_long.is_some() {
                block.lines.push(Line { number: self.number, too_long, range });
            }
            start = end;
        }
    }
}

/// Where the last line ends that ends in these bytes; 0 where none does.
fn last_end(bytes: &[u8]) -> usize {
    memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1)
}
