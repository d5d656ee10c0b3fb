//! Who wrote it: names as pages give them, without what is none.

use super::tree::words;

/// What stands before names in lines that name the author.
const BY: &[&str] = &["by", "von", "par", "por", "di", "door", "av", "af", "od", "de"];
/// Longest name in bytes: longer is a sentence.
const LONGEST: usize = 120;
/// Most names of one entry.
const MOST: usize = 20;

/// Names that are some, each once, without `By`.
pub fn names(raw: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in raw.into_iter().filter_map(|raw| name(&raw)) {
        if names.len() < MOST && !names.iter().any(|n| n.to_lowercase() == name.to_lowercase()) {
            names.push(name);
        }
    }
    names
}

/// The names in one line of a page that is marked as its author's.
pub fn byline(line: &str) -> Option<String> {
    let (first, rest) = line.split_once(' ')?;
    let first = first.trim_end_matches(':').to_lowercase();
    name(if BY.contains(&first.as_str()) { rest } else { line })
}

fn name(raw: &str) -> Option<String> {
    let line = words(raw);
    let bare = line.get(..3).filter(|by| by.eq_ignore_ascii_case("by ")).and_then(|_| line.get(3..)).unwrap_or(&line);
    let bare = bare.trim_matches(|c: char| c.is_whitespace() || ",;|:-–—•".contains(c));
    let is_link = bare.contains("://")
        || bare.starts_with("www.")
        || bare.starts_with('@')
        || (bare.contains('@') && !bare.contains(' '));
    let is_path = bare.contains('/') && !bare.contains(' ');
    let some = bare.chars().any(char::is_alphabetic) && bare.len() <= LONGEST;
    let none = ["none", "null", "undefined", "unknown", "admin"].iter().any(|no| bare.eq_ignore_ascii_case(no));
    (some && !is_link && !is_path && !none).then(|| bare.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_once_and_addresses_are_none() {
        let raw = [
            "By Harbour Desk",
            "harbour desk",
            "https://x.example/staff/a",
            "@desk",
            "desk@x.example",
            "/staff",
            " , ",
            "null",
            "Wire\n Desk",
        ];
        assert_eq!(names(raw.map(str::to_owned)), ["Harbour Desk", "Wire Desk"]);
    }

    #[test]
    fn a_byline_loses_its_by() {
        assert_eq!(byline("Von: Hafen Redaktion").as_deref(), Some("Hafen Redaktion"));
        assert_eq!(byline("Harbour Desk,").as_deref(), Some("Harbour Desk"));
        assert_eq!(byline("Desk"), None);
        assert_eq!(byline(""), None);
    }
}
