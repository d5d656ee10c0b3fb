//! Rows of separated values as bytes: a quote that is never closed costs its line, not the file.

use crate::source::held::Held;
use crate::source::reader::{Ended, Input};
use std::borrow::Cow;

/// How many times the length of a record may be read again because of quotes that are not closed.
const RESCUES: usize = 64;

/// A row: the line it starts at, and its bytes or why they are none.
#[derive(Debug, PartialEq)]
pub struct Row {
    /// Counted from 1.
    pub line: u64,
    /// Its bytes without the end of the line.
    pub bytes: Result<Vec<u8>, String>,
}

/// The rows of a file.
pub struct Rows<'i, 'a> {
    held: Held<'i, 'a>,
    line: u64,
    most: usize,
    delimiter: u8,
    /// Fields of a row, once they are known.
    pub width: Option<usize>,
    again: usize,
}

impl<'i, 'a> Rows<'i, 'a> {
    /// Rows of at most `most` bytes.
    pub fn new(from: &'i mut Input<'a>, delimiter: u8, most: u64) -> Self {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Rows { held: Held::new(from), line: 1, most, delimiter, width: None, again: most.saturating_mul(RESCUES) }
    }

    /// Where and why the rows ended.
    pub fn ended(self) -> Ended {
        Ended { line: self.line, damage: self.held.damage }
    }

    /// The next row that is not blank.
    pub fn next_row(&mut self) -> Option<Row> {
        loop {
            let (end, lines) = self.row_end();
            if self.held.ended && self.held.cut() && end.is_none_or(|end| end >= self.held.bytes.len()) {
                // What damage or the cap cuts through is the caller's to reject.
                return None;
            }
            let line = self.line;
            let Some(end) = end else {
                self.again = self.again.saturating_sub(self.held.bytes.len() - self.held.at);
                return Some(Row { line, bytes: Err(self.skip_line()) });
            };
            let bytes = self.held.bytes.get(self.held.at..end).unwrap_or_default();
            if bytes.is_empty() && end >= self.held.bytes.len() && self.held.ended {
                return None;
            }
            let wide = |width: usize| fields(bytes, self.delimiter).len() == width;
            if lines > 1 && !self.width.is_none_or(wide) {
                self.again = self.again.saturating_sub(bytes.len());
                return Some(Row { line, bytes: Err(self.skip_line()) });
            }
            let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            let text = if line == 1 { text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text) } else { text }.to_vec();
            self.pass(end);
            if !text.trim_ascii().is_empty() {
                return Some(Row { line, bytes: Ok(text) });
            }
        }
    }

    /// Where the row that begins here ends, behind the end of its line, and how many lines it has. `None`: it is too
    /// long, or its quote is not closed. After too many of these a row is a line, whatever its quotes.
    fn row_end(&mut self) -> (Option<usize>, u64) {
        let (mut look, mut lines, mut quoted, mut fresh) = (self.held.at, 1, false, true);
        // A quote that closes nothing stands in a field; over several lines it is rather one that was not closed.
        let mut stray = false;
        loop {
            while let Some(&b) = self.held.bytes.get(look) {
                look += 1;
                match b {
                    b'"' if quoted => match self.held.bytes.get(look) {
                        None if !self.held.ended => {
                            look -= 1;
                            break;
                        }
                        Some(b'"') => look += 1,
                        next => {
                            quoted = next.is_some_and(|n| *n != self.delimiter && !matches!(n, b'\n' | b'\r'));
                            stray |= quoted;
                            if stray && lines > 1 {
                                return (None, lines);
                            }
                        }
                    },
                    b'"' if fresh && self.again > 0 => quoted = true,
                    b'\n' if quoted && stray => return (None, lines),
                    b'\n' if quoted => lines += 1,
                    b'\n' => return ((look - self.held.at <= self.most + 2).then_some(look), lines),
                    _ => {}
                }
                fresh = b == self.delimiter;
            }
            if look - self.held.at > self.most {
                return (None, lines);
            }
            if !self.held.fill() {
                self.held.ended = true;
                if quoted && look < self.held.bytes.len() {
                    continue;
                }
                return ((!quoted).then_some(self.held.bytes.len()), lines);
            }
        }
    }

    /// Goes past one line that is no row; why it is none.
    fn skip_line(&mut self) -> String {
        let mut bytes = 0;
        loop {
            let rest = self.held.bytes.get(self.held.at..).unwrap_or_default();
            let found = memchr::memchr(b'\n', rest).map(|end| end + 1);
            let end = found.unwrap_or(rest.len());
            bytes += end;
            self.pass(self.held.at + end);
            if found.is_some() || !self.held.fill() {
                break;
            }
        }
        if bytes > self.most {
            let most = self.most;
            return format!("the row has {bytes} bytes; a record may have {most} (ingest.max_record_bytes)");
        }
        "a quotation mark is not closed, or the row has not as many fields as the header".into()
    }

    fn pass(&mut self, to: usize) {
        self.line += self.held.pass(to);
        self.held.let_go();
    }
}

/// The fields of a row. A quotation mark opens only at the beginning of a field, two of them are one, and one that
/// neither a separator nor the end follows is itself.
pub fn fields(row: &[u8], delimiter: u8) -> Vec<Cow<'_, [u8]>> {
    let mut out = Vec::new();
    let row = row.strip_suffix(b"\n").unwrap_or(row);
    let row = row.strip_suffix(b"\r").unwrap_or(row);
    let mut rest = row;
    loop {
        if rest.first() == Some(&b'"') {
            let (field, after) = quoted(rest.get(1..).unwrap_or_default(), delimiter);
            out.push(Cow::Owned(field));
            match after {
                Some(after) => rest = after,
                None => return out,
            }
            continue;
        }
        let Some(end) = memchr::memchr(delimiter, rest) else {
            out.push(Cow::Borrowed(rest));
            return out;
        };
        let (field, after) = rest.split_at(end);
        out.push(Cow::Borrowed(field));
        rest = after.get(1..).unwrap_or_default();
    }
}

/// A field behind its first quotation mark, and what follows its separator, if one does.
fn quoted(from: &[u8], delimiter: u8) -> (Vec<u8>, Option<&[u8]>) {
    let mut field = Vec::new();
    let mut rest = from;
    while let Some(at) = memchr::memchr(b'"', rest) {
        field.extend_from_slice(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + 1..).unwrap_or_default();
        match rest.first() {
            None => return (field, None),
            Some(next) if *next == delimiter => return (field, rest.get(1..)),
            Some(b'"') => rest = rest.get(1..).unwrap_or_default(),
            Some(_) => {}
        }
        field.push(b'"');
    }
    field.extend_from_slice(rest);
    (field, None)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::source::decode::Capped;

    /// Lines and what they hold.
    type Lines = Vec<(u64, String)>;

    fn rows(text: &str, width: usize, most: u64) -> (Lines, Lines) {
        let bytes = text.as_bytes().to_vec();
        let mut input: Input<'_> = Capped::new(Box::new(std::io::Cursor::new(bytes)), 1 << 30);
        let mut rows = Rows::new(&mut input, b',', most);
        rows.width = Some(width);
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        while let Some(row) = rows.next_row() {
            match row.bytes {
                Ok(bytes) => good.push((row.line, String::from_utf8(bytes).unwrap())),
                Err(why) => bad.push((row.line, why)),
            }
        }
        (good, bad)
    }

    fn cells(row: &str) -> Vec<String> {
        fields(row.as_bytes(), b',').iter().map(|f| String::from_utf8_lossy(f).into_owned()).collect()
    }

    #[test]
    fn fields_are_quoted_or_not() {
        assert_eq!(cells("a,,\"b, \"\"c\"\"\nd\",e\r\n"), ["a", "", "b, \"c\"\nd", "e"]);
        assert_eq!(cells("\"He said \"no\" twice\",5\" nail"), ["He said \"no\" twice", "5\" nail"]);
        assert_eq!(cells(""), [""]);
        assert_eq!(cells("a,\"b"), ["a", "b"]);
    }

    #[test]
    fn rows_may_span_lines_and_an_open_quote_costs_its_line() {
        let (good, bad) = rows("a,b\n\"c\nd\",e\n\n\"open,x\nf,g\n\"h\",\"i\"\n", 2, 999);
        assert_eq!(good, [(1, "a,b".into()), (2, "\"c\nd\",e".into()), (6, "f,g".into()), (7, "\"h\",\"i\"".into())]);
        assert_eq!(bad.iter().map(|b| b.0).collect::<Vec<_>>(), [5]);
        let (good, bad) = rows("a,b\n\"open,x\nf,g\n", 2, 999);
        assert_eq!((good.len(), bad[0].0), (2, 2));
    }

    #[test]
    fn a_row_that_is_too_long_is_one_reject_and_open_quotes_are_no_hang() {
        let (good, bad) = rows(&format!("a,b\n{},y\nc,d", "x".repeat(300_000)), 2, 1_000);
        assert_eq!((good.len(), bad.len()), (2, 1));
        assert!(bad[0].1.contains("a record may have 1000"), "{}", bad[0].1);
        rows(&"\"x\n".repeat(100_000), 2, 50_000);
    }
}
