//! Records of a web archive, cut out of its unpacked bytes; one whose length is wrong costs itself.

use super::members::{MAGIC, Members, More};
use std::io::Read;

/// Longest header of a record.
const MAX_HEADER: usize = 1 << 16;
/// How many times the length of a record may be read again because of lengths that are wrong.
const RESCUES: usize = 64;

/// One record, or why there is none.
#[derive(Debug, PartialEq)]
pub enum Frame {
    /// Its number from 1, its header, and what it holds.
    Record(u64, Header, Vec<u8>),
    /// Its number and what is wrong.
    Broken(u64, String),
    /// It is longer than allowed; of a kind that would have been read only if its header says so.
    TooLong(u64, Header, u64),
}

/// What a record says of itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Header {
    /// `response`, `request`, `metadata` …
    pub kind: String,
    /// The address it is of.
    pub url: Option<String>,
    /// When it was fetched, as printed.
    pub date: Option<String>,
    /// What it holds, as a media type.
    pub content: Option<String>,
    length: Option<u64>,
}

/// The records of an archive.
pub struct Frames<R: Read> {
    members: Members<R>,
    held: Vec<u8>,
    at: usize,
    number: u64,
    most: usize,
    again: usize,
    /// Unpacked bytes that may still come.
    left: u64,
    /// Whether there were more than allowed.
    pub capped: bool,
    /// A member has ended and the next one has not been looked at.
    edge: bool,
    damage: Option<String>,
    ended: bool,
}

impl<R: Read> Frames<R> {
    /// The records of stored bytes, of at most `record_bytes` each and `file_bytes` together.
    pub fn new(from: R, record_bytes: u64, file_bytes: u64) -> Self {
        let most = usize::try_from(record_bytes).unwrap_or(usize::MAX);
        Frames {
            members: Members::new(from, record_bytes),
            held: Vec::new(),
            at: 0,
            number: 0,
            most,
            again: most.saturating_mul(RESCUES),
            left: file_bytes,
            capped: false,
            edge: false,
            damage: None,
            ended: false,
        }
    }

    /// Records so far.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The next record.
    pub fn next_frame(&mut self) -> Option<Frame> {
        self.blank();
        if !self.has(MAGIC.len()) {
            if let Some(reason) = self.damage.take() {
                self.fresh();
                return Some(self.broken(format!("the archive is damaged here: {reason}")));
            }
            if self.edge {
                self.edge = false;
                return self.next_frame_after_edge();
            }
            let rest = self.held.len() > self.at && !self.capped;
            self.at = self.held.len();
            return rest.then(|| self.broken("the archive ends inside of a record".into()));
        }
        if !self.ahead().starts_with(MAGIC) {
            self.resync();
            return Some(self.broken("no record begins where one should".into()));
        }
        self.record()
    }

    fn next_frame_after_edge(&mut self) -> Option<Frame> {
        if self.held.len() > self.at {
            // A piece of a record that the next member does not go on with.
            self.fresh();
            return Some(self.broken("a member of the archive ends inside of a record's header".into()));
        }
        self.next_frame()
    }

    fn record(&mut self) -> Option<Frame> {
        let Some(end) = self.header_end() else {
            self.at += MAGIC.len();
            self.resync();
            return Some(self.broken("the header of the record has no end".into()));
        };
        let header = Header::of(self.ahead().get(..end).unwrap_or_default());
        let Some(length) = header.length else {
            self.at += MAGIC.len();
            self.resync();
            return Some(self.broken("the record does not say how long it is (Content-Length)".into()));
        };
        let body = self.at + end;
        let Some(size) = usize::try_from(length).ok().filter(|size| *size <= self.most) else {
            return Some(self.too_long(header, body, length));
        };
        if let Some(broken) = self.lacking(body, size) {
            return Some(broken);
        }
        let block = self.held.get(body..body + size).unwrap_or_default().to_vec();
        let begin = self.at;
        self.at = body + size;
        self.blank();
        if !self.has(MAGIC.len())
            && let Some(reason) = self.damage.take()
        {
            // The checksum of a member stands at its end, and tells of the record before it.
            self.fresh();
            return Some(self.broken(format!("the archive is damaged in the record: {reason}")));
        }
        if self.has(MAGIC.len()) && !self.ahead().starts_with(MAGIC) {
            // The length is wrong: the next record begins within this one, or further on.
            let rest = self.at;
            self.at = begin;
            self.look_again(rest, size);
            return Some(self.broken(format!("the record is not as long as it says, {length} bytes")));
        }
        self.shed();
        self.number += 1;
        Some(Frame::Record(self.number, header, block))
    }

    /// What is wrong with a record whose bytes are not all there.
    fn lacking(&mut self, body: usize, size: usize) -> Option<Frame> {
        while self.held.len() < body + size {
            if self.fill() {
                continue;
            }
            if let Some(reason) = self.damage.take() {
                self.fresh();
                return Some(self.broken(format!("the archive is damaged inside of the record: {reason}")));
            }
            if self.edge {
                let whole = self.held.len();
                self.edge = false;
                while self.held.len() < whole + MAGIC.len() && self.fill() {}
                if self.held.get(whole..).is_some_and(|next| next.starts_with(MAGIC)) || self.held.len() == whole {
                    self.at = whole;
                    return Some(
                        self.broken("the record ends with its member, before it is as long as it says".into()),
                    );
                }
                continue;
            }
            if self.capped {
                self.at = self.held.len();
                return Some(Frame::Broken(self.number + 1, String::new()));
            }
            // Either the archive is cut off or the length is wrong, and the next record begins within this one.
            self.look_again(body, size);
            return Some(self.broken("the archive ends inside of the record".into()));
        }
        None
    }

    /// Goes to the next beginning of a record within this one, or behind `rest` where too much has been read again.
    fn look_again(&mut self, rest: usize, size: usize) {
        if self.again >= size {
            self.again -= size;
            self.at += MAGIC.len();
        } else {
            self.at = rest.min(self.held.len());
        }
        self.resync();
    }

    /// Goes past a record that is not held.
    fn too_long(&mut self, header: Header, body: usize, length: u64) -> Frame {
        let mut left = length;
        self.at = body;
        loop {
            let here = (self.held.len() - self.at) as u64;
            let step = here.min(left);
            left -= step;
            self.at += usize::try_from(step).unwrap_or(0);
            if left == 0 {
                break;
            }
            self.shed();
            if self.fill() {
                continue;
            }
            if std::mem::take(&mut self.edge) {
                let whole = self.held.len();
                while self.held.len() < whole + MAGIC.len() && self.fill() {}
                if !self.ahead().starts_with(MAGIC) && self.held.len() > whole {
                    continue;
                }
            }
            break;
        }
        self.number += 1;
        Frame::TooLong(self.number, header, length)
    }

    /// Behind the blank line that ends the header here.
    fn header_end(&mut self) -> Option<usize> {
        let mut look = 0;
        loop {
            let ahead = self.ahead();
            let near = ahead.get(..ahead.len().min(MAX_HEADER)).unwrap_or_default();
            let found = near.get(look..).and_then(|rest| {
                memchr::memchr_iter(b'\n', rest)
                    .map(|at| look + at + 1)
                    .find(|at| near.get(*at..).is_some_and(|rest| rest.starts_with(b"\r\n") || rest.starts_with(b"\n")))
            });
            if let Some(at) = found {
                return Some(at + if near.get(at) == Some(&b'\r') { 2 } else { 1 });
            }
            look = near.len().saturating_sub(2);
            if near.len() >= MAX_HEADER || !self.fill() {
                return None;
            }
        }
    }

    /// Goes to what looks like the beginning of a record, at the beginning of a line or of a member.
    fn resync(&mut self) {
        loop {
            let begin = b"\nWARC/1.";
            if let Some(found) = memchr::memmem::find(self.ahead(), begin) {
                self.at += found + 1;
                return;
            }
            self.at = self.held.len().saturating_sub(begin.len()).max(self.at);
            self.shed();
            if !self.fill() {
                // What comes after an edge or damage begins anew.
                self.fresh();
                self.edge = false;
                self.damage = None;
                return;
            }
        }
    }

    fn broken(&mut self, reason: String) -> Frame {
        self.number += 1;
        Frame::Broken(self.number, reason)
    }

    fn ahead(&self) -> &[u8] {
        self.held.get(self.at..).unwrap_or_default()
    }

    fn blank(&mut self) {
        loop {
            let blanks = self.ahead().iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
            self.at += blanks;
            if self.at < self.held.len() || !self.fill() {
                return;
            }
        }
    }

    fn has(&mut self, n: usize) -> bool {
        while self.held.len() - self.at < n && self.fill() {}
        self.held.len() - self.at >= n
    }

    /// Forgets what is held.
    fn fresh(&mut self) {
        self.held.clear();
        self.at = 0;
    }

    fn shed(&mut self) {
        if self.at * 2 >= self.held.len() {
            self.held.drain(..self.at);
            self.at = 0;
        }
    }

    /// Whether there are more bytes; an edge and damage are noted, and nothing is read behind them until they are
    /// taken note of.
    fn fill(&mut self) -> bool {
        if self.edge || self.damage.is_some() || self.ended || self.capped {
            return false;
        }
        loop {
            match self.members.more(&mut self.held) {
                More::Bytes(0) => {}
                More::Bytes(n) if n as u64 > self.left => {
                    let over = n - usize::try_from(self.left).unwrap_or(n);
                    self.held.truncate(self.held.len() - over);
                    self.capped = true;
                    return over < n;
                }
                More::Bytes(n) => {
                    self.left -= n as u64;
                    return true;
                }
                More::Edge => {
                    self.edge = true;
                    return false;
                }
                More::Damage(reason) => {
                    self.damage = Some(reason);
                    return false;
                }
                More::End => {
                    self.ended = true;
                    return false;
                }
            }
        }
    }
}

impl Header {
    fn of(bytes: &[u8]) -> Header {
        let mut header = Header::default();
        let text = String::from_utf8_lossy(bytes);
        for line in text.lines().skip(1) {
            let Some((name, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            let some = || Some(value.to_owned()).filter(|v| !v.is_empty());
            match name.trim().to_ascii_lowercase().as_str() {
                "warc-type" => header.kind = value.to_ascii_lowercase(),
                // WARC 1.0 puts it in angle brackets.
                "warc-target-uri" => header.url = some().map(|v| v.trim_matches(['<', '>']).to_owned()),
                "warc-date" => header.date = some(),
                "content-type" => header.content = some(),
                "content-length" => header.length = value.parse().ok(),
                _ => {}
            }
        }
        header
    }
}
