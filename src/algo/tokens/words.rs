//! The words of a text where only their number or their hashes are asked for: bytes are told apart 64 at a time, and most
//! words are a run of letters whose ends are read off a mask.

use super::{Scan, Sink, Token, hash};
use crate::algo::bytes::{BLOCK, equal, mask, of_block, within};
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
    // Up to where tokens are known; where the word begins that the last block cut through.
    let (mut at, mut open, mut before) = (0, None, 0);
    // One more block than the text fills, so that its last word ends.
    for base in (0..=bytes.len()).step_by(BLOCK) {
        let (letters, more) = letters_and_more(&bytes[base..]);
        let follows = letters << 1 | before >> (BLOCK - 1);
        let (mut starts, mut ends) = (letters & !follows, !letters & follows);
        before = letters;
        if more != 0 {
            let others = others(&bytes[base..]);
            // Of the joints those count that follow a letter.
            if others | (ends & more) != 0 {
                // A token that is more than letters: one token after the other.
                at = open.take().map_or(at, |start| scan.next(start));
                let mut begins = from(letters | others, at, base);
                while begins != 0 {
                    at = scan.next(base + begins.trailing_zeros() as usize);
                    begins = from(begins, at, base);
                }
                continue;
            }
        }
        // What a token before this block reached into is known.
        if at >= base {
            (starts, ends) = (from(starts, at, base), from(ends, at + 1, base));
        }
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

/// Of the first block of these bytes the letters of ASCII, and what may make a token of more than these: digits, what is not
/// ASCII, what may join letters.
#[inline(always)]
fn letters_and_more(bytes: &[u8]) -> (u64, u64) {
    let letters = |lane: u8x16| within(lane | u8x16::splat(0x20), b'a', b'z');
    let joints = |lane| equal(lane, b'\'') | equal(lane, b'-');
    of_block(bytes, b' ', |block| (mask(block, letters), mask(block, |lane| joints(lane) | digits_and_wide(lane))))
}

/// Of the first block of these bytes the digits, and what is not ASCII.
#[inline(always)]
fn others(bytes: &[u8]) -> u64 {
    of_block(bytes, b' ', |block| mask(block, digits_and_wide))
}

/// The highest bit of each byte that is a digit or not ASCII.
#[inline(always)]
fn digits_and_wide(lane: u8x16) -> u8x16 {
    within(lane, b'0', b'9') | lane
}

/// The hash of a word of letters.
#[inline(always)]
fn word(text: &[u8], start: usize, end: usize) -> u64 {
    let len = end - start;
    let sixteen = text.get(start..).and_then(|rest| rest.first_chunk::<SHORT_WORD>());
    match (SHORT.get(len), sixteen) {
        // In lower case, for a letter of ASCII is in upper case without one bit.
        (Some(mask), Some(bytes)) => short_hash((u128::from_le_bytes(*bytes) | LOWER) & mask, len),
        _ => long(text, start, end),
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

/// Where the last of the words starts that start and end at these bits, if it does not end: behind each other start is an end.
#[inline(always)]
fn unended(starts: u64, ends: u64, base: usize) -> Option<usize> {
    (starts > ends).then(|| base + (BLOCK - 1) - starts.leading_zeros() as usize)
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
    fn words(&mut self, _: &[u8], base: usize, _: Option<usize>, (starts, ends): (u64, u64)) -> Option<usize> {
        self.0 += ends.count_ones() as usize;
        unended(starts, ends, base)
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

/// The hashes of the words of letters that start and end at these bits of the first block; returns how many. On its own, so that
/// what it works with stays in registers.
#[inline(never)]
fn within_block(near: &[u8; 2 * BLOCK], (mut starts, mut ends): (u64, u64), room: &mut [u64; BLOCK]) -> usize {
    let mut n = 0;
    for to in room {
        if ends == 0 {
            break;
        }
        let (start, end) = (starts.trailing_zeros() as usize % BLOCK, ends.trailing_zeros() as usize);
        let len = end.wrapping_sub(start);
        *to = match (SHORT.get(len), near[start..].first_chunk::<SHORT_WORD>()) {
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
fn long(text: &[u8], start: usize, end: usize) -> u64 {
    word_hash(&text[start..end].to_ascii_lowercase())
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
        let open = unended(starts, ends, base);
        if let Some(start) = begun {
            let hash = word(text, start, first(ends, base));
            self.room()?[0] = hash;
            (ends, self.made) = (ends & (ends - 1), self.made + 1);
        }
        let room = self.room()?;
        self.made += match text[base..].first_chunk() {
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
        open
    }
}
