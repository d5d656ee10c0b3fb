//! The words of a text where only their number or their hashes are asked for: bytes are told apart 64 at a time, and most
//! words are a run of letters whose ends are read off a mask.

use super::{Scan, Sink, Token, hash};
use crate::algo::bytes::{BLOCK, LANES, bits, equal, within};
use crate::algo::signature::{SHORT_WORD, short_hash, word_hash};
use wide::u8x16;

/// The [`word_hash`] of each token of a folded text in its compared form.
pub fn hashes(text: &str) -> Vec<u64> {
    walk(text, Hashes::of(text)).done()
}

/// How many tokens a folded text has.
pub fn count(text: &str) -> usize {
    walk(text, Count(0)).0
}

fn walk<W: Words>(text: &str, out: W) -> W {
    let bytes = text.as_bytes();
    let mut scan = Scan::new(text, out);
    // Up to where tokens are known; where the word begins that the last block cut through.
    let (mut at, mut open, mut before) = (0, None, 0);
    // One more block than the text fills, so that its last word ends.
    for base in (0..=bytes.len()).step_by(BLOCK) {
        let mask = Mask::of(&bytes[base..]);
        let follows = mask.letters << 1 | before >> (BLOCK - 1);
        let (mut starts, mut ends) = (mask.letters & !follows, !mask.letters & follows);
        before = mask.letters;
        if mask.others | (ends & mask.joints) != 0 {
            // A token that is more than letters: one token after the other.
            at = open.take().map_or(at, |start| scan.next(start));
            let mut begins = from(mask.letters | mask.others, at, base);
            while begins != 0 {
                at = scan.next(base + begins.trailing_zeros() as usize);
                begins = from(begins, at, base);
            }
            continue;
        }
        (starts, ends) = (from(starts, at, base), from(ends, at + 1, base));
        let begun = open.take_if(|_| ends != 0);
        let last = scan.out.words(bytes, base, begun, (starts, ends));
        open = last.or(open);
    }
    scan.out
}

/// The bits of a block that starts at `base` from the byte `at` on.
#[inline(always)]
fn from(bits: u64, at: usize, base: usize) -> u64 {
    let first = at.saturating_sub(base);
    if first < BLOCK { bits >> first << first } else { 0 }
}

/// The bytes that make a short word of so many.
static SHORT: [u128; SHORT_WORD + 1] = {
    let mut masks = [0; SHORT_WORD + 1];
    let mut len = 1;
    while len <= SHORT_WORD {
        masks[len] = u128::MAX >> (8 * (SHORT_WORD - len));
        len += 1;
    }
    masks
};

/// What 64 bytes are, a bit for each.
#[derive(Default)]
struct Mask {
    letters: u64,
    /// Digits, and what is not ASCII.
    others: u64,
    /// What may join letters.
    joints: u64,
}

impl Mask {
    /// The mask of the first block of these bytes; blanks stand in for those that lack.
    #[inline(always)]
    fn of(bytes: &[u8]) -> Mask {
        match bytes.first_chunk::<BLOCK>() {
            Some(block) => Mask::of_block(block),
            None => {
                let mut block = [b' '; BLOCK];
                block[..bytes.len()].copy_from_slice(bytes);
                Mask::of_block(&block)
            }
        }
    }

    #[inline(always)]
    fn of_block(block: &[u8; BLOCK]) -> Mask {
        let mut mask = Mask::default();
        for (i, lane) in block.as_chunks::<LANES>().0.iter().enumerate() {
            let bytes = u8x16::new(*lane);
            let letters = within(bytes | u8x16::splat(0x20), b'a', b'z');
            let others = within(bytes, b'0', b'9') | within(bytes, 0x80, 0xff);
            let joints = equal(bytes, b'\'') | equal(bytes, b'-');
            mask.letters |= bits(letters) << (i * LANES);
            mask.others |= bits(others) << (i * LANES);
            mask.joints |= bits(joints) << (i * LANES);
        }
        mask
    }
}

/// The hash of a word of letters.
#[inline(always)]
fn word(text: &[u8], start: usize, end: usize) -> u64 {
    let len = end - start;
    let sixteen = text.get(start..).and_then(|rest| rest.first_chunk::<SHORT_WORD>());
    match (SHORT.get(len), sixteen) {
        // In lower case, for a letter of ASCII is in upper case without one bit.
        (Some(mask), Some(bytes)) => short_hash((u128::from_le_bytes(*bytes) | LOWER) & mask, len),
        _ => word_hash(&text[start..end].to_ascii_lowercase()),
    }
}

/// The bit that tells the cases of a letter apart, in each byte.
const LOWER: u128 = u128::from_le_bytes([0x20; SHORT_WORD]);

/// What is made of words.
trait Words: Sink {
    /// The words of letters of a block from `base` on that start and end at these bits, after one that has begun before it; returns
    /// where one begins that does not end.
    fn words(&mut self, text: &[u8], base: usize, begun: Option<usize>, starts_ends: (u64, u64)) -> Option<usize>;
}

/// Where the first of these bits is in a text.
#[inline(always)]
fn first(bits: u64, base: usize) -> usize {
    base + bits.trailing_zeros() as usize
}

/// Where the last of these bits is in a text.
#[inline(always)]
fn last(bits: u64, base: usize) -> usize {
    base + (BLOCK - 1) - bits.leading_zeros() as usize
}

struct Count(usize);

impl Sink for Count {
    fn push(&mut self, _: &str, _: Token) {
        self.0 += 1;
    }

    fn len(&self) -> usize {
        self.0
    }
}

impl Words for Count {
    #[inline(always)]
    fn words(&mut self, _: &[u8], base: usize, begun: Option<usize>, (starts, ends): (u64, u64)) -> Option<usize> {
        let (of_starts, of_ends) = (starts.count_ones() as usize, ends.count_ones() as usize);
        self.0 += of_ends;
        (of_starts + usize::from(begun.is_some()) > of_ends).then(|| last(starts, base))
    }
}

/// Words of up to six bytes each with what parts them are the usual.
const USUAL: usize = 6;

struct Hashes {
    /// Those made, and behind them zeros, so that there is room for those of a block without asking for each.
    hashes: Vec<u64>,
    made: usize,
    lowered: String,
}

impl Hashes {
    fn of(text: &str) -> Hashes {
        Hashes { hashes: vec![0; text.len() / USUAL + BLOCK], made: 0, lowered: String::new() }
    }

    /// Room for those of a block, of whose bytes no more than half begin a word.
    #[inline(always)]
    fn room(&mut self) -> Option<&mut [u64; BLOCK]> {
        if self.hashes.len() < self.made + BLOCK {
            self.hashes.resize(2 * (self.made + BLOCK), 0);
        }
        self.hashes.get_mut(self.made..)?.first_chunk_mut()
    }

    fn done(mut self) -> Vec<u64> {
        self.hashes.truncate(self.made);
        self.hashes
    }
}

impl Sink for Hashes {
    fn push(&mut self, text: &str, token: Token) {
        let hash = hash(text, token, &mut self.lowered);
        if let Some(room) = self.room() {
            room[0] = hash;
        }
        self.made += 1;
    }

    fn len(&self) -> usize {
        self.made
    }
}

/// The hashes of the words of letters that start and end at these bits of the first block; returns how many. On its own, so that
/// what it works with stays in registers.
#[inline(never)]
fn within_block(near: &[u8; 2 * BLOCK], (mut starts, mut ends): (u64, u64), room: &mut [u64; BLOCK]) -> usize {
    let mut n = 0;
    while ends != 0 {
        let (start, end) = (starts.trailing_zeros() as usize % BLOCK, ends.trailing_zeros() as usize);
        let len = end.wrapping_sub(start);
        room[n % BLOCK] = match (SHORT.get(len), near[start..].first_chunk::<SHORT_WORD>()) {
            (Some(mask), Some(bytes)) => short_hash((u128::from_le_bytes(*bytes) | LOWER) & mask, len),
            _ => word(near, start, end),
        };
        (starts, ends, n) = (starts & (starts - 1), ends & (ends - 1), n + 1);
    }
    n
}

impl Words for Hashes {
    #[inline(always)]
    fn words(
        &mut self,
        text: &[u8],
        base: usize,
        begun: Option<usize>,
        (starts, mut ends): (u64, u64),
    ) -> Option<usize> {
        if let Some(start) = begun {
            let hash = word(text, start, first(ends, base));
            self.room()?[0] = hash;
            (ends, self.made) = (ends & (ends - 1), self.made + 1);
        }
        let room = self.room()?;
        let n = match text[base..].first_chunk() {
            Some(near) => within_block(near, (starts, ends), room),
            None => {
                let (mut starts, mut ends, mut n) = (starts, ends, 0);
                while ends != 0 {
                    room[n % BLOCK] = word(text, first(starts, base), first(ends, base));
                    (starts, ends, n) = (starts & (starts - 1), ends & (ends - 1), n + 1);
                }
                n
            }
        };
        self.made += n;
        (starts.count_ones() as usize > n).then(|| last(starts, base))
    }
}
