//! Stored bytes to readable ones: hashed, unpacked where gzip or zstd, and never more than allowed.

use super::files::Found;
use crate::error::{Error, Result};
use flate2::bufread::MultiGzDecoder;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use xxhash_rust::xxh3::Xxh3;

/// How files are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    Plain,
    /// gzip, one member or more.
    Gzip,
    /// zstd.
    Zstd,
}

impl Packing {
    /// Recognised from the first bytes.
    pub fn of(head: &[u8]) -> Packing {
        match head {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Packing::Zstd,
            _ => Packing::Plain,
        }
    }
}

/// Bytes of stored files read at a time; a reader that asks for more has them without a copy.
const BUFFER: usize = 1 << 17;

/// As many first bytes as tell how a file is packed.
pub const MARK: usize = 4;

/// Whether a file of these first bytes is packed.
pub fn is_packed(head: &[u8]) -> bool {
    Packing::of(head) != Packing::Plain
}

/// Unpacks what is read, whatever it is packed in.
pub fn unpacked<'a>(mut stored: impl BufRead + Send + 'a) -> io::Result<Box<dyn Read + Send + 'a>> {
    Ok(match Packing::of(stored.fill_buf()?) {
        Packing::Plain => Box::new(stored),
        Packing::Gzip => Box::new(MultiGzDecoder::new(stored)),
        Packing::Zstd => Box::new(zstd::Decoder::with_buffer(stored)?),
    })
}

/// What was seen of the stored bytes so far.
#[derive(Default)]
struct Seen {
    hash: Xxh3,
    bytes: u64,
    /// The system's own failure, as against damaged content.
    failed: Option<io::Error>,
}

/// A stored file whose bytes are counted and hashed as they are read.
pub struct Stored {
    path: PathBuf,
    seen: Arc<Mutex<Seen>>,
}

/// The reading end of a [`Stored`] file.
pub struct Tap {
    inner: Box<dyn Read + Send>,
    seen: Arc<Mutex<Seen>>,
}

impl Stored {
    /// Opens a file or standard input.
    pub fn open(found: &Found) -> Result<(Stored, BufReader<Tap>)> {
        let inner: Box<dyn Read + Send> = if found.is_stdin() {
            Box::new(io::stdin())
        } else {
            Box::new(std::fs::File::open(&found.path).map_err(Error::io("read", &found.path))?)
        };
        Ok(Stored::of(inner, &found.path))
    }

    /// Opens the first bytes of a file, and all of one that is told at its end.
    pub fn open_head(found: &Found, most: u64) -> Result<(Stored, BufReader<Tap>)> {
        let mut file = std::fs::File::open(&found.path).map_err(Error::io("read", &found.path))?;
        let mut start = Vec::new();
        file.by_ref().take(4).read_to_end(&mut start).map_err(Error::io("read", &found.path))?;
        // What a Parquet table holds is told at its end.
        let most = if start == b"PAR1" { u64::MAX } else { most };
        Ok(Stored::of(Box::new(io::Cursor::new(start).chain(file).take(most)), &found.path))
    }

    /// Any bytes, under a path for messages.
    pub fn of(inner: Box<dyn Read + Send>, path: &Path) -> (Stored, BufReader<Tap>) {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let tap = Tap { inner, seen: seen.clone() };
        (Stored { path: path.to_path_buf(), seen }, BufReader::with_capacity(BUFFER, tap))
    }

    /// The size and hash of the bytes that were read.
    pub fn sum(&self) -> (u64, u128) {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        (seen.bytes, seen.hash.digest128())
    }

    /// Fails when the system failed to deliver the bytes; damaged content is no failure of the system.
    pub fn check(&self) -> Result<()> {
        let failed = self.seen.lock().unwrap_or_else(PoisonError::into_inner).failed.take();
        failed.map_or(Ok(()), |source| Err(Error::io("read", &self.path)(source)))
    }
}

impl Read for Tap {
    /// Fills the buffer as long as there is more: formats are recognised by what stands in it, and a pipe may give a byte
    /// at a time.
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let (got, failed) = read_full(&mut self.inner, buf);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(e) = failed {
            seen.failed = Some(io::Error::new(e.kind(), e.to_string()));
            if got == 0 {
                return Err(e);
            }
        }
        seen.bytes += got as u64;
        seen.hash.update(buf.get(..got).unwrap_or_default());
        Ok(got)
    }
}

impl Drop for Tap {
    /// Reads to the end, so that size and hash are those of the whole file even when the readable
    /// part was left early.
    fn drop(&mut self) {
        let mut buf = vec![0; 1 << 16];
        while !matches!(self.read(&mut buf), Ok(0)) {
            let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if seen.failed.is_some() {
                break;
            }
        }
    }
}

/// At most so many bytes; whether there were more is known at the end.
pub struct Capped<R> {
    inner: R,
    left: u64,
    /// Whether there was more than allowed.
    pub bit: bool,
}

impl<R: Read> Capped<R> {
    /// At most `most` bytes of `inner`.
    pub fn new(inner: R, most: u64) -> Self {
        Capped { inner, left: most, bit: false }
    }
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            self.bit = self.bit || (!buf.is_empty() && self.inner.read(&mut [0])? > 0);
            return Ok(0);
        }
        let most = buf.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let got = self.inner.read(buf.get_mut(..most).unwrap_or_default())?;
        self.left -= got as u64;
        Ok(got)
    }
}

/// Reads until the buffer is full; how much it holds, and what kept it from being filled but the end.
pub fn read_full(from: &mut impl Read, buf: &mut [u8]) -> (usize, Option<io::Error>) {
    let mut got = 0;
    while let Some(rest) = buf.get_mut(got..).filter(|rest| !rest.is_empty()) {
        match from.read(rest) {
            Ok(0) => break,
            Ok(n) => got += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return (got, Some(e)),
        }
    }
    (got, None)
}

/// The first bytes of a stream, as many as there are up to `most`; damage ends them.
pub fn head(from: &mut impl Read, most: usize) -> (Vec<u8>, Option<io::Error>) {
    let mut head = Vec::with_capacity(most);
    let error = from.take(most as u64).read_to_end(&mut head).err();
    (head, error)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write};

    fn gz(text: &str) -> Vec<u8> {
        let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        to.write_all(text.as_bytes()).unwrap();
        to.finish().unwrap()
    }

    fn text(stored: &[u8]) -> String {
        let mut out = String::new();
        unpacked(stored).unwrap().read_to_string(&mut out).unwrap();
        out
    }

    #[test]
    fn packing_is_recognised_by_its_first_bytes() {
        assert_eq!(text(b"plain"), "plain");
        assert_eq!(text(&[gz("one "), gz("two")].concat()), "one two");
        assert_eq!(text(&zstd::encode_all(&b"three"[..], 1).unwrap()), "three");
        assert_eq!(text(b""), "");
    }

    #[test]
    fn stored_bytes_are_hashed_to_the_end_even_when_left_early() {
        let data = vec![7u8; 1 << 20];
        let (stored, mut from) = Stored::of(Box::new(std::io::Cursor::new(data.clone())), Path::new("x"));
        from.read_exact(&mut [0; 10]).unwrap();
        drop(from);
        assert_eq!(stored.sum(), (1 << 20, xxhash_rust::xxh3::xxh3_128(&data)));
        stored.check().unwrap();
    }

    #[test]
    fn a_pipe_that_gives_a_byte_at_a_time_fills_the_buffer() {
        let (_, mut from) = Stored::of(Box::new(Cursor::new(b"W".to_vec()).chain(&b"ARC/1.0"[..])), Path::new("x"));
        assert_eq!(from.fill_buf().unwrap(), b"WARC/1.0");
    }

    #[test]
    fn a_cap_bites_only_when_there_is_more() {
        let read = |most| {
            let mut capped = Capped::new(&b"12345"[..], most);
            let mut out = Vec::new();
            capped.read_to_end(&mut out).unwrap();
            (out.len(), capped.bit)
        };
        assert_eq!([read(4), read(5), read(6)], [(4, true), (5, false), (5, false)]);
    }
}
