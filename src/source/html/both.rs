//! The body that a page shows and the one in its structured data, made into one.

use super::body::{Line, ends_sentence};
use rustc_hash::FxHashSet;
use xxhash_rust::xxh3::xxh3_64;

/// Words of a run by which texts are compared.
const RUN: usize = 4;
/// A structured text of fewer words is no body.
const FEW: usize = 25;
/// A page shows the structured text if it holds this share of its runs.
const SHOWN: f64 = 0.8;
/// The structured text is the whole article if it holds this share of what is shown.
const WHOLE: f64 = 0.6;
/// A line stands in the structured text if this share of its runs does.
const STANDS: f64 = 0.6;

/// The body of an article: what the page shows, without lines that a whole structured text lacks; or the structured text
/// where the page does not show it.
pub fn body(shown: &[Line], structured: &str) -> Vec<String> {
    let all = |lines: &[Line]| lines.iter().map(|l| l.text.clone()).collect();
    let own = || structured.lines().map(str::to_owned).collect();
    let count = structured.split_whitespace().count();
    let shown_count: usize = shown.iter().map(|l| l.text.split_whitespace().count()).sum();
    if shown_count == 0 {
        return own();
    }
    if count < FEW && count < shown_count {
        return all(shown);
    }
    let theirs: FxHashSet<u64> = runs(structured).into_iter().collect();
    let per_line: Vec<Vec<u64>> = shown.iter().map(|l| runs(&l.text)).collect();
    let ours: FxHashSet<u64> = per_line.iter().flatten().copied().collect();
    let held = share(&theirs, &ours);
    let covers = share(&ours, &theirs);
    if held < SHOWN {
        // The page shows a part, or something else.
        let more = count as f64 > 1.2 * shown_count as f64 || held < 0.5 && 2 * count > shown_count;
        return if more { own() } else { all(shown) };
    }
    let cut_off = !ends_sentence(structured) || structured.ends_with('…') || structured.ends_with("...");
    if covers < WHOLE {
        return all(shown);
    }
    let stands = |runs: &Vec<u64>| {
        let found = runs.iter().filter(|run| theirs.contains(run)).count();
        runs.is_empty() || found as f64 >= STANDS * runs.len() as f64
    };
    let last = per_line.iter().rposition(|runs| !runs.is_empty() && stands(runs)).unwrap_or(0);
    let keep =
        |(at, line): &(usize, &Line)| line.heading || (cut_off && *at > last) || per_line.get(*at).is_some_and(stands);
    let kept: Vec<&Line> = shown.iter().enumerate().filter(keep).map(|(_, line)| line).collect();
    let end = kept.iter().rposition(|line| !line.heading).map_or(0, |at| at + 1);
    kept.into_iter().take(end).map(|line| line.text.clone()).collect()
}

fn share(of: &FxHashSet<u64>, within: &FxHashSet<u64>) -> f64 {
    of.intersection(within).count() as f64 / of.len().max(1) as f64
}

/// Hashes of the runs of words in a text; of all its words where it is shorter. Words are letters and digits.
fn runs(text: &str) -> Vec<u64> {
    let words: Vec<u64> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(|w| xxh3_64(w.to_lowercase().as_bytes()))
        .collect();
    let hash =
        |run: &[u64]| run.iter().fold(0_u64, |sum, word| sum.rotate_left(7) ^ word.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    if words.is_empty() {
        return Vec::new();
    }
    words.windows(RUN.min(words.len())).map(hash).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(texts: &[&str]) -> Vec<Line> {
        texts.iter().map(|t| Line { text: (*t).to_owned(), heading: t.starts_with('#') }).collect()
    }

    const A: &str = "The ferry Solan Queen ran aground off Port Ellery before dawn and fourteen people were hurt.";
    const B: &str = "Tugs from the harbour pulled her free at noon, and divers looked at the hull in the afternoon.";
    const C: &str = "Sign up here for the letter that tells you everything about ships.";

    #[test]
    fn what_a_whole_structured_text_lacks_is_left_out() {
        assert_eq!(body(&lines(&[A, C, "# More", B, C]), &format!("{A} {B}")), [A, "# More", B]);
        assert_eq!(body(&lines(&[A, B]), &format!("{A} {B}")), [A, B]);
    }

    #[test]
    fn a_structured_text_that_is_cut_off_or_a_summary_leaves_the_rest() {
        let long = format!("{A} {} {B} Tugs from", A.replace("The", "A"));
        assert_eq!(
            body(&lines(&[A, &A.replace("The", "A"), B, C]), &long),
            [A.to_owned(), A.replace("The", "A"), B.to_owned(), C.to_owned()]
        );
        assert_eq!(body(&lines(&[A, B, C]), "The ferry ran aground."), [A, B, C]);
        assert_eq!(body(&lines(&[A, B, C]), ""), [A, B, C]);
    }

    #[test]
    fn what_the_page_does_not_show_is_taken_from_the_structured_text() {
        assert_eq!(body(&lines(&[C]), &format!("{A}\n{B}")), [A, B]);
        assert_eq!(body(&[], A), [A]);
        assert_eq!(body(&[], ""), Vec::<String>::new());
    }
}
