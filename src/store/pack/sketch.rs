//! A sketch as bytes: lists as gaps, counts as bytes, the signature as it is.

use super::{Bytes, Damaged, Unpacked, put_list, put_number};
use crate::model::Sketch;
use crate::model::list::Cutter;
use crate::model::sketch::Tf;

/// The first byte of a block: how the rest is laid out.
const VERSION: u8 = 3;

/// Packs a sketch without its shingles.
pub fn pack(sketch: &Sketch) -> Vec<u8> {
    pack_signed(sketch, &sketch.signature)
}

/// The same without its signature.
pub fn pack_unsigned(sketch: &Sketch) -> Vec<u8> {
    pack_signed(sketch, &[])
}

fn pack_signed(sketch: &Sketch, signature: &[u32]) -> Vec<u8> {
    let numbers = signature.len() + sketch.title.len() + sketch.lead.len() + sketch.quotes.len();
    let terms = sketch.body.len() + sketch.caps.len() + sketch.numbers.len();
    let mut out = Vec::with_capacity(64 + 5 * numbers + 6 * terms);
    out.push(VERSION);
    out.extend_from_slice(&sketch.exact.to_le_bytes());
    out.extend_from_slice(&sketch.title_hash.to_le_bytes());
    put_number(&mut out, u64::from(sketch.words));
    put_number(&mut out, u64::from(sketch.titled));
    put_number(&mut out, u64::from(sketch.content));
    put_number(&mut out, signature.len() as u64);
    for value in signature {
        out.extend_from_slice(&value.to_le_bytes());
    }
    for list in [&sketch.title, &sketch.lead, &sketch.quotes] {
        put_list(&mut out, list.iter().copied());
    }
    for list in [&sketch.body, &sketch.caps, &sketch.numbers] {
        put_terms(&mut out, list);
    }
    out
}

/// Unpacks what [`pack`] made.
pub fn unpack(block: &[u8]) -> Unpacked<Sketch> {
    let signature = signature(&mut begun(block)?.1)?.into();
    Ok(Sketch { signature, ..unpack_terms(block)? })
}

/// Sketches unpacked side by side, without signatures: their lists lie in two blocks.
#[derive(Default)]
pub struct Unpacking {
    sketches: Vec<Sketch>,
    /// Of each the lengths of title, lead, quotes, body, caps and numbers, in this order.
    lens: Vec<[usize; 6]>,
    plain: Vec<u32>,
    counted: Vec<Tf>,
    hashes: Vec<u32>,
}

impl Unpacking {
    /// Room for so many sketches in so many bytes.
    pub fn with_capacity(sketches: usize, bytes: usize) -> Unpacking {
        let (made, lens) = (Vec::with_capacity(sketches), Vec::with_capacity(sketches));
        // Most terms are counted, in five bytes each; what is too much is given back.
        let (plain, counted) = (Vec::with_capacity(bytes / 16), Vec::with_capacity(bytes / 5));
        Unpacking { sketches: made, lens, plain, counted, ..Unpacking::default() }
    }

    /// Adds one; an empty one where it is damaged.
    pub fn add(&mut self, block: &[u8]) -> Unpacked<()> {
        self.sketches.push(Sketch::default());
        self.lens.push([0; 6]);
        let starts = (self.plain.len(), self.counted.len());
        let Unpacking { plain, counted, hashes, .. } = self;
        let mut read = || -> Unpacked<(Sketch, [usize; 6])> {
            let (sketch, mut bytes) = begun(block)?;
            signed(&mut bytes)?;
            let (title, lead, quotes) = (bytes.list_into(plain)?, bytes.list_into(plain)?, bytes.list_into(plain)?);
            let mut terms = || terms_into(&mut bytes, hashes, counted);
            let (body, caps, numbers) = (terms()?, terms()?, terms()?);
            bytes.end()?;
            Ok((sketch, [title, lead, quotes, body, caps, numbers]))
        };
        match read() {
            Ok((sketch, lens)) => {
                *self.sketches.last_mut().ok_or(Damaged)? = sketch;
                *self.lens.last_mut().ok_or(Damaged)? = lens;
                Ok(())
            }
            Err(damaged) => {
                self.plain.truncate(starts.0);
                self.counted.truncate(starts.1);
                Err(damaged)
            }
        }
    }

    /// All of them.
    pub fn sketches(self) -> Vec<Sketch> {
        let Unpacking { mut sketches, lens, mut plain, mut counted, .. } = self;
        plain.shrink_to_fit();
        counted.shrink_to_fit();
        let (mut plain, mut counted) = (Cutter::new(plain), Cutter::new(counted));
        for (sketch, lens) in sketches.iter_mut().zip(lens) {
            let [title, lead, quotes] = [lens[0], lens[1], lens[2]].map(|len| plain.cut(len as u32));
            let [body, caps, numbers] = [lens[3], lens[4], lens[5]].map(|len| counted.cut(len as u32));
            *sketch = Sketch { title, lead, quotes, body, caps, numbers, ..std::mem::take(sketch) };
        }
        sketches
    }
}

/// Unpacks everything but the signature.
pub fn unpack_terms(block: &[u8]) -> Unpacked<Sketch> {
    let (sketch, mut bytes) = begun(block)?;
    signed(&mut bytes)?;
    let (title, lead, quotes) = (bytes.list()?, bytes.list()?, bytes.list()?);
    let (body, caps, numbers) = (terms(&mut bytes)?, terms(&mut bytes)?, terms(&mut bytes)?);
    bytes.end()?;
    Ok(Sketch {
        body: body.into(),
        title: title.into(),
        lead: lead.into(),
        caps: caps.into(),
        numbers: numbers.into(),
        quotes: quotes.into(),
        ..sketch
    })
}

/// A sketch without its lists, and the bytes that hold these, the signature first.
fn begun(block: &[u8]) -> Unpacked<(Sketch, Bytes<'_>)> {
    let mut bytes = Bytes(block);
    if bytes.byte()? != VERSION {
        return Err(Damaged);
    }
    let exact = u64::from_le_bytes(bytes.array()?);
    let title_hash = u64::from_le_bytes(bytes.array()?);
    let (words, titled, content) = (bytes.number32()?, bytes.number32()?, bytes.number32()?);
    Ok((Sketch { exact, title_hash, words, titled, content, ..Sketch::default() }, bytes))
}

fn signature(bytes: &mut Bytes) -> Unpacked<Vec<u32>> {
    Ok(signed(bytes)?.chunks_exact(4).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect())
}

/// The bytes of the signature.
fn signed<'a>(bytes: &mut Bytes<'a>) -> Unpacked<&'a [u8]> {
    let n = bytes.count()?;
    bytes.take(n.checked_mul(4).ok_or(Damaged)?)
}

fn put_terms(out: &mut Vec<u8>, terms: &[Tf]) {
    put_list(out, terms.iter().map(|t| t.0));
    for (_, count) in terms {
        put_number(out, u64::from(*count));
    }
}

fn terms(bytes: &mut Bytes) -> Unpacked<Vec<Tf>> {
    let mut terms = Vec::new();
    terms_into(bytes, &mut Vec::new(), &mut terms)?;
    Ok(terms)
}

/// Behind what `out` holds; returns how many.
fn terms_into(bytes: &mut Bytes, hashes: &mut Vec<u32>, out: &mut Vec<Tf>) -> Unpacked<usize> {
    hashes.clear();
    bytes.list_into(hashes)?;
    out.reserve(hashes.len());
    for hash in hashes.iter() {
        out.push((*hash, u16::try_from(bytes.number()?).map_err(|_| Damaged)?));
    }
    Ok(hashes.len())
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    prop_compose! {
        /// Any sketch, with lists that need not be sorted.
        pub fn any_sketch()(
            (exact, title_hash, words, titled, content) in any::<(u64, u64, u32, u32, u32)>(),
            signature in vec(any::<u32>(), 0..20),
            (shingles, title, lead, quotes) in (vec(any::<u32>(), 0..60), vec(any::<u32>(), 0..9), vec(any::<u32>(), 0..9), vec(any::<u32>(), 0..9)),
            (body, caps, numbers) in (vec(any::<Tf>(), 0..40), vec(any::<Tf>(), 0..9), vec(any::<Tf>(), 0..9)),
        ) -> Sketch {
            let ([signature, shingles, title], [lead, quotes]) = ([signature, shingles, title].map(Into::into), [lead, quotes].map(Into::into));
            let [body, caps, numbers] = [body, caps, numbers].map(Into::into);
            let marks = None;
            Sketch { exact, title_hash, words, titled, content, signature, shingles, marks, body, title, lead, caps, numbers, quotes }
        }
    }

    proptest! {
        #[test]
        fn a_sketch_reads_back_equal_but_for_its_shingles(sketch in any_sketch()) {
            let block = pack(&sketch);
            let packed = Sketch { shingles: Default::default(), ..sketch };
            let unsigned = Sketch { signature: Default::default(), ..packed.clone() };
            prop_assert_eq!(unpack_terms(&block), Ok(unsigned.clone()));
            prop_assert_eq!(unpack(&pack_unsigned(&packed)), Ok(unsigned));
            prop_assert_eq!(unpack(&block), Ok(packed));
        }

        #[test]
        fn sketches_unpacked_side_by_side_are_the_same_but_for_what_is_left_out(all in vec(any_sketch(), 0..6), cut in 0_usize..6) {
            let blocks: Vec<Vec<u8>> = all.iter().map(pack).collect();
            let mut unpacking = Unpacking::default();
            for (i, block) in blocks.iter().enumerate() {
                match i {
                    i if i == cut => prop_assert!(unpacking.add(&block[..block.len() - 1]).is_err()),
                    _ => prop_assert!(unpacking.add(block).is_ok()),
                }
            }
            let bare = |(i, s): (usize, &Sketch)| {
                let (signature, shingles) = Default::default();
                if i == cut { Sketch::default() } else { Sketch { signature, shingles, ..s.clone() } }
            };
            prop_assert!(unpacking.sketches().into_iter().eq(all.iter().enumerate().map(bare)));
        }

        #[test]
        fn a_sketch_cut_short_or_altered_is_refused_or_another_sketch(sketch in any_sketch(), at in any::<prop::sample::Index>(), byte: u8) {
            let mut block = pack(&sketch);
            let at = at.index(block.len());
            prop_assert_eq!(unpack(&block[..at]), Err(Damaged));
            block[at] = byte;
            let _ = unpack(&block);
        }
    }

    #[test]
    fn a_block_of_another_layout_is_refused() {
        let mut block = pack(&Sketch::default());
        block[0] = VERSION + 1;
        assert_eq!(unpack(&block), Err(Damaged));
    }
}
