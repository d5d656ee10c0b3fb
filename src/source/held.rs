//! Bytes of a file that are looked at, some of them more than once, before they are passed.

use super::reader::Input;
use std::io::{self, Read};

/// Bytes read at a time.
pub const STEP: usize = 1 << 16;

/// What is read of a file and not let go of yet.
pub struct Held<'i, 'a> {
    from: &'i mut Input<'a>,
    /// What is read; what stands before `at` is not asked for again.
    pub bytes: Vec<u8>,
    /// How much of it is passed.
    pub at: usize,
    /// Whether there is no more to read.
    pub ended: bool,
    /// Why, where that is damage.
    pub damage: Option<io::Error>,
}

impl<'i, 'a> Held<'i, 'a> {
    /// Nothing yet.
    pub fn new(from: &'i mut Input<'a>) -> Self {
        Held { from, bytes: Vec::new(), at: 0, ended: false, damage: None }
    }

    /// Whether damage or the cap on bytes has ended the file; what it cuts through is for the caller of the reader to
    /// reject.
    pub fn cut(&self) -> bool {
        self.damage.is_some() || self.from.bit
    }

    /// Reads on; whether there was more.
    pub fn fill(&mut self) -> bool {
        if self.ended {
            return false;
        }
        let before = self.bytes.len();
        if let Err(error) = self.from.by_ref().take(STEP as u64).read_to_end(&mut self.bytes) {
            self.damage = Some(error);
            self.ended = true;
        }
        self.ended = self.ended || self.bytes.len() == before;
        self.bytes.len() > before
    }

    /// Passes what stands before `to`; returns how many lines end there.
    pub fn pass(&mut self, to: usize) -> u64 {
        let passed = self.bytes.get(self.at..to).unwrap_or_default();
        let lines = memchr::memchr_iter(b'\n', passed).count() as u64;
        self.at = to;
        lines
    }

    /// Lets go of what is passed, once that is most of what is held: what follows is not moved for each piece. Returns by
    /// how much the places of the rest have become less.
    pub fn let_go(&mut self) -> usize {
        let gone = self.at.min(self.bytes.len());
        if self.at < STEP || self.at * 2 < self.bytes.len() {
            return 0;
        }
        self.bytes.drain(..gone);
        self.at = 0;
        gone
    }
}
