//! Which entries are known to be of different languages, and what says all the same that two of them belong together.

use crate::algo::address::canonical;
use crate::algo::fold::fold;
use crate::model::{Entry, Lang, Pair, Proposals, Row, Text};
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use xxhash_rust::xxh3::xxh3_64;

/// Entries of one address from which it is that of a page, not of a story.
const MANY: usize = 8;

/// What says that two entries of different languages belong together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bond {
    /// One address: they are one report.
    Address,
    /// One credits the other's outlet: they may be compared.
    Credit,
}

/// The languages of a working set, and what bears on them. Unknown ones block nothing, and nor does an empty one.
#[derive(Clone, Debug, Default)]
pub struct Tongues {
    entries: Vec<Said>,
}

/// What one entry says; names and addresses are hashes, 0 for none.
#[derive(Clone, Debug)]
struct Said {
    lang: Lang,
    address: u64,
    /// The address that it says it is a copy of, where that is another.
    copy_of: u64,
    outlet: u64,
    credits: Vec<u64>,
}

impl Tongues {
    /// `texts` are parallel to `entries`.
    pub fn of(entries: &[Entry], texts: &[Text]) -> Tongues {
        Tongues { entries: entries.par_iter().zip(texts).map(|(e, t)| Said::of(e, t)).collect() }
    }

    /// Whether the two are known to be of different languages and nothing says that they belong together.
    pub fn apart(&self, a: Row, b: Row) -> bool {
        self.differ(a, b) && self.bond(a, b).is_none()
    }

    /// The language that an entry is known to be in.
    pub fn lang(&self, row: Row) -> Lang {
        self.entries.get(row.at()).map_or(Lang::UNKNOWN, |e| e.lang)
    }

    /// Whether the two are known to be of different languages.
    pub fn differ(&self, a: Row, b: Row) -> bool {
        let (x, y) = (self.lang(a), self.lang(b));
        x != y && x != Lang::UNKNOWN && y != Lang::UNKNOWN
    }

    /// What says that the two belong together, whatever their languages.
    pub fn bond(&self, a: Row, b: Row) -> Option<Bond> {
        let (x, y) = (&self.entries[a.at()], &self.entries[b.at()]);
        let credits = |x: &Said, y: &Said| y.outlet != 0 && x.credits.contains(&y.outlet);
        match () {
            () if x.address != 0 && x.address == y.address => Some(Bond::Address),
            () if credits(x, y) || credits(y, x) => Some(Bond::Credit),
            () => None,
        }
    }

    /// The pairs of different languages that share the address of a story.
    pub fn shared_addresses(&self) -> Vec<Pair> {
        let addressed = (0..).map(Row).zip(&self.entries).filter(|(_, e)| e.address != 0);
        let mut rows: Vec<(u64, Row)> = addressed.map(|(row, e)| (e.address, row)).collect();
        rows.par_sort_unstable();
        let mut pairs = Vec::new();
        for group in rows.chunk_by(|x, y| x.0 == y.0).filter(|g| g.len() < MANY) {
            for (i, (_, b)) in group.iter().enumerate() {
                let others = group[..i].iter().map(|(_, a)| *a).filter(|a| self.differ(*a, *b));
                pairs.extend(others.map(|a| Pair::new(a, *b, Proposals::ADDRESS)));
            }
        }
        pairs
    }
}

impl Tongues {
    /// The pairs that say of themselves that they are one text: both name one page elsewhere, or one names the other.
    /// It is no proof, so they are proposed and no more.
    pub fn shared_sources(&self) -> Vec<Pair> {
        let named: FxHashSet<u64> = self.entries.iter().map(|e| e.copy_of).filter(|of| *of != 0).collect();
        let key = |e: &Said| if e.copy_of != 0 { e.copy_of } else { e.address };
        let with = (0..).map(Row).zip(&self.entries).map(|(row, e)| (key(e), row));
        let mut rows: Vec<(u64, Row)> = with.filter(|(key, _)| named.contains(key)).collect();
        rows.par_sort_unstable();
        let mut pairs = Vec::new();
        for group in rows.chunk_by(|x, y| x.0 == y.0).filter(|g| g.len() < MANY) {
            for (i, (_, b)) in group.iter().enumerate() {
                pairs.extend(group[..i].iter().map(|(_, a)| Pair::new(*a, *b, Proposals::CANONICAL)));
            }
        }
        pairs
    }
}

impl Said {
    fn of(entry: &Entry, text: &Text) -> Said {
        let outlet = if entry.outlet_known { name(&entry.outlet) } else { 0 };
        // What the record says may name several.
        let told = entry.rare.credit.iter().flat_map(|c| c.split([',', ';', '/'])).chain(text.credit.as_deref());
        let credits = told.map(name).filter(|c| *c != 0).collect();
        let address = address(entry);
        let copy_of = entry.copy_of().map_or(0, of_story);
        let copy_of = if copy_of == address { 0 } else { copy_of };
        Said { lang: text.lang.family(), address, copy_of, outlet, credits }
    }
}

/// The address of a story: not that of a live page, nor of a site.
fn address(entry: &Entry) -> u64 {
    entry.url.as_deref().filter(|_| entry.rare.parent.is_none()).map_or(0, of_story)
}

/// The hash of an address, 0 for that of a site.
fn of_story(url: &str) -> u64 {
    let one = canonical(url);
    let is_story = one.split_once('/').is_some_and(|(_, path)| !path.is_empty());
    if is_story { xxh3_64(one.as_bytes()) } else { 0 }
}

fn name(printed: &str) -> u64 {
    let folded = fold(printed).to_lowercase();
    if folded.is_empty() { 0 } else { xxh3_64(folded.as_bytes()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::fixtures::entry_of;

    /// Outlet, language, address, credit.
    type Printed<'a> = (&'a str, &'a str, Option<&'a str>, Option<&'a str>);

    fn tongues(rows: &[Printed]) -> Tongues {
        let made = |(i, (outlet, code, url, credit)): (usize, &Printed)| {
            let mut e = entry_of(outlet, &i.to_string(), "", "", Some(0));
            (e.url, e.rare.make_mut().credit) = (url.map(str::to_string), credit.map(str::to_string));
            (e, Text { lang: Lang::from_code(code), ..Text::default() })
        };
        let (entries, texts): (Vec<Entry>, Vec<Text>) = rows.iter().enumerate().map(made).unzip();
        Tongues::of(&entries, &texts)
    }

    #[test]
    fn known_languages_part_entries_and_unknown_ones_do_not() {
        let t = tongues(&[
            ("A", "de", None, None),
            ("B", "en", None, None),
            ("C", "", None, None),
            ("D", "de", None, None),
        ]);
        assert!(t.apart(Row(0), Row(1)) && t.apart(Row(1), Row(0)));
        assert!(!t.apart(Row(0), Row(2)) && !t.apart(Row(1), Row(2)) && !t.apart(Row(0), Row(3)));
        let norse = tongues(&[("A", "no", None, None), ("B", "nb", None, None)]);
        assert!(!norse.apart(Row(0), Row(1)), "two codes of one language");
        let han = tongues(&[("A", "zh", None, None), ("B", "ja", None, None)]);
        assert!(han.apart(Row(0), Row(1)));
    }

    #[test]
    fn an_address_or_a_credit_says_that_they_belong_together() {
        let t = tongues(&[
            ("Hafenblatt", "de", Some("https://X.example/story/1/"), None),
            ("B", "en", Some("http://x.example/story/1#top"), Some("Sea Wire, HAFENBLATT")),
            ("C", "fr", Some("https://x.example/"), None),
            ("D", "es", Some("https://x.example"), None),
        ]);
        assert_eq!(t.bond(Row(0), Row(1)), Some(Bond::Address));
        assert_eq!(t.bond(Row(2), Row(3)), None, "a site is no story");
        assert_eq!(t.shared_addresses(), [Pair::new(Row(0), Row(1), Proposals::ADDRESS)]);
        let credited = tongues(&[("Hafenblatt", "de", None, None), ("B", "en", None, Some("Hafenblatt"))]);
        assert_eq!((credited.bond(Row(0), Row(1)), credited.apart(Row(0), Row(1))), (Some(Bond::Credit), false));
    }

    #[test]
    fn what_names_one_page_as_its_source_is_proposed() {
        let made = |url: &str, of: Option<&str>| {
            let mut e = entry_of("A", url, "", "", Some(0));
            e.url = Some(url.into());
            e.rare.make_mut().extra.extend(of.map(|of| ("canonical".to_owned(), of.into())));
            e
        };
        let of = |entries: Vec<Entry>| Tongues::of(&entries, &vec![Text::default(); entries.len()]).shared_sources();
        let third = Some("https://wire.example/story/1?utm_source=a");
        let pair = |a, b| Pair::new(Row(a), Row(b), Proposals::CANONICAL);
        let entries = vec![
            made("https://a.example/1", third),
            made("https://b.example/2", Some("http://www.wire.example/story/1/")),
            made("https://wire.example/story/1", None),
            made("https://c.example/3", Some("https://c.example/3")),
            made("https://c.example/3", None),
            made("https://d.example/4", Some("https://wire.example/")),
            made("https://e.example/5", Some("https://wire.example")),
        ];
        assert_eq!(of(entries), [pair(0, 1), pair(0, 2), pair(1, 2)]);
        assert_eq!(of((0..MANY).map(|i| made(&format!("https://a.example/{i}"), third)).collect()), []);
    }

    #[test]
    fn an_address_of_many_entries_is_that_of_a_page() {
        let page = Some("https://x.example/live");
        let rows: Vec<Printed> = (0..MANY).map(|i| ("A", if i % 2 == 0 { "de" } else { "en" }, page, None)).collect();
        assert!(tongues(&rows).shared_addresses().is_empty());
        assert_eq!(tongues(&rows[..3]).shared_addresses().len(), 2);
    }
}
