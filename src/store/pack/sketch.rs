//! A sketch as bytes: lists as gaps, counts as bytes, the signature as it is.

use super::{Bytes, Damaged, Unpacked, put_list, put_number};
use crate::model::Sketch;
use crate::model::sketch::Tf;

/// The first byte of a block: how the rest is laid out.
const VERSION: u8 = 2;

/// Packs a sketch.
pub fn pack(sketch: &Sketch) -> Vec<u8> {
    let numbers =
        sketch.signature.len() + sketch.shingles.len() + sketch.title.len() + sketch.lead.len() + sketch.quotes.len();
    let terms = sketch.body.len() + sketch.caps.len() + sketch.numbers.len();
    let mut out = Vec::with_capacity(64 + 5 * numbers + 6 * terms);
    out.push(VERSION);
    out.extend_from_slice(&sketch.exact.to_le_bytes());
    out.extend_from_slice(&sketch.title_hash.to_le_bytes());
    put_number(&mut out, u64::from(sketch.words));
    put_number(&mut out, u64::from(sketch.titled));
    put_number(&mut out, u64::from(sketch.content));
    put_number(&mut out, sketch.signature.len() as u64);
    for value in &sketch.signature {
        out.extend_from_slice(&value.to_le_bytes());
    }
    for list in [&sketch.shingles, &sketch.title, &sketch.lead, &sketch.quotes] {
        put_list(&mut out, list.iter().copied());
    }
    for list in [&sketch.body, &sketch.caps, &sketch.numbers] {
        put_terms(&mut out, list);
    }
    out
}

/// Unpacks what [`pack`] made.
pub fn unpack(block: &[u8]) -> Unpacked<Sketch> {
    let (signature, shingles) = (signature(&mut begun(block)?.1)?.into(), unpack_shingles(block)?.into());
    Ok(Sketch { signature, shingles, ..unpack_terms(block)? })
}

/// Unpacks the shingles alone.
pub fn unpack_shingles(block: &[u8]) -> Unpacked<Vec<u32>> {
    let (_, mut bytes) = begun(block)?;
    signed(&mut bytes)?;
    bytes.list()
}

/// Unpacks everything but the signature and the shingles.
pub fn unpack_terms(block: &[u8]) -> Unpacked<Sketch> {
    let (sketch, mut bytes) = begun(block)?;
    signed(&mut bytes)?;
    bytes.pass_list()?;
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
    let hashes = bytes.list()?;
    let mut terms = Vec::with_capacity(hashes.len());
    for hash in hashes {
        terms.push((hash, u16::try_from(bytes.number()?).map_err(|_| Damaged)?));
    }
    Ok(terms)
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
            Sketch { exact, title_hash, words, titled, content, signature, shingles, body, title, lead, caps, numbers, quotes }
        }
    }

    proptest! {
        #[test]
        fn a_sketch_reads_back_equal(sketch in any_sketch()) {
            let block = pack(&sketch);
            prop_assert_eq!(unpack_shingles(&block).as_deref(), Ok(&sketch.shingles[..]));
            let (signature, shingles) = Default::default();
            prop_assert_eq!(unpack_terms(&block), Ok(Sketch { signature, shingles, ..sketch.clone() }));
            prop_assert_eq!(unpack(&block), Ok(sketch));
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
