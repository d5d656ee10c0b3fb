//! Tags to a tree, with the ends that pages leave out, in time that rises with the length of a page and no faster.

use super::tokens::{Token, Tokens};
use super::tree::{At, Kind, MAX_NODES, Node, Tree};
use rustc_hash::FxHashMap;

/// How many elements up are looked at to see what a tag ends.
const LOOK_UP: usize = 128;

/// Elements that hold nothing.
const VOID: &[&str] =
    &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];
/// Elements in which tags are no tags.
const RAW: &[&str] = &["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"];
/// Elements that stand in the head of a page.
const HEAD: &[&str] = &["base", "link", "meta", "noscript", "script", "style", "template", "title"];
/// Elements that begin and end a line, and end an open paragraph.
pub const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "button",
    "caption",
    "center",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
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
    "head",
    "header",
    "hgroup",
    "hr",
    "html",
    "legend",
    "li",
    "listing",
    "main",
    "menu",
    "nav",
    "object",
    "ol",
    "option",
    "p",
    "pre",
    "search",
    "section",
    "select",
    "summary",
    "table",
    "tbody",
    "td",
    "template",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
    "video",
];
/// Further elements, within a line.
const INLINE: &[&str] = &[
    "a",
    "abbr",
    "amp-live-list",
    "audio",
    "b",
    "big",
    "cite",
    "code",
    "em",
    "font",
    "i",
    "ins",
    "label",
    "mark",
    "math",
    "picture",
    "q",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "svg",
    "time",
    "tt",
    "u",
];
/// What no closing tag and no element reaches beyond.
const SCOPES: &[&str] = &["body", "html", "table", "td", "th", "caption", "template", "object"];

/// Makes a tree of a page.
pub struct Builder<'p> {
    tree: Tree<'p>,
    /// The elements that are open, the root first.
    open: Vec<At>,
    max_depth: usize,
    /// How many `svg` and `math` are open: in them other rules hold.
    foreign: usize,
    /// How many of each name are open.
    counts: FxHashMap<&'p str, u32>,
}

impl<'p> Builder<'p> {
    /// Nothing yet.
    pub fn new(max_depth: usize) -> Self {
        let root = Node { kind: Kind::Element("", ""), parent: At(0), end: At(1) };
        let tree = Tree { nodes: vec![root], preface: Vec::new() };
        Builder { tree, open: vec![At(0)], max_depth, foreign: 0, counts: FxHashMap::default() }
    }

    /// Reads a page; the error is why it is none.
    pub fn read(mut self, page: &'p str) -> Result<Tree<'p>, String> {
        let mut tokens = Tokens::new(page);
        while let Some(token) = tokens.next() {
            match token {
                Token::Text(text) => self.push_text(text)?,
                Token::Comment(text) if self.tree.len() == 1 && self.tree.preface.len() < 8 => {
                    self.tree.preface.push(text);
                }
                Token::Comment(_) => {}
                Token::Open(name, tag) => self.open(known(name).unwrap_or(name), tag, &mut tokens)?,
                Token::Close(name) => self.close(known(name).unwrap_or(name)),
            }
        }
        while self.open.len() > 1 {
            self.pop();
        }
        let end = At(self.tree.len() as u32);
        if let Some(root) = self.tree.nodes.first_mut() {
            root.end = end;
        }
        Ok(self.tree)
    }

    fn top(&self) -> At {
        self.open.last().copied().unwrap_or(At(0))
    }

    fn push(&mut self, kind: Kind<'p>) -> Result<At, String> {
        let at = At(self.tree.len() as u32);
        if self.tree.len() >= MAX_NODES {
            return Err(format!("the page has more than {MAX_NODES} elements and texts"));
        }
        self.tree.nodes.push(Node { kind, parent: self.top(), end: At(at.0 + 1) });
        Ok(at)
    }

    fn push_text(&mut self, text: &'p str) -> Result<(), String> {
        if self.tree.name(self.top()) == "head" {
            if text.trim().is_empty() {
                return Ok(());
            }
            self.pop();
        }
        self.push(Kind::Text(text)).map(drop)
    }

    fn open(&mut self, name: &'p str, tag: &'p str, tokens: &mut Tokens<'p>) -> Result<(), String> {
        if self.foreign > 0 && BLOCKS.contains(&name) {
            self.leave_foreign();
        }
        let closed = self.foreign > 0 && tag.trim_end().ends_with('/');
        if self.foreign == 0 {
            if self.is_second(name) {
                return Ok(());
            }
            self.end_what_cannot_hold(name);
        }
        let at = self.push(Kind::Element(name, tag))?;
        if closed || VOID.contains(&name) {
            return Ok(());
        }
        if self.open.len() > self.max_depth {
            let most = self.max_depth;
            return Err(format!("the page nests elements more than {most} deep (ingest.max_depth)"));
        }
        self.foreign += usize::from(matches!(name, "svg" | "math"));
        self.open.push(at);
        *self.counts.entry(name).or_default() += 1;
        if self.foreign == 0 && RAW.contains(&name) {
            let raw = tokens.raw(name);
            if !raw.is_empty() {
                self.push(Kind::Text(raw))?;
            }
        }
        Ok(())
    }

    /// Whether the page has this element already, of which there is one.
    fn is_second(&self, name: &str) -> bool {
        matches!(name, "html" | "body" | "head")
            && self.open.iter().take(4).any(|at| {
                let open = self.tree.name(*at);
                open == name || (name == "head" && open == "body")
            })
    }

    /// Ends the elements that this one cannot be within.
    fn end_what_cannot_hold(&mut self, name: &str) {
        if self.tree.name(self.top()) == "head" && !HEAD.contains(&name) {
            self.pop();
        }
        let (ends, bounds): (&[&str], &[&str]) = match name {
            "li" => (&["li"], &["ul", "ol", "menu", "dir", "section", "article"]),
            "dd" | "dt" => (&["dd", "dt"], &["dl", "section", "article"]),
            "option" | "optgroup" => (&["option"], &["select"]),
            "tr" => (&["tr", "td", "th"], &["table"]),
            "td" | "th" => (&["td", "th"], &["tr", "table"]),
            "tbody" | "thead" | "tfoot" => (&["tbody", "thead", "tfoot", "tr", "td", "th"], &["table"]),
            "a" => (&["a"], BLOCKS),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => (&["h1", "h2", "h3", "h4", "h5", "h6", "p"], BLOCKS),
            _ if BLOCKS.contains(&name) => (&["p"], BLOCKS),
            _ => return,
        };
        let cells = matches!(name, "tr" | "td" | "th" | "tbody" | "thead" | "tfoot");
        let mut keep = None;
        for (at, open) in self.open.iter().enumerate().skip(1).rev().take(LOOK_UP) {
            let open = self.tree.name(*open);
            if ends.contains(&open) {
                keep = Some(at);
                if !cells {
                    break;
                }
            } else if bounds.contains(&open) || (!cells && SCOPES.contains(&open)) {
                break;
            }
        }
        if matches!(name, "li" | "dd" | "dt") && keep.is_none() {
            return self.end_what_cannot_hold("div");
        }
        self.cut(keep);
    }

    fn close(&mut self, name: &str) {
        if matches!(name, "html" | "body") {
            return;
        }
        let heading = is_heading(name);
        if !heading && self.counts.get(name).is_none_or(|n| *n == 0) {
            return;
        }
        let block = BLOCKS.contains(&name);
        let mut keep = None;
        for (at, open) in self.open.iter().enumerate().skip(1).rev().take(LOOK_UP) {
            let open = self.tree.name(*open);
            if open == name || (heading && is_heading(open)) {
                keep = Some(at);
                break;
            }
            // What is within a line ends within it; what is in a cell ends within it.
            let ends = if block { SCOPES.contains(&open) && !is_of_table(name) } else { BLOCKS.contains(&open) };
            if ends {
                break;
            }
        }
        self.cut(keep);
    }

    /// Ends all elements from this one of the open ones on.
    fn cut(&mut self, keep: Option<usize>) {
        while keep.is_some_and(|keep| self.open.len() > keep) {
            self.pop();
        }
    }

    fn leave_foreign(&mut self) {
        let first = self.open.iter().position(|at| matches!(self.tree.name(*at), "svg" | "math"));
        self.cut(first);
    }

    fn pop(&mut self) {
        let end = At(self.tree.len() as u32);
        if let Some(at) = self.open.pop() {
            let name = self.tree.name(at);
            self.foreign -= usize::from(matches!(name, "svg" | "math"));
            self.counts.entry(name).and_modify(|n| *n -= 1);
            if let Some(node) = self.tree.nodes.get_mut(at.index()) {
                node.end = end;
            }
        }
    }
}

fn is_of_table(name: &str) -> bool {
    matches!(name, "table" | "caption" | "td" | "th" | "tr" | "tbody" | "thead" | "tfoot")
}

fn is_heading(name: &str) -> bool {
    matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}

/// The name of an element of HTML in small letters.
fn known(name: &str) -> Option<&'static str> {
    [BLOCKS, INLINE, VOID, RAW, HEAD].into_iter().flatten().copied().find(|k| k.eq_ignore_ascii_case(name))
}
