//! The lines of a page: paragraphs, headings, items, and what of them is linked; without what is plainly no article.

use super::builder::BLOCKS;
use super::furniture::{is_aside, is_teaser};
use super::tree::{At, Tree, is_no_text, words};
use rustc_hash::FxHashSet;

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A paragraph.
    Paragraph,
    /// A heading and its level.
    Heading(u8),
    /// An item of a list.
    Item,
    /// A cell of a table.
    Cell,
    /// Text in any other element.
    Other,
}

/// A line of a page.
#[derive(Clone, Debug)]
pub struct Block {
    /// The element it stands in.
    pub at: At,
    /// What it is.
    pub kind: Kind,
    /// Its words.
    pub text: String,
    /// How many of its bytes are linked.
    pub linked: usize,
}

impl Block {
    /// The share of it that is linked.
    pub fn link_share(&self) -> f64 {
        self.linked as f64 / self.text.len().max(1) as f64
    }
}

/// Lines in the order of the page, and what is said of its pictures.
#[derive(Clone, Debug, Default)]
pub struct Blocks {
    /// The lines.
    pub lines: Vec<Block>,
    /// Captions and alternative texts.
    pub captions: Vec<(At, String)>,
}

/// A part with more than this share of a page's paragraphs is its article, whatever it is called.
const TOO_MUCH: f64 = 0.4;
/// A page with fewer bytes in paragraphs does not use them for its text.
const FEW: usize = 400;

/// The lines of a page. Where what its parts are called would leave next to nothing of it, names are not asked.
pub fn blocks(tree: &Tree<'_>) -> Blocks {
    let weights = Weights::of(tree, tree.root());
    let by_name = walk(tree, &weights, true);
    let left: usize = by_name.lines.iter().map(|b| b.text.len() - b.linked.min(b.text.len())).sum();
    if left < FEW && weights.total > 2 * FEW { walk(tree, &weights, false) } else { by_name }
}

fn walk(tree: &Tree<'_>, weights: &Weights, names: bool) -> Blocks {
    let root = tree.root();
    let mut walk = Walk {
        tree,
        out: Blocks::default(),
        open: vec![root],
        text: String::new(),
        linked: 0,
        link_end: root,
        breaks: 0,
    };
    let mut skip = root;
    for at in tree.within(root) {
        walk.leave(at);
        if at < skip {
            continue;
        }
        match tree.text(at) {
            Some(text) => walk.push(at, &text),
            None if is_no_text(tree.name(at)) => skip = tree.end(at),
            None if (is_aside(tree, at, names) || is_teaser(tree, at)) && weights.share(tree, at) < TOO_MUCH => {
                walk.captions(at);
                skip = tree.end(at);
            }
            None => walk.enter(at),
        }
    }
    walk.flush();
    walk.out
}

/// How much text in paragraphs stands where.
struct Weights {
    /// Each text's place, and the length of all up to it.
    sums: Vec<(At, usize)>,
    total: usize,
}

impl Weights {
    fn of(tree: &Tree<'_>, within: At) -> Weights {
        let (mut all, mut skip) = (Vec::new(), within);
        for at in tree.within(within).filter(|at| *at >= within) {
            if at < skip {
                continue;
            }
            match tree.text(at) {
                Some(text) => all.push((at, text.trim().len(), tree.name(tree.parent(at)) == "p")),
                None if is_no_text(tree.name(at)) => skip = tree.end(at),
                None => {}
            }
        }
        // Pages without paragraphs have their text in other elements.
        let in_paragraphs: usize = all.iter().filter(|(.., p)| *p).map(|(_, length, _)| length).sum();
        let (mut sums, mut total) = (Vec::new(), 0);
        for (at, length, _) in all.into_iter().filter(|(.., p)| *p || in_paragraphs < FEW) {
            total += length;
            sums.push((at, total));
        }
        Weights { sums, total }
    }

    fn up_to(&self, at: At) -> usize {
        let before = self.sums.partition_point(|(place, _)| *place < at);
        before.checked_sub(1).and_then(|i| self.sums.get(i)).map_or(0, |(_, sum)| *sum)
    }

    fn share(&self, tree: &Tree<'_>, at: At) -> f64 {
        (self.up_to(tree.end(at)) - self.up_to(at)) as f64 / self.total.max(1) as f64
    }
}

struct Walk<'t, 'p> {
    tree: &'t Tree<'p>,
    out: Blocks,
    /// The blocks that are open.
    open: Vec<At>,
    text: String,
    linked: usize,
    /// Where the link ends that is open.
    link_end: At,
    /// Ends of lines since the last text.
    breaks: u32,
}

impl Walk<'_, '_> {
    fn leave(&mut self, at: At) {
        while self.open.len() > 1 && self.open.last().is_some_and(|open| self.tree.end(*open) <= at) {
            self.flush();
            self.open.pop();
        }
    }

    fn enter(&mut self, at: At) {
        let name = self.tree.name(at);
        if BLOCKS.contains(&name) {
            self.flush();
            self.open.push(at);
        }
        match name {
            "br" => self.breaks += 1,
            "a" => self.link_end = self.tree.end(at),
            "img" => self.alternative(at),
            _ => {}
        }
    }

    fn push(&mut self, at: At, text: &str) {
        if text.trim().is_empty() {
            self.text.push(' ');
            return;
        }
        if self.breaks > 1 {
            self.flush();
        } else if self.breaks == 1 {
            self.text.push(' ');
        }
        self.breaks = 0;
        self.text.push_str(text);
        if at < self.link_end {
            self.linked += text.trim().len();
        }
    }

    fn flush(&mut self) {
        let text = words(&self.text);
        self.text.clear();
        self.breaks = 0;
        let linked = std::mem::take(&mut self.linked);
        if let Some(at) = self.open.last().copied().filter(|_| !text.is_empty()) {
            self.out.lines.push(Block { at, kind: kind(self.tree, at), text, linked });
        }
    }

    fn alternative(&mut self, at: At) {
        let alt = self.tree.attribute(at, "alt").map(|alt| words(&alt)).filter(|alt| alt.contains(' '));
        self.out.captions.extend(alt.map(|alt| (at, alt)));
    }

    /// What a figure says of its picture.
    fn captions(&mut self, figure: At) {
        if self.tree.name(figure) != "figure" {
            return;
        }
        for at in self.tree.within(figure) {
            match self.tree.name(at) {
                "img" => self.alternative(at),
                "figcaption" => {
                    let line = self.tree.line(at);
                    self.out.captions.extend(Some((at, line)).filter(|(_, line)| line.contains(' ')));
                }
                _ => {}
            }
        }
    }
}

fn kind(tree: &Tree<'_>, at: At) -> Kind {
    match tree.name(at) {
        "p" | "blockquote" | "pre" => match tree.name(tree.parent(at)) {
            "li" => Kind::Item,
            "td" | "th" => Kind::Cell,
            _ => Kind::Paragraph,
        },
        "h1" => Kind::Heading(1),
        "h2" => Kind::Heading(2),
        "h3" => Kind::Heading(3),
        "h4" | "h5" | "h6" => Kind::Heading(4),
        "li" | "dd" | "dt" => Kind::Item,
        "td" | "th" | "caption" => Kind::Cell,
        _ => Kind::Other,
    }
}

/// Lines without those whose words an earlier one has.
pub fn once(lines: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut seen = FxHashSet::default();
    lines.into_iter().filter(|line| seen.insert(line.clone())).collect()
}
