//! Every row that the example writes fits its published schema.
#![allow(clippy::unwrap_used)]

use super::explain::example;
use regex::Regex;
use retold::cli::schema::{NAMES, schema_of};
use retold::pipeline;
use serde_json::Value;
use std::fs;

/// Files of a run that are no rows of a schema: the events once more for a spreadsheet, the page, the log.
const WITHOUT: [&str; 3] = ["events.csv", "report", "logs"];

/// What is wrong with a value: the parts of JSON Schema that the outputs use.
fn faults(value: &Value, schema: &Value, root: &Value, at: &str) -> Vec<String> {
    let schema = match schema["$ref"].as_str() {
        Some(name) => root.pointer(name.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    let mut out = Vec::new();
    for choice in ["anyOf", "oneOf"] {
        if let Some(options) = schema[choice].as_array() {
            let fits = options.iter().any(|o| faults(value, o, root, at).is_empty());
            out.extend((!fits).then(|| format!("{at}: {value} fits none of {choice}")));
        }
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    if !types.is_empty() && !types.iter().any(|t| is(value, t)) {
        return vec![format!("{at}: {value} is no {}", types.join(" or "))];
    }
    if schema["enum"].as_array().is_some_and(|list| !list.contains(value))
        || schema.get("const").is_some_and(|c| c != value)
    {
        out.push(format!("{at}: {value} is none of the values"));
    }
    if let (Some(pattern), Some(text)) = (schema["pattern"].as_str(), value.as_str())
        && !Regex::new(pattern).unwrap().is_match(text)
    {
        out.push(format!("{at}: {text} does not fit {pattern}"));
    }
    for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(required).is_none() {
            out.push(format!("{at}: {required} is missing"));
        }
    }
    for (name, inner) in value.as_object().into_iter().flatten() {
        match (schema["properties"].get(name), schema.get("additionalProperties")) {
            (Some(schema), _) | (None, Some(schema)) => {
                out.extend(faults(inner, schema, root, &format!("{at}.{name}")))
            }
            (None, None) if schema.get("properties").is_some() => {
                out.push(format!("{at}: {name} is not in the schema"))
            }
            (None, None) => {}
        }
    }
    for (i, inner) in value.as_array().into_iter().flatten().enumerate() {
        out.extend(schema.get("items").map(|s| faults(inner, s, root, &format!("{at}[{i}]"))).unwrap_or_default());
    }
    out
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

#[test]
fn every_file_of_a_run_has_a_schema_and_every_row_fits_it() {
    let folder = pipeline::latest(&example().out).unwrap();
    let mut seen = Vec::new();
    for file in fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if WITHOUT.contains(&name.as_str()) {
            continue;
        }
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(NAMES.contains(&stem.as_str()), "{name} has no schema");
        let schema = schema_of(&stem).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let rows: Vec<Value> = match name.ends_with(".jsonl") {
            true => text.lines().map(|l| serde_json::from_str(l).unwrap()).collect(),
            false => vec![serde_json::from_str(&text).unwrap()],
        };
        for (i, row) in rows.iter().enumerate() {
            let faults = faults(row, &schema, &schema, &format!("{name}:{}", i + 1));
            assert!(faults.is_empty(), "{}", faults.join("\n"));
        }
        seen.push(stem);
    }
    for name in ["entries", "events", "clusters", "umbrellas", "links", "lineage", "quarantine", "run", "run_results"] {
        assert!(seen.iter().any(|s| s == name), "{name} was not written");
    }
}

#[test]
fn what_does_not_fit_a_schema_is_noticed() {
    let schema = schema_of("clusters").unwrap();
    let row = serde_json::json!({"schema_version": 1, "entry_id": "12", "key": 3, "more": true});
    let faults = faults(&row, &schema, &schema, "x");
    for part in
        ["x.entry_id: 12 does not fit", "x.key: 3 is no string", "outlet is missing", "more is not in the schema"]
    {
        assert!(faults.iter().any(|f| f.contains(part)), "{part}: {faults:?}");
    }
}
