//! The words of a text where only their number or their hashes are asked for: bytes are told apart 64 at a time, and most
//! words are a run of letters whose ends are read off a mask.

use super::{Scan, Sink, Token, hash};
use crate::algo::bytes::{BLOCK, equal, mask, within};
use crate::algo::signature::{SHORT_WORD, short_hash, word_hash};
use std::cell::Cell;
use wide::u8x16;

/// Gives the [`word_hash`] of each token of a folded text in its compared form.
pub fn hashes<T>(text: &str, give: impl FnOnce(&[u64]) -> T) -> T {
    // Room that is there from the text before: to clear as much anew takes as long as to fill it.
    let made = walk(text, Hashes { hashes: ROOM.take(), made: 0, lowered: String::new() });
    let given = give(&made.hashes[..made.made]);
    if made.hashes.len() <= MOST_ROOM {
        ROOM.set(made.hashes);
    }
    given
}

thread_local! {
    static ROOM: Cell<Vec<u64>> = const { Cell::new(Vec::new()) };
}

/// Hashes that a thread keeps room for.
const MOST_ROOM: usize = 1 << 16;

/// How many tokens a folded text has.
pub fn count(text: &str) -> usize {
    walk(text, Count(0)).0
}

fn walk<W: Words>(text: &str, out: W) -> W {
    let bytes = text.as_bytes();
    let mut scan = Scan::new(text, out);
    let (mut base, mut padded) = (0, [b' '; NEAR]);
    // No word is open where a block begins: the next one begins where the last word of this one does, if that does not end in it.
    while base < bytes.len() {
        let near = bytes[base..].first_chunk().unwrap_or_else(|| {
            padded = [b' '; NEAR];
            padded[..bytes.len() - base].copy_from_slice(&bytes[base..]);
            &padded
        });
        let (letters, more) = letters_and_more(near);
        let follows = letters << 1;
        let (starts, ends) = (letters & !follows, !letters & follows);
        let ended = if letters >> (BLOCK - 1) != 0 { BLOCK - 1 - starts.leading_zeros() as usize } else { BLOCK };
        // Of the joints those count that follow a letter.
        if ended == 0 || (more != 0 && (others(near) | (ends & more)) != 0) {
            // A token that is more than letters, or longer than a block: one token after the other.
            let (mut at, begins) = (base, letters | others(near));
            while let Some(begin) = first(from(begins, at, base)) {
                at = scan.next(base + begin);
            }
            base = at.max(base + BLOCK);
            continue;
        }
        scan.out.words(near, starts, ends);
        base += ended;
    }
    scan.out
}

/// A block, and what a short word that begins in it may reach into.
const NEAR: usize = BLOCK + SHORT_WORD;

/// The lowest of these bits.
#[inline(always)]
fn first(bits: u64) -> Option<usize> {
    (bits != 0).then(|| bits.trailing_zeros() as usize)
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

/// Of a block the letters of ASCII, and what may make a token of more than these: digits, what is not ASCII, what may join
/// letters.
#[inline(always)]
fn letters_and_more(near: &[u8; NEAR]) -> (u64, u64) {
    let letters = |lane: u8x16| within(lane | u8x16::splat(0x20), b'a', b'z');
    let joints = |lane| equal(lane, b'\'') | equal(lane, b'-');
    let block = block(near);
    (mask(block, letters), mask(block, |lane| joints(lane) | digits_and_wide(lane)))
}

/// Of a block the digits, and what is not ASCII.
#[inline(always)]
fn others(near: &[u8; NEAR]) -> u64 {
    mask(block(near), digits_and_wide)
}

#[inline(always)]
fn block(near: &[u8; NEAR]) -> &[u8; BLOCK] {
    near.first_chunk().unwrap_or(&[0; BLOCK])
}

/// The highest bit of each byte that is a digit or not ASCII.
#[inline(always)]
fn digits_and_wide(lane: u8x16) -> u8x16 {
    within(lane, b'0', b'9') | lane
}

/// The bit that tells the cases of a letter apart, in each byte.
const LOWER: u128 = u128::from_le_bytes([0x20; SHORT_WORD]);

/// What is made of words.
trait Words: Sink {
    /// The words of letters of a block that start and end at these bits; the last may not end.
    fn words(&mut self, near: &[u8; NEAR], starts: u64, ends: u64);
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
    fn words(&mut self, _: &[u8; NEAR], _: u64, ends: u64) {
        self.0 += ends.count_ones() as usize;
    }
}

struct Hashes {
    /// Those made, and others behind them, so that there is room for those of a block without asking for each.
    hashes: Vec<u64>,
    made: usize,
    lowered: String,
}

impl Hashes {
    /// Room for those of a block, of whose bytes no more than half begin a word.
    #[inline(always)]
    fn room(&mut self) -> Option<&mut [u64; BLOCK]> {
        if self.hashes.len() < self.made + BLOCK {
            self.hashes.resize(2 * (self.made + BLOCK), 0);
        }
        self.hashes.get_mut(self.made..)?.first_chunk_mut()
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

/// The hashes of the words of letters that start and end at these bits of a block; returns how many. On its own, so that what it
/// works with stays in registers.
#[inline(never)]
fn within_block(near: &[u8; NEAR], (mut starts, mut ends): (u64, u64), room: &mut [u64; BLOCK]) -> usize {
    let mut n = 0;
    for to in room {
        if ends == 0 {
            break;
        }
        let (start, end) = (starts.trailing_zeros() as usize % BLOCK, ends.trailing_zeros() as usize);
        let len = end.wrapping_sub(start);
        *to = match (SHORT.get(len), near[start..].first_chunk::<SHORT_WORD>()) {
            // In lower case, for a letter of ASCII is in upper case without one bit.
            (Some(mask), Some(bytes)) => short_hash((u128::from_le_bytes(*bytes) | LOWER) & mask, len),
            _ => long(near, start, end),
        };
        (starts, ends, n) = (starts & starts.wrapping_sub(1), ends & (ends - 1), n + 1);
    }
    n
}

/// The hash of a word of more letters than most.
#[cold]
#[inline(never)]
fn long(near: &[u8], start: usize, end: usize) -> u64 {
    word_hash(&near[start..end].to_ascii_lowercase())
}

impl Words for Hashes {
    #[inline(always)]
    fn words(&mut self, near: &[u8; NEAR], starts: u64, ends: u64) {
        if let Some(room) = self.room() {
            self.made += within_block(near, (starts, ends), room);
        }
    }
}
