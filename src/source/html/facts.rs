//! What a page says of itself, from whichever place says it best.

use super::About;
use super::body::same;
use super::meta::{Meta, is_address, whole};
use super::people;
use super::schema::{self, Found, Thing};
use super::tree::{At, Tree};
use crate::model::{Clock, ClockQuality};
use crate::source::clock;
use crate::source::context::Context;
use crate::source::url_date;
use jiff::tz::TimeZone;
use serde_json::Value;
use std::collections::BTreeMap;

/// Tags with the time of publication, the most telling first.
const PUBLISHED: &[&str] = &[
    "article:published_time",
    "og:article:published_time",
    "og:published_time",
    "parsely-pub-date",
    "sailthru.date",
    "datepublished",
    "dc.date.issued",
    "dcterms.issued",
    "dcterms.created",
    "dc.date.created",
    "dc.date",
    "dcterms.date",
    "citation_publication_date",
    "citation_date",
    "citation_online_date",
    "article.published",
    "published-date",
    "publication_date",
    "publish-date",
    "publishdate",
    "pubdate",
    "publishtime",
    "cxenseparse:recs:publishtime",
    "cxenseparse:publishtime",
    "date.available",
    "iso-8601-publish-date",
    "ptime",
    "article.created",
    "datecreated",
    "date",
];
/// Tags with the time of the version.
const MODIFIED: &[&str] = &[
    "article:modified_time",
    "og:updated_time",
    "og:article:modified_time",
    "datemodified",
    "dcterms.modified",
    "dc.date.modified",
    "last-modified",
    "lastmod",
    "date.modified",
    "article.updated",
    "parsely-modified-date",
];
/// Tags with names of authors.
const AUTHORS: &[&str] = &[
    "author",
    "article:author",
    "article:author_name",
    "og:article:author",
    "parsely-author",
    "sailthru.author",
    "dc.creator",
    "dcterms.creator",
    "citation_author",
    "byl",
    "authors",
    "cxenseparse:author",
];
/// Sections and genres that say what an entry is, not what it is about.
const GENRES: &[&str] = &[
    "analysis",
    "breaking",
    "breaking news",
    "comment",
    "editorial",
    "explainer",
    "interview",
    "letters",
    "live",
    "obituary",
    "opinion",
    "review",
];
/// Elements that name an author, looked at in the text of the page.
const MOST_BYLINES: usize = 5;
/// How many nodes behind the first author another of the same article stands.
const NEAR: u32 = 80;

/// What a page says of itself.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Its title, without the outlet's name.
    pub title: String,
    /// Who published it.
    pub outlet: Option<String>,
    /// Its own address.
    pub url: Option<String>,
    /// Its language.
    pub lang: Option<String>,
    /// When it was published.
    pub published: Option<Clock>,
    /// When this version was, unix seconds.
    pub updated: Option<i64>,
    /// Who wrote it.
    pub byline: Option<String>,
    /// Whom it credits.
    pub credit: Option<String>,
    /// What it is: opinion, analysis …
    pub labels: Vec<String>,
    /// What it says it is about.
    pub descriptions: Vec<String>,
    /// Other addresses of its text, its section.
    pub extra: BTreeMap<String, Value>,
    /// Whether anything but its looks says that it is an article.
    pub is_article: bool,
}

/// The address of a page, and that which it names as its canonical one where that is another's.
pub fn address(meta: &Meta, about: &About<'_>) -> (Option<String>, Option<String>) {
    let known = about.url.map(str::to_owned).filter(|u| is_address(u)).or_else(|| meta.saved_from.clone());
    let open_graph = meta.first(&["og:url"]).and_then(|u| whole(u, known.as_deref()));
    let own = known.or(open_graph);
    let canonical = meta.linked("canonical").and_then(|u| whole(u, own.as_deref()));
    match (own, canonical) {
        // A canonical address of the same site is the page's own without what was added on the way.
        (Some(own), Some(canonical)) if host(&own) == host(&canonical) => {
            (Some(if is_front(&canonical) && !is_front(&own) { own } else { canonical }), None)
        }
        (Some(own), canonical) => (Some(own), canonical),
        (None, canonical) => (canonical, None),
    }
}

/// The host of an address, without what marks its editions for small screens.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest).to_lowercase();
    let bare = ["www.", "m.", "amp.", "mobile."].iter().find_map(|p| host.strip_prefix(p));
    bare.filter(|b| b.contains('.')).unwrap_or(&host).to_owned()
}

fn is_front(url: &str) -> bool {
    url.split_once("://").is_none_or(|(_, rest)| rest.split_once('/').is_none_or(|(_, path)| path.is_empty()))
}

/// Gathers what a page says.
pub fn facts(tree: &Tree<'_>, meta: &Meta, found: &Found<'_>, about: &About<'_>, ctx: &Context<'_>) -> Facts {
    let (url, canonical) = address(meta, about);
    let article = found.article;
    let get = |key: &str| article.and_then(|a| a.get(key));
    let url = url.or_else(|| article.and_then(|a| schema::addresses(a).into_iter().next()));
    let named = found.names(get("publisher")).into_iter().next().into_iter();
    let named: Vec<String> =
        named.chain(meta.first(&["og:site_name"]).map(str::to_owned)).filter(|o| !is_address(o)).collect();
    // Some give a domain, or the name that they have in addresses.
    let is_name = |o: &&String| !o.contains('.') && !o.starts_with(char::is_lowercase);
    let outlet = named.iter().find(is_name).or(named.first()).cloned();
    let own_names: Vec<String> = named.into_iter().chain(url.as_deref().map(host)).collect();
    let credit: Vec<String> = ["sourceOrganization", "provider"].iter().flat_map(|k| found.names(get(k))).collect();
    let credit = people::names(credit).into_iter().find(|c| !own_names.iter().any(|own| same(own, c)));
    Facts {
        title: title(meta, article, &own_names),
        lang: lang(meta, article),
        published: published(tree, meta, article, url.as_deref(), about, ctx),
        updated: dates(article, &["dateModified"], meta, MODIFIED, about, ctx).find_map(|c| c.from),
        byline: byline(tree, meta, found),
        credit,
        labels: labels(meta, article),
        descriptions: descriptions(meta, article),
        extra: extra(meta, article, url.as_deref(), canonical),
        is_article: article.is_some()
            || meta.first(&["og:type"]) == Some("article")
            || meta.first(&PUBLISHED[..4]).is_some(),
        outlet: if ctx.settings.outlet.is_some() { None } else { outlet },
        url,
    }
}

fn title(meta: &Meta, article: Option<&Thing>, own_names: &[String]) -> String {
    let structured = article.and_then(|a| schema::line(a, "headline").or_else(|| schema::line(a, "name")));
    let tags = [&["og:title"][..], &["twitter:title", "parsely-title", "sailthru.title", "dc.title", "citation_title"]];
    let [open_graph, other] = tags.map(|names| meta.first(names).map(str::to_owned));
    let candidates = [open_graph, structured, meta.heading.clone(), other, meta.title.clone()];
    let bare = candidates.into_iter().flatten().map(|t| without_outlet(&t, own_names));
    bare.into_iter().find(|t| !t.is_empty() && !own_names.iter().any(|own| same(own, t))).unwrap_or_default()
}

/// A title without the outlet's name at its end.
fn without_outlet(title: &str, own_names: &[String]) -> String {
    let mut title = title.trim();
    for mark in [" | ", " - ", " – ", " — ", " · ", " • ", " » ", " :: "] {
        while let Some((head, tail)) = title.rsplit_once(mark) {
            let first = tail.split('.').next().unwrap_or(tail);
            if head.trim().is_empty()
                || !own_names.iter().any(|own| {
                    same(own, tail) || same(own, first) || same(host(own).split('.').next().unwrap_or(""), tail)
                })
            {
                break;
            }
            title = head.trim();
        }
    }
    title.to_owned()
}

/// The first part of the language that a page is marked with: `en` of `en-GB`.
fn lang(meta: &Meta, article: Option<&Thing>) -> Option<String> {
    let structured = article.and_then(|a| schema::string(a.get("inLanguage")));
    let tags = meta.first(&["content-language", "og:locale", "dc.language", "language"]).map(str::to_owned);
    [meta.lang.clone(), structured, tags].into_iter().flatten().find_map(|lang| {
        let first = lang.split(['-', '_', ',', ' ']).next()?.to_lowercase();
        ((2..=3).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_lowercase())).then_some(first)
    })
}

/// Printed dates in the order in which they are believed.
fn dates<'a>(
    article: Option<&'a Thing>,
    keys: &'a [&'a str],
    meta: &'a Meta,
    tags: &'a [&'a str],
    about: &'a About<'a>,
    ctx: &'a Context<'a>,
) -> impl Iterator<Item = Clock> {
    let structured = keys.iter().filter_map(move |key| schema::string(article?.get(*key)));
    let tagged = tags.iter().filter_map(|tag| meta.first(&[tag])).map(str::to_owned);
    structured.chain(tagged).filter_map(move |raw| printed(&raw, about, ctx))
}

/// A printed date; `None` where it says that there is none.
pub fn printed(raw: &str, about: &About<'_>, ctx: &Context<'_>) -> Option<Clock> {
    let as_of = about.fetched.map_or(ctx.as_of, |at| at.min(ctx.as_of));
    (!clock::is_missing(raw.trim())).then(|| clock::parse_in(raw, &ctx.zones, as_of))
}

fn published(
    tree: &Tree<'_>,
    meta: &Meta,
    article: Option<&Thing>,
    url: Option<&str>,
    about: &About<'_>,
    ctx: &Context<'_>,
) -> Option<Clock> {
    let keys = ["datePublished", "dateCreated", "uploadDate"];
    let said: Vec<Clock> = dates(article, &keys, meta, PUBLISHED, about, ctx)
        .chain(times(tree).into_iter().filter_map(|raw| printed(&raw, about, ctx)))
        .take(40)
        .collect();
    let from_url = || ctx.day(url_date::day(url?)?, ClockQuality::Inferred);
    let modified = || {
        let last = dates(article, &["dateModified"], meta, MODIFIED, about, ctx).find(|c| c.from.is_some())?;
        Some(Clock { quality: ClockQuality::Inferred, ..last })
    };
    let fetched = || ctx.day(TimeZone::to_datetime(&ctx.zones.own, about.fetched?).date(), ClockQuality::Inferred);
    let first = said.iter().find(|c| c.from.is_some()).cloned();
    first
        .or_else(from_url)
        .or_else(modified)
        .or_else(|| said.into_iter().next())
        .or_else(|| ctx.source_day(ClockQuality::Inferred))
        .or_else(fetched)
}

/// The dates in `time` elements: those marked as that of publication, else the first one under the title.
fn times(tree: &Tree<'_>) -> Vec<String> {
    let (mut marked, mut first, mut heading) = (Vec::new(), None, false);
    for at in tree.within(tree.root()) {
        heading |= tree.name(at) == "h1";
        let of_publication = tree.attribute(at, "itemprop").is_some_and(|p| p.eq_ignore_ascii_case("datePublished"));
        if tree.name(at) != "time" && !of_publication {
            continue;
        }
        let value = ["datetime", "content"].iter().find_map(|key| tree.attribute(at, key));
        let Some(value) = value.map(|v| v.into_owned()).or_else(|| tree.short_line(at)) else {
            continue;
        };
        if of_publication || tree.attribute(at, "pubdate").is_some() {
            marked.push(value);
        } else if heading && first.is_none() {
            first = Some(value);
        }
        if marked.len() > 3 {
            break;
        }
    }
    marked.extend(first);
    marked
}

fn byline(tree: &Tree<'_>, meta: &Meta, found: &Found<'_>) -> Option<String> {
    let structured =
        ["author", "creator"].iter().map(|k| people::names(found.names(found.article.and_then(|a| a.get(*k)))));
    let tagged = AUTHORS.iter().map(|tag| people::names(meta.all(tag).to_vec()));
    let names =
        structured.chain(tagged).find(|names| !names.is_empty()).unwrap_or_else(|| shown_authors(tree, tree.root()));
    Some(names.join(", ")).filter(|names| !names.is_empty())
}

/// The authors that the text of a page, or a part of it, is marked with.
pub fn shown_authors(tree: &Tree<'_>, within: At) -> Vec<String> {
    let mut lines = Vec::new();
    let mut end = within;
    // Those of other articles stand elsewhere.
    let mut last = tree.end(within);
    for at in tree.within(within).filter(|at| tree.name(*at) != "meta") {
        if at >= end && is_author(tree, at) && tree.end(at).index() - at.index() < 60 {
            end = tree.end(at);
            let before = lines.len();
            lines.extend(people::byline(&tree.line(at)));
            if before == 0 && !lines.is_empty() {
                last = tree.ancestors(at).nth(1).map_or(end, |above| tree.end(above)).min(At(at.0 + NEAR));
            }
        }
        if lines.len() == MOST_BYLINES || at >= last {
            break;
        }
    }
    people::names(lines)
}

fn is_author(tree: &Tree<'_>, at: At) -> bool {
    tree.attributes(at).any(|(key, value)| match key.to_ascii_lowercase().as_str() {
        "itemprop" | "rel" => value.eq_ignore_ascii_case("author"),
        "class" | "data-testid" => {
            value.len() < 200 && super::furniture::name_words(value).iter().any(|w| w == "byline" || w == "author")
        }
        _ => false,
    })
}

fn labels(meta: &Meta, article: Option<&Thing>) -> Vec<String> {
    let kinds = [
        ("OpinionNewsArticle", "Opinion"),
        ("AnalysisNewsArticle", "Analysis"),
        ("ReviewNewsArticle", "Review"),
        ("SatiricalArticle", "Satire"),
        ("AdvertiserContentArticle", "Sponsored"),
    ];
    let typed = kinds
        .iter()
        .filter(|(kind, _)| article.is_some_and(|a| schema::is_a(a, &[kind])))
        .map(|(_, label)| (*label).to_owned());
    let genre = sections(meta, article).into_iter().filter(|s| GENRES.contains(&s.to_lowercase().as_str()));
    super::blocks::once(typed.chain(genre))
}

fn sections(meta: &Meta, article: Option<&Thing>) -> Vec<String> {
    let structured = ["genre", "articleSection"]
        .iter()
        .filter_map(|k| schema::text(article?.get(*k)).lines().next().map(str::to_owned));
    structured
        .chain(meta.first(&["article:section", "og:section", "parsely-section"]).map(str::to_owned))
        .filter(|s| s.len() < 80)
        .collect()
}

fn descriptions(meta: &Meta, article: Option<&Thing>) -> Vec<String> {
    let tags = ["og:description", "description", "twitter:description", "sailthru.description", "dc.description"];
    let structured =
        ["description", "alternativeHeadline", "abstract"].iter().filter_map(|k| schema::line(article?, k));
    tags.iter().filter_map(|tag| meta.first(&[tag])).map(str::to_owned).chain(structured).collect()
}

/// Evidence of where a text is from, where that is not the page itself.
fn extra(
    meta: &Meta,
    article: Option<&Thing>,
    url: Option<&str>,
    canonical: Option<String>,
) -> BTreeMap<String, Value> {
    let tag = |name: &str| meta.first(&[name]).map(str::to_owned);
    let link = |rel: &str| meta.linked(rel).map(str::to_owned);
    let based = article.and_then(|a| schema::string(a.get("isBasedOn").or_else(|| a.get("isBasedOnUrl"))));
    let addresses = [
        ("canonical", canonical),
        ("syndication_source", tag("syndication-source").or_else(|| link("syndication-source"))),
        ("original_source", tag("original-source").or_else(|| link("original-source"))),
        ("is_based_on", based),
    ];
    let others = addresses.into_iter().filter_map(|(key, address)| {
        let address = whole(&address?, url)?;
        (!url.is_some_and(|own| schema::same_page(own, &address))).then_some((key, address))
    });
    let section = sections(meta, article).into_iter().next().map(|s| ("section", s));
    others.chain(section).map(|(key, value)| (key.to_owned(), Value::String(value))).collect()
}
