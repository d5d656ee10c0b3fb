//! A feed cut into its items as bytes, so that one broken item costs itself alone and no more than one is held.

use crate::source::held::{Held, STEP};
use crate::source::reader::{Ended, Input};

/// What an item may be called: RSS, Atom, and what Atom says of an entry that is gone (RFC 6721).
const ITEMS: [&[u8]; 3] = [b"item", b"entry", b"deleted-entry"];

/// A part of a feed.
#[derive(Debug, PartialEq)]
pub enum Piece {
    /// What stands above the first item.
    Head(Vec<u8>),
    /// An item with its tags, counted from 1, and the line it starts at.
    Item(u64, u64, Vec<u8>),
    /// An item that cannot be read: its number, and what is wrong.
    Broken(u64, String),
}

/// The pieces of a feed.
pub struct Split<'i, 'a> {
    /// What is read; what is passed of it is handed out.
    held: Held<'i, 'a>,
    /// How far it has been looked at.
    look: usize,
    /// Lines that are passed.
    lines: u64,
    /// Bytes before `held`.
    gone: u64,
    most: usize,
    number: u64,
    inside: Option<Inside>,
    head: Option<Vec<u8>>,
    /// Whether the first tag of the item has yet to be looked at.
    fresh: bool,
    /// From and to which byte of the file `]]>` and `-->` are known not to stand.
    lacking: [(u64, u64); 2],
}

/// The item that is being read; it begins at `start`, unless it is too long.
struct Inside {
    name: &'static [u8],
    line: u64,
    too_long: bool,
}

impl<'i, 'a> Split<'i, 'a> {
    /// Pieces of at most `most` bytes.
    pub fn new(from: &'i mut Input<'a>, most: u64) -> Self {
        Split {
            held: Held::new(from),
            look: 0,
            lines: 0,
            gone: 0,
            most: usize::try_from(most).unwrap_or(usize::MAX),
            number: 0,
            inside: None,
            head: Some(Vec::new()),
            fresh: false,
            lacking: [(0, 0); 2],
        }
    }

    /// Where and why the feed ended.
    pub fn ended(self) -> Ended {
        Ended { line: self.number + 1, damage: self.held.damage }
    }

    /// The next piece.
    pub fn next_piece(&mut self) -> Option<Piece> {
        loop {
            if std::mem::take(&mut self.fresh)
                && let Some(piece) = self.alone()
            {
                return Some(piece);
            }
            if self.look - self.held.at > STEP {
                self.shed();
            }
            let Some(open) = self.next_open() else { return self.last() };
            self.look = open;
            let rest = || self.held.bytes.get(open..).unwrap_or_default();
            if rest().starts_with(b"<![CDATA[") {
                self.pass(open + 9, 0);
            } else if rest().starts_with(b"<!--") {
                self.pass(open + 4, 1);
            } else if let Some(piece) = self.tag(open) {
                return Some(piece);
            }
        }
    }

    /// Where the next `<` is, with enough behind it to see what it opens.
    fn next_open(&mut self) -> Option<usize> {
        loop {
            let rest = self.held.bytes.get(self.look..).unwrap_or_default();
            if let Some(found) = memchr::memchr(b'<', rest) {
                let open = self.look + found;
                if self.held.bytes.len() - open >= 32 || self.held.ended {
                    return Some(open);
                }
                self.look = open;
            } else {
                self.look = self.held.bytes.len();
            }
            if self.held.ended {
                return None;
            }
            self.shed();
            self.held.fill();
        }
    }

    /// Goes past what ends with `]]>` or `-->`; where no end is in reach, only past its beginning.
    fn pass(&mut self, from: usize, which: usize) {
        let end: &[u8] = if which == 0 { b"]]>" } else { b"-->" };
        let finder = memchr::memmem::Finder::new(end);
        let (no_from, no_to) = self.lacking[which];
        let start = self.gone + from as u64;
        let mut look = from;
        if start >= no_from && start < no_to {
            look = usize::try_from(no_to - self.gone).unwrap_or(from).max(from).min(self.held.bytes.len());
        }
        self.look = from;
        loop {
            if let Some(found) = self.held.bytes.get(look..).and_then(|rest| finder.find(rest)) {
                self.look = look + found + end.len();
                return;
            }
            look = self.held.bytes.len().saturating_sub(end.len() - 1).max(from);
            if self.held.ended || self.held.bytes.len() - from > self.most {
                // Whoever asks again need not look here again.
                let start = if start >= no_from && start <= no_to { no_from } else { start };
                self.lacking[which] = (start, (self.gone + look as u64).max(no_to));
                return;
            }
            self.held.fill();
        }
    }

    /// What the tag at `open` makes of the piece.
    fn tag(&mut self, open: usize) -> Option<Piece> {
        // No name of an item is longer, and one `<` may follow another through the whole file.
        let near = (open + 32).min(self.held.bytes.len());
        let rest = self.held.bytes.get(open + 1..near).unwrap_or_default();
        let (closes, rest) = rest.strip_prefix(b"/").map_or((false, rest), |rest| (true, rest));
        let end = rest.iter().position(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/')).unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default();
        let local = name.rsplit(|b| *b == b':').next().unwrap_or(name);
        let item = ITEMS.into_iter().find(|item| *item == local);
        self.look = open + 1;
        let name = item?;
        match (&self.inside, closes) {
            (None, true) => None,
            (None, false) => {
                let head = self.head.take().map(|mut head| {
                    head.extend(self.held.bytes.get(self.held.at..open).unwrap_or_default());
                    Piece::Head(head)
                });
                self.begin(open, name);
                head
            }
            (Some(inside), true) if inside.name == name => self.end(open),
            (Some(inside), false) if inside.name == name => {
                let (number, line) = (self.number, inside.line);
                self.begin(open, name);
                Some(Piece::Broken(number, format!("the <{}> at line {line} is not closed", shown(name))))
            }
            _ => None,
        }
    }

    fn begin(&mut self, open: usize, name: &'static [u8]) {
        self.drain(open);
        self.look = self.held.at + 1;
        self.fresh = true;
        self.number += 1;
        self.inside = Some(Inside { name, line: self.lines + 1, too_long: false });
    }

    /// The item that has just begun, if its first tag is all of it: `<deleted-entry ref="…"/>`.
    fn alone(&mut self) -> Option<Piece> {
        while !self.held.ended && self.held.bytes.len() - self.held.at < 1 << 12 && self.first_tag().is_none() {
            self.held.fill();
        }
        if self.first_tag()?.ends_with(b"/") { self.end(self.held.at) } else { None }
    }

    /// The first tag of the item without its end, if that is near.
    fn first_tag(&self) -> Option<&[u8]> {
        let tag = self.held.bytes.get(self.held.at..)?;
        tag.get(..memchr::memchr(b'>', tag.get(..tag.len().min(1 << 12))?)?)
    }

    /// Hands out the item whose last tag begins at `open`.
    fn end(&mut self, open: usize) -> Option<Piece> {
        let inside = self.inside.take()?;
        loop {
            let rest = self.held.bytes.get(open..).unwrap_or_default();
            match memchr::memchr(b'>', rest) {
                Some(close) => {
                    let end = open + close + 1;
                    let bytes = self.held.bytes.get(self.held.at..end).unwrap_or_default().to_vec();
                    self.drain(end);
                    return Some(if inside.too_long || bytes.len() > self.most {
                        Piece::Broken(self.number, self.too_long(inside.line))
                    } else {
                        Piece::Item(self.number, inside.line, bytes)
                    });
                }
                None if self.held.ended || rest.len() > 1 << 10 => {
                    self.inside = Some(inside);
                    return None;
                }
                None => {
                    self.held.fill();
                }
            }
        }
    }

    fn last(&mut self) -> Option<Piece> {
        if let Some(mut head) = self.head.take() {
            head.extend(self.held.bytes.get(self.held.at..).unwrap_or_default());
            self.drain(self.held.bytes.len());
            return Some(Piece::Head(head));
        }
        let inside = self.inside.take()?;
        // What damage or the cap cuts through is the caller's to reject.
        if self.held.cut() {
            self.number -= 1;
            return None;
        }
        let name = shown(inside.name);
        let line = inside.line;
        Some(Piece::Broken(self.number, format!("the feed ends inside of the <{name}> at line {line}")))
    }

    /// Lets go of what no piece needs.
    fn shed(&mut self) {
        match &mut self.inside {
            None => {
                let done = self.look;
                if let Some(head) = &mut self.head {
                    let room = self.most.saturating_sub(head.len());
                    head.extend(self.held.bytes.get(self.held.at..done).unwrap_or_default().iter().take(room));
                }
                self.drain(done);
            }
            Some(inside) if inside.too_long || self.look - self.held.at > self.most => {
                inside.too_long = true;
                let done = self.look;
                self.drain(done);
            }
            Some(_) => {}
        }
    }

    /// Goes on from `to`.
    fn drain(&mut self, to: usize) {
        let to = to.min(self.held.bytes.len());
        self.lines += self.held.pass(to);
        self.look = self.look.max(to);
        let gone = self.held.let_go();
        self.gone += gone as u64;
        self.look -= gone;
    }

    fn too_long(&self, line: u64) -> String {
        let most = self.most;
        format!(
            "the item at line {line} is longer than the {most} bytes that a record may have (ingest.max_record_bytes)"
        )
    }
}

fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}
