//! The evaluation as a page: one file that opens offline, without script, in the dress of the run's report.

use super::{Case, Report, Wrong, outside};
use crate::algo::agreement::Scores;
use crate::error::{Error, Result};
use crate::pipeline::folder;
use crate::pipeline::look::{ScoreLook, Term};
use crate::render::html;
use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;
use serde_json::{Value, json};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The name ends in `.html`, which makes the template escape what it prints.
const NAME: &str = "eval.html";
const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");

/// Writes the page anywhere.
///
/// # Errors
/// The disk.
pub fn write(report: &Report, path: &Path) -> Result<()> {
    fs::write(path, page(report, "", path)?).map_err(Error::io("write", path))
}

/// Writes the page beside the published runs, whole or not at all; it takes the place of the run's earlier one.
///
/// # Errors
/// The disk.
pub fn publish(report: &Report, out: &Path) -> Result<PathBuf> {
    let path = folder::quality_page(out, &report.run);
    let there = folder::place(out, &report.run).join(REPORT).exists();
    let link = if there { format!("../runs/{}/{REPORT}", report.run) } else { String::new() };
    let (text, draft) = (page(report, &link, &path)?, path.with_extension("draft"));
    fs::create_dir_all(out.join("quality")).map_err(Error::io("create", &out.join("quality")))?;
    fs::write(&draft, text).map_err(Error::io("write", &draft))?;
    fs::rename(&draft, &path).map_err(Error::io("publish", &path))?;
    Ok(path)
}

/// The report page inside a run's folder.
const REPORT: &str = "report/index.html";

fn page(report: &Report, link: &str, path: &Path) -> Result<String> {
    render(report, link).map_err(|e| Error::io("write", path)(io::Error::other(e)))
}

/// The page as text; `link` leads to the report of the run, empty for no links.
///
/// # Errors
/// The template is broken.
pub fn render(report: &Report, link: &str) -> std::result::Result<String, minijinja::Error> {
    let style = format!("{}{STYLE}", html::STYLE).replace("\r\n", "\n");
    let mut environment = Environment::new();
    environment.add_filter("digits", digits);
    environment.add_filter("signed", signed);
    environment.add_filter("outside", outside::shown);
    environment.add_template(NAME, TEMPLATE)?;
    let of = |wrong: Wrong| report.worst.iter().filter(|c| c.wrong == wrong).map(drawn).collect::<Vec<Drawn>>();
    let stages = report.loss.map(|loss| {
        let share = |n: u64| format!("{:.2} %", 100.0 * n as f64 / loss.same.max(1) as f64);
        loss.stages().map(|(name, n)| (name, n, share(n))).to_vec()
    });
    let values = json!({
        "style_hash": html::hash(&style),
        "style": style,
        "link": link,
        "measures": Scores::NAMES,
        "stages": stages,
        "merges": of(Wrong::FalseMerge),
        "splits": of(Wrong::Split),
        "report": report,
    });
    environment.get_template(NAME)?.render(Serde(values))
}

/// A case, and its score drawn.
#[derive(Serialize)]
struct Drawn<'a> {
    #[serde(flatten)]
    case: &'a Case,
    bars: Vec<Value>,
}

fn drawn(case: &Case) -> Drawn<'_> {
    Drawn { case, bars: case.why.as_ref().map(|why| bars(&why.score)).unwrap_or_default() }
}

/// The terms that add something, each with the place of its bar in percent of the width: from the intercept, term by
/// term, to the log-odds.
fn bars(score: &ScoreLook) -> Vec<Value> {
    let terms: Vec<&Term> = score.terms.iter().filter(|t| t.contribution != 0.0).collect();
    let gives = std::iter::once(score.intercept).chain(terms.iter().map(|t| t.contribution));
    let ends: Vec<f64> = std::iter::once(0.0)
        .chain(gives.scan(0.0, |at, gives| {
            *at += gives;
            Some(*at)
        }))
        .collect();
    let (low, high) = ends.iter().fold((0.0_f64, 0.0_f64), |(low, high), x| (low.min(*x), high.max(*x)));
    let share = |x: f64| (x - low) / (high - low).max(1e-9) * 100.0;
    let bar = |from: f64, to: f64, of: Value| {
        let (x, wide) = (share(from.min(to)), (share(to) - share(from)).abs().max(0.6));
        json!({"x": x, "wide": wide, "zero": share(0.0), "down": to < from, "of": of})
    };
    let first = bar(0.0, score.intercept, json!({"label": "Where every pair starts", "gives": score.intercept}));
    let each = terms.iter().zip(ends.iter().skip(1).zip(ends.iter().skip(2)));
    let rest = each.map(|(t, (from, to))| {
        let of =
            json!({"label": t.label, "gives": t.contribution, "value": t.value, "weight": t.weight, "words": t.words});
        bar(*from, *to, of)
    });
    std::iter::once(first).chain(rest).collect()
}

/// A number with so many decimals.
fn digits(value: f64, decimals: usize) -> String {
    format!("{value:.decimals$}")
}

/// A number with three decimals and its sign.
fn signed(value: f64) -> String {
    format!("{value:+.3}").replace('-', "\u{2212}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Probability;

    #[test]
    fn bars_start_where_the_one_before_ended_and_stay_inside() {
        let term = |contribution: f64| Term {
            feature: "f",
            label: "F",
            value: 1.0,
            weight: contribution,
            contribution,
            words: Vec::new(),
        };
        let terms = vec![term(3.0), term(0.0), term(-1.0)];
        let score = ScoreLook { terms, intercept: -2.0, log_odds: 0.0, p: Probability::new(0.5) };
        let bars = bars(&score);
        let place = |at: usize, name: &str| bars[at][name].as_f64().unwrap_or(f64::NAN).round();
        assert_eq!(bars.len(), 3, "what adds nothing has no bar");
        assert_eq!((place(0, "x"), place(0, "wide"), place(0, "zero")), (0.0, 67.0, 67.0));
        assert_eq!((place(1, "x"), place(1, "wide")), (0.0, 100.0));
        assert_eq!((place(2, "x"), place(2, "wide"), bars[2]["down"].as_bool()), (67.0, 33.0, Some(true)));
    }
}
