//! The article of a page: where its paragraphs are densest, without what is linked, repeated or beside it.

use super::blocks::{Block, Blocks, Kind, once};
use super::furniture::name_words;
use super::tree::{At, Tree};
use crate::source::words::has_words;
use rustc_hash::FxHashSet;

/// A child with this share of the paragraphs is looked into.
const MOST: f64 = 0.7;
/// An element with this share of them directly in it is not left for a child.
const OWN: f64 = 0.08;
/// An element that says that it is the article is believed with this share of them.
const NAMED: f64 = 0.4;
/// Shorter lines outside of paragraphs are no text.
const SHORT: usize = 25;
/// A part of the article more of whose text is linked is no part of it.
const LINKED: f64 = 0.5;
/// Most parts that an article is put together from.
const MOST_PARTS: usize = 50;
/// What the text of an article is called.
const TEXTS: &[&str] =
    &["article", "body", "content", "copy", "entry", "paragraph", "post", "richtext", "story", "text"];
/// Longest lead in bytes.
const LONGEST_LEAD: usize = 900;
/// What a lead is called.
const LEADS: &[&str] = &[
    "abstract",
    "chapo",
    "dek",
    "description",
    "excerpt",
    "intro",
    "lead",
    "lede",
    "preamble",
    "standfirst",
    "subhead",
    "subheadline",
    "subtitle",
    "summary",
    "teaser",
    "vorspann",
];

/// What was found of an article.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Body {
    /// What stands between its title and its text.
    pub lead: Vec<String>,
    /// Its paragraphs and headings.
    pub lines: Vec<Line>,
    /// What is said of its pictures.
    pub captions: Vec<String>,
}

/// A line of an article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its words.
    pub text: String,
    /// Whether it heads those that follow.
    pub heading: bool,
}

/// Finds the article. `title` is no part of it; a line that is one of `descriptions` before its first paragraph is its
/// lead.
pub fn body(tree: &Tree<'_>, blocks: &Blocks, title: &str, descriptions: &[String]) -> Body {
    let density = Density::of(&blocks.lines);
    let parts = densest(tree, &density);
    let mut kept: Vec<&Block> = parts.iter().flat_map(|part| kept(tree, blocks, &density, *part, title)).collect();
    without_what_precedes(tree, &blocks.lines, title, &mut kept);
    let inside = |at: At| parts.iter().any(|part| at >= *part && at < tree.end(*part));
    let captions = blocks.captions.iter().filter(|(at, _)| inside(*at)).map(|(_, text)| text.clone());
    Body { lead: lead(tree, &blocks.lines, &kept, title, descriptions), lines: lines(&kept), captions: once(captions) }
}

/// Drops lines before the title, where more stands behind it: notices, menus.
fn without_what_precedes(tree: &Tree<'_>, lines: &[Block], title: &str, kept: &mut Vec<&Block>) {
    let is_title = |b: &&Block| tree.name(b.at) == "h1" || same(&b.text, title);
    let Some(top) = lines.iter().find(is_title).map(|b| b.at) else { return };
    let length = |before: bool| kept.iter().filter(|b| (b.at < top) == before).map(|b| b.text.len()).sum::<usize>();
    if length(true) < length(false) {
        kept.retain(|b| b.at >= top);
    }
}

/// Kept lines, each once.
pub fn lines(kept: &[&Block]) -> Vec<Line> {
    let mut seen = FxHashSet::default();
    let new = kept.iter().filter(|b| seen.insert(b.text.as_str()));
    new.map(|b| Line { text: b.text.clone(), heading: matches!(b.kind, Kind::Heading(_)) }).collect()
}

/// The lines within an element that are text, as those of an article.
pub fn kept<'b>(tree: &Tree<'_>, blocks: &'b Blocks, density: &Density, within: At, title: &str) -> Vec<&'b Block> {
    let beside = Beside::of(tree, density, within);
    let mut inside = density.lines(tree, within);
    inside.sort_unstable();
    let inside = inside.into_iter().filter_map(|at| blocks.lines.get(at));
    without_empty_headings(inside.filter(|b| !beside.has(b.at) && is_text(b, title)).collect())
}

/// How much text stands where.
pub struct Density {
    /// Of all lines up to a place: weight, length, length of what is linked; and which line it is.
    sums: Vec<(At, [f64; 3], usize)>,
}

impl Density {
    /// Counts lines.
    pub fn of(lines: &[Block]) -> Density {
        let each = |(i, b): (usize, &Block)| (b.at, [weight(b), b.text.len() as f64, b.linked as f64], i);
        let mut sums: Vec<(At, [f64; 3], usize)> = lines.iter().enumerate().map(each).collect();
        // Text behind an inner element belongs to the outer one, which begins before it.
        sums.sort_by_key(|(at, ..)| *at);
        let mut sum = [0.0; 3];
        for (_, values, _) in &mut sums {
            for (total, value) in sum.iter_mut().zip(values) {
                *total += *value;
                *value = *total;
            }
        }
        Density { sums }
    }

    fn up_to(&self, at: At) -> [f64; 3] {
        let before = self.before(at);
        before.checked_sub(1).and_then(|i| self.sums.get(i)).map_or([0.0; 3], |(_, sum, _)| *sum)
    }

    fn before(&self, at: At) -> usize {
        self.sums.partition_point(|(place, ..)| *place < at)
    }

    /// Which lines stand within an element.
    fn lines(&self, tree: &Tree<'_>, at: At) -> Vec<usize> {
        let inside = self.sums.get(self.before(at)..self.before(tree.end(at)));
        inside.unwrap_or_default().iter().map(|(.., line)| *line).collect()
    }

    fn within(&self, tree: &Tree<'_>, at: At) -> [f64; 3] {
        let (from, to) = (self.up_to(at), self.up_to(tree.end(at)));
        [to[0] - from[0], to[1] - from[1], to[2] - from[2]]
    }

    fn weight(&self, tree: &Tree<'_>, at: At) -> f64 {
        self.within(tree, at)[0]
    }
}

/// How much a line speaks for its place being the article.
fn weight(block: &Block) -> f64 {
    let share = match block.kind {
        Kind::Paragraph => 1.0,
        Kind::Item | Kind::Cell => 0.5,
        Kind::Other if block.text.len() >= 3 * SHORT => 0.7,
        Kind::Other | Kind::Heading(_) => 0.0,
    };
    let long = block.text.len() >= SHORT && block.link_share() < LINKED;
    if long { share * block.text.len().min(1_000) as f64 } else { 0.0 }
}

/// The element in which the article stands, and others that are called the same and have more of it, in order.
fn densest(tree: &Tree<'_>, density: &Density) -> Vec<At> {
    let (mut at, mut parts) = (tree.root(), Vec::new());
    loop {
        let whole = density.weight(tree, at);
        let heavier = |a: (At, f64), b: (At, f64)| if b.1 > a.1 { b } else { a };
        let children = || tree.children(at).filter(|c| !tree.name(*c).is_empty()).map(|c| (c, density.weight(tree, c)));
        let Some((child, weight)) = children().reduce(heavier).filter(|_| whole > 0.0) else { break };
        // Paragraphs beside a child are of the same text.
        let beside: f64 = children().filter(|(c, _)| *c != child && tree.name(*c) == "p").map(|(_, w)| w).sum();
        if beside >= OWN * whole {
            break;
        }
        let named = || children().filter(|(c, _)| is_named(tree, *c)).reduce(heavier);
        let next = match named().filter(|(_, w)| *w >= NAMED * whole) {
            Some((article, _)) => article,
            // A paragraph is no article, however long.
            None if weight >= MOST * whole && !matches!(tree.name(child), "p" | "li" | "td" | "tr") => child,
            None if weight >= MOST * whole && holds_blocks(tree, child, density) => child,
            None => break,
        };
        let is_twin = |(c, w): &(At, f64)| {
            *c != next && *w > 0.0 && parts.len() < MOST_PARTS && are_twins(tree, *c, next, *w >= OWN * whole)
        };
        let twins: Vec<At> = children().filter(is_twin).map(|(c, _)| c).take(MOST_PARTS).collect();
        parts.extend(twins);
        at = next;
    }
    parts.push(at);
    parts.sort_unstable();
    parts
}

/// Whether two elements are called the same, or share a name that outlets give to the text of an article; `much` says
/// that the first has a good part of it.
fn are_twins(tree: &Tree<'_>, a: At, b: At, much: bool) -> bool {
    let of = |at: At| tree.attribute(at, "class").filter(|c| c.len() < 300 && !c.trim().is_empty());
    let (Some(first), Some(second)) = (of(a), of(b)) else { return false };
    let says_text = |name: &str| name_words(name).iter().any(|w| TEXTS.contains(&w.as_str()));
    let shares = || first.split_whitespace().any(|n| second.split_whitespace().any(|m| m == n) && says_text(n));
    tree.name(a) == tree.name(b) && ((much && first == second) || shares())
}

fn holds_blocks(tree: &Tree<'_>, at: At, density: &Density) -> bool {
    tree.children(at).any(|c| !tree.name(c).is_empty() && density.weight(tree, c) > 0.0)
}

/// Whether an element says that it is the article.
fn is_named(tree: &Tree<'_>, at: At) -> bool {
    matches!(tree.name(at), "article" | "main")
        || tree.attributes(at).any(|(key, value)| {
            (key.eq_ignore_ascii_case("itemprop") && value.eq_ignore_ascii_case("articleBody"))
                || (key.eq_ignore_ascii_case("role") && matches!(value, "main" | "article"))
        })
}

/// Which elements of an article are beside it: most of their text is linked, and it is little.
struct Beside {
    first: At,
    bad: Vec<bool>,
}

impl Beside {
    fn of(tree: &Tree<'_>, density: &Density, article: At) -> Beside {
        let whole = density.weight(tree, article);
        let mut bad = vec![false];
        for at in tree.within(article) {
            let parent = tree.parent(at).index().saturating_sub(article.index());
            let inherited = bad.get(parent).copied().unwrap_or_default();
            let judged = matches!(
                tree.name(at),
                "div" | "section" | "ul" | "ol" | "dl" | "table" | "article" | "header" | "blockquote"
            );
            bad.push(inherited || (judged && is_linked(density.within(tree, at), whole)));
        }
        Beside { first: article, bad }
    }

    fn has(&self, at: At) -> bool {
        self.bad.get(at.index().saturating_sub(self.first.index())).copied().unwrap_or_default()
    }
}

fn is_linked([weight, length, linked]: [f64; 3], whole: f64) -> bool {
    length > 0.0 && linked >= LINKED * length && weight < 0.3 * whole
}

/// Whether a line of the article is text.
fn is_text(block: &Block, title: &str) -> bool {
    let share = block.link_share();
    let linked = if block.text.len() < 300 { 0.6 } else { 0.8 };
    // Some articles link whole sentences; what leads to other articles is a title, and ends without a full stop.
    let sentence = block.kind == Kind::Paragraph
        && block.text.ends_with(['.', '。'])
        && block.text.split_whitespace().nth(7).is_some();
    if (share > linked && !sentence) || same(&block.text, title) {
        return false;
    }
    match block.kind {
        // The title of the page, which may be worded otherwise than the one in its head.
        Kind::Heading(1) => false,
        Kind::Paragraph | Kind::Heading(_) => has_words(&block.text),
        Kind::Item => block.text.len() >= SHORT || ends_sentence(&block.text),
        Kind::Cell => block.text.len() >= 3 * SHORT,
        Kind::Other => block.text.len() >= 3 * SHORT || (block.text.len() >= SHORT && ends_sentence(&block.text)),
    }
}

/// Headings that stand before text.
fn without_empty_headings(blocks: Vec<&Block>) -> Vec<&Block> {
    let mut out: Vec<&Block> = Vec::new();
    for block in blocks.into_iter().rev() {
        let followed = match (block.kind, out.last().map(|b| b.kind)) {
            (Kind::Heading(_), None) => false,
            (Kind::Heading(level), Some(Kind::Heading(next))) => next > level,
            _ => true,
        };
        if followed {
            out.push(block);
        }
    }
    out.reverse();
    out
}

/// The lines before the first paragraph that are the article's lead.
fn lead(tree: &Tree<'_>, lines: &[Block], kept: &[&Block], title: &str, descriptions: &[String]) -> Vec<String> {
    let Some(first) = kept.first().map(|b| b.at) else { return Vec::new() };
    let heading = |b: &&Block| tree.name(b.at) == "h1" || same(&b.text, title);
    let top = lines.iter().rfind(|b| b.at < first && heading(b)).map(|b| b.at);
    let is_lead = |b: &&Block| {
        let named = || top.is_some_and(|top| b.at > top) && is_called(tree, b.at);
        let words = b.text.split_whitespace().nth(3).is_some() || (!b.text.is_ascii() && b.text.len() >= 3 * SHORT);
        let long = words && b.text.len() <= LONGEST_LEAD;
        let said = || descriptions.iter().any(|d| begins_alike(d, &b.text));
        b.at < first && long && b.link_share() < LINKED && !same(&b.text, title) && (said() || named())
    };
    lines.iter().filter(is_lead).take(3).map(|b| b.text.clone()).collect()
}

/// Whether an element or one just above it is called a lead.
fn is_called(tree: &Tree<'_>, at: At) -> bool {
    std::iter::once(at).chain(tree.ancestors(at).take(2)).any(|at| {
        tree.attributes(at).any(|(key, value)| {
            let asked = ["class", "id", "itemprop", "data-testid", "data-gu-name"];
            asked.iter().any(|k| key.eq_ignore_ascii_case(k))
                && value.len() < 300
                && name_words(value).iter().any(|w| LEADS.contains(&w.as_str()))
        })
    })
}

/// Whether two texts have the same letters and digits.
pub fn same(a: &str, b: &str) -> bool {
    letters(a).eq(letters(b))
}

/// Whether one text begins with the other, or with all that was cut off the other.
fn begins_alike(a: &str, b: &str) -> bool {
    let alike = letters(a).zip(letters(b)).take_while(|(x, y)| x == y).count();
    let shorter = letters(a).take(60).count().min(letters(b).take(60).count());
    shorter >= 20 && alike >= shorter
}

fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase)
}

/// Whether a line ends as sentences do.
pub fn ends_sentence(line: &str) -> bool {
    let line = line.trim_end_matches(|c: char| c.is_whitespace() || "\"'”’»›)]".contains(c));
    line.ends_with(['.', '?', '!', '…', ':', '。', '？', '！', '।', '؟', '۔'])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::blocks::blocks;
    use super::*;

    const FIRST: &str = "The ferry Solan Queen ran aground off Port Ellery before dawn, and fourteen people were hurt.";
    const SECOND: &str = "Tugs from the harbour pulled her free at noon, and divers looked at her hull afterwards.";
    const THIRD: &str = "The harbour office said that the fog had been thick, and that the light on the mole was out.";

    fn found(page: &str, descriptions: &[&str]) -> Vec<String> {
        let tree = Tree::of(page, 64).unwrap();
        let descriptions: Vec<String> = descriptions.iter().map(|d| (*d).to_owned()).collect();
        let body = body(&tree, &blocks(&tree), "Ferry aground", &descriptions);
        body.lead.into_iter().chain(body.lines.into_iter().map(|l| l.text)).collect()
    }

    #[test]
    fn an_article_in_several_parts_is_put_together() {
        let long = format!("{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p><p>{}", FIRST.replace("ferry", "boat"));
        let parts = format!(
            "<main><h1>Ferry aground</h1><div class='story-body a'><p>Late on Tuesday the Solan Queen left Port Ellery.</p></div>\
             <div class=box><p>Weather: fog until Friday, wind from the south west.</p></div><div class='story-body b'><p>{long}</p></div></main>"
        );
        let lines = found(&parts, &[]);
        assert_eq!((lines.len(), lines[0].as_str()), (5, "Late on Tuesday the Solan Queen left Port Ellery."));
        let beside = format!("<div><p>{FIRST}</p><div><p>{SECOND}</p><p>{THIRD}</p><p>{long}</p></div></div>");
        assert_eq!(found(&beside, &[])[0], FIRST, "a paragraph beside the part with the most");
    }

    #[test]
    fn notices_before_the_title_and_pointers_to_other_articles_are_left_out() {
        let page = format!(
            "<main><p>Turn on notifications to stay up to date.</p><h1>Ferry aground</h1><p>{FIRST}</p>\
             <div><h3><a href=/other>Storm closes the northern bridge</a></h3><p>It will stay closed until Friday, the office says.</p></div>\
             <p>{SECOND}</p><h2><a href='#more'>More</a></h2><p>{THIRD}</p></main>"
        );
        assert_eq!(found(&page, &[]), [FIRST, SECOND, THIRD]);
    }

    #[test]
    fn a_lead_is_known_by_its_name_or_by_what_the_page_says_of_itself() {
        let page = |lead: &str| {
            format!(
                "<header><h1>Ferry aground</h1>{lead}</header><article><p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p></article>"
            )
        };
        let lead = "Fourteen people hurt off Port Ellery";
        for tag in ["<p class=article__standfirst>", "<h2 class=subtitle>", "<div itemprop=description>"] {
            assert_eq!(found(&page(&format!("{tag}{lead}")), &[])[0], lead, "{tag}");
        }
        assert_eq!(found(&page(&format!("<div>{lead}</div>")), &[lead])[0], lead);
        assert_eq!(found(&page(&format!("<div>{lead}</div>")), &[])[0], FIRST);
        assert_eq!(found(&page(""), &[lead])[0], FIRST, "what is not shown is no lead");
    }

    #[test]
    fn texts_are_compared_by_letters() {
        assert!(same("Ferry — aground!", "ferry aground") && !same("Ferry", "Ferries"));
        assert!(begins_alike("Fourteen people were hurt …", "Fourteen people were hurt off Port Ellery."));
        assert!(!begins_alike("Fourteen", "Fourteen people were hurt off Port Ellery."));
    }
}
