//! HTML in a text to plain text; texts without tags stay as they are.

use scraper::{Html, Node};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Elements that begin and end a line.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "br",
    "caption",
    "dd",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "td",
    "th",
    "tr",
    "ul",
];
/// Elements within a line; with the blocks and the dropped these make a text HTML.
const INLINE: &[&str] =
    &["a", "b", "body", "em", "font", "html", "i", "img", "q", "small", "span", "strong", "sub", "sup", "u"];
/// Elements whose content is no text.
const DROPPED: &[&str] = &["head", "iframe", "noscript", "object", "script", "style", "svg", "template"];
/// Elements that HTML closes by itself or that hold nothing.
const SELF_CLOSED: &[&str] = &["p", "li", "br", "hr", "img", "td", "th", "tr", "dd", "dt"];
/// Deeper or longer HTML than any article's would make parsing slow: its tags are only cut out.
const MAX_OPEN: u32 = 512;
const MAX_BYTES: usize = 4 << 20;

/// The text of a body: where it has real tags they are taken out, with a line per block, and
/// entities are decoded; otherwise it is given back as it is.
pub fn plain(text: &str) -> Cow<'_, str> {
    match scan(text) {
        None => Cow::Borrowed(text),
        Some(open) if open > MAX_OPEN || text.len() > MAX_BYTES => Cow::Owned(tidy(&cut(text))),
        Some(_) => Cow::Owned(tidy(&parsed(text))),
    }
}

/// As [`plain`], in one line.
pub fn plain_line(text: &str) -> Cow<'_, str> {
    match plain(text) {
        Cow::Owned(text) => Cow::Owned(text.replace('\n', " ")),
        same => same,
    }
}

/// How many elements are left open at most; `None` when the text has no tag.
fn scan(text: &str) -> Option<u32> {
    let (mut open, mut most, mut any) = (BTreeMap::<&str, u32>::new(), 0, false);
    let mut depth = 0u32;
    for (name, closes) in tags(text) {
        let Some(name) = known(name) else { continue };
        any = true;
        let count = open.entry(name).or_default();
        if closes {
            depth -= u32::from(*count > 0);
            *count = count.saturating_sub(1);
        } else if !SELF_CLOSED.contains(&name) {
            *count += 1;
            depth += 1;
            most = most.max(depth);
        }
    }
    any.then_some(most)
}

/// The names of what looks like tags, and whether they close.
fn tags(text: &str) -> impl Iterator<Item = (&str, bool)> {
    text.match_indices('<').filter_map(|(at, _)| {
        let rest = text.get(at + 1..)?;
        let (rest, closes) = rest.strip_prefix('/').map_or((rest, false), |r| (r, true));
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(0);
        let (name, after) = rest.split_at_checked(end)?;
        let ends = after.starts_with('>') || after.starts_with('/') || after.starts_with(char::is_whitespace);
        (!name.is_empty() && ends).then_some((name, closes))
    })
}

fn known(name: &str) -> Option<&'static str> {
    [BLOCKS, INLINE, DROPPED].into_iter().flatten().copied().find(|k| k.eq_ignore_ascii_case(name))
}

/// The text of the parsed tree, walked without recursion.
fn parsed(text: &str) -> String {
    let html = Html::parse_fragment(text);
    let mut out = String::with_capacity(text.len());
    let mut at = Some(html.tree.root());
    while let Some(mut node) = at {
        at = if enter(node.value(), &mut out) { node.first_child() } else { None };
        while at.is_none() {
            leave(node.value(), &mut out);
            at = node.next_sibling();
            match node.parent() {
                Some(parent) if at.is_none() => node = parent,
                _ => break,
            }
        }
    }
    out
}

/// Whether the node's children are text too.
fn enter(node: &Node, out: &mut String) -> bool {
    match node {
        Node::Text(text) => out.extend(text.chars().map(|c| if c.is_whitespace() { ' ' } else { c })),
        Node::Element(element) if DROPPED.contains(&element.name()) => return false,
        Node::Element(element) if BLOCKS.contains(&element.name()) => out.push('\n'),
        _ => {}
    }
    true
}

fn leave(node: &Node, out: &mut String) {
    if matches!(node, Node::Element(element) if BLOCKS.contains(&element.name())) {
        out.push('\n');
    }
}

/// The text without anything between `<` and `>`, in one pass.
fn cut(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        out.push('\n');
        rest = after.split_once('>').map_or("", |(_, r)| r);
    }
    out.push_str(rest);
    for (entity, is) in
        [("&nbsp;", " "), ("&quot;", "\""), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
    {
        out = out.replace(entity, is);
    }
    out
}

/// One space between words, no empty lines.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split('\n') {
        let mut words = line.split_whitespace().peekable();
        if words.peek().is_none() {
            continue;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        while let Some(word) = words.next() {
            out.push_str(word);
            if words.peek().is_some() {
                out.push(' ');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_become_lines_and_entities_letters() {
        let html = "<div><p>Rain &amp; wind\n hit the <b>harbour</b>.</p><p>Ferries stopped.<br>Trains ran.</p></div>";
        assert_eq!(plain(html), "Rain & wind hit the harbour.\nFerries stopped.\nTrains ran.");
        assert_eq!(plain("One<br/>two"), "One\ntwo");
        assert_eq!(plain_line("<em>Storm</em><br>at sea"), "Storm at sea");
    }

    #[test]
    fn scripts_and_styles_are_dropped() {
        assert_eq!(plain("<style>p{}</style><p>Ferry</p><script>var a = '<p>';</script> late"), "Ferry\nlate");
    }

    #[test]
    fn plain_text_stays_as_it_is() {
        for text in [
            "5 < 6 and 7 > 6 &amp; so on",
            "a <b",
            "<3",
            "\n two  spaces \n",
            "<bogus>x</bogus>",
            "Tom <tom@x.example>",
        ] {
            assert!(matches!(plain(text), Cow::Borrowed(t) if t == text), "{text}");
        }
    }

    #[test]
    fn a_million_open_elements_are_no_hang() {
        let bomb = format!("{}late ferry", "<div><b>".repeat(200_000));
        assert_eq!(plain(&bomb), "late ferry");
        let misnested = "<p><a></b>x".repeat(50_000);
        assert!(plain(&misnested).starts_with('x'));
    }

    proptest::proptest! {
        #[test]
        fn no_markup_is_too_strange(text in "(<|>|/|p|div|b| |&amp;|&|script|é|x|=|\"|!--|\n){0,60}") {
            plain(&text);
        }
    }
}
