//! What holds for every verb: the configuration, where results go, how much is said.

use crate::error::{Error, Result};
use crate::progress::{Look, Progress};
use crate::settings::{self, Settings};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};
use tracing::level_filters::LevelFilter;

/// How words are written to standard error.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum LogFormat {
    /// Lines for a person.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// The flags of every verb.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "For every verb")]
pub struct GlobalArgs {
    /// The configuration to use [default: pipeline.toml].
    #[arg(long, global = true, value_name = "PATH")]
    pub config: Option<PathBuf>,
    /// Override one value of the configuration, as in `--set pair.neighbours=30`; may be given several times.
    #[arg(long, global = true, value_name = "SECTION.KEY=VALUE")]
    pub set: Vec<String>,
    /// Threads to use; 0 uses every core. No result depends on it.
    #[arg(long, global = true, value_name = "N")]
    pub threads: Option<usize>,
    /// Folder of the results, instead of `[run] out`; relative to the working directory.
    #[arg(long, global = true, value_name = "PATH")]
    pub out: Option<PathBuf>,
    /// The state database, instead of `[run] state`; "" keeps nothing.
    #[arg(long, global = true, value_name = "PATH", value_parser = clap::builder::OsStringValueParser::new())]
    pub state: Option<std::ffi::OsString>,
    /// Print nothing but errors.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// How progress and warnings are written to standard error.
    #[arg(long, global = true, value_enum, value_name = "FORMAT", default_value_t)]
    pub log_format: LogFormat,
}

impl GlobalArgs {
    /// The configuration's path.
    pub fn config_path(&self) -> &Path {
        self.config.as_deref().unwrap_or(Path::new("pipeline.toml"))
    }

    /// The settings: pipeline.toml, `--set`, then the flags.
    ///
    /// # Errors
    /// The configuration or a flag is wrong.
    pub fn settings(&self) -> Result<Settings> {
        self.with_flags(settings::load(self.config_path(), &self.set)?)
    }

    /// As [`GlobalArgs::settings`], with files in place of the configured sources when there are any. Then the
    /// default pipeline.toml may be missing.
    ///
    /// # Errors
    /// The configuration, a flag or a path is wrong.
    pub fn settings_for(&self, files: &[PathBuf]) -> Result<Settings> {
        if files.is_empty() {
            return self.settings();
        }
        let mut settings = self.settings_or_defaults()?;
        settings.replace_sources(files)?;
        Ok(settings)
    }

    /// As [`GlobalArgs::settings`], for verbs that read what a run left. The default pipeline.toml may be missing where
    /// something has run without one, on files named on the command line.
    ///
    /// # Errors
    /// The configuration or a flag is wrong, or there is no pipeline.toml and nothing has run.
    pub fn settings_after_run(&self) -> Result<Settings> {
        let settings = self.settings_or_defaults()?;
        let kept = settings.state.as_ref().filter(|path| path.exists());
        if settings.config.exists() || settings.out.exists() || kept.is_some() {
            return Ok(settings);
        }
        let state = settings.state.as_ref().map(|path| format!(" and no {}", shown(path))).unwrap_or_default();
        Err(Error::Usage(format!(
            "there is no {}, and nothing has run here: no {}{state}; `retold run FILE…` makes them, --config, --out and \
             --state name others",
            shown(&settings.config),
            shown(&settings.out)
        )))
    }

    /// The settings; without a pipeline.toml, unless one was named, those of an empty one.
    fn settings_or_defaults(&self) -> Result<Settings> {
        let path = self.config_path();
        if self.config.is_none() && !path.exists() {
            return self.with_flags(settings::from_text("", path, &self.set)?);
        }
        self.settings()
    }

    fn with_flags(&self, mut settings: Settings) -> Result<Settings> {
        let full = |path: &Path| std::path::absolute(path).map_err(Error::io("read", path));
        if let Some(out) = &self.out {
            settings.out = full(out)?;
        }
        if let Some(state) = &self.state {
            settings.state = if state.is_empty() { None } else { Some(full(Path::new(state))?) };
        }
        if let Some(threads) = self.threads {
            settings.run.threads = threads;
            settings.run.check().map_err(|e| Error::Usage(format!("--threads {threads}: {e}")))?;
        }
        Ok(settings)
    }

    /// What shows the progress of a run.
    pub fn progress(&self) -> Progress {
        Progress::new(Look::choose(self.quiet, self.log_format == LogFormat::Json))
    }

    /// Starts the log on standard error. In text, progress prints its own lines, so the log carries warnings alone.
    pub fn start_log(&self) {
        let level = match (self.quiet, self.log_format) {
            (true, _) => LevelFilter::ERROR,
            (false, LogFormat::Text) => LevelFilter::WARN,
            (false, LogFormat::Json) => LevelFilter::INFO,
        };
        let log = tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(level).with_target(false);
        // A second start, as in tests, keeps the first.
        let _ = match self.log_format {
            LogFormat::Text => log.without_time().with_ansi(false).try_init(),
            LogFormat::Json => log.json().flatten_event(true).try_init(),
        };
    }
}

/// A path as a person reads it: relative to the working directory where it lies inside.
pub fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let inside = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_path_buf));
    inside.filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| path.to_path_buf()).display().to_string()
}
