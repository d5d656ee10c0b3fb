//! What of a page is plainly no article: by its element, its role, and what outlets and their tools call it.

use super::tree::{At, Tree};
use rustc_hash::FxHashSet;
use std::sync::LazyLock;

/// A pointer to another article has fewer nodes, and no more text beside its title.
const MOST_OF_TEASER: usize = 120;
const LONGEST_TEASER: usize = 350;

/// Words in a `class` or `id` of what stands beside an article.
static WORDS: LazyLock<FxHashSet<&str>> = LazyLock::new(|| {
    "ad adbox ads adslot advert advertisement advertising aside author authors banner bio breadcrumb breadcrumbs \
    byline caption captions carousel comment comments consent cookie copyright credit credits disqus donate \
    donation embed embedded facebook fbshare footer gallery gdpr instagram login menu modal mostread nav navbar \
    navigation newsletter newsletters outbrain overlay partner paywall player podcast poll popular popup promo \
    promobox promotion pullquote quiz readmore recirc recirculation recommend recommendation recommendations \
    recommended register related share sharebar sharing sidebar signup slideshow social sponsor sponsored \
    subscribe subscription taboola tag taglist tags teasers timestamp toc toolbar tooltip topics trending tweet \
    twitter video visuallyhidden whatsapp widget"
        .split_whitespace()
        .collect()
});
/// The same in two words that follow one another.
static PAIRS: LazyLock<FxHashSet<&str>> = LazyLock::new(|| {
    "also-like also-read call-action is-hidden keep-reading more-from more-on more-stories most-read most-viewed \
    next-article read-also read-more read-next screen-reader see-also sign-up skip-link sr-only visually-hidden"
        .split_whitespace()
        .collect()
});
/// Elements that are no article.
const ASIDE: &[&str] = &[
    "nav", "footer", "aside", "form", "button", "dialog", "menu", "label", "legend", "figure", "hr", "input", "search",
];
/// Roles that are no article.
const ROLES: &[&str] = &[
    "alert",
    "alertdialog",
    "banner",
    "button",
    "complementary",
    "contentinfo",
    "dialog",
    "form",
    "img",
    "menu",
    "menubar",
    "navigation",
    "search",
    "tablist",
    "toolbar",
    "tooltip",
];

/// Whether an element says of itself that it is no article; `names` says whether what it is called counts.
pub fn is_aside(tree: &Tree<'_>, at: At, names: bool) -> bool {
    let name = tree.name(at);
    if ASIDE.contains(&name) {
        return true;
    }
    if matches!(name, "html" | "body" | "main") {
        return false;
    }
    tree.attributes(at).any(|(key, value)| match key.to_ascii_lowercase().as_str() {
        "class" | "id" | "data-component" | "data-testid" => names && is_furniture(value),
        "hidden" => !value.eq_ignore_ascii_case("false"),
        "aria-hidden" => value.eq_ignore_ascii_case("true"),
        "role" => ROLES.contains(&value.trim().to_ascii_lowercase().as_str()),
        "style" => {
            let style = value.chars().filter(|c| !c.is_whitespace()).take(200).collect::<String>().to_lowercase();
            style.contains("display:none") || style.contains("visibility:hidden")
        }
        _ => false,
    })
}

/// Whether an element is a pointer to another article: a heading that links to it, and little else.
pub fn is_teaser(tree: &Tree<'_>, at: At) -> bool {
    let size = tree.end(at).index() - at.index();
    if !(3..MOST_OF_TEASER).contains(&size) || !matches!(tree.name(at), "li" | "article" | "div" | "section") {
        return false;
    }
    let is_heading = |n: &At| matches!(tree.name(*n), "h2" | "h3" | "h4" | "h5");
    let Some(heading) = tree.within(at).find(is_heading) else { return false };
    let above = tree.ancestors(heading).take_while(|a| *a >= at);
    let link = tree.within(heading).chain(above).find(|n| tree.name(*n) == "a");
    let to = link.and_then(|link| tree.attribute(link, "href"));
    if !to.is_some_and(|to| !to.contains('#') && !to.trim().is_empty()) {
        return false;
    }
    let (title, all) = (tree.line(heading).len(), tree.line(at).len());
    title >= 15 && all - title.min(all) <= LONGEST_TEASER && tree.within(at).filter(is_heading).count() == 1
}

/// Whether the words of a name say furniture.
fn is_furniture(names: &str) -> bool {
    let names: String = names.chars().take(300).collect();
    let mut last = String::new();
    name_words(&names).into_iter().any(|word| {
        let found = WORDS.contains(word.as_str()) || PAIRS.contains(format!("{last}-{word}").as_str());
        last = word;
        found
    })
}

/// The words of names such as `article__read-more` and `readMore`.
pub fn name_words(names: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut word = String::new();
    let mut small = false;
    for c in names.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && small) {
            found.extend(Some(std::mem::take(&mut word)).filter(|w| !w.is_empty()));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        small = c.is_lowercase();
    }
    found.extend(Some(word).filter(|w| !w.is_empty()));
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart_into_words() {
        assert_eq!(
            name_words("article__read-more readMoreBox  AD"),
            ["article", "read", "more", "read", "more", "box", "ad"]
        );
        assert_eq!(name_words("ssrcss-1q0x1qg-Paragraph"), ["ssrcss", "1q0x1qg", "paragraph"]);
    }

    #[test]
    fn furniture_says_so_by_element_name_role_or_style() {
        let of = |tag: &str| {
            let page = format!("<{tag}>x");
            let tree = Tree::of(&page, 9).unwrap();
            is_aside(&tree, tree.children(tree.root()).next().unwrap(), true)
        };
        for yes in [
            "nav",
            "aside",
            "div class='c-read-more'",
            "section id=relatedStories",
            "div role=navigation",
            "p hidden",
            "div style='color: red; Display : none'",
            "div aria-hidden=true",
            "span class='visually-hidden'",
            "div class=ad",
        ] {
            assert!(of(yes), "{yes}");
        }
        for no in [
            "div class='overflow-hidden md:shadow'",
            "p class=lead",
            "body class=ad",
            "div class='read the'",
            "div aria-hidden=false",
        ] {
            assert!(!of(no), "{no}");
        }
    }
}
