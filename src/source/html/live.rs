//! Live pages: one record for each post, from the structured data, from what is shown, or from both.

use super::About;
use super::blocks::Blocks;
use super::body::{Density, same};
use super::both;
use super::facts::{Facts, printed};
use super::meta::whole;
use super::people;
use super::posts::{self, LARGEST, Shown};
use super::schema::{self, Found, Thing};
use super::tree::{At, Tree};
use crate::model::{Clock, ClockQuality, Record};
use crate::source::context::Context;
use crate::source::reader::Batch;
use crate::source::words::has_words;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// Fewer posts in the markup alone make no live page.
const FEWEST: usize = 2;

/// The page that posts stand on.
pub struct Page<'a> {
    /// Its elements.
    pub tree: &'a Tree<'a>,
    /// Its lines.
    pub blocks: &'a Blocks,
    /// What it says of itself.
    pub facts: &'a Facts,
    /// What is known of it beside its bytes.
    pub about: &'a About<'a>,
    /// Its source.
    pub ctx: &'a Context<'a>,
}

/// The posts of a page, in its order; `None` where it is no live page.
pub fn posts(page: &Page<'_>, found: &Found<'_>) -> Option<Batch> {
    let density = Density::of(&page.blocks.lines);
    let shown = posts::posts(page.tree).into_iter().map(|at| posts::shown(page.tree, page.blocks, &density, at));
    let shown: Vec<Shown> = shown.filter(|s| !s.lines.is_empty() || !s.title.is_empty()).collect();
    let updates = found.live.as_ref().map(|(_, updates)| updates.as_slice()).unwrap_or_default();
    if updates.is_empty() && (shown.len() < FEWEST || !reads_as_live(page, &shown)) {
        return None;
    }
    let (count, records) = if updates.is_empty() {
        (shown.len(), shown.into_iter().map(|s| page.shown(s)).collect())
    } else {
        page.structured(updates, shown, found, &density)
    };
    Some(page.finish(count, records))
}

/// Whether posts that no structured data tells of are what the page is about: most have a text of some length.
fn reads_as_live(page: &Page<'_>, shown: &[Shown]) -> bool {
    let long = |s: &&Shown| s.lines.iter().map(|l| l.text.len()).sum::<usize>() >= 60;
    let with_text = shown.iter().filter(long).count();
    let all: usize = page.blocks.lines.iter().map(|b| b.text.len() - b.linked.min(b.text.len())).sum();
    let theirs: usize = shown.iter().flat_map(|s| &s.lines).map(|l| l.text.len()).sum();
    2 * with_text >= shown.len() && 4 * theirs >= all
}

impl Page<'_> {
    /// How many posts there are, and those that are read: of the structured data, and those that only the markup shows.
    fn structured(
        &self,
        updates: &[&Thing],
        shown: Vec<Shown>,
        found: &Found<'_>,
        density: &Density,
    ) -> (usize, Vec<Record>) {
        let places = self.places();
        let mut used = FxHashSet::default();
        let mut records: Vec<Record> = Vec::new();
        for update in updates.iter().take(self.most()) {
            let address = address(update, self.facts.url.as_deref());
            let place = fragment(address.as_deref()).and_then(|f| places.get(f)).copied();
            used.extend(place);
            records.push(self.update(update, address, place, found, density));
        }
        let all = shown.len();
        // Where the markup and the structured data mean the same posts, those that only it shows are posts too.
        let more: Vec<Shown> = shown.into_iter().filter(|s| !used.contains(&s.at)).collect();
        if updates.len() > self.most() || more.len() == all {
            return (updates.len(), records);
        }
        let added = !more.is_empty();
        records.extend(more.into_iter().map(|s| self.shown(s)));
        let time = |r: &Record| r.published.as_ref().and_then(|c| c.from);
        if added && records.iter().all(|r| time(r).is_some()) {
            records.sort_by_key(|r| std::cmp::Reverse(time(r)));
        }
        (records.len(), records)
    }

    /// The elements that are small enough for a post, by their `id`.
    fn places(&self) -> FxHashMap<String, At> {
        let mut places = FxHashMap::default();
        for at in self.tree.within(self.tree.root()) {
            let id = self.tree.attributes(at).find(|(key, _)| key.eq_ignore_ascii_case("id"));
            let small = self.tree.end(at).index() - at.index() <= LARGEST;
            if let Some((_, id)) = id.filter(|_| small) {
                places.entry(id.trim().to_owned()).or_insert(at);
            }
        }
        places
    }

    /// Most posts of a page.
    fn most(&self) -> usize {
        usize::try_from(self.ctx.limits.page_entries).unwrap_or(usize::MAX)
    }

    fn update(
        &self,
        update: &Thing,
        address: Option<String>,
        place: Option<At>,
        found: &Found<'_>,
        density: &Density,
    ) -> Record {
        let said =
            ["articleBody", "text", "description"].iter().map(|k| schema::text(update.get(*k))).find(|t| !t.is_empty());
        let shown = place.map(|at| posts::shown(self.tree, self.blocks, density, at));
        let headline = ["headline", "name", "title"].iter().find_map(|k| schema::line(update, k));
        let title = headline.or_else(|| shown.as_ref().map(|s| s.title.clone())).unwrap_or_default();
        let lines: Vec<_> = shown.iter().flat_map(|s| &s.lines).filter(|l| !same(&l.text, &title)).cloned().collect();
        let body = both::body(&lines, &said.unwrap_or_default());
        let date =
            |keys: &[&str]| keys.iter().find_map(|k| printed(&schema::string(update.get(*k))?, self.about, self.ctx));
        let time = || printed(shown.as_ref()?.time.as_deref()?, self.about, self.ctx);
        let published =
            date(&["datePublished", "dateCreated", "uploadDate"]).filter(|c| c.from.is_some()).or_else(time);
        let names = people::names(found.names(update.get("author").or_else(|| update.get("creator"))));
        let names =
            if names.is_empty() { shown.as_ref().map(|s| s.authors.clone()).unwrap_or_default() } else { names };
        Record {
            id: id(address.as_deref(), update, self.facts.url.as_deref()),
            url: address.or_else(|| self.facts.url.clone()),
            title,
            body: body.join("\n"),
            byline: Some(names.join(", ")).filter(|n| !n.is_empty()),
            captions: shown.map(|s| s.captions).unwrap_or_default(),
            updated: date(&["dateModified"]).and_then(|c| c.from),
            published,
            ..Record::default()
        }
    }

    fn shown(&self, shown: Shown) -> Record {
        let url = shown.id.as_deref().and_then(|id| whole(&format!("#{id}"), self.facts.url.as_deref()));
        let lines: Vec<String> = shown.lines.into_iter().map(|l| l.text).collect();
        Record {
            id: url.as_deref().and_then(|u| key(u, self.facts.url.as_deref())).or(shown.id),
            url: url.or_else(|| self.facts.url.clone()),
            byline: Some(shown.authors.join(", ")).filter(|n| !n.is_empty()),
            published: shown.time.as_deref().and_then(|raw| printed(raw, self.about, self.ctx)),
            body: without_title(lines, &[&shown.title]),
            title: shown.title,
            captions: shown.captions,
            ..Record::default()
        }
    }

    /// What all posts of the page have; the oldest is counted first. Posts without words, and those above the limit, are
    /// refused.
    fn finish(&self, count: usize, mut records: Vec<Record>) -> Batch {
        let (most, line) = (self.most(), self.about.line);
        records.truncate(most);
        // Some pages print their own title on every post.
        let all_alike = count > 1 && records.iter().all(|r| same(&r.title, &self.facts.title));
        let rises = rises(&records);
        let parent: Arc<str> = match (&self.ctx.settings.page, &self.ctx.settings.url, &self.facts.url) {
            (None, None, Some(url)) => Arc::from(url.split(['?', '#']).next().unwrap_or(url)),
            _ => self.ctx.parent.clone(),
        };
        let page_clock = || Some(self.ctx.source_day(ClockQuality::Inferred).unwrap_or(Clock::unknown(None)));
        let mut batch = Batch::default();
        for (at, record) in records.into_iter().enumerate() {
            let title = if all_alike { String::new() } else { record.title };
            if !has_words(&title) && !has_words(&record.body) {
                batch.rejects.push((line, format!("post {} of the page has no words in title or text", at + 1)));
                continue;
            }
            let from_oldest = if rises { at } else { count - 1 - at };
            batch.records.push(Record {
                title,
                outlet: self.facts.outlet.clone(),
                lang: self.facts.lang.clone(),
                parent: Some(parent.clone()),
                age_rank: u32::try_from(from_oldest).unwrap_or(u32::MAX),
                published: record.published.or_else(page_clock),
                extra: self.facts.extra.clone(),
                line,
                ..record
            });
        }
        if count > most {
            let (rest, first) = (count - most, most + 1);
            let reason = format!(
                "the page has {count} posts; the {rest} from number {first} on are not read (ingest.max_page_entries)"
            );
            batch.rejects.push((line, reason));
        }
        batch
    }
}

/// Whether the first posts of the page are the oldest.
fn rises(records: &[Record]) -> bool {
    let times: Vec<i64> = records.iter().filter_map(|r| r.published.as_ref()?.from).collect();
    let steps = |way: fn(&[i64]) -> bool| times.windows(2).filter(|w| way(w)).count();
    steps(|w| w[0] < w[1]) > steps(|w| w[0] > w[1])
}

/// An update's own address, made whole; the page's own address with a fragment, too.
fn address(update: &Thing, page: Option<&str>) -> Option<String> {
    let all = ["url", "@id", "identifier"].iter().filter_map(|k| whole(&schema::string(update.get(*k))?, page));
    let (with_fragment, others): (Vec<String>, Vec<String>) = all.partition(|a| fragment(Some(a)).is_some());
    with_fragment.into_iter().chain(others).next()
}

fn fragment(address: Option<&str>) -> Option<&str> {
    address?.split_once('#').map(|(_, fragment)| fragment).filter(|f| !f.is_empty())
}

/// What identifies an update: its address, where that is not the page's; else what it calls itself.
fn id(address: Option<&str>, update: &Thing, page: Option<&str>) -> Option<String> {
    let named = || ["@id", "identifier", "id"].iter().find_map(|k| schema::string(update.get(*k)));
    let named = || named().filter(|id| whole(id, page).is_none() && id.len() < 300);
    address.and_then(|a| key(a, page)).or_else(named)
}

/// An address as a key: the page and the fragment, without the query that leads to it.
fn key(address: &str, page: Option<&str>) -> Option<String> {
    match fragment(Some(address)) {
        Some(fragment) => Some(format!("{}#{fragment}", address.split(['?', '#']).next()?)),
        None => Some(address.to_owned()).filter(|a| !page.is_some_and(|p| schema::same_page(a, p))),
    }
}

fn without_title(lines: Vec<String>, titles: &[&str]) -> String {
    lines.into_iter().filter(|l| !titles.iter().any(|t| same(t, l))).collect::<Vec<_>>().join("\n")
}
