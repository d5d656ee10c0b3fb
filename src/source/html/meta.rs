//! What the head of a page says of it: meta tags, links, its language.

use super::tree::{At, Tree, words};
use rustc_hash::FxHashMap;

/// Most tags of one name that are kept.
const MOST: usize = 50;
/// Longest value in bytes that is kept.
const LONGEST: usize = 4_000;

/// The meta tags and links of a page.
#[derive(Clone, Debug, Default)]
pub struct Meta {
    tags: FxHashMap<String, Vec<String>>,
    links: FxHashMap<String, String>,
    /// The language that the page is marked with.
    pub lang: Option<String>,
    /// The page's title, as a browser's tab shows it.
    pub title: Option<String>,
    /// The first heading of the first level.
    pub heading: Option<String>,
    /// The address that a browser noted when it saved the page.
    pub saved_from: Option<String>,
}

impl Meta {
    /// Gathers them, wherever they stand.
    pub fn of(tree: &Tree<'_>) -> Meta {
        let mut meta = Meta { saved_from: tree.preface.iter().find_map(|c| saved_from(c)), ..Meta::default() };
        for at in tree.within(tree.root()) {
            match tree.name(at) {
                "html" => {
                    meta.lang =
                        meta.lang.or_else(|| attribute(tree, at, "lang").or_else(|| attribute(tree, at, "xml:lang")))
                }
                "meta" => meta.tag(tree, at),
                "link" => meta.link(tree, at),
                "title" if meta.title.is_none() && tree.name(tree.parent(at)) != "svg" => {
                    meta.title = Some(words(&super::entities::decode(&tree.raw_text(at)))).filter(|t| !t.is_empty());
                }
                "h1" if meta.heading.is_none() => meta.heading = Some(tree.line(at)).filter(|h| !h.is_empty()),
                _ => {}
            }
        }
        meta
    }

    fn tag(&mut self, tree: &Tree<'_>, at: At) {
        let content = attribute(tree, at, "content").or_else(|| attribute(tree, at, "value"));
        let Some(content) = content.filter(|c| c.len() <= LONGEST) else { return };
        for key in ["property", "name", "itemprop", "http-equiv"] {
            if let Some(name) = attribute(tree, at, key) {
                let values = self.tags.entry(name.to_lowercase()).or_default();
                if values.len() < MOST {
                    values.push(content.clone());
                }
            }
        }
    }

    fn link(&mut self, tree: &Tree<'_>, at: At) {
        let Some((rel, href)) = attribute(tree, at, "rel").zip(attribute(tree, at, "href")) else { return };
        for rel in rel.to_lowercase().split_whitespace().take(4) {
            self.links.entry(rel.to_owned()).or_insert_with(|| href.clone());
        }
    }

    /// The value of the first of these tags that has one.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.all(name).first().map(String::as_str))
    }

    /// All values of a tag.
    pub fn all(&self, name: &str) -> &[String] {
        self.tags.get(name).map_or(&[], Vec::as_slice)
    }

    /// Where a link of this relation leads.
    pub fn linked(&self, rel: &str) -> Option<&str> {
        self.links.get(rel).map(String::as_str)
    }
}

fn attribute(tree: &Tree<'_>, at: At, name: &str) -> Option<String> {
    tree.attribute(at, name).map(|value| words(&value)).filter(|value| !value.is_empty())
}

/// The address in ` saved from url=(0023)https://… ` or in the note of a tool, `url: https://…`.
fn saved_from(comment: &str) -> Option<String> {
    let behind = comment.split_once("saved from url=").or_else(|| comment.split_once("url:"))?.1.trim_start();
    let behind = behind.strip_prefix('(').and_then(|b| b.split_once(')')).map_or(behind, |(_, url)| url);
    behind.split_whitespace().next().filter(|url| is_address(url)).map(str::to_owned)
}

/// Whether a text is a whole address of the web.
pub fn is_address(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|h| h.starts_with(|c: char| c.is_alphanumeric()))
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
        && text.len() < 2_048
}

/// An address, made whole by that of its page.
pub fn whole(address: &str, page: Option<&str>) -> Option<String> {
    let address = address.trim();
    if is_address(address) {
        return Some(address.to_owned());
    }
    let page = page.filter(|p| is_address(p))?;
    let scheme = page.find("://")? + 3;
    let host = page.get(scheme..)?.find(['/', '?', '#']).map_or(page.len(), |at| at + scheme);
    let made = match address {
        a if a.starts_with("//") => format!("{}{a}", page.get(..scheme - 2)?),
        a if a.starts_with('/') => format!("{}{a}", page.get(..host)?),
        a if a.starts_with('#') => format!("{}{a}", page.split('#').next()?),
        _ => return None,
    };
    Some(made).filter(|a| is_address(a))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn meta(page: &str) -> Meta {
        Meta::of(&Tree::of(page, 64).unwrap())
    }

    #[test]
    fn an_address_holds_no_blank_and_no_control_character() {
        assert!(is_address("https://courier.example/a") && is_address("http://x"));
        for bad in ["https://courier.exa\0mple/a", "https://a b", "https://a\u{7}", "https:///", "ftp://a", "a"] {
            assert!(!is_address(bad), "{bad:?}");
        }
    }

    #[test]
    fn tags_are_found_by_name_property_or_itemprop() {
        let meta = meta(
            "<html lang=en-GB><title> Ferry\n late | Harbour </title><meta property='OG:title' content='Ferry &amp; late'>\
             <meta name=author content=A><meta name=author content=B><meta itemprop=datePublished content='2026-01-14'>\
             <meta name=empty content=' '><link rel='shortlink canonical' href=/a><body><h1>Ferry <b>late</b></h1><h1>no</h1>",
        );
        assert_eq!(meta.first(&["og:titles", "empty", "og:title"]), Some("Ferry & late"));
        assert_eq!(meta.all("author"), ["A", "B"]);
        assert_eq!(meta.first(&["datepublished"]), Some("2026-01-14"));
        assert_eq!(meta.linked("canonical"), Some("/a"));
        let heads = (meta.lang.as_deref(), meta.title.as_deref(), meta.heading.as_deref());
        assert_eq!(heads, (Some("en-GB"), Some("Ferry late | Harbour"), Some("Ferry late")));
    }

    #[test]
    fn a_saved_page_tells_where_it_is_from() {
        for note in [
            "saved from url=(0023)https://harbour.example/a",
            "\n Page saved with a tool\n url: https://harbour.example/a \n on: x",
        ] {
            assert_eq!(meta(&format!("<!-- {note} --><p>")).saved_from.as_deref(), Some("https://harbour.example/a"));
        }
        assert_eq!(meta("<!-- saved from url=(0014)about:internet --><p>").saved_from, None);
    }

    #[test]
    fn an_address_is_made_whole_or_is_none() {
        let page = Some("https://a.example/b/c?d#e");
        for (address, want) in [
            ("https://b.example/", Some("https://b.example/")),
            ("//b.example/x", Some("https://b.example/x")),
            ("/x", Some("https://a.example/x")),
            ("#f", Some("https://a.example/b/c?d#f")),
            ("javascript:x", None),
            ("file:///etc/passwd", None),
            ("x/y", None),
        ] {
            assert_eq!(whole(address, page).as_deref(), want, "{address}");
        }
        assert_eq!(whole("/x", None), None);
        assert_eq!(whole("/x", Some("https://a.example")).as_deref(), Some("https://a.example/x"));
    }
}
