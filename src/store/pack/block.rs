//! Thousands of sketches as one block: columns of fixed width, lowest byte first, checked by a hash. Unpacking copies each
//! column once and allocates nothing per sketch. Shingles stay out of it: their marks say which pairs ask for them.

use super::{Bytes, Damaged, Unpacked};
use crate::algo::marks::{self, Marks};
use crate::model::list::{Cutter, List};
use crate::model::sketch::Tf;
use crate::model::{EntryId, Sketch};
use xxhash_rust::xxh3::xxh3_64;

/// The first bytes of a block: how the rest is laid out.
const VERSION: u32 = 1;

/// Lists of a sketch that are in its block: the signature, three of plain hashes, three of counted ones.
const LISTS: usize = 7;

/// Packs sketches and the marks of their shingles.
pub fn pack(sketches: &[&Sketch]) -> Vec<u8> {
    let mut out = Vec::with_capacity(sketches.iter().map(|s| size(s)).sum::<usize>() + 16);
    put(&mut out, [VERSION, sketches.len() as u32].map(u32::to_le_bytes));
    put(&mut out, sketches.iter().map(|s| s.exact.to_le_bytes()));
    put(&mut out, sketches.iter().map(|s| s.title_hash.to_le_bytes()));
    put(&mut out, sketches.iter().flat_map(|s| [s.words, s.titled, s.content]).map(u32::to_le_bytes));
    put(&mut out, sketches.iter().flat_map(|s| lengths(s)).map(u32::to_le_bytes));
    put(&mut out, sketches.iter().map(|s| Marks::of(&s.shingles).to_bytes()));
    sketches.iter().for_each(|s| put_numbers(&mut out, &s.signature));
    sketches.iter().flat_map(|s| plain(s)).for_each(|list| put_numbers(&mut out, list));
    sketches.iter().flat_map(|s| counted(s)).for_each(|list| put(&mut out, list.iter().map(|t| t.0.to_le_bytes())));
    sketches.iter().flat_map(|s| counted(s)).for_each(|list| put(&mut out, list.iter().map(|t| t.1.to_le_bytes())));
    sealed(out)
}

/// Unpacks what [`pack`] made: the sketches without their shingles, and the marks of these.
pub fn unpack(block: &[u8]) -> Unpacked<(Vec<Sketch>, Vec<Marks>)> {
    let mut bytes = Bytes(opened(block)?);
    let [version, rows] = [bytes.array()?, bytes.array()?].map(u32::from_le_bytes);
    if version != VERSION {
        return Err(Damaged);
    }
    let rows = rows as usize;
    let (exact, titles) = (column::<8>(&mut bytes, rows)?, column::<8>(&mut bytes, rows)?);
    let (counts, lengths) = (column::<4>(&mut bytes, 3 * rows)?, column::<4>(&mut bytes, LISTS * rows)?);
    let lengths: Vec<u32> = lengths.iter().map(|n| u32::from_le_bytes(*n)).collect();
    let marks = column::<{ marks::BYTES }>(&mut bytes, rows)?.iter().map(Marks::from_bytes).collect();
    let total = |from: usize, to: usize| {
        lengths.chunks_exact(LISTS).flat_map(|of| &of[from..to]).map(|n| *n as usize).sum::<usize>()
    };
    let mut signatures = Cutter::new(numbers(&mut bytes, total(0, 1))?);
    let mut plain = Cutter::new(numbers(&mut bytes, total(1, 4))?);
    let mut counted = Cutter::new(terms(&mut bytes, total(4, LISTS))?);
    bytes.end()?;
    let rows = exact.iter().zip(titles).zip(counts.chunks_exact(3)).zip(lengths.chunks_exact(LISTS));
    let sketches = rows.map(|(((exact, title_hash), counts), lengths)| Sketch {
        exact: u64::from_le_bytes(*exact),
        title_hash: u64::from_le_bytes(*title_hash),
        words: u32::from_le_bytes(counts[0]),
        titled: u32::from_le_bytes(counts[1]),
        content: u32::from_le_bytes(counts[2]),
        signature: signatures.cut(lengths[0]),
        shingles: List::default(),
        title: plain.cut(lengths[1]),
        lead: plain.cut(lengths[2]),
        quotes: plain.cut(lengths[3]),
        body: counted.cut(lengths[4]),
        caps: counted.cut(lengths[5]),
        numbers: counted.cut(lengths[6]),
    });
    Ok((sketches.collect(), marks))
}

/// The ids of the entries that a block is of, which are kept beside it: few of many blocks may be asked for.
pub fn pack_ids(ids: impl ExactSizeIterator<Item = EntryId>) -> Vec<u8> {
    let mut out = Vec::with_capacity(16 * ids.len() + 8);
    put(&mut out, ids.map(|id| id.0.to_le_bytes()));
    sealed(out)
}

/// What [`pack_ids`] packed.
pub fn unpack_ids(bytes: &[u8]) -> Unpacked<impl ExactSizeIterator<Item = EntryId>> {
    let (ids, []) = opened(bytes)?.as_chunks::<16>() else { return Err(Damaged) };
    Ok(ids.iter().map(|id| EntryId(u128::from_le_bytes(*id))))
}

fn plain(s: &Sketch) -> [&List<u32>; 3] {
    [&s.title, &s.lead, &s.quotes]
}

fn counted(s: &Sketch) -> [&List<Tf>; 3] {
    [&s.body, &s.caps, &s.numbers]
}

fn lengths(s: &Sketch) -> [u32; LISTS] {
    let ([a, b, c], [d, e, f]) = (plain(s).map(|l| l.len() as u32), counted(s).map(|l| l.len() as u32));
    [s.signature.len() as u32, a, b, c, d, e, f]
}

fn size(s: &Sketch) -> usize {
    let [signature, a, b, c, d, e, f] = lengths(s).map(|n| n as usize);
    28 + 4 * LISTS + marks::BYTES + 4 * (signature + a + b + c) + 6 * (d + e + f)
}

fn put<const N: usize>(out: &mut Vec<u8>, values: impl IntoIterator<Item = [u8; N]>) {
    values.into_iter().for_each(|value| out.extend_from_slice(&value));
}

fn put_numbers(out: &mut Vec<u8>, list: &[u32]) {
    put(out, list.iter().map(|n| n.to_le_bytes()));
}

/// The bytes with their hash behind them.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let hash = xxh3_64(&bytes);
    bytes.extend_from_slice(&hash.to_le_bytes());
    bytes
}

/// The bytes before their hash, which must be theirs.
fn opened(sealed: &[u8]) -> Unpacked<&[u8]> {
    let (bytes, hash) = sealed.split_last_chunk::<8>().ok_or(Damaged)?;
    if xxh3_64(bytes) == u64::from_le_bytes(*hash) { Ok(bytes) } else { Err(Damaged) }
}

/// The next so many values of N bytes.
fn column<'a, const N: usize>(bytes: &mut Bytes<'a>, n: usize) -> Unpacked<&'a [[u8; N]]> {
    Ok(bytes.take(n.checked_mul(N).ok_or(Damaged)?)?.as_chunks().0)
}

fn numbers(bytes: &mut Bytes, n: usize) -> Unpacked<Vec<u32>> {
    Ok(column::<4>(bytes, n)?.iter().map(|b| u32::from_le_bytes(*b)).collect())
}

fn terms(bytes: &mut Bytes, n: usize) -> Unpacked<Vec<Tf>> {
    let (terms, counts) = (column::<4>(bytes, n)?, column::<2>(bytes, n)?);
    Ok(terms.iter().zip(counts).map(|(t, n)| (u32::from_le_bytes(*t), u16::from_le_bytes(*n))).collect())
}

#[cfg(test)]
mod tests {
    use super::super::sketch::tests::any_sketch;
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_block_reads_back_equal_but_for_the_shingles(sketches in vec(any_sketch(), 0..6)) {
            let (read, marks) = unpack(&pack(&sketches.iter().collect::<Vec<_>>())).unwrap_or_default();
            prop_assert_eq!(marks, sketches.iter().map(|s| Marks::of(&s.shingles)).collect::<Vec<_>>());
            let without = |s: &Sketch| Sketch { shingles: List::default(), ..s.clone() };
            prop_assert_eq!(read, sketches.iter().map(without).collect::<Vec<_>>());
        }

        #[test]
        fn a_block_cut_short_or_altered_is_refused(sketches in vec(any_sketch(), 1..4), at in any::<prop::sample::Index>(), by in 1..=255_u8) {
            let mut block = pack(&sketches.iter().collect::<Vec<_>>());
            let at = at.index(block.len());
            prop_assert_eq!(unpack(&block[..at]), Err(Damaged));
            block[at] ^= by;
            prop_assert_eq!(unpack(&block), Err(Damaged));
        }

        #[test]
        fn bytes_under_a_right_hash_are_no_panic(bytes in vec(any::<u8>(), 0..200), rows in 0_u32..3) {
            let _ = unpack(&sealed([&VERSION.to_le_bytes()[..], &rows.to_le_bytes(), &bytes].concat()));
            let _ = unpack_ids(&sealed(bytes)).map(|ids| ids.count());
        }

        #[test]
        fn ids_read_back_equal(ids in vec(any::<u128>(), 0..9)) {
            let packed = pack_ids(ids.iter().map(|id| EntryId(*id)));
            let read: Vec<u128> = unpack_ids(&packed).map(|ids| ids.map(|id| id.0).collect()).unwrap_or_default();
            prop_assert_eq!(read, ids);
        }
    }
}
