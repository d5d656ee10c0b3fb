//! Furniture: sentences that one outlet repeats from text to text.

use super::NormaliseSettings;
use crate::algo::bytes::{BLOCK, equal, mask, of_block};
use crate::algo::fold::fold;
use crate::algo::signature::{mix, sentence_hash};
use crate::algo::tokens::{ends_sentence, is_unspaced};
use crate::model::{Entry, EntryId, Row};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

const DAY: i64 = 86_400;

/// Hashes of (outlet, sentence) that are furniture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Furniture {
    known: FxHashSet<u64>,
    /// The counted entries that hold any of it; not kept in the state, and `None` where it is not known.
    #[serde(skip)]
    holders: Option<FxHashSet<EntryId>>,
}

impl Furniture {
    /// Finds the sentences that stand in at least `furniture_texts` different texts of one outlet within
    /// `furniture_days`, and in more than `furniture_share` of its texts. Equal texts count once, so that a
    /// text is never furniture for having been printed often.
    pub fn count(entries: &[Entry], settings: &NormaliseSettings) -> Furniture {
        let hashes = |row: Row, all: &mut Vec<u64>| add_hashes(&fold(&entries[row.at()].body.text()), all);
        Furniture::count_by(entries, |_| (), hashes, settings)
    }

    /// As [`Furniture::count`], of entries whose sentences are known: `hashes` adds those of a row, as [`add_hashes`] does, and
    /// `ahead` is told which rows come next.
    pub fn count_by(
        entries: &[Entry],
        ahead: impl Fn(&[Row]) + Sync,
        hashes: impl Fn(Row, &mut Vec<u64>) + Sync,
        settings: &NormaliseSettings,
    ) -> Furniture {
        let mut outlets: FxHashMap<&str, Vec<Row>> = FxHashMap::default();
        // One entry behind the other: an outlet's own are far apart.
        let mut days: Vec<i32> = Vec::with_capacity(entries.len());
        for (row, entry) in (0..).zip(entries) {
            outlets.entry(&entry.outlet).or_default().push(Row(row));
            days.push(entry.published.from.unwrap_or(0).div_euclid(DAY) as i32);
        }
        let least = settings.furniture_texts as usize;
        let groups: Vec<Vec<Row>> = outlets.into_values().filter(|rows| rows.len() >= least).collect();
        let found: Vec<Repeated> =
            groups.par_iter().map(|rows| repeated((entries, &days), rows, (&ahead, &hashes), settings)).collect();
        let known = found.iter().flat_map(|f| &f.sentences).copied().collect();
        let holders = found.iter().flat_map(|f| &f.holders).copied().collect();
        Furniture { known, holders: Some(holders) }
    }

    /// How many sentences are known.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// The folded body of an entry without its outlet's furniture. Where this was counted, over that entry among others,
    /// most are known to hold none.
    pub fn out_of(&self, entry: &Entry) -> String {
        let body = fold(&entry.body.text());
        if self.may_be_in(entry) { self.strip(&entry.outlet, body) } else { body }
    }

    /// Whether an entry may hold any; those that this was counted over do where this says so.
    pub fn may_be_in(&self, entry: &Entry) -> bool {
        self.holders.as_ref().is_none_or(|holders| holders.contains(&entry.id))
    }

    /// A folded body without its outlet's furniture; whole when nothing else would be left.
    fn strip(&self, outlet: &str, body: String) -> String {
        if self.known.is_empty() {
            return body;
        }
        let (outlet, start_of) = (xxh3_64(outlet.as_bytes()), |s: &str| s.as_ptr().addr() - body.as_ptr().addr());
        let (mut out, mut new_line) = (String::with_capacity(body.len()), false);
        each_sentence(&body, |sentence| {
            let before = start_of(sentence).checked_sub(1).map(|at| body.as_bytes()[at]);
            new_line |= before == Some(b'\n');
            if self.known.contains(&key(outlet, sentence)) {
                return;
            }
            match before {
                _ if out.is_empty() => {}
                _ if new_line => out.push('\n'),
                Some(b' ') => out.push(' '),
                _ => {}
            }
            new_line = false;
            out.push_str(sentence);
        });
        if out.is_empty() { body } else { out }
    }
}

/// Sentences of a text that there is room for at first.
pub const USUAL: usize = 32;

/// Rows that are told of before their sentences are asked for.
const AHEAD: usize = 32;

/// The furniture of one outlet, and the entries that hold it.
struct Repeated {
    sentences: Vec<u64>,
    holders: Vec<EntryId>,
}

fn repeated(
    (entries, days): (&[Entry], &[i32]),
    rows: &[Row],
    (ahead, hashes): (&impl Fn(&[Row]), &impl Fn(Row, &mut Vec<u64>)),
    settings: &NormaliseSettings,
) -> Repeated {
    // Texts by their sentences.
    let mut texts: FxHashMap<u64, u32> = FxHashMap::default();
    // The text of each entry; the day of each text, and where its sentences end.
    let mut of: Vec<u32> = Vec::with_capacity(rows.len());
    let mut ends: Vec<(i32, usize)> = Vec::new();
    // Where each text stands first.
    let mut first: Vec<Row> = Vec::new();
    let mut all: Vec<u64> = Vec::with_capacity(rows.len() * USUAL);
    for (at, row) in rows.iter().enumerate() {
        if at % AHEAD == 0 {
            ahead(&rows[at..rows.len().min(at + AHEAD)]);
        }
        let (next, start) = (texts.len() as u32, all.len());
        hashes(*row, &mut all);
        let text = *texts.entry(all[start..].iter().fold(0, |h, s| mix(h, *s))).or_insert(next);
        of.push(text);
        if text == next {
            first.push(*row);
            ends.push((days[row.at()], all.len()));
        } else {
            all.truncate(start);
        }
    }
    let often = Often::of(&all, settings.furniture_texts);
    // Of each sentence that may stand in enough texts its day and the text, once for each.
    let mut stood: Vec<(u64, i32, u32)> = Vec::new();
    let mut start = 0;
    for (text, (day, end)) in ends.into_iter().enumerate() {
        stood.extend(all[start..end].iter().filter(|k| often.has(**k)).map(|k| (*k, day, text as u32)));
        start = end;
    }
    let share = texts.len() as f64 * settings.furniture_share;
    stood.sort_unstable();
    stood.dedup();
    let mut holding = vec![false; texts.len()];
    let (mut found, mut read) = (Vec::new(), BTreeSet::new());
    for same in stood.chunk_by(|x, y| x.0 == y.0).filter(|of| of.len() as f64 > share && crowded(of, settings)) {
        found.push(same[0].0);
        read.insert(same[0].2);
        same.iter().for_each(|s| holding[s.2 as usize] = true);
    }
    let holders =
        rows.iter().zip(&of).filter(|(_, text)| holding[**text as usize]).map(|(row, _)| entries[row.at()].id);
    // The keys are made of the sentences themselves, which few texts are read for.
    let mut sentences = Vec::new();
    for entry in read.into_iter().map(|text| &entries[first[text as usize].at()]) {
        let outlet = xxh3_64(entry.outlet.as_bytes());
        each_sentence(&fold(&entry.body.text()), |s| {
            if found.binary_search(&sentence_hash(s.as_bytes())).is_ok() {
                sentences.push(key(outlet, s));
            }
        });
    }
    Repeated { sentences, holders: holders.collect() }
}

/// Tells most of the hashes that stand only a few times in a list: hashes are counted by their lowest bits.
struct Often {
    counts: Vec<u8>,
    least: u8,
}

impl Often {
    /// Those that may stand `least` times, or as often as is counted.
    fn of(all: &[u64], least: u32) -> Often {
        let mut counts = vec![0_u8; (2 * all.len()).next_power_of_two()];
        let mask = counts.len() - 1;
        for hash in all {
            let count = &mut counts[*hash as usize & mask];
            *count = count.saturating_add(1);
        }
        Often { counts, least: least.min(u32::from(u8::MAX)) as u8 }
    }

    fn has(&self, hash: u64) -> bool {
        self.counts[hash as usize & (self.counts.len() - 1)] >= self.least
    }
}

/// Whether enough of the days of one sentence, ascending, lie within one window.
fn crowded(of: &[(u64, i32, u32)], settings: &NormaliseSettings) -> bool {
    let least = settings.furniture_texts as usize;
    let near =
        |w: &[(u64, i32, u32)]| i64::from(w[least - 1].1) - i64::from(w[0].1) < i64::from(settings.furniture_days);
    of.len() >= least && of.windows(least).any(near)
}

fn key(outlet: u64, sentence: &str) -> u64 {
    xxh3_64_with_seed(sentence.as_bytes(), outlet)
}

/// Adds the hashes of the sentences of a folded body, by which furniture is counted.
pub fn add_hashes(body: &str, all: &mut Vec<u64>) {
    each_sentence(body, |s| all.push(sentence_hash(s.as_bytes())));
}

/// Each of the [`sentences`] of a folded text; those of one in ASCII are found many bytes at a time.
fn each_sentence<'a>(text: &'a str, mut each: impl FnMut(&'a str)) {
    if !text.is_ascii() {
        return sentences(text).for_each(each);
    }
    let bytes = text.as_bytes();
    let mut start = 0;
    for base in (0..bytes.len()).step_by(BLOCK) {
        let mut stops = stops(&bytes[base..]);
        while stops != 0 {
            let at = base + stops.trailing_zeros() as usize;
            stops &= stops - 1;
            let end = match bytes[at..] {
                [b'\n', ..] => at,
                [_, b' ', ..] => at + 1,
                [_, b'"', b' ', ..] => at + 2,
                _ => continue,
            };
            if start < end {
                each(&text[start..end]);
            }
            start = end + 1;
        }
    }
    if start < bytes.len() {
        each(&text[start..]);
    }
}

/// A bit for each byte of the first block that may end a sentence.
#[inline(always)]
fn stops(bytes: &[u8]) -> u64 {
    let stop = |lane| equal(lane, b'.') | equal(lane, b'?') | equal(lane, b'!') | equal(lane, b'\n');
    of_block(bytes, 0, |block| mask(block, stop))
}

/// The sentences of a folded text, without the blanks between them; a line ends one.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let bytes = text.as_bytes();
    let ends = memchr::memchr_iter(b'\n', bytes).chain([text.len()]);
    let lines = ends.scan(0, |start, end| Some(&text[std::mem::replace(start, end + 1)..end]));
    lines.flat_map(|line| Sentences { rest: line, ascii: line.is_ascii() })
}

struct Sentences<'a> {
    rest: &'a str,
    ascii: bool,
}

impl<'a> Iterator for Sentences<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        let end = end(self.rest, self.ascii).unwrap_or(self.rest.len());
        let sentence = &self.rest[..end];
        self.rest = &self.rest[end..];
        // A folded text has no two blanks together.
        self.rest = self.rest.strip_prefix(' ').unwrap_or(self.rest);
        Some(sentence)
    }
}

/// Where the first sentence of a line ends before another: after its mark, or a quotation mark behind that, before a
/// blank; in a script without spaces, before the next sentence.
fn end(line: &str, ascii: bool) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = &line.as_bytes()[at..];
        let mark = match ascii {
            true => memchr::memchr3(b'.', b'?', b'!', rest)?,
            false => rest.iter().position(|b| matches!(b, b'.' | b'?' | b'!' | 0x80..))?,
        };
        let c = line[at + mark..].chars().next()?;
        at += mark + c.len_utf8();
        if !ends_sentence(c) {
            continue;
        }
        let quoted = at + usize::from(line.as_bytes().get(at) == Some(&b'"'));
        if let Some(end) = [at, quoted].into_iter().find(|end| begins(&line[*end..])) {
            return Some(end);
        }
    }
}

/// Whether a sentence may begin with this.
fn begins(rest: &str) -> bool {
    match rest.as_bytes() {
        [b' ', ..] => true,
        [..0x80, ..] => false,
        _ => rest.chars().next().is_some_and(is_unspaced),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::fixtures::entry;

    fn many(n: usize) -> Vec<Entry> {
        (0..n)
            .map(|i| entry(&format!("k{i}"), "", &format!("Story {i} is new. Follow us for more.\nAdvertisement")))
            .collect()
    }

    #[test]
    fn what_an_outlet_repeats_is_taken_out() {
        let furniture = Furniture::count(&many(12), &NormaliseSettings::default());
        assert_eq!(furniture.len(), 2);
        assert_eq!(
            furniture.strip("Harbour Courier", "It is so. Follow us for more.\nAdvertisement\nEnd".into()),
            "It is so.\nEnd"
        );
        assert_eq!(furniture.strip("Other", "Advertisement".into()), "Advertisement");
        assert_eq!(furniture.strip("Harbour Courier", "Advertisement".into()), "Advertisement", "never nothing");
    }

    #[test]
    fn a_text_printed_often_is_no_furniture() {
        let same: Vec<Entry> =
            (0..50).map(|i| entry(&format!("k{i}"), "", "The same words again. And more.")).collect();
        assert!(Furniture::count(&same, &NormaliseSettings::default()).is_empty());
        assert!(Furniture::count(&many(9), &NormaliseSettings::default()).is_empty(), "too few texts");
    }

    #[test]
    fn sentences_end_at_points_before_blanks() {
        let all: Vec<&str> = sentences("He said \"go.\" Then 1.5 tons! \"A\" b\nNext").collect();
        assert_eq!(all, ["He said \"go.\"", "Then 1.5 tons!", "\"A\" b", "Next"]);
    }

    /// Without its furniture, line by line.
    fn plainly(furniture: &Furniture, body: &str) -> String {
        let known = |s: &&str| furniture.known.contains(&key(xxh3_64(b"Quay"), s));
        let line = |line: &str| {
            let mut kept = String::new();
            let mut at = 0;
            for sentence in sentences(line) {
                let blank = line[at..].starts_with(' ');
                at += usize::from(blank) + sentence.len();
                if !known(&sentence) {
                    kept.push_str(if blank && !kept.is_empty() { " " } else { "" });
                    kept.push_str(sentence);
                }
            }
            kept
        };
        let lines: Vec<String> = body.lines().map(line).filter(|l| !l.is_empty()).collect();
        if lines.is_empty() { body.to_owned() } else { lines.join("\n") }
    }

    proptest::proptest! {
        #[test]
        fn furniture_goes_alike_both_ways(text in "(A\\. |B!|C\\.\" |\n|[a-c]{1,3} |\u{3002}|\u{e9}\\. ){0,40}", known in proptest::collection::vec(0_usize..60, 0..20)) {
            let body = fold(&text);
            let all: Vec<&str> = sentences(&body).collect();
            let known = known.into_iter().filter_map(|i| all.get(i)).map(|s| key(xxh3_64(b"Quay"), s)).collect();
            let furniture = Furniture { known, holders: None };
            proptest::prop_assert_eq!(furniture.strip("Quay", body.clone()), plainly(&furniture, &body));
        }

        #[test]
        fn sentences_are_found_alike_both_ways(text in "([a-c.?!\" \n]|[a-z]{3,20}\\. |\u{3002}|\u{e9}){0,60}") {
            let text = fold(&text);
            let mut found = Vec::new();
            each_sentence(&text, |s| found.push(s));
            proptest::prop_assert_eq!(found, sentences(&text).collect::<Vec<_>>());
        }
    }

    #[test]
    fn sentences_of_a_script_without_spaces_end_at_their_full_stops() {
        let all: Vec<&str> = sentences("渡轮搁浅。乘客获救!请关注我们。").collect();
        assert_eq!(all, ["渡轮搁浅。", "乘客获救!", "请关注我们。"]);
        let texts: Vec<Entry> = (0..12)
            .map(|i| entry(&format!("k{i}"), "", &format!("第{i}艘渡轮搁浅。请关注我们。没有人受伤{i}。")))
            .collect();
        let furniture = Furniture::count(&texts, &NormaliseSettings::default());
        assert_eq!(
            furniture.strip("Harbour Courier", "渡轮搁浅。请关注我们。没有人受伤。".into()),
            "渡轮搁浅。没有人受伤。"
        );
    }
}
