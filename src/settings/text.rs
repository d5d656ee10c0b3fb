//! The configuration as text: a commented pipeline.toml, and the table of the README.

use super::Settings;
use super::written::{knobs, schema};
use crate::model::knobs::Knob;
use std::fmt::Write;
use toml::Value;

/// pipeline.toml with every knob, its doc, default and range; `sources` is put in as it is.
pub fn to_toml_commented(settings: &Settings, sources: &str) -> String {
    let mut text = String::from(
        "# What retold reads and how. Paths are relative to this file; `retold check` checks it,\n\
         # `retold schema configuration` describes it, `--set section.key=value` overrides a value for one run.\n\n\
         schema_version = 1\n",
    );
    text += &run_section(settings);
    text += "\n# Where entries come from: one block per place. Keys beside these: owner, dialect, zones, page, url,\n\
             # lang, records, required, fields; README.md explains them.\n\
             # [owners] says whose outlets are: \"Quay Press\" = [\"Harbour Courier\", \"harbourcourier.example\"].\n\n";
    text += sources.trim();
    text += "\n";
    text += &stage_sections(settings);
    text
}

/// The `[run]` section of [`to_toml_commented`].
pub fn run_section(settings: &Settings) -> String {
    sections(settings, |section| section == "run")
}

/// The sections of the stages of [`to_toml_commented`].
pub fn stage_sections(settings: &Settings) -> String {
    sections(settings, |section| section != "run")
}

/// A Markdown table of every knob.
pub fn readme_table() -> String {
    let mut text = String::from("| Key | Default | Range | What it does |\n|---|---|---|---|\n");
    for knob in knobs() {
        let range = knob.range_text().unwrap_or_default();
        let doc = knob.doc.join(" ").replace('|', "\\|");
        let _ = writeln!(text, "| `{}.{}` | `{}` | {range} | {doc} |", knob.section, knob.name, knob.default);
    }
    text
}

fn sections(settings: &Settings, wanted: impl Fn(&str) -> bool) -> String {
    let written = Value::try_from(&settings.written).unwrap_or(Value::Boolean(false));
    let mut text = String::new();
    let mut last = "";
    for knob in knobs().iter().filter(|k| wanted(k.section)) {
        if knob.section != last {
            last = knob.section;
            let _ = writeln!(text, "\n# {}\n[{last}]", section_doc(last));
        }
        let _ = writeln!(text, "{}{} = {}", comment(knob), knob.name, value_of(&written, knob));
    }
    text
}

fn comment(knob: &Knob) -> String {
    let range = knob.range_text().map(|r| format!("{r}; ")).unwrap_or_default();
    let mut lines: Vec<String> = knob.doc.iter().map(|line| format!("# {line}\n")).collect();
    if let Some(last) = lines.last_mut() {
        *last = format!("{} ({range}default {})\n", last.trim_end(), knob.default);
    }
    lines.concat()
}

fn value_of(written: &Value, knob: &Knob) -> String {
    let section = knob.section.split('.').try_fold(written, |at, part| at.get(part));
    section.and_then(|s| s.get(knob.name)).map_or_else(|| knob.default.clone(), Value::to_string)
}

/// What a section is for: the first line of its struct's documentation.
fn section_doc(section: &str) -> String {
    let schema = schema();
    let target = section.split('.').try_fold(&schema, |at, part| {
        let property = at.get("properties")?.get(part)?;
        let pointer = property.get("$ref")?.as_str()?;
        schema.pointer(pointer.trim_start_matches('#'))
    });
    let doc = target.and_then(|t| t.get("description")).and_then(|d| d.as_str()).unwrap_or(section);
    doc.lines().next().unwrap_or(section).to_string()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::settings::{Settings, from_text};
    use std::path::Path;

    #[test]
    fn the_commented_text_reads_back_as_the_settings_it_was_made_of() {
        let mut settings = Settings::defaults(Path::new("/base"));
        settings.pair.neighbours = 7;
        settings.score.weights.intercept = -3.5;
        let text = to_toml_commented(&settings, "");
        assert!(
            text.contains("# Nearest neighbours kept per entry. (1 to 1000; default 20)\nneighbours = 7\n"),
            "{text}"
        );
        assert!(text.contains("# Candidates: which pairs are looked at.\n[pair]\n"), "{text}");
        let again = from_text(&text, Path::new("/base/pipeline.toml"), &[]).unwrap();
        assert_eq!((again.written, again.out), (settings.written, settings.out));
    }

    #[test]
    fn the_table_has_a_row_for_every_knob() {
        let table = readme_table();
        assert_eq!(table.lines().count(), knobs().len() + 2);
        let default = crate::stage::score::Weights::default().intercept;
        let row =
            format!("| `score.weights.intercept` | `{default}` | -100 to 100 | Log-odds of a pair without evidence. |");
        assert!(table.contains(&row));
    }
}
