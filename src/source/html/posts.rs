//! The posts of a live page as its markup shows them: by what schema.org, AMP and outlets call a post.

use super::blocks::Blocks;
use super::body::{self, Density};
use super::facts::shown_authors;
use super::furniture::name_words;
use super::tree::{At, Tree};

/// A larger element is no post but a page.
pub const LARGEST: usize = 2_000;
/// What posts are called in `class` and `data-testid`, in two words that follow one another.
const CALLED: &[(&str, &str)] = &[
    ("content", "post"),
    ("live", "entry"),
    ("live", "post"),
    ("live", "update"),
    ("liveblog", "entry"),
    ("liveblog", "item"),
    ("liveblog", "post"),
    ("stream", "post"),
    ("ticker", "entry"),
    ("ticker", "item"),
];
/// Attributes that only posts have.
const MARKED: &[&str] = &["data-block-id", "data-live-post-id", "data-post-id", "data-post-time", "data-sort-time"];
/// Attributes that hold the time of a post.
const TIMES: &[&str] = &["data-post-time", "data-sort-time", "data-published", "data-timestamp", "data-time"];

/// A post as it is shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Its element.
    pub at: At,
    /// What identifies it on its page.
    pub id: Option<String>,
    /// Its heading.
    pub title: String,
    /// Its time as printed or as a number.
    pub time: Option<String>,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// Its lines.
    pub lines: Vec<body::Line>,
    /// What is said of its pictures.
    pub captions: Vec<String>,
}

/// The elements of a page that are posts, the outermost of those within one another.
pub fn posts(tree: &Tree<'_>) -> Vec<At> {
    let mut found = Vec::new();
    let mut end = tree.root();
    for at in tree.within(tree.root()) {
        if at >= end && is_post(tree, at) {
            end = tree.end(at);
            found.push(at);
        }
    }
    found
}

fn is_post(tree: &Tree<'_>, at: At) -> bool {
    if !matches!(tree.name(at), "article" | "div" | "li" | "section") || tree.end(at).index() - at.index() > LARGEST {
        return false;
    }
    let marked = tree.attributes(at).any(|(key, value)| match key.to_ascii_lowercase().as_str() {
        "itemprop" => value.eq_ignore_ascii_case("liveBlogUpdate"),
        "id" => tree.name(at) == "article" && ["block-", "asset:", "post_"].iter().any(|p| value.starts_with(p)),
        "class" | "data-testid" | "data-component" => value.len() < 300 && is_called(value),
        key => MARKED.contains(&key),
    });
    marked && time(tree, at).is_some() && !leads_elsewhere(tree, at)
}

/// Whether the heading links to another page, as those of lists of articles do.
fn leads_elsewhere(tree: &Tree<'_>, at: At) -> bool {
    let Some(heading) = tree.within(at).find(|n| is_title(tree, *n)) else { return false };
    let above = tree.ancestors(heading).take_while(|a| *a > at);
    let mut links = tree.within(heading).chain(above).filter(|n| tree.name(*n) == "a");
    links.any(|link| tree.attribute(link, "href").is_some_and(|to| !to.contains('#') && !to.trim().is_empty()))
}

/// Whether one of the names ends with what posts are called: `live-post`, and no part of one such as `live-post-header`.
fn is_called(names: &str) -> bool {
    names.split_whitespace().any(|name| match name_words(name).as_slice() {
        [.., a, b] => CALLED.contains(&(a, b)),
        _ => false,
    })
}

/// What a post shows.
pub fn shown(tree: &Tree<'_>, blocks: &Blocks, density: &Density, at: At) -> Shown {
    let title = tree.within(at).find(|n| is_title(tree, *n)).map(|n| tree.line(n)).unwrap_or_default();
    let lines = body::lines(&body::kept(tree, blocks, density, at, &title));
    let before = |end: At| blocks.captions.partition_point(|(n, _)| *n < end);
    let captions = blocks.captions.get(before(at)..before(tree.end(at))).unwrap_or_default();
    let captions = captions.iter().map(|(_, text)| text.clone());
    let id =
        ["id", "data-post-id", "data-block-id", "data-live-post-id"].iter().find_map(|key| tree.attribute(at, key));
    Shown {
        at,
        id: id.map(|id| id.trim().to_owned()).filter(|id| !id.is_empty() && id.len() < 300),
        time: time(tree, at),
        authors: shown_authors(tree, at),
        captions: super::blocks::once(captions),
        title,
        lines,
    }
}

fn is_title(tree: &Tree<'_>, at: At) -> bool {
    matches!(tree.name(at), "h1" | "h2" | "h3" | "h4" | "h5")
        || tree.attribute(at, "itemprop").is_some_and(|p| p.eq_ignore_ascii_case("headline") && tree.name(at) != "meta")
}

/// The time of a post: what is marked as that of publication, else its first.
fn time(tree: &Tree<'_>, at: At) -> Option<String> {
    let own = TIMES.iter().find_map(|key| tree.attribute(at, key));
    if let Some(own) = own.filter(|t| !t.trim().is_empty()) {
        return Some(own.trim().to_owned());
    }
    let (mut first, mut marked) = (None, None);
    for inner in tree.within(at).take(LARGEST) {
        let of_publication = tree.attribute(inner, "itemprop").is_some_and(|p| p.eq_ignore_ascii_case("datePublished"));
        if !of_publication && tree.name(inner) != "time" {
            continue;
        }
        let value = ["datetime", "content"].iter().chain(TIMES).find_map(|key| tree.attribute(inner, key));
        let value = value.map(|v| v.trim().to_owned()).or_else(|| tree.short_line(inner));
        let value = value.filter(|v| !v.is_empty());
        if of_publication {
            marked = marked.or(value);
        } else {
            first = first.or(value);
        }
    }
    marked.or(first)
}
