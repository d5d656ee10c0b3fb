//! The objects of a JSON file one by one as bytes, so that one that is broken or too long costs itself alone.

use crate::source::held::Held;
use crate::source::reader::{Ended, Input};

/// How often an object without an end is looked into for the next one; it costs a record's length each time.
const RESCUES: u32 = 64;

/// A part of a file.
#[derive(Debug, PartialEq)]
pub enum Piece {
    /// An object: its number from 1, the line it starts at, and its bytes.
    Object(u64, u64, Vec<u8>),
    /// Something that is no object, or has no end: its number, and what is wrong.
    Broken(u64, String),
}

/// The objects of a file.
pub struct Scan<'i, 'a> {
    held: Held<'i, 'a>,
    line: u64,
    /// Blanks before the place, if nothing else stands before it in its line.
    indent: Option<usize>,
    most: usize,
    number: u64,
    rescues: u32,
    place: Place,
    /// Keys that lead to the array of the objects.
    path: Vec<String>,
}

/// Where the scan is, between objects.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// Above everything.
    Start,
    /// In the array, or among objects that follow one another.
    Among { array: bool },
    /// Behind it.
    End,
}

impl<'i, 'a> Scan<'i, 'a> {
    /// The objects at `path`, those of the outermost array or those that follow one another where it is empty, of at
    /// most `most` bytes each.
    pub fn new(from: &'i mut Input<'a>, path: &[String], most: u64) -> Self {
        Scan {
            held: Held::new(from),
            line: 1,
            indent: None,
            most: usize::try_from(most).unwrap_or(usize::MAX),
            number: 0,
            rescues: RESCUES,
            place: Place::Start,
            path: path.to_vec(),
        }
    }

    /// Where and why the file ended.
    pub fn ended(self) -> Ended {
        Ended { line: self.number + 1, damage: self.held.damage }
    }

    /// The next piece.
    pub fn next_piece(&mut self) -> Option<Piece> {
        if self.place == Place::Start {
            self.place = match self.enter() {
                Ok(array) => Place::Among { array },
                Err(reason) => {
                    self.place = Place::End;
                    // What damage or the cap cuts through is the caller's to reject.
                    return if self.held.cut() { None } else { self.broken(reason) };
                }
            };
        }
        let Place::Among { array } = self.place else { return None };
        loop {
            self.blank();
            match self.peek() {
                None => {
                    self.place = Place::End;
                    let cut = array && !self.held.cut();
                    return cut.then(|| self.broken("the array has no end; the file is cut off".into())).flatten();
                }
                Some(b',') => self.advance(self.held.at + 1),
                Some(b']') if array => {
                    self.place = Place::End;
                    return None;
                }
                Some(b'{') => return self.object(),
                Some(_) => return self.other(),
            }
        }
    }

    fn broken(&mut self, reason: String) -> Option<Piece> {
        self.number += 1;
        Some(Piece::Broken(self.number, reason))
    }

    /// Goes to the first object; whether it stands in an array.
    fn enter(&mut self) -> Result<bool, String> {
        self.blank();
        if self.held.bytes.get(self.held.at..).is_some_and(|rest| rest.starts_with(b"\xef\xbb\xbf")) {
            self.advance(self.held.at + 3);
            self.blank();
        }
        for key in std::mem::take(&mut self.path) {
            if self.peek() != Some(b'{') {
                return Err(format!("line {}: there is no object with a field {key:?} (records)", self.line));
            }
            self.advance(self.held.at + 1);
            self.find(&key)?;
            self.blank();
        }
        Ok(match self.peek() {
            Some(b'[') => {
                self.advance(self.held.at + 1);
                true
            }
            _ => false,
        })
    }

    /// Goes to the value of a key of the object that has been entered.
    fn find(&mut self, wanted: &str) -> Result<(), String> {
        loop {
            self.blank();
            match self.peek() {
                Some(b',') => self.advance(self.held.at + 1),
                Some(b'"') => {
                    let key = self.string();
                    self.blank();
                    if self.peek() != Some(b':') {
                        return Err(format!("line {}: a key has no value", self.line));
                    }
                    self.advance(self.held.at + 1);
                    self.blank();
                    if serde_json::from_slice::<String>(&key).is_ok_and(|key| key == wanted) {
                        return Ok(());
                    }
                    self.skip_value();
                }
                _ => return Err(format!("there is no field {wanted:?}; `records` names the way to the array")),
            }
        }
    }

    /// The object that begins here; where it has no end, what can be done about it.
    fn object(&mut self) -> Option<Piece> {
        let (line, indent) = (self.line, self.indent);
        let end = match self.walk() {
            Walk::Whole(end) => {
                let bytes = self.held.bytes.get(self.held.at..end).unwrap_or_default().to_vec();
                self.advance(end);
                self.number += 1;
                return Some(Piece::Object(self.number, line, bytes));
            }
            Walk::Crossed(end) => Some(end),
            Walk::Endless => None,
        };
        if let Some(next) = self.rescue(indent, end.unwrap_or(self.held.bytes.len())) {
            self.advance(next);
            return self.broken(format!("the object at line {line} has no end before the next one begins"));
        }
        if let Some(end) = end {
            self.advance(end);
            return self.broken(format!("the object at line {line} has no end: a bracket closes another kind"));
        }
        if self.held.ended {
            self.place = Place::End;
            return if self.held.cut() { None } else { self.broken(format!("the object at line {line} has no end")) };
        }
        self.skip_value();
        if self.held.cut() {
            return None;
        }
        let most = self.most;
        self.broken(format!("the object at line {line} is longer than the {most} bytes of ingest.max_record_bytes"))
    }

    /// Something that is no object, as one reject up to the next object or the end of the array.
    fn other(&mut self) -> Option<Piece> {
        let (line, what) = (self.line, self.peek().map(char::from));
        self.skip_value();
        // What follows a broken object is no value either.
        while let Some(b) = self.peek()
            && !matches!(b, b'{' | b']' | b'[' | b'"')
        {
            self.advance(self.held.at + 1);
        }
        let what = match what {
            Some('"') => "a text",
            Some('[') => "a list",
            Some('0'..='9' | '-') => "a number",
            _ => "no value",
        };
        self.broken(format!("line {line}: {what} where an object should be"))
    }

    /// Where the value that begins here ends.
    fn walk(&mut self) -> Walk {
        let (mut depth, mut look) = (Depth::default(), self.held.at);
        loop {
            while let Some(b) = self.held.bytes.get(look) {
                look += 1;
                match depth.step(*b) {
                    Step::Within => {}
                    Step::Crossed if look - self.held.at <= self.most => return Walk::Crossed(look - 1),
                    Step::End if look - self.held.at <= self.most => return Walk::Whole(look),
                    _ => return Walk::Endless,
                }
            }
            if look - self.held.at > self.most || !self.held.fill() {
                return Walk::Endless;
            }
        }
    }

    /// Where the next object seems to begin before `end`: on a line of its own, no further in than this one.
    fn rescue(&mut self, indent: Option<usize>, end: usize) -> Option<usize> {
        let indent = indent.filter(|_| self.rescues > 0)?;
        self.rescues -= 1;
        let from = self.held.at + 1;
        let rest = self.held.bytes.get(from..end)?;
        memchr::memchr_iter(b'\n', rest).map(|at| at + 1).find_map(|start| {
            let line = rest.get(start..)?;
            let blanks = line.iter().take_while(|b| matches!(b, b' ' | b'\t' | b',' | b'[')).count();
            (line.get(blanks) == Some(&b'{') && blanks <= indent).then_some(from + start + blanks)
        })
    }

    /// Goes past a value without holding it.
    fn skip_value(&mut self) {
        if !matches!(self.peek(), Some(b'{' | b'[' | b'"')) {
            // What is no value at all is passed over too, so that every step is one forward.
            self.advance(self.held.at + 1);
            while self.peek().is_some_and(|b| !matches!(b, b',' | b'[' | b']' | b'{' | b'}' | b'"') && b > b' ') {
                self.advance(self.held.at + 1);
            }
            return;
        }
        let mut depth = Depth::default();
        while let Some(b) = self.peek() {
            self.advance(self.held.at + 1);
            if depth.step(b) == Step::End {
                return;
            }
        }
    }

    /// A text with its quotes; what is longer than any key is cut.
    fn string(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        let mut depth = Depth::default();
        while let Some(b) = self.peek() {
            self.advance(self.held.at + 1);
            if text.len() < 1 << 12 {
                text.push(b);
            }
            if depth.step(b) == Step::End {
                break;
            }
        }
        text
    }

    /// Goes past blanks, and counts those that begin the line.
    fn blank(&mut self) {
        self.indent = None;
        while let Some(b) = self.peek() {
            match b {
                b'\n' => self.indent = Some(0),
                b' ' | b'\t' | b'\r' => self.indent = self.indent.map(|n| n + 1),
                _ => return,
            }
            self.advance(self.held.at + 1);
        }
    }

    fn peek(&mut self) -> Option<u8> {
        if self.held.at >= self.held.bytes.len() && !self.held.fill() {
            return None;
        }
        self.held.bytes.get(self.held.at).copied()
    }

    fn advance(&mut self, to: usize) {
        self.line += self.held.pass(to);
        self.held.let_go();
    }
}

/// Where a value ends.
enum Walk {
    /// Before here.
    Whole(usize),
    /// Nowhere before a bracket that closes another kind, which is here.
    Crossed(usize),
    /// Not within the length of a record, or of the file.
    Endless,
}

/// What a byte does to a walk.
#[derive(PartialEq)]
enum Step {
    Within,
    End,
    Crossed,
}

/// How deep in brackets a walk is.
#[derive(Default)]
struct Depth {
    open: u32,
    /// Which of the outer brackets are square, a bit each, the innermost lowest; deeper ones are not told apart.
    square: u128,
    string: bool,
    escaped: bool,
}

impl Depth {
    /// Takes a byte. An end of a line ends a text that lacks its quote: none may stand in one.
    fn step(&mut self, b: u8) -> Step {
        if self.string {
            match b {
                _ if std::mem::take(&mut self.escaped) => {}
                b'\\' => self.escaped = true,
                b'"' | b'\n' => {
                    self.string = false;
                    return if self.open == 0 { Step::End } else { Step::Within };
                }
                _ => {}
            }
            return Step::Within;
        }
        match b {
            b'"' => self.string = true,
            b'{' | b'[' => {
                self.open = self.open.saturating_add(1);
                self.square = self.square << 1 | u128::from(b == b'[');
            }
            b'}' | b']' => {
                let crossed = self.open <= 128 && (self.square & 1 == 1) != (b == b']');
                self.open = self.open.saturating_sub(1);
                self.square >>= 1;
                return match (crossed, self.open) {
                    (true, _) => Step::Crossed,
                    (false, 0) => Step::End,
                    _ => Step::Within,
                };
            }
            _ => {}
        }
        Step::Within
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::source::decode::Capped;

    fn pieces(text: &str, path: &[&str], most: u64) -> (Vec<String>, Vec<String>) {
        let bytes = text.as_bytes().to_vec();
        let mut input: Input<'_> = Capped::new(Box::new(std::io::Cursor::new(bytes)), 1 << 30);
        let path: Vec<String> = path.iter().map(|p| p.to_string()).collect();
        let mut scan = Scan::new(&mut input, &path, most);
        let (mut objects, mut broken) = (Vec::new(), Vec::new());
        while let Some(piece) = scan.next_piece() {
            match piece {
                Piece::Object(number, line, bytes) => {
                    objects.push(format!("{number}@{line} {}", String::from_utf8(bytes).unwrap()));
                }
                Piece::Broken(number, why) => broken.push(format!("{number}: {why}")),
            }
        }
        (objects, broken)
    }

    #[test]
    fn objects_are_found_in_an_array_at_a_path_and_one_after_another() {
        let (objects, broken) = pieces("[{\"a\": \"]}\\\"\"},\n {\"b\": [{}]}]", &[], 99);
        assert_eq!(objects, ["1@1 {\"a\": \"]}\\\"\"}", "2@2 {\"b\": [{}]}"]);
        assert_eq!(broken, Vec::<String>::new());
        let nested = "\u{feff}{\"x\": {\"docs\": [1]}, \"r\": {\"n\": 2, \"docs\": [{\"a\": 1}, {}], \"z\": 1}}";
        assert_eq!(pieces(nested, &["r", "docs"], 99).0, ["1@1 {\"a\": 1}", "2@1 {}"]);
        assert_eq!(pieces("{\"a\": 1}\n\n{\"b\": 2}", &[], 99).0, ["1@1 {\"a\": 1}", "2@3 {\"b\": 2}"]);
        assert!(pieces(nested, &["r", "rows"], 99).1[0].contains("there is no field \"rows\""));
        assert!(pieces("[1]", &["r"], 99).1[0].contains("no object with a field \"r\""));
    }

    #[test]
    fn what_is_broken_or_too_long_costs_itself_alone() {
        let text =
            "[\n  {\"a\": \"one},\n  {\"a\": 2},\n  {\"a\": {\"b\": 3},\n  {\"a\": 4},\n  7, \"x\",\n  {\"a\": 5}\n]";
        let (objects, broken) = pieces(text, &[], 999);
        assert_eq!(objects, ["2@3 {\"a\": 2}", "4@5 {\"a\": 4}", "7@7 {\"a\": 5}"], "{broken:?}");
        assert_eq!(broken.len(), 4);
        let long = format!("[{{\"a\": \"{}\"}}, {{\"a\": 2}}]", "x".repeat(5_000));
        let (objects, broken) = pieces(&long, &[], 1_000);
        assert_eq!((objects.len(), broken.len()), (1, 1));
        assert!(broken[0].contains("longer than the 1000 bytes"));
        assert!(pieces("[{\"a\": 1}, {\"a\": ", &[], 99).1[0].contains("has no end"));
        assert!(pieces("[{\"a\": 1}", &[], 99).1[0].contains("the array has no end"));
    }

    #[test]
    fn a_file_of_open_brackets_is_no_hang() {
        let text = "{\n".repeat(200_000);
        let (objects, broken) = pieces(&text, &[], 100_000);
        assert!(objects.is_empty() && broken.len() <= 100, "{}", broken.len());
    }
}
