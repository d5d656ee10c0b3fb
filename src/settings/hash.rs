//! A hash of settings that depends on their values alone.

use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Hashes the canonical JSON of a value: keys sorted, numbers as serde prints them.
pub fn hash(value: &impl Serialize) -> u128 {
    let json = serde_json::to_value(value).unwrap_or_default();
    xxhash_rust::xxh3::xxh3_128(canonical(&json).as_bytes())
}

fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let sorted: BTreeMap<&String, &Value> = map.iter().collect();
            let parts: Vec<String> = sorted.iter().map(|(k, v)| format!("{k:?}:{}", canonical(v))).collect();
            format!("{{{}}}", parts.join(","))
        }
        Value::Array(list) => format!("[{}]", list.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}
