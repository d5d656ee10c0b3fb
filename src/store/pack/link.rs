//! The links of one entry as a block: its later neighbours, ascending by their number in the store.

use super::{Bytes, Damaged, Unpacked, put_number};
use crate::model::{Feature, Features, Link, Overlap, Probability, Proposals, Relation, Row};

/// The first byte of a block: how the rest is laid out.
const VERSION: u8 = 1;
/// Set beside the relation when an overlap follows.
const OVERLAP: u8 = 0x80;
/// The relations in the order of their code.
const RELATIONS: [Relation; 5] =
    [Relation::SameText, Relation::Reprint, Relation::Abridgement, Relation::SameEvent, Relation::Different];

/// Packs links of one entry, each with its neighbour's number, ascending by it.
pub fn pack(links: &[(u64, &Link)]) -> Vec<u8> {
    let mut out = vec![VERSION];
    put_number(&mut out, links.len() as u64);
    let mut last = 0;
    for (neighbour, link) in links {
        put_number(&mut out, neighbour.wrapping_sub(last));
        last = *neighbour;
        put_link(&mut out, link);
    }
    out
}

fn put_link(out: &mut Vec<u8>, link: &Link) {
    let relation = RELATIONS.iter().position(|r| *r == link.relation).unwrap_or(RELATIONS.len()) as u8;
    out.push(relation | if link.overlap.is_some() { OVERLAP } else { 0 });
    out.push(link.by.0);
    put_number(out, u64::from(link.p.0));
    put_features(out, &link.features);
    if let Some(overlap) = link.overlap {
        put_number(out, u64::from(overlap.shared));
        out.extend_from_slice(&overlap.containment.to_le_bytes());
        out.extend_from_slice(&overlap.jaccard.to_le_bytes());
    }
}

/// Which values are not zero, then those.
fn put_features(out: &mut Vec<u8>, features: &Features) {
    let mask = features.0.iter().enumerate().filter(|(_, v)| v.to_bits() != 0).fold(0u64, |mask, (i, _)| mask | 1 << i);
    put_number(out, mask);
    out.extend(features.0.iter().filter(|v| v.to_bits() != 0).flat_map(|v| v.to_le_bytes()));
}

/// Unpacks what [`pack`] made; the rows of the links are for the caller to fill in.
pub fn unpack(block: &[u8]) -> Unpacked<Vec<(u64, Link)>> {
    let mut bytes = Bytes(block);
    if bytes.byte()? != VERSION {
        return Err(Damaged);
    }
    let n = bytes.count()?;
    let mut links = Vec::with_capacity(n);
    let mut last = 0u64;
    for _ in 0..n {
        last = last.wrapping_add(bytes.number()?);
        links.push((last, link(&mut bytes)?));
    }
    bytes.end()?;
    Ok(links)
}

fn link(bytes: &mut Bytes) -> Unpacked<Link> {
    let code = bytes.byte()?;
    let relation = *RELATIONS.get(usize::from(code & !OVERLAP)).ok_or(Damaged)?;
    let by = Proposals(bytes.byte()?);
    let p = Probability(bytes.number32()?);
    let features = features(bytes)?;
    let overlap = if code & OVERLAP != 0 { Some(overlap(bytes)?) } else { None };
    Ok(Link { a: Row(0), b: Row(0), by, relation, p, features, overlap })
}

fn features(bytes: &mut Bytes) -> Unpacked<Features> {
    let mask = bytes.number()?;
    let mut values = [0f32; Feature::COUNT];
    for (_, value) in values.iter_mut().enumerate().filter(|(i, _)| mask & 1 << i != 0) {
        *value = f32::from_le_bytes(bytes.array()?);
    }
    Ok(Features(values))
}

fn overlap(bytes: &mut Bytes) -> Unpacked<Overlap> {
    let shared = bytes.number32()?;
    let (containment, jaccard) = (f32::from_le_bytes(bytes.array()?), f32::from_le_bytes(bytes.array()?));
    Ok(Overlap { shared, containment, jaccard })
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        /// Any link between rows that are still to be filled in.
        pub fn any_link()(
            (by, relation, p) in (any::<u8>(), 0..RELATIONS.len(), 0..=1_000_000u32),
            features in prop::collection::vec(prop_oneof![Just(0f32), Just(-0f32), -4f32..4f32], Feature::COUNT),
            overlap in prop::option::of((any::<u32>(), 0f32..1f32, 0f32..1f32)),
        ) -> Link {
            let overlap = overlap.map(|(shared, containment, jaccard)| Overlap { shared, containment, jaccard });
            Link { a: Row(0), b: Row(0), by: Proposals(by), relation: RELATIONS[relation], p: Probability(p), features: Features(std::array::from_fn(|i| features[i])), overlap }
        }
    }

    proptest! {
        #[test]
        fn a_block_of_links_reads_back_equal(links in prop::collection::btree_map(any::<u64>(), any_link(), 0..12)) {
            let given: Vec<(u64, &Link)> = links.iter().map(|(n, l)| (*n, l)).collect();
            let read = unpack(&pack(&given));
            prop_assert_eq!(read, Ok(links.into_iter().collect::<Vec<_>>()));
        }

        #[test]
        fn a_block_cut_short_or_altered_is_refused_or_another_block(link in any_link(), at in any::<prop::sample::Index>(), byte: u8) {
            let mut block = pack(&[(7, &link)]);
            let at = at.index(block.len());
            prop_assert_eq!(unpack(&block[..at]), Err(Damaged));
            block[at] = byte;
            let _ = unpack(&block);
        }
    }

    #[test]
    fn every_relation_has_a_code() {
        for relation in RELATIONS {
            assert!(RELATIONS.contains(&relation));
            assert_eq!(RELATIONS[relation as usize], relation);
        }
    }
}
