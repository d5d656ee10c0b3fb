//! The evaluation as a page: one file that opens offline, without script; every value is escaped.

use super::{Case, Report, Wrong};
use crate::algo::agreement::Scores;
use crate::error::{Error, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::Environment;
use minijinja::value::Serde;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::io;
use std::path::Path;

/// The name ends in `.html`, which makes the template escape what it prints.
const NAME: &str = "eval.html";
const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");

/// Writes the page.
///
/// # Errors
/// The disk.
pub fn write(report: &Report, path: &Path) -> Result<()> {
    let page = render(report).map_err(|e| Error::io("write", path)(io::Error::other(e)))?;
    std::fs::write(path, page).map_err(Error::io("write", path))
}

/// The page as text.
///
/// # Errors
/// The template is broken.
pub fn render(report: &Report) -> std::result::Result<String, minijinja::Error> {
    let style = STYLE.replace("\r\n", "\n");
    let mut environment = Environment::new();
    environment.add_filter("digits", digits);
    environment.add_template(NAME, TEMPLATE)?;
    let of = |wrong: Wrong| report.worst.iter().filter(|c| c.wrong == wrong).collect::<Vec<&Case>>();
    let stages = report.loss.map(|loss| {
        let share = |n: u64| 100.0 * n as f64 / loss.same.max(1) as f64;
        loss.stages().map(|(name, n)| (name, n, format!("{:.2} %", share(n)))).to_vec()
    });
    let values = json!({
        "style_hash": format!("sha256-{}", STANDARD.encode(Sha256::digest(style.as_bytes()))),
        "style": style,
        "measures": Scores::NAMES,
        "sizes": report.tables.last().map(|t| &t.sizes),
        "stages": stages,
        "merges": of(Wrong::FalseMerge),
        "splits": of(Wrong::Split),
        "report": report,
    });
    environment.get_template(NAME)?.render(Serde(values))
}

/// A number with so many decimals.
fn digits(value: f64, decimals: usize) -> String {
    format!("{value:.decimals$}")
}
