//! The elements of a page as a tree, made in one pass and within limits, with the ends that pages leave out.

use super::builder::{BLOCKS, Builder};
use super::entities;
use super::tokens::attributes;
use std::borrow::Cow;

/// Most nodes of a page: more is no page that a person reads, and would only cost memory.
pub const MAX_NODES: usize = 1 << 20;

/// A node's place in its tree; places rise in the order of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At(pub(super) u32);

impl At {
    /// As an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a node is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind<'p> {
    /// An element: its name in small letters where it is one of HTML, and its attributes as written.
    Element(&'p str, &'p str),
    /// Text as written.
    Text(&'p str),
}

/// A node.
#[derive(Clone, Debug)]
pub(super) struct Node<'p> {
    pub(super) kind: Kind<'p>,
    pub(super) parent: At,
    /// The first place behind it and what it holds.
    pub(super) end: At,
}

/// The elements and texts of a page.
#[derive(Clone, Debug)]
pub struct Tree<'p> {
    pub(super) nodes: Vec<Node<'p>>,
    /// The comments before the first element.
    pub preface: Vec<&'p str>,
}

impl<'p> Tree<'p> {
    /// Reads a page; the error is why it is none.
    pub fn of(page: &'p str, max_depth: usize) -> Result<Tree<'p>, String> {
        Builder::new(max_depth).read(page)
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The root, which is no element of the page.
    pub fn root(&self) -> At {
        At(0)
    }

    /// Everything within a node, in order.
    pub fn within(&self, at: At) -> impl Iterator<Item = At> + use<'p> {
        let end = self.nodes.get(at.index()).map_or(at.0, |n| n.end.0);
        (at.0.saturating_add(1)..end).map(At)
    }

    /// The first place behind a node and what it holds.
    pub fn end(&self, at: At) -> At {
        self.nodes.get(at.index()).map_or(at, |n| n.end)
    }

    /// The nodes directly within a node.
    pub fn children(&self, at: At) -> impl Iterator<Item = At> {
        let end = self.end(at);
        let first = Some(At(at.0 + 1)).filter(|c| *c < end);
        std::iter::successors(first, move |c| Some(self.end(*c)).filter(|next| *next < end && next > c))
    }

    /// What a node is within; the root is within itself.
    pub fn parent(&self, at: At) -> At {
        self.nodes.get(at.index()).map_or(At(0), |n| n.parent)
    }

    /// A node's ancestors, the nearest first, without the root.
    pub fn ancestors(&self, at: At) -> impl Iterator<Item = At> {
        std::iter::successors(Some(self.parent(at)), |a| Some(self.parent(*a))).take_while(|a| a.0 != 0)
    }

    /// An element's name; "" for texts.
    pub fn name(&self, at: At) -> &'p str {
        match self.nodes.get(at.index()).map(|n| n.kind) {
            Some(Kind::Element(name, _)) => name,
            _ => "",
        }
    }

    /// A text with its references decoded; `None` for elements.
    pub fn text(&self, at: At) -> Option<Cow<'p, str>> {
        match self.nodes.get(at.index())?.kind {
            Kind::Text(raw) => Some(entities::decode(raw)),
            Kind::Element(..) => None,
        }
    }

    /// An element's attributes as written.
    pub fn attributes(&self, at: At) -> impl Iterator<Item = (&'p str, &'p str)> + use<'p> {
        let tag = match self.nodes.get(at.index()).map(|n| n.kind) {
            Some(Kind::Element(_, tag)) => tag,
            _ => "",
        };
        attributes(tag)
    }

    /// An attribute's value.
    pub fn attribute(&self, at: At, name: &str) -> Option<Cow<'p, str>> {
        self.attributes(at).find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| entities::decode(value))
    }

    /// All text within a node, as it is, `script` and the like too.
    pub fn raw_text(&self, at: At) -> String {
        let raw = |at: At| match self.nodes.get(at.index()).map(|n| n.kind) {
            Some(Kind::Text(raw)) => raw,
            _ => "",
        };
        self.within(at).map(raw).collect()
    }

    /// As [`Self::line`], of an element that holds a few words and no more.
    pub fn short_line(&self, at: At) -> Option<String> {
        let few = self.end(at).index() - at.index() < 40;
        few.then(|| self.line(at)).filter(|line| line.len() < 60)
    }

    /// The words within a node in one line, without those of scripts.
    pub fn line(&self, at: At) -> String {
        let mut out = String::new();
        let mut skip = at;
        for node in self.within(at).filter(|n| self.parent(*n) != *n) {
            if node < skip {
                continue;
            }
            match self.text(node) {
                Some(text) => out.push_str(&text),
                None if is_no_text(self.name(node)) => skip = self.end(node),
                None if BLOCKS.contains(&self.name(node)) || self.name(node) == "br" => out.push(' '),
                None => {}
            }
        }
        words(&out)
    }
}

/// Whether what an element of this name holds is no text of the page.
pub fn is_no_text(name: &str) -> bool {
    matches!(
        name,
        "head"
            | "iframe"
            | "noscript"
            | "object"
            | "script"
            | "style"
            | "svg"
            | "template"
            | "textarea"
            | "select"
            | "math"
            | "noembed"
            | "noframes"
            | "audio"
            | "video"
            | "title"
    )
}

/// Text with one space between words.
pub fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The tree as text: elements in brackets.
    fn shape(page: &str) -> String {
        let tree = Tree::of(page, 512).unwrap();
        fn of(tree: &Tree<'_>, at: At, out: &mut String) {
            match tree.text(at) {
                Some(text) => out.push_str(&text),
                None => {
                    out.push_str(&format!("{}[", tree.name(at)));
                    tree.children(at).for_each(|c| of(tree, c, out));
                    out.push(']');
                }
            }
        }
        let mut out = String::new();
        tree.children(tree.root()).for_each(|c| of(&tree, c, &mut out));
        out
    }

    #[test]
    fn ends_that_are_left_out_are_put_where_browsers_put_them() {
        for (page, want) in [
            ("<p>a<p>b<div>c", "p[a]p[b]div[c]"),
            ("<ul><li>a<li>b<ul><li>c</ul><li>d</ul>e", "ul[li[a]li[bul[li[c]]]li[d]]e"),
            ("<table><tr><td>a<td>b<tr><td>c</table>", "table[tr[td[a]td[b]]tr[td[c]]]"),
            ("<dl><dt>a<dd>b<dt>c</dl>", "dl[dt[a]dd[b]dt[c]]"),
            ("<H2>a</h3>b<br>c", "h2[a]bbr[]c"),
            ("<head><title>a<b></title><p>b", "head[title[a<b>]]p[b]"),
            ("<html><body><p>a</body></html>b<body>c", "html[body[p[abc]]]"),
            ("<p><b>a</p>b</b>c", "p[b[a]]bc"),
            ("<div><p>a</div>b", "div[p[a]]b"),
            ("<a>b<a>c</a>", "a[b]a[c]"),
            ("<div>a<table><td>b</div>c</table>d</div>", "div[atable[td[bc]]d]"),
            ("<svg><title/><path/><b>x</b></svg>y<svg><g><p>z", "svg[title[]path[]b[x]]ysvg[g[]]p[z]"),
            ("<x-a>b</x-a></q>c", "x-a[b]c"),
            ("a &lt; b", "a < b"),
        ] {
            assert_eq!(shape(page), want, "{page}");
        }
    }

    #[test]
    fn a_tree_tells_names_attributes_and_words() {
        let tree = Tree::of("<!-- saved --><DIV ID=a title='&amp;'>a <b>b</b><p>c<script>d</script></div>", 9).unwrap();
        let div = tree.children(tree.root()).next().unwrap();
        assert_eq!((tree.name(div), tree.attribute(div, "id").as_deref()), ("div", Some("a")));
        assert_eq!(tree.attribute(div, "TITLE").as_deref(), Some("&"));
        assert_eq!((tree.line(div).as_str(), tree.raw_text(div).as_str()), ("a b c", "a bcd"));
        assert_eq!(tree.preface, [" saved "]);
        let b = tree.within(div).find(|n| tree.name(*n) == "b").unwrap();
        assert_eq!(tree.ancestors(b).collect::<Vec<_>>(), [div]);
    }

    #[test]
    fn what_is_too_deep_or_too_much_is_refused() {
        assert!(Tree::of(&"<div>".repeat(513), 512).unwrap_err().contains("ingest.max_depth"));
        assert!(Tree::of(&"<div>".repeat(512), 512).is_ok());
        assert!(Tree::of(&"<br>".repeat(MAX_NODES), 512).unwrap_err().contains("more than 1048576"));
    }

    #[test]
    fn the_worst_pages_take_time_by_their_length() {
        let deep = "<b>".repeat(500);
        for bad in ["</div>", "<p>", "<li>", "<a>", "</i>", "<td>", "&amp;", "<a b=1 b=2", "<!--", "</title"] {
            let page = format!("<div><table><td>{deep}{}", bad.repeat(100_000));
            let _ = Tree::of(&page, 512);
        }
    }

    proptest::proptest! {
        #[test]
        fn every_node_lies_within_its_parent(page in "(</?(p|div|li|ul|table|td|tr|a|b|svg|title|script|h1|html|body|head|x)( a=1)?/?>| a |<|&lt){0,60}") {
            let Ok(tree) = Tree::of(&page, 20) else { return Ok(()) };
            for at in tree.within(tree.root()) {
                let parent = tree.parent(at);
                proptest::prop_assert!(parent < at && tree.end(at) <= tree.end(parent) && tree.end(at) > at);
            }
            tree.line(tree.root());
        }
    }
}
