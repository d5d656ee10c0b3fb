//! What the columns of a table hold, by its JSON Schema.

use super::schema;
use crate::render::parquet::Kind;
use serde_json::Value;

/// Columns whose texts are instants.
const INSTANTS: [&str; 2] = ["published", "last_updated"];

/// What a column of a table holds.
pub fn kind(table: &str, column: &str) -> Kind {
    let root = schema::schema_of(table).unwrap_or_default();
    let of = root.pointer("/properties").and_then(|p| p.get(column)).unwrap_or(&Value::Null);
    match of_schema(&root, of) {
        Kind::Text if INSTANTS.contains(&column) => Kind::Instant,
        kind => kind,
    }
}

fn of_schema(root: &Value, schema: &Value) -> Kind {
    if let Some(pointer) = schema.get("$ref").and_then(Value::as_str) {
        return root.pointer(pointer.trim_start_matches('#')).map_or(Kind::Json, |inner| of_schema(root, inner));
    }
    // Something or null.
    let several = ["anyOf", "oneOf", "allOf"].iter().find_map(|key| schema.get(*key)?.as_array());
    if let Some(several) = several {
        let real = several.iter().find(|s| s.get("type").and_then(Value::as_str) != Some("null"));
        return real.map_or(Kind::Json, |s| of_schema(root, s));
    }
    let named = match schema.get("type") {
        Some(Value::String(one)) => Some(one.as_str()),
        Some(Value::Array(some)) => some.iter().filter_map(Value::as_str).find(|t| *t != "null"),
        _ => None,
    };
    match named {
        Some("string") => Kind::Text,
        Some("integer") => Kind::Whole,
        Some("number") => Kind::Number,
        Some("boolean") => Kind::Truth,
        Some("array") => match schema.get("items").map(|items| of_schema(root, items)) {
            Some(Kind::Text) => Kind::Texts,
            _ => Kind::Json,
        },
        None if schema.get("const").is_some_and(Value::is_string) || schema.get("enum").is_some() => Kind::Text,
        _ => Kind::Json,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_types_of_their_schema() {
        for (table, column, is) in [
            ("events", "title", Kind::Text),
            ("events", "last_updated", Kind::Instant),
            ("events", "outlet_count", Kind::Whole),
            ("events", "entries", Kind::Texts),
            ("events", "cohesion", Kind::Json),
            ("clusters", "weakest_link", Kind::Number),
            ("links", "p", Kind::Number),
            ("links", "accepted", Kind::Truth),
            ("links", "relation", Kind::Text),
            ("entries", "published", Kind::Instant),
            ("entries", "clock", Kind::Text),
        ] {
            assert_eq!(kind(table, column), is, "{table}.{column}");
        }
    }
}
