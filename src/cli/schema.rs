//! `retold schema`: the JSON Schemas of the configuration and of each output.

use super::out::Out;
use crate::error::{Error, Exit, Result};
use crate::model::{event, lineage, record, report, run};
use crate::pipeline::look;
use crate::settings;
use clap::Args;
use schemars::schema_for;
use serde_json::{Map, Value};

/// The arguments of `retold schema`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  retold schema events\n  retold schema configuration > pipeline.schema.json\n  retold schema | jq keys"
)]
pub struct SchemaArgs {
    /// configuration, entries, events, clusters, umbrellas, links, lineage, quarantine, run, run_results, and what
    /// `show`, `explain` and `status` print as JSON; without a name, one object with all of them.
    pub name: Option<String>,
}

/// What has a schema, in the order in which it is printed.
pub const NAMES: [&str; 13] = [
    "configuration",
    "entries",
    "events",
    "clusters",
    "umbrellas",
    "links",
    "lineage",
    "quarantine",
    "run",
    "run_results",
    "show",
    "explain",
    "status",
];

/// The schema of that name.
pub fn schema_of(name: &str) -> Option<Value> {
    let schema = match name {
        "configuration" => return Some(settings::schema()),
        "entries" => schema_for!(report::EntryRow),
        "events" => schema_for!(event::Event),
        "clusters" => schema_for!(report::ClusterRow<'static>),
        "umbrellas" => schema_for!(report::UmbrellaRow),
        "links" => schema_for!(report::LinkRow),
        "lineage" => schema_for!(lineage::LineageRow),
        "quarantine" => schema_for!(record::Reject),
        "run" => schema_for!(run::RunInfo),
        "show" => schema_for!(look::Shown),
        "explain" => schema_for!(look::Explained),
        "status" => schema_for!(look::Status),
        "run_results" => schema_for!(run::RunResults),
        _ => return None,
    };
    Some(schema.to_value())
}

/// Prints one schema, or all of them.
///
/// # Errors
/// There is none of that name, or it could not be written.
pub fn run(args: &SchemaArgs) -> Result<Exit> {
    let schema = match &args.name {
        Some(name) => schema_of(name).ok_or_else(|| unknown(name))?,
        None => Value::Object(NAMES.iter().filter_map(|n| Some((n.to_string(), schema_of(n)?))).collect::<Map<_, _>>()),
    };
    let mut out = Out::lock();
    out.line(format_args!("{schema:#}"))?;
    out.end()?;
    Ok(Exit::Done)
}

fn unknown(name: &str) -> Error {
    let near = settings::known::nearest(name, NAMES.into_iter());
    let near = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
    Error::Usage(format!("there is no schema named `{name}`{near} There are: {}", NAMES.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_schema() {
        for name in NAMES {
            let schema = schema_of(name).unwrap_or_default();
            assert!(schema.get("properties").or(schema.get("oneOf")).is_some(), "{name}");
        }
        assert!(schema_of("event").is_none());
    }
}
