//! `retold export`: a table of a published run, whole or by column, as JSON Lines, CSV or TSV.

use super::global::{GlobalArgs, shown};
use super::{out::Out, schema};
use crate::error::{Error, Exit, Result};
use crate::settings::known;
use clap::{Args, ValueEnum};
use serde_json::{Map, Value};
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::{Path, PathBuf};

/// A table of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Table {
    /// Every entry, without its text.
    Entries,
    /// The canonical list of events.
    Events,
    /// Which entry is in which event.
    Clusters,
    /// Entries that cover many events.
    Umbrellas,
    /// Scored pairs with their evidence.
    Links,
    /// What became of the events of the night before.
    Lineage,
    /// Records that were not understood.
    Quarantine,
}

impl Table {
    /// The name of the table, of its file and of its schema.
    pub fn name(self) -> &'static str {
        match self {
            Table::Entries => "entries",
            Table::Events => "events",
            Table::Clusters => "clusters",
            Table::Umbrellas => "umbrellas",
            Table::Links => "links",
            Table::Lineage => "lineage",
            Table::Quarantine => "quarantine",
        }
    }

    /// Its columns, as its schema lists them.
    pub fn columns(self) -> Vec<String> {
        let schema = schema::schema_of(self.name()).unwrap_or_default();
        let properties = schema.get("properties").and_then(Value::as_object);
        properties.map(|p| p.keys().cloned().collect()).unwrap_or_default()
    }
}

/// How rows are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum Format {
    /// One JSON object per line.
    #[default]
    Jsonl,
    /// Comma-separated, with a header; nested values as JSON.
    Csv,
    /// Tab-separated, with a header; nested values as JSON.
    Tsv,
}

/// The arguments of `retold export`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  retold export events | jq .title\n  retold export entries --columns outlet,title,published --format csv > entries.csv\n  \
retold export clusters --run 20260115T020000Z-3f9a1c"
)]
pub struct ExportArgs {
    /// The table to print.
    pub table: Table,
    /// Columns to print, in this order [default: all]; `retold schema TABLE` describes them.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// How rows are printed.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// The run to read, as `retold log` names it [default: the latest].
    #[arg(long, value_name = "NAME")]
    pub run: Option<String>,
}

/// Prints the table.
///
/// # Errors
/// There is no such run, table or column, or a row cannot be read.
pub fn run(args: &ExportArgs, global: &GlobalArgs) -> Result<Exit> {
    let columns = chosen_columns(args)?;
    let path = table_path(&global.settings_after_run()?.out, args)?;
    let rows = Rows { file: BufReader::with_capacity(1 << 16, open(&path, args.table)?), path, line: 0 };
    let mut out = Out::lock();
    match args.format {
        Format::Jsonl if args.columns.is_empty() => as_they_are(rows, &mut out)?,
        Format::Jsonl => as_objects(rows, &columns, &mut out)?,
        Format::Csv => separated(rows, &columns, b',', &mut out)?,
        Format::Tsv => separated(rows, &columns, b'\t', &mut out)?,
    }
    out.end()?;
    Ok(Exit::Done)
}

fn chosen_columns(args: &ExportArgs) -> Result<Vec<String>> {
    let all = args.table.columns();
    for column in &args.columns {
        if !all.contains(column) {
            let near = known::nearest(column, all.iter().map(String::as_str));
            let near = near.map(|n| format!("did you mean `{n}`? ")).unwrap_or_default();
            let table = args.table.name();
            return Err(Error::Usage(format!("{table} has no column `{column}`; {near}It has {}", all.join(", "))));
        }
    }
    Ok(if args.columns.is_empty() { all } else { args.columns.clone() })
}

fn table_path(results: &Path, args: &ExportArgs) -> Result<PathBuf> {
    let folder = match &args.run {
        None => results.join("latest"),
        Some(run) if run.contains(['/', '\\']) || run.starts_with('.') => {
            return Err(Error::Usage(format!("`{run}` is no run; `retold log` lists them by name")));
        }
        Some(run) => results.join("runs").join(run),
    };
    if folder.is_dir() {
        return Ok(folder.join(format!("{}.jsonl", args.table.name())));
    }
    Err(Error::Usage(match &args.run {
        None => format!("nothing has been published in {} yet; `retold run` does", shown(results)),
        Some(run) => format!("there is no run `{run}` in {}; `retold log` lists them", shown(results)),
    }))
}

fn open(path: &Path, table: Table) -> Result<File> {
    File::open(path).map_err(|e| match e.kind() {
        ErrorKind::NotFound => Error::Usage(format!(
            "this run has no {}; add \"{}\" to [report] write and run again",
            shown(path),
            table.name()
        )),
        _ => Error::io("read", path)(e),
    })
}

/// The lines of a table, one at a time.
struct Rows {
    file: BufReader<File>,
    path: PathBuf,
    line: u64,
}

impl Rows {
    /// Reads the next line into `line`, with its end; `false` at the end of the file.
    fn next_line(&mut self, line: &mut Vec<u8>) -> Result<bool> {
        line.clear();
        self.line += 1;
        let read = self.file.read_until(b'\n', line).map_err(Error::io("read", &self.path))?;
        Ok(read > 0)
    }

    fn parse(&self, line: &[u8]) -> Result<Map<String, Value>> {
        serde_json::from_slice(line).map_err(|e| {
            let why = format!("line {}: {e}; the file was changed after it was published", self.line);
            Error::io("parse", &self.path)(std::io::Error::new(ErrorKind::InvalidData, why))
        })
    }
}

fn as_they_are(mut rows: Rows, out: &mut Out) -> Result<()> {
    let mut line = Vec::new();
    while rows.next_line(&mut line)? {
        out.bytes(&line)?;
    }
    Ok(())
}

fn as_objects(mut rows: Rows, columns: &[String], out: &mut Out) -> Result<()> {
    let mut line = Vec::new();
    while rows.next_line(&mut line)? {
        let mut row = rows.parse(&line)?;
        let object: Map<String, Value> =
            columns.iter().map(|c| (c.clone(), row.remove(c).unwrap_or(Value::Null))).collect();
        out.line(Value::Object(object))?;
    }
    Ok(())
}

fn separated(mut rows: Rows, columns: &[String], delimiter: u8, out: &mut Out) -> Result<()> {
    let mut line = Vec::new();
    out.bytes(&record(columns.iter().map(String::as_str), delimiter)?)?;
    while rows.next_line(&mut line)? {
        let row = rows.parse(&line)?;
        let cells: Vec<String> = columns.iter().map(|c| cell(row.get(c))).collect();
        out.bytes(&record(cells.iter().map(String::as_str), delimiter)?)?;
    }
    Ok(())
}

fn record<'a>(cells: impl Iterator<Item = &'a str>, delimiter: u8) -> Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    let written = writer.write_record(cells).map_err(std::io::Error::from);
    let bytes = written.and_then(|()| writer.into_inner().map_err(|e| e.into_error()));
    bytes.map_err(Error::io("print", Path::new("standard output")))
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_from_the_schema_in_its_order() {
        assert_eq!(Table::Quarantine.columns(), ["source", "file", "record", "reason"]);
        for table in Table::value_variants() {
            assert!(!table.columns().is_empty(), "{}", table.name());
        }
    }

    #[test]
    fn cells_are_quoted_where_they_have_to_be() {
        let line = record(["a,b", "say \"x\"", "two\nlines", "é"].into_iter(), b',').unwrap();
        assert_eq!(String::from_utf8(line).unwrap(), "\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",é\n");
        assert_eq!(cell(Some(&serde_json::json!({"a": [1, 2]}))), "{\"a\":[1,2]}");
        assert_eq!(cell(Some(&Value::Null)), "");
    }
}
