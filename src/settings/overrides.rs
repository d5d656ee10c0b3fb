//! `--set section.key=value` on the command line.

use super::known::nearest;
use super::written::{Written, knobs};
use crate::error::{Error, Result};
use crate::model::knobs::Knob;
use serde::Deserialize;
use toml::{Table, Value};

/// Applies one `section.key=value` to a configuration, and checks the result.
///
/// # Errors
/// The argument has no `=`, names no knob, or its value has the wrong type or lies out of range.
pub fn apply(table: &mut Table, argument: &str) -> Result<()> {
    let fail = |why: String| Error::Usage(format!("--set {argument}: {why}"));
    let (path, raw) = argument
        .split_once('=')
        .ok_or_else(|| fail("there is no `=`; write it as section.key=value, as in pair.neighbours=30".into()))?;
    let knob = find(path.trim()).map_err(&fail)?;
    put(table, &knob, parse(&knob, raw.trim())).map_err(&fail)?;
    let written = Written::deserialize(table.clone()).map_err(|e| fail(wrong_type(&knob, e.message())))?;
    written.check().map_err(|e| fail(e.to_string()))
}

/// A type error of a knob with what it may be.
pub fn wrong_type(knob: &Knob, reason: &str) -> String {
    let range = knob.range_text().map(|r| format!("; it must be from {r}")).unwrap_or_default();
    format!("{}.{}: {}{range} (default {})", knob.section, knob.name, reason.trim(), knob.default)
}

fn find(path: &str) -> std::result::Result<Knob, String> {
    let all = knobs();
    let paths: Vec<String> = all.iter().map(|k| format!("{}.{}", k.section, k.name)).collect();
    if let Some(at) = paths.iter().position(|p| p == path) {
        return Ok(all[at].clone());
    }
    if path == "source" || path.starts_with("source.") {
        return Err("sources are written in pipeline.toml, or replaced by files named after `retold run`".into());
    }
    let near = nearest(path, paths.iter().map(String::as_str));
    Err(match near {
        Some(near) => format!("unknown key `{path}`; did you mean `{near}`?"),
        None => format!("unknown key `{path}`; README.md lists every key"),
    })
}

/// Reads the value as TOML; a word that is no TOML value, and anything given to a text knob, is a string.
fn parse(knob: &Knob, raw: &str) -> Value {
    let parsed = format!("value = {raw}").parse::<Table>().ok().and_then(|mut t| t.remove("value"));
    match parsed {
        Some(value) if value.is_str() || !knob.default.starts_with('"') => value,
        _ => Value::String(raw.to_string()),
    }
}

fn put(table: &mut Table, knob: &Knob, value: Value) -> std::result::Result<(), String> {
    let mut at = table;
    for part in knob.section.split('.') {
        let entry = at.entry(part).or_insert_with(|| Value::Table(Table::new()));
        at = entry.as_table_mut().ok_or_else(|| format!("`{part}` is no section in pipeline.toml"))?;
    }
    at.insert(knob.name.to_string(), value);
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(argument: &str) -> std::result::Result<Table, String> {
        let mut table = Table::new();
        apply(&mut table, argument).map(|()| table).map_err(|e| e.to_string())
    }

    #[test]
    fn values_are_toml_and_bare_words_are_strings() {
        assert_eq!(set("pair.neighbours=7").unwrap()["pair"]["neighbours"], Value::Integer(7));
        assert_eq!(set("report.text=none").unwrap()["report"]["text"], Value::String("none".into()));
        assert_eq!(set("run.state=\"\"").unwrap()["run"]["state"], Value::String(String::new()));
        assert_eq!(set("run.out=2026").unwrap()["run"]["out"], Value::String("2026".into()));
        assert_eq!(set("score.weights.intercept=-3").unwrap()["score"]["weights"]["intercept"], Value::Integer(-3));
        assert_eq!(set("report.write=[\"events\"]").unwrap()["report"]["write"].as_array().map(Vec::len), Some(1));
    }

    #[test]
    fn a_wrong_argument_says_what_is_allowed() {
        let wrong = |argument: &str| set(argument).unwrap_err();
        assert!(wrong("pair.neighbours").contains("section.key=value"));
        assert!(wrong("pair.neighbors=3").ends_with("did you mean `pair.neighbours`?"));
        assert!(wrong("pair.neighbours=0").ends_with("it must be from 1 to 1000"));
        assert!(wrong("pair.neighbours=many").contains("it must be from 1 to 1000 (default 20)"));
        assert!(wrong("report.text=half").contains("excerpt"));
        assert!(wrong("source.path=x").contains("named after `retold run`"));
    }

    proptest! {
        #[test]
        fn no_argument_makes_it_panic(argument in ".{0,40}", value in ".{0,20}") {
            let _ = set(&argument);
            let _ = set(&format!("run.out={value}"));
        }
    }
}
