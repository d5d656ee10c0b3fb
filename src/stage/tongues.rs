//! Which entries are known to be of different languages, and what says all the same that two of them belong together.

use super::ingest::canonical;
use crate::algo::fold::fold;
use crate::model::{Entry, Lang, Pair, Proposals, Row, Text};
use rayon::prelude::*;
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

    /// Whether the two are known to be of different languages.
    pub fn differ(&self, a: Row, b: Row) -> bool {
        let lang = |row: Row| self.entries.get(row.at()).map_or(Lang::UNKNOWN, |e| e.lang);
        let (x, y) = (lang(a), lang(b));
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

impl Said {
    fn of(entry: &Entry, text: &Text) -> Said {
        let outlet = if entry.outlet_known { name(&entry.outlet) } else { 0 };
        // What the record says may name several.
        let told = entry.credit.iter().flat_map(|c| c.split([',', ';', '/'])).chain(text.credit.as_deref());
        let credits = told.map(name).filter(|c| *c != 0).collect();
        Said { lang: text.lang.family(), address: address(entry), outlet, credits }
    }
}

/// The address of a story: not that of a live page, nor of a site.
fn address(entry: &Entry) -> u64 {
    let whole = entry.url.as_deref().filter(|_| entry.parent.is_none()).map(|u| canonical(u.trim()));
    whole.filter(|u| u.split_once('/').is_some_and(|(_, path)| !path.is_empty())).map_or(0, |u| xxh3_64(u.as_bytes()))
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
            (e.url, e.credit) = (url.map(str::to_string), credit.map(str::to_string));
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
    fn an_address_of_many_entries_is_that_of_a_page() {
        let page = Some("https://x.example/live");
        let rows: Vec<Printed> = (0..MANY).map(|i| ("A", if i % 2 == 0 { "de" } else { "en" }, page, None)).collect();
        assert!(tongues(&rows).shared_addresses().is_empty());
        assert_eq!(tongues(&rows[..3]).shared_addresses().len(), 2);
    }
}
