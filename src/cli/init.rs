//! `retold init`: writes a commented pipeline.toml for given files.

use super::global::{GlobalArgs, shown};
use super::out::Out;
use crate::error::{Error, Exit, Result};
use crate::settings::{self, Settings, stem, to_toml_commented};
use crate::source::{self, Fields, Format, Found, Suggestion};
use clap::Args;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use toml::Value;

/// The arguments of `retold init`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  retold init night/*.jsonl feeds/harbour.xml\n  retold init live/harbour.txt --output -"
)]
pub struct InitArgs {
    /// The files to write a source for, one source per file.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Where to write [default: pipeline.toml, or what --config names]; `-` is standard output. A file that is
    /// there is never overwritten.
    #[arg(long, short, value_name = "PATH")]
    pub output: Option<PathBuf>,
}

/// Writes the file.
///
/// # Errors
/// A file is missing, or the configuration is already there.
pub fn run(args: &InitArgs, global: &GlobalArgs) -> Result<Exit> {
    let target = args.output.clone().unwrap_or_else(|| global.config_path().to_path_buf());
    let to_stdout = target == Path::new("-");
    let config = if to_stdout { global.config_path() } else { &target };
    let config = std::path::absolute(config).map_err(Error::io("read", config))?;
    let base = config.parent().unwrap_or(Path::new("/"));
    let defaults = settings::from_text("", &config, &global.set)?;
    let text = configuration(&args.files, base, &defaults)?;
    if to_stdout {
        let mut out = Out::lock();
        out.bytes(text.as_bytes())?;
        out.end()?;
    } else {
        write_new(&config, &text)?;
        if !global.quiet {
            let said = if target == Path::new("pipeline.toml") {
                String::new()
            } else {
                format!(" --config {}", target.display())
            };
            eprintln!("wrote {}; look at its sources, then `retold check{said}`", shown(&config));
        }
    }
    Ok(Exit::Done)
}

/// The text of a configuration for files, their paths relative to `base` where they lie inside.
fn configuration(files: &[PathBuf], base: &Path, settings: &Settings) -> Result<String> {
    let mut names = BTreeSet::new();
    let mut blocks = Vec::new();
    for file in files {
        let path = path_in(file, base)?;
        let plain = stem(file);
        let numbered = std::iter::once(plain.clone()).chain((2u32..).map(|n| format!("{plain}-{n}")));
        let name = numbered.into_iter().find(|n| !names.contains(n)).unwrap_or(plain);
        blocks.push(block(&name, &path, &suggested(file)?));
        names.insert(name);
    }
    let text = to_toml_commented(settings, &blocks.join("\n"));
    // What we write has to be readable by us.
    settings::from_text(&text, &settings.config, &[])?;
    Ok(text)
}

fn path_in(file: &Path, base: &Path) -> Result<String> {
    if file == Path::new("-") {
        return Ok("-".into());
    }
    let meta = std::fs::metadata(file).map_err(Error::io("read", file))?;
    if meta.is_dir() {
        let shown = file.display();
        return Err(Error::Usage(format!("{shown} is a folder; name the files in it, as in {shown}/*.jsonl")));
    }
    let full = std::path::absolute(file).map_err(Error::io("read", file))?;
    let path = full.strip_prefix(base).unwrap_or(&full);
    let parts: Option<Vec<&str>> = path.iter().map(|p| p.to_str()).collect();
    let text = parts.map(|p| p.join("/").replacen("//", "/", 1));
    let text = text.ok_or_else(|| Error::Usage(format!("the path {} is no UTF-8; rename the file", file.display())))?;
    Ok(glob::Pattern::escape(&text))
}

fn block(name: &str, path: &str, found: &Suggestion) -> String {
    let quoted = |text: &str| Value::String(text.to_string()).to_string();
    let names: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
    let mut text = format!(
        "[[source]]\n\
         name = {}\n\
         # The outlet, where the records do not name it; without it their address, else the file's name, stands for it.\n\
         # outlet = \"Harbour Courier\"\n\
         # {}.\n\
         format = {}\n\
         # A file, a glob, or a list of them.\n\
         path = {}\n\
         # The day of the capture, where the text does not say.\n\
         # date = \"2026-01-14\"\n\
         # The zone of times that print none.\n\
         # timezone = \"Europe/London\"\n",
        quoted(name),
        names.join(", "),
        quoted(found.format.name()),
        quoted(path),
    );
    if let Some(records) = &found.records {
        text += &format!("# Which of its arrays holds the records.\nrecords = {}\n", quoted(records));
    }
    let plain = Fields::default();
    let guessed: Vec<(&str, &str)> = found.fields.as_ref().map(|f| f.list().to_vec()).unwrap_or_default();
    let other: Vec<_> = guessed.into_iter().filter(|named| !plain.list().contains(named)).collect();
    if !other.is_empty() {
        text += "# What its fields seem to mean.\n[source.fields]\n";
        other.iter().for_each(|(slot, name)| text += &format!("{slot} = {}\n", quoted(name)));
    }
    text
}

/// What the file itself says; nothing of standard input, which is read once.
fn suggested(file: &Path) -> Result<Suggestion> {
    if file == Path::new("-") {
        return Ok(Suggestion::default());
    }
    source::suggest(&Found::new(file, Path::new("/")))
}

fn write_new(path: &Path, text: &str) -> Result<()> {
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    let mut file = file.map_err(|e| match e.kind() {
        std::io::ErrorKind::AlreadyExists => Error::Usage(format!(
            "{} is already there; write elsewhere with --output, or to standard output with --output -",
            shown(path)
        )),
        _ => Error::io("write", path)(e),
    })?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(Error::io("write", path))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_names_each_file_beside_it_once() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path();
        std::fs::create_dir(base.join("b")).unwrap();
        let files = [base.join("night.jsonl.gz"), base.join("b/night.txt"), base.join("odd [1] \"é\".txt")];
        files.iter().for_each(|f| std::fs::write(f, "{\"headline\": \"a\"}\n").unwrap());
        let text = configuration(&files, base, &Settings::defaults(base)).unwrap();
        let read = settings::from_text(&text, &base.join("pipeline.toml"), &[]).unwrap();
        let names: Vec<&str> = read.sources.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, ["night", "night-2", "odd [1] \"é\""]);
        assert_eq!(read.sources[1].path.list(), ["b/night.txt"]);
        assert!(text.contains("format = \"jsonl\"\n# A file, a glob, or a list of them.\npath = \"night.jsonl.gz\""));
        assert_eq!(read.sources[0].fields.title, "headline");
        assert!(super::super::check::find(&read).iter().all(|f| f.problems.is_empty() && f.files.len() == 1));
    }
}
