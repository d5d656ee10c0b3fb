//! What is compared: hashes and counts, no strings. Words are made again from the text when a person asks.

use super::list::{List, gather};
use super::marks::Marks;

/// A term with its count in one entry.
pub type Tf = (u32, u16);

/// The comparable form of one text. Lists are sorted by hash and free of repeats.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Sketch {
    /// Hash of the folded words of the copied text (the body; the title where there is no body).
    pub exact: u64,
    /// Hash of the folded words of the title; 0 without one.
    pub title_hash: u64,
    /// Words of the copied text.
    pub words: u32,
    /// How many of them are the title's, which stands before a short body.
    pub titled: u32,
    /// Distinct content words of the copied text.
    pub content: u32,
    /// One-permutation signature of the shingles, densified; empty without shingles.
    pub signature: List<u32>,
    /// Hashes of the distinct word 3-shingles of the copied text.
    pub shingles: List<u32>,
    /// Their marks, where they are not listed.
    pub marks: Option<Box<Marks>>,
    /// Content terms of the body.
    pub body: List<Tf>,
    /// Content terms of the title (of the first sentence where there is no title).
    pub title: List<u32>,
    /// Content terms of title and first 60 content words.
    pub lead: List<u32>,
    /// Capitalised words.
    pub caps: List<Tf>,
    /// Numbers.
    pub numbers: List<Tf>,
    /// Four-word runs inside quotation marks.
    pub quotes: List<u32>,
}

/// What of a sketch is at hand wherever its lists lie.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Brief {
    /// As [`Sketch::exact`].
    pub exact: u64,
    /// As [`Sketch::words`].
    pub words: u32,
    /// As [`Sketch::titled`].
    pub titled: u32,
    /// As [`Sketch::content`].
    pub content: u32,
}

impl Sketch {
    /// The same with the terms of another.
    pub fn with_terms(self, terms: Sketch) -> Sketch {
        let Sketch { title, lead, quotes, body, caps, numbers, .. } = terms;
        Sketch { title, lead, quotes, body, caps, numbers, ..self }
    }

    /// The marks of its shingles.
    pub fn marks(&self) -> Marks {
        self.marks.as_deref().map_or_else(|| Marks::of(&self.shingles), Marks::clone)
    }

    /// What of it is at hand wherever its lists lie.
    pub fn brief(&self) -> Brief {
        Brief { exact: self.exact, words: self.words, titled: self.titled, content: self.content }
    }

    /// Lets the lists of many sketches lie side by side, those of one use in one block: it can be let go alone.
    pub fn gather<'a>(sketches: impl IntoIterator<Item = &'a mut Sketch>) {
        let mut sketches: Vec<&mut Sketch> = sketches.into_iter().collect();
        gather(sketches.iter_mut().map(|s| &mut s.signature).collect());
        gather(sketches.iter_mut().map(|s| &mut s.shingles).collect());
        gather(sketches.iter_mut().flat_map(|s| [&mut s.title, &mut s.lead, &mut s.quotes]).collect());
        gather(sketches.iter_mut().flat_map(|s| [&mut s.body, &mut s.caps, &mut s.numbers]).collect());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gathered_sketches_are_the_same_sketches() {
        let one = |n: u32| Sketch {
            signature: vec![n; 3].into(),
            shingles: vec![n, n + 1].into(),
            body: vec![(n, 2)].into(),
            lead: vec![n].into(),
            caps: vec![(n, 1), (n + 1, 1)].into(),
            ..Sketch::default()
        };
        let plain: Vec<Sketch> = (0..5).map(one).collect();
        let mut gathered = plain.clone();
        Sketch::gather(&mut gathered);
        assert_eq!(gathered, plain);
    }
}
