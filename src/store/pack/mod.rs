//! Small numbers in few bytes: varints, sorted lists as gaps, compressed texts.

pub mod block;
pub mod link;
pub mod sketch;

/// Bytes that cannot be what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damaged;

/// What unpacking returns.
pub type Unpacked<T> = Result<T, Damaged>;

/// Zstandard cannot make a text shorter than by this factor: a larger size in a header is damage, and
/// no memory is asked for it.
const DENSEST: usize = 1 << 16;

/// Appends a number, seven bits to a byte, lowest first.
pub fn put_number(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Appends a list as gaps: the count, two bits per gap for its length in bytes, then the gaps. Sorted
/// lists become short; any list reads back equal.
pub fn put_list(out: &mut Vec<u8>, list: impl ExactSizeIterator<Item = u32>) {
    let n = list.len();
    put_number(out, n as u64);
    let tags = out.len();
    out.resize(tags + n.div_ceil(4), 0);
    let mut last = 0u32;
    for (i, value) in list.enumerate() {
        let gap = value.wrapping_sub(last);
        last = value;
        let len = 4usize.saturating_sub(gap.leading_zeros() as usize / 8).max(1);
        out[tags + i / 4] |= (len as u8 - 1) << (i % 4 * 2);
        // Always four bytes, then shortened: a copy of known length is one instruction.
        out.extend_from_slice(&gap.to_le_bytes());
        out.truncate(out.len() - 4 + len);
    }
}

/// Reads packed bytes from front to back; never past the end.
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    /// The next `n` bytes.
    pub fn take(&mut self, n: usize) -> Unpacked<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(n).ok_or(Damaged)?;
        self.0 = rest;
        Ok(head)
    }

    /// The next bytes as an array.
    pub fn array<const N: usize>(&mut self) -> Unpacked<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| Damaged)
    }

    /// The next byte.
    pub fn byte(&mut self) -> Unpacked<u8> {
        Ok(self.array::<1>()?[0])
    }

    /// What [`put_number`] wrote.
    pub fn number(&mut self) -> Unpacked<u64> {
        let mut n = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            n |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(n);
            }
        }
        Err(Damaged)
    }

    /// A number that fits into 32 bits.
    pub fn number32(&mut self) -> Unpacked<u32> {
        u32::try_from(self.number()?).map_err(|_| Damaged)
    }

    /// A count of things that take at least one byte each, so that no count asks for more memory
    /// than the bytes can fill.
    pub fn count(&mut self) -> Unpacked<usize> {
        let n = usize::try_from(self.number()?).map_err(|_| Damaged)?;
        if n <= self.0.len() { Ok(n) } else { Err(Damaged) }
    }

    /// What [`put_list`] wrote.
    pub fn list(&mut self) -> Unpacked<Vec<u32>> {
        let mut out = Vec::new();
        self.list_into(&mut out)?;
        Ok(out)
    }

    /// The same behind what `out` holds; returns how many.
    pub fn list_into(&mut self, out: &mut Vec<u32>) -> Unpacked<usize> {
        let n = self.count()?;
        let tags = self.take(n.div_ceil(4))?;
        out.reserve(n);
        let start = out.len();
        out.resize(start + n, 0);
        let (mut last, mut at) = (0u32, 0);
        for (four, tag) in out[start..].chunks_mut(4).zip(tags) {
            let mut tag = u32::from(*tag);
            // Where sixteen bytes are left, none of four values needs a look at the end.
            if let (Some(bytes), 4) = (self.0.get(at..at + 16), four.len()) {
                let mut within = 0;
                for value in four {
                    let len = tag & 3;
                    tag >>= 2;
                    last = last.wrapping_add(word(bytes, within) & (u32::MAX >> (24 - 8 * len)));
                    *value = last;
                    within += len as usize + 1;
                }
                at += within;
                continue;
            }
            for value in four {
                let len = tag & 3;
                tag >>= 2;
                last = last.wrapping_add(word(self.0, at) & (u32::MAX >> (24 - 8 * len)));
                *value = last;
                at += len as usize + 1;
            }
        }
        self.take(at)?;
        Ok(n)
    }

    /// Whether everything was read.
    pub fn end(&self) -> Unpacked<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Damaged) }
    }
}

/// Four bytes as a number; what lies behind the end is 0.
#[inline]
fn word(bytes: &[u8], at: usize) -> u32 {
    match bytes.get(at..at + 4) {
        Some(four) => u32::from_le_bytes([four[0], four[1], four[2], four[3]]),
        None => bytes.iter().skip(at).take(4).rev().fold(0, |word, b| word << 8 | u32::from(*b)),
    }
}

/// Compresses short texts one by one and keeps its working memory in between.
pub struct Squeezer(Option<zstd::bulk::Compressor<'static>>);

impl Squeezer {
    /// One that knows nothing beforehand.
    pub fn new() -> Self {
        Squeezer(zstd::bulk::Compressor::new(1).ok())
    }

    /// One that knows bytes which the texts are likely to hold; the [`Unsqueezer`] must know them too.
    pub fn knowing(beforehand: &'static [u8]) -> Self {
        Squeezer(zstd::bulk::Compressor::with_dictionary(1, beforehand).ok())
    }

    /// The compressed bytes; nothing stays nothing.
    pub fn squeeze(&mut self, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
        match &mut self.0 {
            _ if bytes.is_empty() => Ok(Vec::new()),
            Some(zstd) => zstd.compress(bytes),
            None => Err(std::io::ErrorKind::OutOfMemory.into()),
        }
    }
}

/// The other way.
pub struct Unsqueezer(Option<zstd::bulk::Decompressor<'static>>);

impl Unsqueezer {
    /// For what [`Squeezer::new`] compressed.
    pub fn new() -> Self {
        Unsqueezer(zstd::bulk::Decompressor::new().ok())
    }

    /// For what [`Squeezer::knowing`] the same bytes compressed.
    pub fn knowing(beforehand: &'static [u8]) -> Self {
        Unsqueezer(zstd::bulk::Decompressor::with_dictionary(beforehand).ok())
    }

    /// The bytes that were compressed.
    pub fn unsqueeze(&mut self, bytes: &[u8]) -> Unpacked<Vec<u8>> {
        if bytes.is_empty() {
            return Ok(Vec::new());
        }
        let size = zstd::zstd_safe::get_frame_content_size(bytes).ok().flatten().ok_or(Damaged)?;
        let size = usize::try_from(size).ok().filter(|n| *n <= bytes.len().saturating_mul(DENSEST)).ok_or(Damaged)?;
        let zstd = self.0.as_mut().ok_or(Damaged)?;
        zstd.decompress(bytes, size).map_err(|_| Damaged)
    }

    /// The text that was compressed.
    pub fn text(&mut self, bytes: &[u8]) -> Unpacked<String> {
        String::from_utf8(self.unsqueeze(bytes)?).map_err(|_| Damaged)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_number_reads_back_equal(n in any::<u64>()) {
            let mut out = Vec::new();
            put_number(&mut out, n);
            prop_assert_eq!(Bytes(&out).number(), Ok(n));
        }

        #[test]
        fn any_list_reads_back_equal_and_ends_where_it_ended(mut list in prop::collection::vec(any::<u32>(), 0..90), sorted: bool) {
            if sorted {
                list.sort_unstable();
            }
            let mut out = Vec::new();
            put_list(&mut out, list.iter().copied());
            let mut bytes = Bytes(&out);
            prop_assert_eq!(bytes.list(), Ok(list));
            prop_assert_eq!(bytes.end(), Ok(()));
        }

        #[test]
        fn a_compressed_text_reads_back_equal(text in ".{0,300}") {
            let packed = Squeezer::knowing(b"the known words").squeeze(text.as_bytes()).unwrap();
            prop_assert_eq!(Unsqueezer::knowing(b"the known words").text(&packed), Ok(text));
        }

        #[test]
        fn damaged_bytes_are_refused_and_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = Bytes(&bytes).list();
            let _ = Bytes(&bytes).number();
            let _ = Unsqueezer::new().unsqueeze(&bytes);
        }
    }
}
