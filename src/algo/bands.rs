//! Locality-sensitive join: rows whose signatures agree in all of a band's bins meet in a bucket.

use super::signature::mix;
use rayon::prelude::*;
use std::cmp::Reverse;
use std::ops::Range;

/// What the join gave.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Joined {
    /// Pairs of rows, `a < b`, ascending, without repeats.
    pub pairs: Vec<(u32, u32)>,
    /// Pairs inside hot buckets that were not made.
    pub not_made: u64,
}

/// Most bands whose keys are made in one reading of the signatures: their bins are one line of the cache and a bit.
const TOGETHER: usize = 6;

/// Rows whose keys are made of one band after the other: their signatures stay in the nearest cache.
const NEAR: usize = 64;

/// The keys of some bands, with the rows that they belong to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// Rows, ascending.
    pub rows: Vec<u32>,
    /// Of each band the keys, parallel to the rows.
    pub keys: Vec<Vec<u32>>,
}

impl Columns {
    /// The keys of some of so many bands of `rows` bins each. `signatures` go with their rows, which ascend; those of another
    /// length than `bands × rows` are left out.
    pub fn of<'a>(
        signatures: impl Iterator<Item = (u32, &'a [u32])>,
        some: Range<usize>,
        bands: usize,
        rows: usize,
    ) -> Columns {
        let mut out = Columns::none(some.len());
        let mut whole = signatures.filter(|(_, s)| s.len() == bands * rows);
        loop {
            let part: Vec<(u32, &[u32])> = whole.by_ref().take(NEAR).collect();
            out.rows.extend(part.iter().map(|(row, _)| row));
            for (keys, band) in out.keys.iter_mut().zip(some.clone()) {
                keys.extend(part.iter().map(|(_, s)| key(&s[band * rows..(band + 1) * rows], band)));
            }
            if part.len() < NEAR {
                return out;
            }
        }
    }

    /// Of so many bands, and no row.
    fn none(bands: usize) -> Columns {
        Columns { rows: Vec::new(), keys: vec![Vec::new(); bands] }
    }

    /// Leaves the rows of which this holds.
    pub fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        let kept: Vec<bool> = self.rows.iter().map(|row| keep(*row)).collect();
        let mut of_keys = kept.iter();
        self.keys.iter_mut().for_each(|keys| {
            of_keys = kept.iter();
            keys.retain(|_| of_keys.next() == Some(&true));
        });
        let mut of_rows = kept.iter();
        self.rows.retain(|_| of_rows.next() == Some(&true));
    }
}

/// The keys of all bands as rows came, part by part: nothing is moved as more come.
#[derive(Clone, Debug, Default)]
pub struct Parts(Vec<Part>);

/// The keys of all bands of some rows.
#[derive(Clone, Debug)]
pub struct Part {
    rows: Vec<u32>,
    /// Of the first band those of all rows, then of the second …
    keys: Vec<u32>,
}

/// Stands for a row that does not count.
pub const NO_ROW: u32 = u32::MAX;

impl Part {
    /// Of signatures and the rows they belong to, as [`Columns::of`] makes them.
    pub fn of<'a>(signatures: impl Iterator<Item = (u32, &'a [u32])>, bands: usize, rows: usize) -> Part {
        let whole: Vec<(u32, &[u32])> = signatures.filter(|(_, s)| s.len() == bands * rows).collect();
        let mut keys = Vec::with_capacity(whole.len() * bands);
        for band in 0..bands {
            keys.extend(whole.iter().map(|(_, s)| key(&s[band * rows..(band + 1) * rows], band)));
        }
        Part { rows: whole.into_iter().map(|(row, _)| row).collect(), keys }
    }
}

impl Parts {
    /// Takes in the keys of more rows, which are counted from `first` on.
    pub fn push(&mut self, mut part: Part, first: u32) {
        part.rows.iter_mut().for_each(|row| *row += first);
        self.0.push(part);
    }

    /// Names the rows otherwise; one may become [`NO_ROW`].
    pub fn rename(&mut self, name: impl Fn(u32) -> u32) {
        self.0.iter_mut().flat_map(|part| &mut part.rows).for_each(|row| *row = name(*row));
    }

    /// The keys of some of the bands; rows may be among them that do not count.
    pub fn some(&self, bands: Range<usize>) -> Columns {
        let rows: Vec<u32> = self.0.iter().flat_map(|part| &part.rows).copied().collect();
        let of_band = |band: usize| {
            let mut keys = Vec::with_capacity(rows.len());
            for Part { rows, keys: all } in &self.0 {
                keys.extend_from_slice(&all[band * rows.len()..(band + 1) * rows.len()]);
            }
            keys
        };
        Columns { keys: bands.map(of_band).collect(), rows }
    }
}

/// Pairs rows that share a band; `columns` gives the keys of some of them. A row is paired with the `earliest` first of the
/// rows before it that share one, and with as many others, those that share the most: no cap ever removes a row, only pairs
/// between late ones. Of each bucket only the `earliest` first are looked at.
pub fn join(bands: usize, columns: impl Fn(Range<usize>) -> Columns + Sync, earliest: usize) -> Joined {
    let together = bands.div_ceil(rayon::current_num_threads()).clamp(1, TOGETHER);
    let part = |i: usize| buckets(&columns(i * together..bands.min((i + 1) * together)));
    let parts: Vec<Buckets> = (0..bands.div_ceil(together)).into_par_iter().map(part).collect();
    let mut all = Buckets::default();
    parts.into_iter().for_each(|part| all.append(part));
    let Buckets { members, mut places } = all;
    places.par_sort_unstable();
    let of_row = |met: &mut Vec<u32>, of_one: &[Place]| earlier(of_one, &members, earliest, met);
    let joined = places.par_chunk_by(|x, y| x.row == y.row).map_init(Vec::new, of_row);
    let empty = Joined::default;
    let mut all = joined.fold(empty, Joined::and).reduce(empty, Joined::and);
    all.pairs.par_sort_unstable();
    all
}

impl Joined {
    fn and(mut self, mut other: Joined) -> Joined {
        self.pairs.append(&mut other.pairs);
        Joined { not_made: self.not_made + other.not_made, ..self }
    }
}

/// The buckets of some bands that hold more than one row.
#[derive(Default)]
struct Buckets {
    /// Their rows, bucket after bucket, ascending in each.
    members: Vec<u32>,
    /// Where the rows stand in them that are not the first.
    places: Vec<Place>,
}

/// Where a row stands in a bucket.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    row: u32,
    /// Where the bucket starts among the members.
    start: u32,
    /// How many of its members come before the row.
    before: u32,
}

impl Buckets {
    fn append(&mut self, mut other: Buckets) {
        let moved = self.members.len() as u32;
        self.members.append(&mut other.members);
        self.places.extend(other.places.into_iter().map(|p| Place { start: p.start + moved, ..p }));
    }

    /// Takes in the buckets of one band; `keyed` ascends.
    fn take(&mut self, keyed: &[(u32, u32)]) {
        for bucket in keyed.chunk_by(|x, y| x.0 == y.0).filter(|b| b.len() > 1) {
            let start = self.members.len() as u32;
            self.members.extend(bucket.iter().map(|(_, row)| *row));
            let later = bucket.iter().zip(0..).skip(1);
            self.places.extend(later.map(|((_, row), before)| Place { row: *row, start, before }));
        }
    }
}

fn buckets(columns: &Columns) -> Buckets {
    let rows = &columns.rows;
    let (mut seen, mut keyed, mut out) = (Seen::of(rows.len()), Vec::new(), Buckets::default());
    for keys in &columns.keys {
        seen.see(keys);
        keyed.clear();
        keyed.extend(keys.iter().zip(rows).filter(|(key, _)| seen.twice(**key)).map(|(key, row)| (*key, *row)));
        keyed.sort_unstable();
        out.take(&keyed);
    }
    out
}

/// Pairs one row, by its places in buckets; `met` is room to work in.
fn earlier(of_one: &[Place], members: &[u32], earliest: usize, met: &mut Vec<u32>) -> Joined {
    met.clear();
    let mut out = Joined::default();
    for place in of_one {
        let (start, before) = (place.start as usize, place.before as usize);
        met.extend_from_slice(&members[start..start + before.min(earliest)]);
        out.not_made += before.saturating_sub(earliest) as u64;
    }
    met.sort_unstable();
    // How many bands each shares.
    let mut shared: Vec<(u32, u32)> = met.chunk_by(|a, b| a == b).map(|run| (run.len() as u32, run[0])).collect();
    if shared.len() > earliest {
        let others = &mut shared[earliest..];
        others.sort_unstable_by_key(|(bands, row)| (Reverse(*bands), *row));
        let cut = others.len().saturating_sub(earliest);
        out.not_made += cut as u64;
        shared.truncate(shared.len() - cut);
    }
    out.pairs = shared.into_iter().map(|(_, a)| (a, of_one[0].row)).collect();
    out
}

/// Which keys may have been seen twice, a bit for each of many places: most keys are seen once, and need not be sorted.
struct Seen {
    /// Of 64 places which were seen, and which again: both are asked at once.
    bits: Vec<[u64; 2]>,
}

impl Seen {
    /// Eight places or more for each of so many keys.
    fn of(keys: usize) -> Seen {
        let words = (keys * 8).div_ceil(64).next_power_of_two();
        Seen { bits: vec![[0; 2]; words] }
    }

    /// Sees these and no others.
    fn see(&mut self, keys: &[u32]) {
        self.bits.fill([0; 2]);
        for key in keys {
            let (word, bit) = self.place(*key);
            let [once, again] = &mut self.bits[word];
            *again |= *once & bit;
            *once |= bit;
        }
    }

    fn twice(&self, key: u32) -> bool {
        let (word, bit) = self.place(key);
        self.bits[word][1] & bit > 0
    }

    #[inline]
    fn place(&self, key: u32) -> (usize, u64) {
        ((key >> 6) as usize & (self.bits.len() - 1), 1_u64 << (key & 63))
    }
}

/// The bins of a band in one number; the rounds are those of a shingle's words. Of a million rows five thousand pairs meet in a
/// band by chance, for half the room: they are verified like others.
#[inline(always)]
fn key(bins: &[u32], band: usize) -> u32 {
    let all = |bins: &[u32]| (bins.iter().fold(band as u64, |h, bin| mix(h, u64::from(*bin))) >> 32) as u32;
    match bins {
        // The usual number, unrolled.
        [a, b, c] => all(&[*a, *b, *c]),
        _ => all(bins),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn join(signatures: &[(u32, &[u32])], bands: usize, rows: usize, earliest: usize) -> Joined {
        super::join(bands, |some| Columns::of(signatures.iter().copied(), some, bands, rows), earliest)
    }

    #[test]
    fn rows_that_share_a_band_are_paired_once() {
        let (a, b, c) = ([1, 2, 3, 4, 5, 6], [1, 2, 9, 4, 5, 9], [7, 7, 7, 7, 7, 7]);
        let joined = join(&[(0, &a), (1, &b), (2, &c)], 3, 2, 64);
        assert_eq!(joined.pairs, [(0, 1)]);
        assert_eq!(joined.not_made, 0);
    }

    #[test]
    fn a_hot_bucket_pairs_every_member_with_the_earliest_and_counts_the_rest() {
        let s = [1_u32, 2, 3];
        let rows: Vec<(u32, &[u32])> = (0..10).map(|i| (i, &s[..])).collect();
        let joined = join(&rows, 1, 3, 2);
        assert_eq!(joined.pairs.len(), 1 + 8 * 2);
        assert_eq!(joined.not_made, 45 - 17);
        assert!((1..10).all(|i| joined.pairs.contains(&(0, i))), "no cap removes a member");
    }

    #[test]
    fn a_row_of_many_hot_buckets_meets_the_earliest_and_those_that_share_the_most() {
        // Each band has its own ten rows before the last, which shares all of them; the ninetieth row shares three.
        let of = |row: u32| -> Vec<u32> {
            (0..10).map(|band| if row / 10 == band { 7 } else { 1_000 * (row + 1) + band }).collect()
        };
        let mut signatures: Vec<Vec<u32>> = (0..100).map(of).collect();
        (0..3).for_each(|band| signatures[90][band] = 7);
        signatures.push(vec![7; 10]);
        let rows: Vec<(u32, &[u32])> = (0..).zip(signatures.iter().map(Vec::as_slice)).collect();
        let joined = join(&rows, 10, 1, 20);
        let met: Vec<u32> = joined.pairs.iter().filter(|(_, b)| *b == 100).map(|(a, _)| *a).collect();
        assert_eq!(met.len(), 40);
        assert!((0..20).all(|row| met.contains(&row)) && met.contains(&90));
        assert_eq!(joined.not_made, 60);
    }

    proptest! {
        #[test]
        fn pairs_are_those_of_comparing_every_two(signatures in prop::collection::vec(prop::collection::vec(0_u32..6, 20..=20), 0..40), short in 0_usize..9) {
            let mut rows: Vec<(u32, &[u32])> = (0..).zip(&signatures).map(|(i, s)| (i * 2, &s[..])).collect();
            rows.iter_mut().skip(2).step_by(9).take(short).for_each(|(_, s)| *s = &s[..7]);
            let shared = |a: &[u32], b: &[u32]| a.len() == b.len() && a.chunks(2).zip(b.chunks(2)).any(|(x, y)| x == y);
            let whole: Vec<_> = rows.iter().filter(|(_, s)| s.len() == 20).collect();
            let mut pairs = Vec::new();
            for (i, (a, x)) in whole.iter().enumerate() {
                pairs.extend(whole[i + 1..].iter().filter(|(_, y)| shared(x, y)).map(|(b, _)| (*a, *b)));
            }
            let joined = join(&rows, 10, 2, usize::MAX);
            prop_assert_eq!(joined.pairs, pairs);
        }
    }

    #[test]
    fn signatures_of_another_length_are_left_out() {
        assert!(join(&[(0, &[]), (1, &[])], 42, 3, 64).pairs.is_empty());
    }

    #[test]
    fn parts_have_the_keys_of_columns() {
        let signatures: Vec<Vec<u32>> = (0..9).map(|i| vec![i; if i == 2 { 3 } else { 6 }]).collect();
        let all = || (0..).zip(signatures.iter().map(|s| &s[..]));
        let mut parts = Parts::default();
        let part = |from: usize| (0..).zip(all().map(|(_, s)| s).skip(from).take(4));
        (0..9).step_by(4).for_each(|from| parts.push(Part::of(part(from), 3, 2), from as u32));
        assert_eq!(parts.some(1..3), Columns::of(all(), 1..3, 3, 2));
        parts.rename(|row| if row == 5 { NO_ROW } else { row });
        let mut columns = parts.some(0..3);
        columns.retain(|row| row != NO_ROW);
        assert_eq!(columns, Columns::of(all().filter(|(row, _)| *row != 5), 0..3, 3, 2));
    }

    #[test]
    fn columns_keep_the_keys_of_the_rows_that_stay() {
        let signatures: Vec<Vec<u32>> = (0..6).map(|i| vec![i; if i == 2 { 3 } else { 6 }]).collect();
        let rows =
            |keep: fn(&u32) -> bool| (0..6).filter(keep).map(|i| (i, &signatures[i as usize][..])).collect::<Vec<_>>();
        let of = |rows: Vec<(u32, &[u32])>| Columns::of(rows.into_iter(), 1..3, 3, 2);
        let mut columns = of(rows(|_| true));
        assert_eq!((columns.rows.len(), columns.keys.len()), (5, 2));
        columns.retain(|row| row % 2 == 1);
        assert_eq!(columns, of(rows(|row| row % 2 == 1)));
    }
}
