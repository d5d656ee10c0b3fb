//! The shipped table of document frequencies: how many of many English headlines hold each term. Counts alone, no text.

use crate::algo::lexicon::Lexicon;
use std::sync::LazyLock;

/// What a table begins with.
const MAGIC: &[u8] = b"retold-df1\n";

/// The table as `retold background` wrote it.
const SHIPPED: &[u8] = include_bytes!("../../assets/background-en.bin");

/// The shipped table.
pub fn shipped() -> &'static Lexicon {
    static TABLE: LazyLock<Lexicon> = LazyLock::new(|| unpack(SHIPPED).unwrap_or_default());
    &TABLE
}

/// A table as bytes: documents, then terms ascending, each as its distance from the last, and its count.
pub fn pack(table: &Lexicon) -> Vec<u8> {
    let mut last = 0;
    let rows: Vec<(u32, u32)> =
        table.rows().into_iter().map(|(term, n)| (term - std::mem::replace(&mut last, term), n)).collect();
    let packed = postcard::to_stdvec(&(table.documents(), rows)).unwrap_or_default();
    [MAGIC, &packed[..]].concat()
}

/// The table of [`pack`]; `None` where the bytes are none.
pub fn unpack(bytes: &[u8]) -> Option<Lexicon> {
    let (documents, steps): (u32, Vec<(u32, u32)>) = postcard::from_bytes(bytes.strip_prefix(MAGIC)?).ok()?;
    let mut last = 0_u32;
    let mut rows = Vec::with_capacity(steps.len());
    for (step, n) in steps {
        last = last.checked_add(step)?;
        rows.push((last, n));
    }
    Some(Lexicon::from_rows(documents, &[], &rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algo::stems::Terms;
    use crate::algo::tokens::Kind;
    use crate::model::Lang;

    #[test]
    fn a_table_comes_back_as_it_was_and_damage_is_noticed() {
        let table = Lexicon::from_rows(7, &[], &[(3, 1), (900, 2), (u32::MAX, 7)]);
        let bytes = pack(&table);
        assert_eq!(unpack(&bytes), Some(table));
        assert_eq!(unpack(&bytes[..bytes.len() - 1]), None);
        assert_eq!(unpack(b"something else"), None);
    }

    #[test]
    fn the_shipped_table_knows_common_words_from_rare_ones() {
        let mut terms = Terms::default();
        let mut df = |w: &str| shipped().frequency(terms.term(w, Kind::Word, Lang::EN).unwrap_or(0));
        assert!(shipped().documents() > 10_000);
        assert!(df("president") > df("ferry") && df("court") > df("harbour"));
    }
}
