//! Sixteen bytes at a time: the vectors of the target where it has them, and the same arithmetic where it has not.

use wide::u8x16;

/// Bytes of a vector.
pub const LANES: usize = 16;

/// Bytes whose classes lie in one mask.
pub const BLOCK: usize = 64;

/// The first sixteen of these bytes; zeros stand in for those that lack.
#[inline(always)]
pub fn load(bytes: &[u8]) -> u8x16 {
    match bytes.first_chunk::<LANES>() {
        Some(sixteen) => u8x16::new(*sixteen),
        None => {
            let mut sixteen = [0; LANES];
            sixteen[..bytes.len()].copy_from_slice(bytes);
            u8x16::new(sixteen)
        }
    }
}

/// What there is to `tell` of the first block of these bytes, where `fill` stands in for those that lack.
#[inline(always)]
pub fn of_block<T>(bytes: &[u8], fill: u8, tell: impl Fn(&[u8; BLOCK]) -> T) -> T {
    match bytes.first_chunk() {
        Some(block) => tell(block),
        None => {
            let mut block = [fill; BLOCK];
            block[..bytes.len()].copy_from_slice(bytes);
            tell(&block)
        }
    }
}

/// The [`bits`] of what each vector of a block `says`.
#[inline(always)]
pub fn mask(block: &[u8; BLOCK], says: impl Fn(u8x16) -> u8x16) -> u64 {
    let lanes = block.as_chunks::<LANES>().0.iter().enumerate();
    lanes.fold(0, |mask, (i, lane)| mask | bits(says(u8x16::new(*lane))) << (i * LANES))
}

/// Which of the bytes of a block is the first that its vectors say: all ones, or not ASCII. Most blocks have none, and are asked once.
#[inline(always)]
pub fn first(said: [u8x16; BLOCK / LANES]) -> Option<usize> {
    let any = said.into_iter().reduce(|any, lane| any | lane).map_or(0, bits);
    let mask = || said.into_iter().enumerate().fold(0, |mask, (i, lane)| mask | bits(lane) << (i * LANES));
    (any != 0).then(|| mask().trailing_zeros() as usize)
}

/// All ones in each byte from `first` to `last`.
#[inline(always)]
pub fn within(bytes: u8x16, first: u8, last: u8) -> u8x16 {
    (bytes - u8x16::splat(first)).simd_le(u8x16::splat(last - first))
}

/// All ones in each byte that is this one.
#[inline(always)]
pub fn equal(bytes: u8x16, one: u8) -> u8x16 {
    bytes.simd_eq(u8x16::splat(one))
}

/// A bit for each byte, its highest: whether it is all ones, or is not ASCII. That of the first byte is lowest.
#[inline(always)]
pub fn bits(bytes: u8x16) -> u64 {
    u64::from(bytes.to_bitmask())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn vectors_say_what_bytes_say(bytes in prop::collection::vec(any::<u8>(), 0..20), x: u8, y: u8) {
            let (first, last) = (x.min(y), x.max(y));
            let mask = |says: &dyn Fn(u8) -> bool| {
                let padded = bytes.iter().copied().chain([0; LANES]).take(LANES);
                padded.enumerate().fold(0_u64, |all, (i, b)| all | u64::from(says(b)) << i)
            };
            prop_assert_eq!(bits(within(load(&bytes), first, last)), mask(&|b| (first..=last).contains(&b)));
            prop_assert_eq!(bits(equal(load(&bytes), x)), mask(&|b| b == x));
            prop_assert_eq!(bits(load(&bytes)), mask(&|b| !b.is_ascii()));
        }

        #[test]
        fn the_first_byte_of_a_block_is_found(bytes in prop::collection::vec(prop::sample::select(vec![b'a', b'b', b'x']), BLOCK), rare: bool) {
            let one = if rare { b'x' } else { b'z' };
            let lanes = std::array::from_fn(|i| equal(load(&bytes[i * LANES..]), one));
            prop_assert_eq!(first(lanes), bytes.iter().position(|b| *b == one));
        }
    }
}
