//! The unpacked bytes of a web archive, member by member: damage ends one, and reading goes on at the next that begins
//! a record.

use crate::source::decode::Packing;
use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, Read};

/// Bytes read at a time.
const STEP: usize = 1 << 16;
/// What records begin with.
pub const MAGIC: &[u8] = b"WARC/";
/// What a zstd archive with a dictionary of its own begins with.
const DICTIONARY: [u8; 4] = [0x5d, 0x2a, 0x4d, 0x18];
/// Longest dictionary.
const MAX_DICTIONARY: usize = 8 << 20;
/// Bytes of a member that are enough to see what it begins with.
const ENOUGH: usize = 1 << 12;

/// What came of asking for more.
#[derive(Debug)]
pub enum More {
    /// So many bytes.
    Bytes(usize),
    /// The end of a member; another one, or nothing, follows.
    Edge,
    /// The rest of a member cannot be read.
    Damage(String),
    /// Nothing is left.
    End,
}

/// Stored bytes with those of the current member kept, as far as there is room, so that a search can begin in it.
struct Window<R> {
    from: R,
    held: Vec<u8>,
    /// Where the kept part begins, and where reading goes on.
    start: usize,
    at: usize,
    most: usize,
    ended: bool,
    failed: Option<String>,
}

impl<R: Read> Window<R> {
    /// Whether there are `n` bytes to read on from here, reading more where needed.
    fn has(&mut self, n: usize) -> bool {
        while self.held.len() - self.at < n && self.more() {}
        self.held.len() - self.at >= n
    }

    fn ahead(&self) -> &[u8] {
        self.held.get(self.at..).unwrap_or_default()
    }

    fn more(&mut self) -> bool {
        if self.ended {
            return false;
        }
        // What lies too far behind is let go of.
        self.start = self.start.max(self.at.saturating_sub(self.most));
        if self.start >= STEP && self.start * 2 >= self.held.len() {
            self.held.drain(..self.start);
            self.at -= self.start;
            self.start = 0;
        }
        let before = self.held.len();
        if let Err(error) = self.from.by_ref().take(STEP as u64).read_to_end(&mut self.held) {
            self.failed = Some(error.to_string());
            self.ended = true;
        }
        self.ended = self.ended || self.held.len() == before;
        self.held.len() > before
    }
}

impl<R: Read> Read for Window<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let from = self.fill_buf()?;
        let n = from.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..n), from.get(..n)) {
            to.copy_from_slice(from);
        }
        self.consume(n);
        Ok(n)
    }
}

impl<R: Read> BufRead for Window<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.has(1);
        Ok(self.ahead())
    }

    fn consume(&mut self, n: usize) {
        self.at = (self.at + n).min(self.held.len());
    }
}

/// Where in the members the reading is.
enum Place<R: Read> {
    Between(Window<R>),
    Gzip(Box<GzDecoder<Window<R>>>),
    Zstd(Box<zstd::Decoder<'static, Window<R>>>),
    Plain(Window<R>),
    /// Only while it moves from one to another.
    Nowhere,
}

/// The members of an archive.
pub struct Members<R: Read> {
    place: Place<R>,
    dictionary: Vec<u8>,
    begun: bool,
}

impl<R: Read> Members<R> {
    /// The members of stored bytes; `most` of one are kept for a search.
    pub fn new(from: R, most: u64) -> Self {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let window = Window { from, held: Vec::new(), start: 0, at: 0, most, ended: false, failed: None };
        Members { place: Place::Between(window), dictionary: Vec::new(), begun: false }
    }

    /// Appends some unpacked bytes.
    pub fn more(&mut self, to: &mut Vec<u8>) -> More {
        let mut part = [0; 1 << 15];
        match std::mem::replace(&mut self.place, Place::Nowhere) {
            Place::Nowhere => More::End,
            Place::Between(window) => self.begin(window),
            Place::Plain(mut window) => match window.read(&mut part) {
                Ok(n) if n > 0 => {
                    window.start = window.at;
                    to.extend_from_slice(part.get(..n).unwrap_or_default());
                    self.place = Place::Plain(window);
                    More::Bytes(n)
                }
                _ => window.failed.take().map_or(More::End, More::Damage),
            },
            Place::Gzip(mut member) => match member.read(&mut part) {
                Ok(0) => self.edge(member.into_inner()),
                Ok(n) => {
                    to.extend_from_slice(part.get(..n).unwrap_or_default());
                    self.place = Place::Gzip(member);
                    More::Bytes(n)
                }
                Err(error) => self.search(member.into_inner(), &error.to_string()),
            },
            Place::Zstd(mut frame) => match frame.read(&mut part) {
                Ok(0) => self.edge(frame.finish()),
                Ok(n) => {
                    to.extend_from_slice(part.get(..n).unwrap_or_default());
                    self.place = Place::Zstd(frame);
                    More::Bytes(n)
                }
                Err(error) => self.search(frame.finish(), &error.to_string()),
            },
        }
    }

    fn edge(&mut self, window: Window<R>) -> More {
        self.place = Place::Between(window);
        More::Edge
    }

    /// Opens the member that begins here.
    fn begin(&mut self, mut window: Window<R>) -> More {
        window.start = window.at;
        if !window.has(1) {
            return window.failed.take().map_or(More::End, More::Damage);
        }
        window.has(8);
        if window.ahead().starts_with(&DICTIONARY) && !self.begun {
            self.dictionary = dictionary(&mut window).unwrap_or_default();
        }
        let first = !std::mem::replace(&mut self.begun, true);
        match Packing::of(window.ahead()) {
            Packing::Gzip => self.place = Place::Gzip(Box::new(GzDecoder::new(window))),
            Packing::Zstd => match zstd::Decoder::with_dictionary(window, &self.dictionary) {
                Ok(frame) => self.place = Place::Zstd(Box::new(frame.single_frame())),
                Err(error) => return More::Damage(error.to_string()),
            },
            Packing::Plain if first => self.place = Place::Plain(window),
            Packing::Plain => return self.search(window, "bytes between the members of the archive"),
        }
        More::Bytes(0)
    }

    /// Goes to the next member that begins a record.
    fn search(&mut self, mut window: Window<R>, reason: &str) -> More {
        window.at = (window.start + 1).min(window.held.len());
        loop {
            window.has(ENOUGH);
            let found = memchr::memchr2_iter(0x1f, 0x28, window.ahead()).next();
            match found {
                None if window.ended => {
                    window.at = window.held.len();
                    break;
                }
                None => window.at = window.held.len(),
                Some(skip) => {
                    window.at += skip;
                    window.has(ENOUGH);
                    let near = window.ahead().get(..window.ahead().len().min(ENOUGH)).unwrap_or_default();
                    if begins_record(near, &self.dictionary) {
                        break;
                    }
                    window.at += 1;
                }
            }
            // Nothing before here is of use.
            window.start = window.at;
        }
        self.place = Place::Between(window);
        More::Damage(reason.to_owned())
    }
}

/// Whether a member that begins like this unpacks to the beginning of a record.
pub fn begins_record(head: &[u8], dictionary: &[u8]) -> bool {
    let mut start = [0; MAGIC.len()];
    let read = match head {
        // Of the header's flags three bits mean nothing and are 0.
        [0x1f, 0x8b, 8, flags, ..] if flags & 0xe0 == 0 => GzDecoder::new(head).read_exact(&mut start).is_ok(),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            let frame = zstd::Decoder::with_dictionary(head, dictionary);
            frame.is_ok_and(|mut frame| frame.read_exact(&mut start).is_ok())
        }
        _ => false,
    };
    read && start == MAGIC
}

/// Whether stored bytes begin like a web archive, packed or not.
pub fn is_archive(head: &[u8]) -> bool {
    head.starts_with(MAGIC) || head.starts_with(&DICTIONARY) || begins_record(head, &[])
}

/// The dictionary that an archive begins with, itself packed or not.
fn dictionary<R: Read>(window: &mut Window<R>) -> Option<Vec<u8>> {
    let size = u32::from_le_bytes(window.ahead().get(4..8)?.try_into().ok()?) as usize;
    if size > MAX_DICTIONARY || !window.has(8 + size) {
        return None;
    }
    let bytes = window.ahead().get(8..8 + size)?.to_vec();
    window.consume(8 + size);
    window.start = window.at;
    if Packing::of(&bytes) != Packing::Zstd {
        return Some(bytes);
    }
    let mut plain = Vec::new();
    zstd::Decoder::new(&bytes[..]).ok()?.take(MAX_DICTIONARY as u64).read_to_end(&mut plain).ok()?;
    Some(plain)
}
