//! Thousands of sketches as blocks: columns of fixed width, lowest byte first, checked by a hash. Unpacking copies each
//! column once and allocates nothing per sketch.
//!
//! What tells copies is one block: the signatures, and of the shingles their marks, which say of most pairs that they need
//! not be made. The terms are another, and what an entry is searched by a third.

use super::{Bytes, Damaged, Unpacked};
use crate::algo::neighbours::Vectors;
use crate::model::list::{Cutter, List};
use crate::model::marks::{self, Marks};
use crate::model::sketch::Tf;
use crate::model::{EntryId, Sketch};
use xxhash_rust::xxh3::xxh3_64;

/// The first bytes of a block: how the rest is laid out.
const VERSION: u32 = 1;

/// Lists of terms of a sketch: three of plain hashes, three of counted ones.
const LISTS: usize = 6;

/// A count that stands for one that takes two bytes.
const MORE: u8 = u8::MAX;

/// Packs what tells copies: everything of sketches but their terms, and of their shingles the marks.
pub fn pack(sketches: &[&Sketch]) -> Vec<u8> {
    let mut out = begun(sketches.len(), |i| 32 + marks::BYTES + 4 * sketches[i].signature.len());
    put(&mut out, sketches.iter().map(|s| s.exact.to_le_bytes()));
    put(&mut out, sketches.iter().map(|s| s.title_hash.to_le_bytes()));
    let counts = |s: &&Sketch| [s.words, s.titled, s.content, s.signature.len() as u32];
    put(&mut out, sketches.iter().flat_map(counts).map(u32::to_le_bytes));
    put(&mut out, sketches.iter().map(|s| s.marks().to_bytes()));
    sketches.iter().for_each(|s| put_numbers(&mut out, &s.signature));
    sealed(out)
}

/// Unpacks what [`pack`] made: sketches without terms and shingles, and the marks of these.
pub fn unpack(block: &[u8]) -> Unpacked<(Vec<Sketch>, Vec<Marks>)> {
    let (mut bytes, rows) = opened_rows(block)?;
    let (exact, titles) = (column::<8>(&mut bytes, rows)?, column::<8>(&mut bytes, rows)?);
    let counts = numbers(&mut bytes, 4 * rows)?;
    let marks = column::<{ marks::BYTES }>(&mut bytes, rows)?.iter().map(Marks::from_bytes).collect();
    let all = counts.iter().skip(3).step_by(4).map(|n| *n as usize).sum();
    let mut signatures = Cutter::new(numbers(&mut bytes, all)?);
    bytes.end()?;
    let rows = exact.iter().zip(titles).zip(counts.chunks_exact(4));
    let sketches = rows.map(|((exact, title_hash), counts)| Sketch {
        exact: u64::from_le_bytes(*exact),
        title_hash: u64::from_le_bytes(*title_hash),
        words: counts[0],
        titled: counts[1],
        content: counts[2],
        signature: signatures.cut(counts[3]),
        ..Sketch::default()
    });
    Ok((sketches.collect(), marks))
}

/// Packs the terms of sketches.
pub fn pack_terms(sketches: &[&Sketch]) -> Vec<u8> {
    let mut out = begun(sketches.len(), |i| lengths(sketches[i]).map(|n| 5 * n as usize + 4).iter().sum());
    put(&mut out, sketches.iter().flat_map(|s| lengths(s)).map(u32::to_le_bytes));
    sketches.iter().flat_map(|s| plain(s)).for_each(|list| put_numbers(&mut out, list));
    let counted = || sketches.iter().flat_map(|s| counted(s)).flat_map(|list| list.iter());
    put(&mut out, counted().map(|t| t.0.to_le_bytes()));
    put(&mut out, counted().map(|t| [u8::try_from(t.1).unwrap_or(MORE)]));
    put(&mut out, counted().filter(|t| t.1 >= u16::from(MORE)).map(|t| t.1.to_le_bytes()));
    sealed(out)
}

/// Unpacks what [`pack_terms`] made: sketches of terms and nothing else.
pub fn unpack_terms(block: &[u8]) -> Unpacked<Vec<Sketch>> {
    let (mut bytes, rows) = opened_rows(block)?;
    let lengths = numbers(&mut bytes, LISTS * rows)?;
    let total = |of: std::ops::Range<usize>| {
        lengths.chunks_exact(LISTS).flat_map(|row| &row[of.clone()]).map(|n| *n as usize).sum::<usize>()
    };
    let mut plain = Cutter::new(numbers(&mut bytes, total(0..3))?);
    let mut counted = Cutter::new(terms(&mut bytes, total(3..LISTS))?);
    bytes.end()?;
    let sketches = lengths.chunks_exact(LISTS).map(|lengths| Sketch {
        title: plain.cut(lengths[0]),
        lead: plain.cut(lengths[1]),
        quotes: plain.cut(lengths[2]),
        body: counted.cut(lengths[3]),
        caps: counted.cut(lengths[4]),
        numbers: counted.cut(lengths[5]),
        ..Sketch::default()
    });
    Ok(sketches.collect())
}

/// Packs some rows of vectors.
pub fn pack_vectors(vectors: &Vectors, rows: std::ops::Range<usize>) -> Vec<u8> {
    let of = || rows.clone().map(|row| vectors.of(row as u32));
    let mut out = begun(rows.len(), |i| 4 + 8 * vectors.of((rows.start + i) as u32).len());
    put(&mut out, of().map(|terms| (terms.len() as u32).to_le_bytes()));
    put(&mut out, of().flatten().map(|t| t.0.to_le_bytes()));
    put(&mut out, of().flatten().map(|t| t.1.to_le_bytes()));
    sealed(out)
}

/// Unpacks what [`pack_vectors`] made.
pub fn unpack_vectors(block: &[u8]) -> Unpacked<Vectors> {
    let (mut bytes, rows) = opened_rows(block)?;
    let lengths = numbers(&mut bytes, rows)?;
    let all = lengths.iter().map(|n| *n as usize).sum();
    let (terms, weights) = (column::<4>(&mut bytes, all)?, column::<4>(&mut bytes, all)?);
    bytes.end()?;
    let mut pairs = terms.iter().zip(weights).map(|(t, w)| (u32::from_le_bytes(*t), f32::from_le_bytes(*w)));
    let mut vectors = Vectors::with_capacity(rows, all);
    lengths.iter().for_each(|n| vectors.fill(|out| out.extend(pairs.by_ref().take(*n as usize))));
    Ok(vectors)
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
    [a, b, c, d, e, f]
}

/// The beginning of a block of so many rows, with room for about so many bytes of each.
fn begun(rows: usize, size: impl Fn(usize) -> usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(16 + (0..rows).map(size).sum::<usize>());
    put(&mut out, [VERSION, rows as u32].map(u32::to_le_bytes));
    out
}

/// What follows the beginning of a block, and how many rows it has.
fn opened_rows(block: &[u8]) -> Unpacked<(Bytes<'_>, usize)> {
    let mut bytes = Bytes(opened(block)?);
    let [version, rows] = [bytes.array()?, bytes.array()?].map(u32::from_le_bytes);
    if version == VERSION { Ok((bytes, rows as usize)) } else { Err(Damaged) }
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
    let (terms, counts) = (column::<4>(bytes, n)?, bytes.take(n)?);
    let mut more = column::<2>(bytes, counts.iter().filter(|n| **n == MORE).count())?.iter();
    let counts = counts.iter().map(|n| match *n {
        MORE => more.next().map_or(0, |n| u16::from_le_bytes(*n)),
        n => u16::from(n),
    });
    Ok(terms.iter().zip(counts).map(|(t, n)| (u32::from_le_bytes(*t), n)).collect())
}

#[cfg(test)]
mod tests {
    use super::super::sketch::tests::any_sketch;
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn vectors_of(documents: &[Vec<(u32, f32)>]) -> Vectors {
        let mut vectors = Vectors::default();
        documents.iter().for_each(|terms| vectors.push(terms));
        vectors
    }

    proptest! {
        #[test]
        fn blocks_read_back_equal_but_for_the_shingles(sketches in vec(any_sketch(), 0..6), counts in vec(250_u16..260, 0..20)) {
            let counted = Sketch { body: counts.into_iter().map(|n| (7, n)).collect::<Vec<_>>().into(), ..Sketch::default() };
            let all: Vec<&Sketch> = sketches.iter().chain([&counted]).collect();
            let (told, marks) = unpack(&pack(&all)).unwrap_or_default();
            prop_assert_eq!(marks, all.iter().map(|s| Marks::of(&s.shingles)).collect::<Vec<_>>());
            let with_terms = told.into_iter().zip(unpack_terms(&pack_terms(&all)).unwrap_or_default());
            let read: Vec<Sketch> = with_terms.map(|(told, terms)| told.with_terms(terms)).collect();
            let without = |s: &&Sketch| Sketch { shingles: List::default(), ..(*s).clone() };
            prop_assert_eq!(read, all.iter().map(without).collect::<Vec<_>>());
        }

        #[test]
        fn vectors_read_back_equal(documents in vec(vec((any::<u32>(), -1e9_f32..1e9), 0..9), 0..9), first in 0_usize..9) {
            let first = first.min(documents.len());
            let packed = pack_vectors(&vectors_of(&documents), first..documents.len());
            let mut read = Vectors::default();
            read.append(&unpack_vectors(&packed).unwrap_or_default());
            let expected = vectors_of(&documents[first..]);
            prop_assert_eq!((0..read.len() as u32).map(|d| read.of(d).to_vec()).collect::<Vec<_>>(), documents[first..].to_vec());
            prop_assert_eq!(read.len(), expected.len());
        }

        #[test]
        fn a_block_cut_short_or_altered_is_refused(sketches in vec(any_sketch(), 1..4), at in any::<prop::sample::Index>(), by in 1..=255_u8) {
            let all: Vec<&Sketch> = sketches.iter().collect();
            let damaged = |mut block: Vec<u8>| {
                let at = at.index(block.len());
                let short = block[..at].to_vec();
                block[at] ^= by;
                [short, block]
            };
            for block in damaged(pack(&all)) {
                prop_assert_eq!(unpack(&block), Err(Damaged));
            }
            for block in damaged(pack_terms(&all)) {
                prop_assert_eq!(unpack_terms(&block), Err(Damaged));
            }
            for block in damaged(pack_vectors(&vectors_of(&[vec![(1, 0.5)], vec![]]), 0..2)) {
                prop_assert_eq!(unpack_vectors(&block), Err(Damaged));
            }
        }

        #[test]
        fn bytes_under_a_right_hash_are_no_panic(bytes in vec(any::<u8>(), 0..200), rows in 0_u32..3) {
            let block = sealed([&VERSION.to_le_bytes()[..], &rows.to_le_bytes(), &bytes].concat());
            let _ = (unpack(&block), unpack_terms(&block), unpack_vectors(&block));
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
