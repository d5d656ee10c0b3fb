//! Which keys there are: the schema of the configuration, walked beside what was written.

use super::{locate, written};
use serde_json::Value;
use toml::de::{DeTable, DeValue};

/// A key that no section knows, as a message with its line.
pub struct Unknown {
    /// The line (from 1) of the key.
    pub line: usize,
    /// What is wrong, and the nearest known key.
    pub message: String,
}

/// The first unknown key of a configuration, in the order of its lines.
pub fn first_unknown(text: &str, root: &DeTable<'_>) -> Option<Unknown> {
    let schema = written::schema();
    let mut unknown = Vec::new();
    walk(&schema, &schema, root, "", &mut |offset, message| {
        unknown.push(Unknown { line: locate::line(text, offset), message });
    });
    unknown.into_iter().min_by_key(|u| u.line)
}

fn walk(root: &Value, schema: &Value, table: &DeTable<'_>, section: &str, found: &mut dyn FnMut(usize, String)) {
    let Some(properties) = closed_properties(schema) else { return };
    for (key, value) in table.iter() {
        let name = key.get_ref().as_ref();
        let Some(inner) = properties.get(name).map(|p| resolve(root, p)) else {
            let is_section = matches!(value.get_ref(), DeValue::Table(_)) || value.get_ref().is_array();
            let known: Vec<&str> = properties.keys().map(String::as_str).collect();
            found(key.span().start, message(name, section, is_section, &known));
            continue;
        };
        let path = if section.is_empty() { name.to_string() } else { format!("{section}.{name}") };
        match value.get_ref() {
            DeValue::Table(inner_table) => walk(root, inner, inner_table, &path, found),
            DeValue::Array(list) => {
                let item = inner.get("items").map(|i| resolve(root, i)).unwrap_or(&Value::Null);
                let tables = list.iter().filter_map(|v| v.get_ref().as_table());
                tables.for_each(|t| walk(root, item, t, &path, found));
            }
            _ => {}
        }
    }
}

fn closed_properties(schema: &Value) -> Option<&serde_json::Map<String, Value>> {
    let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    closed.then(|| schema.get("properties")?.as_object()).flatten()
}

/// Follows references, and of alternatives the one with named keys.
fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    if let Some(pointer) = schema.get("$ref").and_then(Value::as_str) {
        return root.pointer(pointer.trim_start_matches('#')).map_or(schema, |s| resolve(root, s));
    }
    let alternatives = ["anyOf", "allOf", "oneOf"].iter().filter_map(|k| schema.get(*k)?.as_array()).flatten();
    alternatives.map(|s| resolve(root, s)).find(|s| closed_properties(s).is_some()).unwrap_or(schema)
}

fn message(name: &str, section: &str, is_section: bool, known: &[&str]) -> String {
    let near = nearest(name, known.iter().copied());
    match (section.is_empty(), is_section) {
        (true, true) => {
            let near = near.map_or_else(|| known_list(known), |n| format!("did you mean [{n}]?"));
            format!("unknown section [{name}]; {near}")
        }
        (true, false) => {
            let home =
                written::knobs().into_iter().find(|k| k.name == name).map(|k| format!("it belongs to [{}]", k.section));
            format!("unknown key `{name}` outside of any section; {}", home.unwrap_or_else(|| suggestion(near, known)))
        }
        (false, _) => format!("unknown key `{name}` in [{section}]; {}", suggestion(near, known)),
    }
}

fn suggestion(near: Option<&str>, known: &[&str]) -> String {
    near.map_or_else(|| known_list(known), |n| format!("did you mean `{n}`?"))
}

fn known_list(known: &[&str]) -> String {
    format!("known are {}", known.join(", "))
}

/// The known name most like `name`, when it is like enough to be meant.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let scored = known.map(|k| (strsim::jaro_winkler(&lower, k), k));
    scored.filter(|(s, _)| *s >= 0.75).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, k)| k)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn unknown(text: &str) -> Option<(usize, String)> {
        let root = DeTable::parse(text).unwrap();
        first_unknown(text, root.get_ref()).map(|u| (u.line, u.message))
    }

    #[test]
    fn what_is_known_is_not_reported() {
        assert_eq!(unknown("[pair]\nneighbours = 1\n[score.weights]\nintercept = 1.0\n"), None);
        let zones = "[[source]]\nname = \"a\"\npath = \"b\"\n[source.zones]\nBST = \"Europe/London\"\n";
        assert_eq!(unknown(zones), None);
    }

    #[test]
    fn an_unknown_key_names_the_nearest() {
        let (line, message) = unknown("[pair]\nk1 = 1.0\nneighbors = 1\n").unwrap();
        assert_eq!((line, message.as_str()), (3, "unknown key `neighbors` in [pair]; did you mean `neighbours`?"));
        let (_, message) = unknown("[score.weights]\nbody_cosin = 1.0\n").unwrap();
        assert_eq!(message, "unknown key `body_cosin` in [score.weights]; did you mean `body_cosine`?");
        let (_, message) = unknown("[piar]\nx = 1\n").unwrap();
        assert_eq!(message, "unknown section [piar]; did you mean [pair]?");
        let (_, message) = unknown("neighbours = 3\n").unwrap();
        assert_eq!(message, "unknown key `neighbours` outside of any section; it belongs to [pair]");
    }

    #[test]
    fn keys_of_sources_and_of_their_field_maps_are_checked() {
        let (line, message) = unknown("[[source]]\nname = \"a\"\ntimezon = \"x\"\n").unwrap();
        assert_eq!((line, message.as_str()), (3, "unknown key `timezon` in [source]; did you mean `timezone`?"));
        let (_, message) = unknown("[[source]]\nname = \"a\"\n[source.fields]\ntitel = \"x\"\n").unwrap();
        assert_eq!(message, "unknown key `titel` in [source.fields]; did you mean `title`?");
    }
}
