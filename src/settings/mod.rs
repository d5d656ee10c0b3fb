//! pipeline.toml and flags made into one [`Settings`], checked once and whole.

mod files;
mod hash;
pub mod known;
mod locate;
mod overrides;
pub mod run;
pub mod text;
pub mod written;

use crate::error::{Error, Result};
use crate::source::SourceSettings;
use crate::stage::report::Output;
pub use files::stem;
pub use run::RunSettings;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
pub use text::{readme_table, to_toml_commented};
use toml::de::DeTable;
pub use written::{SCHEMA_VERSION, Written, schema};

/// What will be used: what was written, and where it leads; nothing is optional, every path is absolute.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// pipeline.toml; it need not exist when files were named on the command line.
    pub config: PathBuf,
    /// Its folder: what the paths of sources are relative to.
    pub base: PathBuf,
    /// The folder of the results; this is what counts, not `[run] out` as written.
    pub out: PathBuf,
    /// The database; `None` keeps nothing. This is what counts, not `[run] state` as written.
    pub state: Option<PathBuf>,
    /// The sections. They are read as if they were fields of the settings.
    pub written: Written,
}

impl Deref for Settings {
    type Target = Written;

    fn deref(&self) -> &Written {
        &self.written
    }
}

impl DerefMut for Settings {
    fn deref_mut(&mut self) -> &mut Written {
        &mut self.written
    }
}

/// Reads pipeline.toml, applies the `--set` arguments, and checks everything.
///
/// # Errors
/// The file cannot be read, or something in it is wrong: file, line, key and what is allowed.
pub fn load(path: &Path, overrides: &[String]) -> Result<Settings> {
    match std::fs::read_to_string(path) {
        Ok(text) => from_text(&text, path, overrides),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(Error::Usage(format!(
            "there is no {}; make one with `retold init FILE…`, or name another with --config",
            path.display()
        ))),
        Err(e) if e.kind() == std::io::ErrorKind::InvalidData => {
            Err(Error::Usage(format!("{} is no UTF-8 text; save it as UTF-8", path.display())))
        }
        Err(e) => Err(Error::io("read", path)(e)),
    }
}

/// As [`load`], of a text that was already read from `path`.
///
/// # Errors
/// As [`load`].
pub fn from_text(text: &str, path: &Path, overrides: &[String]) -> Result<Settings> {
    let at = |line: usize, why: String| Error::Usage(format!("{}:{line}: {why}", path.display()));
    let syntax = |e: toml::de::Error| {
        at(locate::line(text, e.span().map_or(0, |s| s.start)), e.message().trim().replace('\n', "; "))
    };
    let root = DeTable::parse(text).map_err(syntax)?;
    if let Some(unknown) = known::first_unknown(text, root.get_ref()) {
        return Err(at(unknown.line, unknown.message));
    }
    let written: Written = toml::from_str(text).map_err(|e| {
        let offset = e.span().map_or(0, |s| s.start);
        at(locate::line(text, offset), type_error(text, offset, e.message()))
    })?;
    written.check().map_err(|e| {
        let path: Vec<&str> = e.key.split('.').collect();
        at(locate::line_of_key(text, &path).unwrap_or(1), e.to_string())
    })?;
    check_version(&written).map_err(|why| at(locate::line_of_key(text, &["schema_version"]).unwrap_or(1), why))?;
    check_sources(&written.sources).map_err(|(i, why)| at(locate::line_of_source(text, i).unwrap_or(1), why))?;
    resolve(overridden(text, written, overrides)?, path)
}

fn type_error(text: &str, offset: usize, reason: &str) -> String {
    let reason = reason.trim().replace('\n', "; ");
    let Some(key) = locate::key_at(text, offset) else { return reason };
    let knob = written::knobs().into_iter().find(|k| format!("{}.{}", k.section, k.name) == key);
    knob.map_or_else(|| format!("{key}: {reason}"), |knob| overrides::wrong_type(&knob, &reason))
}

fn check_version(written: &Written) -> std::result::Result<(), String> {
    let version = written.schema_version;
    if version == SCHEMA_VERSION {
        return Ok(());
    }
    Err(format!("schema_version is {version}; this build of retold reads {SCHEMA_VERSION}"))
}

fn check_sources(sources: &[SourceSettings]) -> std::result::Result<(), (usize, String)> {
    let mut seen = BTreeMap::new();
    for (i, source) in sources.iter().enumerate() {
        source.check().map_err(|why| (i, format!("source `{}`: {why}", source.name)))?;
        if seen.insert(source.name.as_str(), i).is_some() {
            return Err((i, format!("a second source is named `{}`; give each its own name", source.name)));
        }
    }
    Ok(())
}

fn overridden(text: &str, written: Written, overrides: &[String]) -> Result<Written> {
    if overrides.is_empty() {
        return Ok(written);
    }
    let mut table: toml::Table = text.parse().map_err(|e: toml::de::Error| Error::Usage(e.to_string()))?;
    for argument in overrides {
        overrides::apply(&mut table, argument)?;
    }
    Written::deserialize(table).map_err(|e| Error::Usage(e.to_string()))
}

fn resolve(written: Written, config: &Path) -> Result<Settings> {
    let config = std::path::absolute(config).map_err(Error::io("read", config))?;
    let base = config.parent().unwrap_or(Path::new("/")).to_path_buf();
    if written.run.out.trim().is_empty() {
        return Err(Error::Usage("run.out is empty; name the folder of the results".into()));
    }
    Ok(Settings::at(config, base, written))
}

impl Settings {
    /// The defaults, for a pipeline.toml that would stand in `base`: no sources.
    pub fn defaults(base: &Path) -> Settings {
        Settings::at(base.join("pipeline.toml"), base.to_path_buf(), Written::default())
    }

    fn at(config: PathBuf, base: PathBuf, written: Written) -> Settings {
        let state = &written.run.state;
        Settings {
            out: base.join(&written.run.out),
            state: (!state.is_empty()).then(|| base.join(state)),
            config,
            base,
            written,
        }
    }

    /// These settings with every section but `[run]` as written elsewhere; paths stay.
    pub fn with(&self, written: Written) -> Settings {
        Settings { written: Written { run: self.run.clone(), ..written }, ..self.clone() }
    }

    /// Whether only copies are looked for and nothing but the clusters they make is read: then no stage computes more.
    pub fn copies_alone(&self) -> bool {
        let read = |output: &Output| matches!(output, Output::Clusters | Output::Umbrellas);
        !self.pair.same_event && self.state.is_none() && self.report.write.iter().all(read)
    }

    /// The settings as run.json records them: as written, with the paths that are used.
    pub fn to_json(&self) -> Value {
        let mut json = serde_json::to_value(&self.written).unwrap_or_default();
        json["run"]["out"] = self.out.to_string_lossy().into();
        json["run"]["state"] = self.state.as_deref().map_or("".into(), |s| s.to_string_lossy()).into();
        json
    }

    /// Replaces the sources by files named on the command line, relative to the working directory:
    /// one source per file, named by its stem; `-` is standard input.
    ///
    /// # Errors
    /// A path is no UTF-8, so that it cannot be written in a configuration.
    pub fn replace_sources(&mut self, files: &[PathBuf]) -> Result<()> {
        self.sources = files::as_sources(files)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
