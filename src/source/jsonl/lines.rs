//! Lines in blocks: never more than a block is held, and a line that is too long not at all.

use crate::source::reader::{Ended, Input};
use std::io::{self, BufRead, BufReader, Read};
use std::ops::Range;

/// Bytes of a block, unless one line is longer.
const BLOCK: usize = 4 << 20;

/// Lines with something in them.
#[derive(Default)]
pub struct Block {
    bytes: Vec<u8>,
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
}

/// A file by its lines.
pub struct Lines<'i, 'a> {
    from: BufReader<&'i mut Input<'a>>,
    most: u64,
    number: u64,
    damage: Option<io::Error>,
    done: bool,
}

impl<'i, 'a> Lines<'i, 'a> {
    /// Lines of at most `most` bytes.
    pub fn new(input: &'i mut Input<'a>, most: u64) -> Self {
        Lines { from: BufReader::with_capacity(1 << 17, input), most, number: 0, damage: None, done: false }
    }

    /// The next lines, in place of those of a block that is done with; `None` at the end.
    pub fn next_block(&mut self, mut block: Block) -> Option<Block> {
        block.bytes.clear();
        block.lines.clear();
        while !self.done && block.bytes.len() < BLOCK {
            let start = block.bytes.len();
            match self.line(&mut block.bytes) {
                Ok(None) => self.done = true,
                Ok(Some(too_long)) => self.keep(&mut block, start, too_long),
                Err(error) => {
                    self.damage = Some(error);
                    self.done = true;
                    block.bytes.truncate(start);
                }
            }
        }
        if block.lines.is_empty() && self.done { None } else { Some(block) }
    }

    /// Where and why the lines ended.
    pub fn ended(self) -> Ended {
        Ended { line: self.number + 1, damage: self.damage }
    }

    /// Appends a line; gives its size where it is too long. `None` at the end, also of a line that
    /// the cap cuts through.
    fn line(&mut self, to: &mut Vec<u8>) -> io::Result<Option<Option<u64>>> {
        let got = (&mut self.from).take(self.most.saturating_add(1)).read_until(b'\n', to)? as u64;
        if got == 0 {
            return Ok(None);
        }
        let whole = to.last() == Some(&b'\n');
        if !whole && got > self.most {
            let more = self.from.skip_until(b'\n')? as u64;
            return Ok(Some(Some(got + more)));
        }
        Ok(if !whole && self.from.get_ref().bit { None } else { Some(None) })
    }

    fn keep(&mut self, block: &mut Block, start: usize, too_long: Option<u64>) {
        self.number += 1;
        if too_long.is_some() {
            block.bytes.truncate(start);
            block.bytes.shrink_to(BLOCK);
        }
        let text = block.bytes.get(start..).unwrap_or_default();
        let text = if self.number == 1 { text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text) } else { text };
        let text = text.trim_ascii_start();
        if text.is_empty() && too_long.is_none() {
            block.bytes.truncate(start);
            return;
        }
        let from = block.bytes.len() - text.len();
        let range = from..from + text.trim_ascii_end().len();
        block.lines.push(Line { number: self.number, too_long, range });
    }
}
