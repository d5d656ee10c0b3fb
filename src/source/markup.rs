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
const SELF_CLOSED: &[&str] = &[
    "p", "li", "br", "hr", "img", "td", "th", "tr", "dd", "dt", "input", "link", "meta", "source", "wbr", "col",
    "area", "embed", "track", "base", "param",
];
/// Deeper or longer HTML than any article's would make parsing slow: its tags are only cut out.
const MAX_OPEN: u32 = 512;
const MAX_BYTES: usize = 256 << 10;

/// The text of a body: where it has real tags they are taken out, with a line per block, and
/// entities are decoded; otherwise it is given back as it is.
pub fn plain(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'<', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
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

/// How many elements are open at most; `None` when the text has no real tag.
fn scan(text: &str) -> Option<u32> {
    let (mut open, mut depth, mut most, mut real) = (BTreeMap::<&str, u32>::new(), 0u32, 0, false);
    for tag in tags(text) {
        real |= tag.is_real();
        let name = known(tag.name).unwrap_or(tag.name);
        let count = open.entry(name).or_default();
        if tag.closes {
            depth -= u32::from(*count > 0);
            *count = count.saturating_sub(1);
        } else if !SELF_CLOSED.contains(&name) {
            *count += 1;
            depth += 1;
            most = most.max(depth);
        }
    }
    real.then_some(most)
}

/// What looks like a tag.
struct Tag<'t> {
    name: &'t str,
    closes: bool,
    /// What follows the name.
    after: &'t str,
}

impl Tag<'_> {
    /// Whether it is one: an element of HTML, and `>` follows at once or after attributes. In
    /// `a <b and c> d` it is none.
    fn is_real(&self) -> bool {
        let Some(inside) = self.after.split(['>', '<']).next() else { return false };
        let ends = self.after.as_bytes().get(inside.len()) == Some(&b'>');
        let attributes = inside.trim().trim_end_matches('/');
        known(self.name).is_some() && ends && (attributes.is_empty() || (!self.closes && attributes.contains('=')))
    }
}

/// What looks like tags, in one pass.
fn tags(text: &str) -> impl Iterator<Item = Tag<'_>> {
    text.match_indices('<').filter_map(|(at, _)| {
        let rest = text.get(at + 1..)?;
        let (rest, closes) = rest.strip_prefix('/').map_or((rest, false), |r| (r, true));
        let end = rest.find(|c: char| c.is_whitespace() || "/><".contains(c))?;
        let (name, after) = rest.split_at_checked(end)?;
        (name.starts_with(|c: char| c.is_ascii_alphabetic()) && !after.starts_with('<')).then_some(Tag {
            name,
            closes,
            after,
        })
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

/// The text without anything between `<` and `>`, and without scripts and the like, in one pass.
fn cut(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut dropping = None;
    for (at, part) in text.split('<').enumerate() {
        let (tag, words) = if at == 0 { ("", part) } else { part.split_once('>').unwrap_or((part, "")) };
        let name = tag.split(|c: char| c.is_whitespace() || c == '/').find(|n| !n.is_empty()).and_then(known);
        match (dropping, name) {
            (None, Some(name)) if DROPPED.contains(&name) && !tag.starts_with('/') => dropping = Some(name),
            (None, Some(name)) if BLOCKS.contains(&name) => out.push('\n'),
            (Some(_), _) if dropping == name && tag.starts_with('/') => dropping = None,
            _ => {}
        }
        if dropping.is_none() {
            out.extend(words.chars().map(|c| if c.is_whitespace() { ' ' } else { c }));
        }
    }
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
        let unmatched = format!("{}{}late ferry", "<x-y>".repeat(200_000), "</z-z>".repeat(200_000));
        assert_eq!(plain(&format!("<p>{unmatched}</p>")), "late ferry");
    }

    #[test]
    fn html_too_long_to_parse_is_cut() {
        let filler = "wind ".repeat(60_000);
        let html = format!("<p>Rain &amp; <b>sun</b></p><script>if (a<b) x();</script><p class=\"a\">{filler}</p>");
        assert_eq!(plain(&html), format!("Rain & sun\n{}", filler.trim()));
    }

    proptest::proptest! {
        #[test]
        fn no_markup_is_too_strange(text in "(<|>|/|p|div|b| |&amp;|&|script|é|x|=|\"|!--|\n){0,60}") {
            plain(&text);
        }
    }
}
