//! What two texts have in common word for word.

use crate::algo::logistic::round6;
use crate::algo::runs::shared_runs;
use crate::algo::signature::word_hash;
use crate::algo::tokens::{Token, lower, tokens};
use crate::model::{Link, Relation, Sketch, Text};
use crate::stage::fingerprint::TITLE_BELOW_WORDS;
use crate::stage::score::overlap;
use schemars::JsonSchema;
use serde::Serialize;

/// Most shared runs that are listed.
const MOST_RUNS: usize = 10;

/// A run of words that stands in both texts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct SharedRun {
    /// Its words, counted.
    pub words: usize,
    /// The words as the one entry prints them.
    pub text: String,
}

/// What two texts have in common word for word.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct CopyLook {
    /// `same_text`, `reprint` or `abridgement`; null when they are no copies.
    pub relation: Option<Relation>,
    /// Shingles in both.
    pub shared: u32,
    /// Shared over the smaller text's.
    pub containment: f64,
    /// Shared over those of both together.
    pub jaccard: f64,
    /// For copies, the runs of words that stand in both, the longest first, at most ten.
    pub runs: Vec<SharedRun>,
}

/// Looks at a link's first two sketches and texts; `shingle` is the fewest words of a run.
pub fn look(link: &Link, sketches: &[Sketch], texts: &[Text; 2], shingle: usize) -> CopyLook {
    let relation = Some(link.relation).filter(|r| r.is_copy());
    let runs = if relation.is_some() { runs(texts, shingle) } else { Vec::new() };
    let found = link.overlap.unwrap_or_else(|| overlap(&sketches[0], &sketches[1]));
    let (containment, jaccard) = (round6(found.containment.into()), round6(found.jaccard.into()));
    CopyLook { relation, shared: found.shared, containment, jaccard, runs }
}

fn runs(texts: &[Text; 2], shingle: usize) -> Vec<SharedRun> {
    let (x, y) = (Words::of(&texts[0]), Words::of(&texts[1]));
    let found = shared_runs(&x.hashes, &y.hashes, shingle);
    found.iter().take(MOST_RUNS).map(|r| SharedRun { words: r.len, text: x.text(r.a, r.len) }).collect()
}

/// The words of a text that copies are looked for in.
struct Words {
    text: String,
    tokens: Vec<Token>,
    hashes: Vec<u64>,
}

impl Words {
    fn of(text: &Text) -> Words {
        let short = tokens(&text.body).len() < TITLE_BELOW_WORDS;
        let whole = if short { format!("{}\n{}", text.title, text.body) } else { text.body.clone() };
        let tokens = tokens(&whole);
        let mut lowered = String::new();
        let mut hash = |t: &Token| {
            lower(t.of(&whole), &mut lowered);
            word_hash(lowered.as_bytes())
        };
        let hashes = tokens.iter().map(&mut hash).collect();
        Words { text: whole, tokens, hashes }
    }

    /// `len` words from the one at `first` on, as printed, on one line.
    fn text(&self, first: usize, len: usize) -> String {
        let (from, to) = (self.tokens[first].start as usize, self.tokens[first + len - 1].end as usize);
        self.text[from..to].split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_told_as_printed_whatever_their_case_and_layout() {
        let text = |title: &str, body: &str| Text { title: title.into(), body: body.into(), ..Text::default() };
        let both =
            [text("Ferry late", "The ferry,\n\"Solan Queen\", ran aground."), text("", "THE FERRY Solan queen sank")];
        let found = runs(&both, 3);
        assert_eq!(found, [SharedRun { words: 4, text: "The ferry, \"Solan Queen".into() }]);
    }
}
