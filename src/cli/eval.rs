//! `retold eval`: how a published run agrees with gold.

use super::global::{GlobalArgs, shown};
use super::out::Out;
use super::run::with_threads;
use crate::algo::agreement::Scores;
use crate::error::{Error, Exit, Result};
use crate::pipeline::eval::{self, Case, EvalOptions, Loss, Report, Side, Table, Wrong, page};
use crate::settings::known;
use clap::Args;
use std::path::PathBuf;

/// The arguments of `retold eval`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "Gold is JSON Lines, plain, .gz or .zst: {\"id\": …, \"gold\": …} names the event of an entry by the entry's key \
(null: unlabelled), {\"a\": …, \"b\": …, \"same\": true} judges a pair.\n\n\
Examples:\n  retold eval gold.jsonl\n  retold eval gold/*.jsonl.gz --gate b3_f1=0.88 --worst 20\n  \
retold eval gold.jsonl --run 20260115T020000Z-3f9a1c --page"
)]
pub struct EvalArgs {
    /// Gold files; several are scored each alone and all together.
    #[arg(value_name = "GOLD", required = true)]
    pub gold: Vec<PathBuf>,
    /// The run to score, as `retold log` names it [default: the latest].
    #[arg(long, value_name = "NAME")]
    pub run: Option<String>,
    /// Print as JSON; errors too.
    #[arg(long)]
    pub json: bool,
    /// End with 1 when a measure over all files is below a value, as in b3_f1=0.88; may be given several times.
    #[arg(long, value_name = "MEASURE=VALUE", value_parser = gate)]
    pub gate: Vec<(String, f64)>,
    /// How many of the worst false merges, and of the worst splits, to list.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub worst: usize,
    /// Write the result as a page that opens offline.
    #[arg(long, value_name = "PATH")]
    pub html: Option<PathBuf>,
    /// Write that page beside the published runs, as quality/RUN.html in the folder of the results.
    #[arg(long)]
    pub page: bool,
}

/// Scores the run.
///
/// # Errors
/// There is no such run, a gold file or a gate is wrong, or the state fails.
pub fn run(args: &EvalArgs, global: &GlobalArgs) -> Result<Exit> {
    let settings = global.settings_after_run()?;
    let options = EvalOptions {
        gold: args.gold.clone(),
        run: args.run.clone(),
        worst: args.worst,
        explain_flags: explain_flags(global),
    };
    let progress = global.progress();
    let report = with_threads(settings.run.threads, || eval::eval(&settings, &options, &|s| progress.show(s)))?;
    let below = below(&report, &args.gate)?;
    if let Some(path) = &args.html {
        page::write(&report, path)?;
    }
    if args.page {
        let path = page::publish(&report, &settings.out)?;
        if !global.quiet {
            eprintln!("the page is {}", shown(&path));
        }
    }
    let mut out = Out::lock();
    if args.json {
        out.line(format_args!("{:#}", serde_json::to_value(&report).unwrap_or_default()))?;
    } else {
        print(&report, &mut out)?;
    }
    out.end()?;
    below.iter().for_each(|line| eprintln!("{line}"));
    Ok(if below.is_empty() { Exit::Done } else { Exit::Failed })
}

/// The flags with which `explain` finds the same state.
fn explain_flags(global: &GlobalArgs) -> String {
    let config = global.config.as_ref().map(|p| format!(" --config {}", quoted(&p.to_string_lossy())));
    let state = global.state.as_ref().map(|p| format!(" --state {}", quoted(&p.to_string_lossy())));
    let out = global.out.as_ref().map(|p| format!(" --out {}", quoted(&p.to_string_lossy())));
    [config, state, out].into_iter().flatten().collect()
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_string()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

fn gate(text: &str) -> std::result::Result<(String, f64), String> {
    let (name, value) = text.split_once('=').ok_or("write it as MEASURE=VALUE, as in b3_f1=0.88")?;
    let all = Report::measures();
    if !all.contains(&name) {
        let near =
            known::nearest(name, all.iter().copied()).map(|n| format!("did you mean `{n}`? ")).unwrap_or_default();
        return Err(format!("{near}the measures are {}", all.join(", ")));
    }
    let value = value.parse().ok().filter(|v: &f64| v.is_finite()).ok_or_else(|| format!("`{value}` is no number"))?;
    Ok((name.to_string(), value))
}

/// The gates that were not passed, in words. Measures are compared as printed, to four digits.
fn below(report: &Report, gates: &[(String, f64)]) -> Result<Vec<String>> {
    let mut below = Vec::new();
    for (name, least) in gates {
        let value = report.measure(name).ok_or_else(|| {
            Error::Usage(format!("--gate {name}={least}: these gold files do not give it; judged pairs give judged_…"))
        })?;
        if (value * 1e4).round() / 1e4 < *least {
            below.push(format!("gate not passed: {name} is {value:.4}, below {least}"));
        }
    }
    Ok(below)
}

fn print(report: &Report, out: &mut Out) -> Result<()> {
    out.line(format_args!("run {}", report.run))?;
    if !report.tables.is_empty() {
        print_tables(&report.tables, out)?;
    }
    if let Some(j) = &report.judged {
        out.line(format_args!(
            "\njudged pairs {}, of one event {}, put together {}: judged_p {:.4}, judged_r {:.4}, judged_f1 {:.4}",
            j.pairs, j.same, j.together, j.judged_p, j.judged_r, j.judged_f1
        ))?;
    }
    if let Some(loss) = &report.loss {
        print_loss(loss, out)?;
    }
    report.notes.iter().try_for_each(|note| out.line(format_args!("\n{note}")))?;
    for (wrong, heading) in [(Wrong::FalseMerge, "worst false merges"), (Wrong::Split, "worst splits")] {
        let mut cases = report.worst.iter().filter(|c| c.wrong == wrong).peekable();
        if cases.peek().is_some() {
            out.line(format_args!("\n{heading}, by the B-cubed F1 they cost"))?;
            cases.try_for_each(|case| print_case(case, out))?;
        }
    }
    Ok(())
}

fn print_tables(tables: &[Table], out: &mut Out) -> Result<()> {
    let wide = tables.iter().map(|t| t.name.chars().count()).max().unwrap_or(0).max(4);
    let names: String = Scores::NAMES.iter().map(|n| format!(" {n:>7}")).collect();
    out.line(format_args!(
        "\n{:wide$} {:>7} {:>7} {:>8}{names} umbrellas missing",
        "gold", "rows", "events", "clusters"
    ))?;
    for t in tables {
        let values: String = t.scores.values().iter().map(|v| format!(" {v:>7.4}")).collect();
        let s = &t.scores;
        out.line(format_args!(
            "{:wide$} {:>7} {:>7} {:>8}{values} {:>9} {:>7}",
            t.name, s.rows, s.events, s.clusters, t.umbrellas, t.missing
        ))?;
    }
    let Some(all) = tables.last() else { return Ok(()) };
    out.line("\nsize of the gold event      rows  events    b3_p    b3_r   b3_f1")?;
    for s in &all.sizes {
        out.line(format_args!(
            "{:22} {:>9} {:>7} {:>7.4} {:>7.4} {:>7.4}",
            s.size, s.rows, s.events, s.b3_p, s.b3_r, s.b3_f1
        ))?;
    }
    Ok(())
}

fn print_loss(loss: &Loss, out: &mut Out) -> Result<()> {
    let share = |n: u64| 100.0 * n as f64 / loss.same.max(1) as f64;
    out.line(format_args!("\n{} pairs of one gold event", loss.same))?;
    for (name, n) in loss.stages() {
        out.line(format_args!("  {name:42} {n:>10} {:>6.2} %", share(n)))?;
    }
    out.line(format_args!(
        "{} pairs of two gold events are joined: {} as copies, {} with a link of their own, {} through others",
        loss.wrong, loss.wrong_copies, loss.wrong_linked, loss.wrong_unlinked
    ))
}

fn print_case(case: &Case, out: &mut Out) -> Result<()> {
    let parts: Vec<String> = case.parts.iter().map(u64::to_string).collect();
    let p = case.p.map_or("no link".to_string(), |p| format!("p {p}"));
    out.line(format_args!("{:.4}  {}  rows {}  {p}", case.cost, case.name, parts.join(" + ")))?;
    for Side { outlet, title, gold, .. } in [&case.a, &case.b] {
        out.line(format_args!("        {outlet}: {}  [{gold}]", if title.is_empty() { "(no title)" } else { title }))?;
    }
    out.line(format_args!("        {}", case.explain))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_names_a_measure_and_a_number() {
        assert_eq!(gate("b3_f1=0.88").unwrap(), ("b3_f1".to_string(), 0.88));
        assert!(gate("b3f1=0.88").unwrap_err().contains("did you mean `b3_f1`?"));
        assert!(gate("zzz=1").unwrap_err().contains("the measures are b3_p, b3_r"));
        assert!(gate("v=high").unwrap_err().contains("no number"));
        assert!(gate("v").is_err());
    }

    #[test]
    fn words_are_quoted_for_the_shell_where_they_have_to_be() {
        assert_eq!(quoted("a/b.toml"), "a/b.toml");
        assert_eq!(quoted("it's here"), "'it'\\''s here'");
        assert_eq!(quoted(""), "''");
    }
}
