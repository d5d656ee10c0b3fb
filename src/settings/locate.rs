//! Where in pipeline.toml a key stands, and which key stands at a place.

use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// The line (from 1) of a byte offset.
pub fn line(text: &str, offset: usize) -> usize {
    1 + text.as_bytes().iter().take(offset).filter(|b| **b == b'\n').count()
}

/// The line of the key `path`; the deepest part of it that is there counts.
pub fn line_of_key(text: &str, path: &[&str]) -> Option<usize> {
    let root = DeTable::parse(text).ok()?;
    let mut table = root.get_ref();
    let mut found = None;
    for part in path {
        let Some((key, value)) = table.iter().find(|(key, _)| key.get_ref() == part) else { break };
        found = Some(line(text, key.span().start));
        match value.get_ref() {
            DeValue::Table(inner) => table = inner,
            _ => break,
        }
    }
    found
}

/// The line of the `name` of the `[[source]]` at `index`.
pub fn line_of_source(text: &str, index: usize) -> Option<usize> {
    let root = DeTable::parse(text).ok()?;
    let source = root.get_ref().get("source")?.get_ref().get(index)?;
    let name = source.get_ref().as_table().and_then(|t| t.iter().find(|(key, _)| key.get_ref() == "name"));
    Some(line(text, name.map_or(source.span().start, |(key, _)| key.span().start)))
}

/// The dotted path of the key whose value (or name) holds the byte at `offset`.
pub fn key_at(text: &str, offset: usize) -> Option<String> {
    let root = DeTable::parse(text).ok()?;
    key_in(root.get_ref(), offset).map(|path| path.join("."))
}

fn key_in(table: &DeTable<'_>, offset: usize) -> Option<Vec<String>> {
    table.iter().find_map(|(key, value)| {
        let inner = match value.get_ref() {
            DeValue::Table(inner) => key_in(inner, offset),
            DeValue::Array(list) => list.iter().find_map(|v| key_in(v.get_ref().as_table()?, offset)),
            _ => None,
        };
        let here = holds(&value.span(), offset) || holds(&key.span(), offset);
        let mut path = vec![key.get_ref().to_string()];
        match inner {
            Some(rest) => path.extend(rest),
            None if here => {}
            None => return None,
        }
        Some(path)
    })
}

fn holds(span: &Range<usize>, offset: usize) -> bool {
    span.contains(&offset)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const TEXT: &str = "schema_version = 1\n[pair]\n# words\nneighbours = 20\n[[source]]\nname = \"a\"\n[score.weights]\nintercept = -1.0\n[[source]]\npath = \"x\"\nname = \"b\"\n";

    #[test]
    fn a_key_is_found_by_its_path() {
        assert_eq!(line_of_key(TEXT, &["pair", "neighbours"]), Some(4));
        assert_eq!(line_of_key(TEXT, &["score", "weights", "intercept"]), Some(8));
        assert_eq!(line_of_key(TEXT, &["pair", "k1"]), Some(2));
        assert_eq!(line_of_key(TEXT, &["cluster"]), None);
        assert_eq!(line_of_source(TEXT, 1), Some(11));
    }

    #[test]
    fn a_place_names_the_key_that_stands_there() {
        let at = |needle: &str| key_at(TEXT, TEXT.find(needle).unwrap());
        assert_eq!(at("20"), Some("pair.neighbours".into()));
        assert_eq!(at("-1.0"), Some("score.weights.intercept".into()));
        assert_eq!(at("\"b\""), Some("source.name".into()));
    }
}
