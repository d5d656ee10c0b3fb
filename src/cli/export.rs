//! `retold export`: a table of a published run, whole or by column, as JSON Lines, CSV or TSV.

use super::global::{GlobalArgs, shown};
#[cfg(feature = "parquet")]
use super::types;
use super::{out::Out, schema};
use crate::error::{Error, Exit, Result};
use crate::render::csv::defused;
use crate::settings::known;
use clap::{Args, ValueEnum};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;
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
    /// Comma-separated, with a header; nested values as JSON; texts that a spreadsheet would take for formulas begin with '.
    Csv,
    /// Tab-separated, with a header; nested values as JSON; tabs, ends of lines and backslashes as \\t, \\n, \\r and \\\\.
    Tsv,
    /// A Parquet table with a type per column; of builds with the feature `parquet`.
    Parquet,
}

/// The arguments of `retold export`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  retold export events | jq .title\n  retold export entries --columns outlet,title,published --format csv > entries.csv\n  \
retold export clusters --columns key,origin --format tsv\n  \
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
    if args.format == Format::Parquet {
        return as_parquet(rows, args.table, &columns);
    }
    let mut out = Out::lock();
    match args.format {
        Format::Parquet => {}
        Format::Jsonl if args.columns.is_empty() => as_they_are(rows, &mut out)?,
        Format::Jsonl => as_objects(rows, &columns, &mut out)?,
        Format::Csv => as_csv(rows, &columns, &mut out)?,
        Format::Tsv => as_tsv(rows, &columns, &mut out)?,
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

    fn picked(&self, line: &[u8], columns: &[String]) -> Result<Vec<Value>> {
        let mut json = serde_json::Deserializer::from_slice(line);
        let row = Picked(columns).deserialize(&mut json).and_then(|row| json.end().map(|()| row));
        row.map_err(|e| {
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
        let object: Map<String, Value> = columns.iter().cloned().zip(rows.picked(&line, columns)?).collect();
        out.line(Value::Object(object))?;
    }
    Ok(())
}

fn as_csv(mut rows: Rows, columns: &[String], out: &mut Out) -> Result<()> {
    let mut line = Vec::new();
    let mut writer = csv::Writer::from_writer(out.writer());
    printed(writer.write_record(columns))?;
    while rows.next_line(&mut line)? {
        let cells = rows.picked(&line, columns)?;
        printed(writer.write_record(cells.iter().map(|value| match value {
            // A number may begin with its sign; a text that does is no formula either.
            Value::String(text) => defused(text.as_str()).into_owned(),
            other => cell(other).into_owned(),
        })))?;
    }
    printed(writer.flush().map_err(csv::Error::from))
}

fn as_tsv(mut rows: Rows, columns: &[String], out: &mut Out) -> Result<()> {
    let (mut line, mut to) = (Vec::new(), columns.join("\t") + "\n");
    out.bytes(to.as_bytes())?;
    while rows.next_line(&mut line)? {
        to.clear();
        for (i, value) in rows.picked(&line, columns)?.iter().enumerate() {
            if i > 0 {
                to.push('\t');
            }
            escape(&cell(value), &mut to);
        }
        to.push('\n');
        out.bytes(to.as_bytes())?;
    }
    Ok(())
}

#[cfg(feature = "parquet")]
fn as_parquet(mut rows: Rows, table: Table, columns: &[String]) -> Result<Exit> {
    use crate::render::parquet;
    use std::io::{IsTerminal, Seek};
    if std::io::stdout().is_terminal() {
        return Err(Error::Usage("a Parquet table is no text; write it to a file, as in > events.parquet".into()));
    }
    let failed = |e: std::io::Error| Error::io("write", Path::new("a temporary file"))(e);
    let mut file = tempfile::tempfile().map_err(failed)?;
    let kinds: Vec<parquet::Column> = columns.iter().map(|c| (c.clone(), types::kind(table.name(), c))).collect();
    let mut line = Vec::new();
    let mut next = || match rows.next_line(&mut line) {
        Ok(true) => rows.picked(&line, columns).map(Some).map_err(parquet::Failed::Rows),
        Ok(false) => Ok(None),
        Err(error) => Err(parquet::Failed::Rows(error)),
    };
    parquet::write(&file, &kinds, &mut next).map_err(|e| match e {
        parquet::Failed::Rows(error) => error,
        parquet::Failed::Table(error) => failed(std::io::Error::other(error)),
    })?;
    file.rewind().map_err(failed)?;
    let mut out = Out::lock();
    std::io::copy(&mut file, out.writer()).map_err(Error::io("print", Path::new("standard output")))?;
    out.end()?;
    Ok(Exit::Done)
}

#[cfg(not(feature = "parquet"))]
fn as_parquet(_: Rows, _: Table, _: &[String]) -> Result<Exit> {
    Err(Error::Usage(crate::error::NO_PARQUET.into()))
}

/// Keeps the kind of a failure: that a reader went away is quiet.
fn printed(done: csv::Result<()>) -> Result<()> {
    let why = |e: csv::Error| match e.into_kind() {
        csv::ErrorKind::Io(e) => e,
        other => std::io::Error::other(format!("{other:?}")),
    };
    done.map_err(why).map_err(Error::io("print", Path::new("standard output")))
}

fn cell(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

/// A row is a line and a tab ends a cell, so neither may stand in one.
fn escape(cell: &str, to: &mut String) {
    let special = |c: char| matches!(c, '\t' | '\n' | '\r' | '\\');
    let mut rest = cell;
    while let Some(at) = rest.find(special) {
        to.push_str(&rest[..at]);
        to.push_str(match rest.as_bytes()[at] {
            b'\t' => "\\t",
            b'\n' => "\\n",
            b'\r' => "\\r",
            _ => "\\\\",
        });
        rest = &rest[at + 1..];
    }
    to.push_str(rest);
}

/// The values of some columns of a row; the others are checked and passed over.
struct Picked<'a>(&'a [String]);

impl<'de> DeserializeSeed<'de> for Picked<'_> {
    type Value = Vec<Value>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> std::result::Result<Vec<Value>, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Picked<'_> {
    type Value = Vec<Value>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut row: A) -> std::result::Result<Vec<Value>, A::Error> {
        let mut found = vec![Value::Null; self.0.len()];
        while let Some(name) = row.next_key::<Cow<'_, str>>()? {
            match self.0.iter().position(|column| *column == name) {
                None => drop(row.next_value::<IgnoredAny>()?),
                Some(at) => {
                    found[at] = row.next_value()?;
                    // A column may have been asked for twice.
                    for again in at + 1..self.0.len() {
                        if self.0[again] == name {
                            found[again] = found[at].clone();
                        }
                    }
                }
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
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
    fn what_is_nested_is_json_and_what_is_missing_is_empty() {
        assert_eq!(cell(&serde_json::json!({"a": [1, 2]})), "{\"a\":[1,2]}");
        assert_eq!(cell(&Value::Null), "");
    }

    #[test]
    fn a_cell_of_a_tsv_holds_no_tab_and_no_end_of_a_line() {
        let mut to = String::new();
        escape("a\tb\nc\r\\é\"", &mut to);
        assert_eq!(to, r#"a\tb\nc\r\\é""#);
    }
}
