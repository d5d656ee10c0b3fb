//! `retold fit`: the weights of the same-event score, fitted on labelled entries of the last run.

use super::global::{GlobalArgs, shown};
use super::out::Out;
use super::run::with_threads;
use crate::error::{Error, Exit, Result};
use crate::pipeline::fit::{Balance, Beside, FitOptions, FitReport, Score, SetReport, fit};
use clap::Args;
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// The arguments of `retold fit`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "A line of gold is an object with the `id` of an entry (its key) and `gold`, the event it belongs to; null is\n\
for background. Run on all gold files together first, so that the candidates of the mix are known.\n\n\
Examples:\n  retold run gold/*.jsonl.gz && retold fit gold/*.jsonl.gz --holdout\n  \
retold fit gold/*.jsonl.gz --output - >> pipeline.toml"
)]
pub struct FitArgs {
    /// Files with labels, JSON Lines, plain, .gz or .zst; each is a set.
    #[arg(value_name = "GOLD", required = true)]
    pub files: Vec<PathBuf>,
    /// How much large weights cost: half of this times the sum of their squares is added to the loss.
    #[arg(long, value_name = "N", default_value_t = 15.0, value_parser = penalty, allow_hyphen_values = true)]
    pub l2: f64,
    /// How much a pair of a set with n pairs counts: none (1), sqrt (1/√n) or equal (1/n).
    #[arg(long, value_name = "HOW", default_value = "equal", value_parser = balance)]
    pub balance: Balance,
    /// Fit on pairs of one file alone; otherwise pairs across files are used too, as different unless labelled alike.
    #[arg(long)]
    pub within: bool,
    /// What a pair of a labelled and an unlabelled entry counts, as two events; 0 leaves them out.
    #[arg(long, value_name = "N", default_value_t = 0.3, value_parser = penalty, allow_hyphen_values = true)]
    pub unlabelled: f64,
    /// What each dated pair counts once more with its date hidden; 0 hides none.
    #[arg(long, value_name = "N", default_value_t = 2.0, value_parser = penalty, allow_hyphen_values = true)]
    pub hidden_dates: f64,
    /// What each pair counts once more with its bodies cut to 30 words; 0 cuts none.
    #[arg(long, value_name = "N", default_value_t = 0.3, value_parser = penalty, allow_hyphen_values = true)]
    pub cut_bodies: f64,
    /// Fold into the weights the scale and offset that make the log-odds of held-out pairs fit.
    #[arg(long)]
    pub calibrate: bool,
    /// Score each set also with weights that were fitted without it.
    #[arg(long)]
    pub holdout: bool,
    /// Write the table of weights to this file; `-` prints the table and nothing else.
    #[arg(long, value_name = "PATH")]
    pub output: Option<PathBuf>,
    /// The date to note in the table, as in 2026-01-15T02:00:00Z [default: that of the last run].
    #[arg(long, value_name = "RFC3339")]
    pub as_of: Option<Timestamp>,
    /// Print everything as JSON; errors too.
    #[arg(long)]
    pub json: bool,
}

/// Fits, and prints figures and weights.
///
/// # Errors
/// The configuration, the state or the gold is wrong, or the file cannot be written.
pub fn run(args: &FitArgs, global: &GlobalArgs) -> Result<Exit> {
    let alone = args.output.as_deref() == Some(Path::new("-"));
    if alone && args.json {
        return Err(Error::Usage("--output - prints the table and nothing else; leave out --json or --output".into()));
    }
    let settings = global.settings_after_run()?;
    let progress = global.progress();
    let options = args.options();
    let report = with_threads(settings.run.threads, || fit(&settings, &options, &|signal| progress.show(signal)))?;
    let file = args.output.as_deref().filter(|_| !alone);
    if let Some(path) = file {
        std::fs::write(path, &report.toml).map_err(Error::io("write", path))?;
    }
    let mut out = Out::lock();
    match (alone, args.json) {
        (true, _) => out.bytes(report.toml.as_bytes())?,
        (_, true) => out.line(format_args!("{:#}", serde_json::to_value(&report).unwrap_or_default()))?,
        _ => print(&report, file, &mut out)?,
    }
    out.end()?;
    Ok(Exit::Done)
}

impl FitArgs {
    fn options(&self) -> FitOptions {
        FitOptions {
            files: self.files.clone(),
            l2: self.l2,
            balance: self.balance,
            beside: Beside {
                within: self.within,
                unlabelled: self.unlabelled,
                hidden_dates: self.hidden_dates,
                cut_bodies: self.cut_bodies,
            },
            calibrate: self.calibrate,
            holdout: self.holdout,
            as_of: self.as_of,
        }
    }
}

fn penalty(text: &str) -> std::result::Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
    number.ok_or_else(|| "it must be a number from 0".into())
}

fn balance(text: &str) -> std::result::Result<Balance, String> {
    Balance::from_name(text).ok_or_else(|| format!("there are {}", Balance::ALL.map(Balance::name).join(", ")))
}

fn print(report: &FitReport, file: Option<&Path>, out: &mut Out) -> Result<()> {
    let widest = report.sets.iter().map(|s| s.name.chars().count()).max().unwrap_or(0).max("all together".len());
    out.line("B-cubed F1, and log-loss per pair: now, with the fitted weights, with weights fitted without the set")?;
    out.line(format_args!(
        "{:<widest$} {:>6} {:>7}  {:>7} {:>7} {:>9} {:>10}  {:>7} {:>7} {:>9} {:>10}",
        "set", "rows", "pairs", "now", "fitted", "left out", "difference", "now", "fitted", "left out", "difference"
    ))?;
    for set in &report.sets {
        let counts = format!("{:<widest$} {:>6} {:>7}", set.name, set.rows, set.pairs);
        let (f1, loss) = (columns(set, |s| s.bcubed.f1), columns(set, |s| s.log_loss));
        out.line(format_args!("{counts}  {f1}  {loss}"))?;
    }
    let rows: usize = report.sets.iter().map(|s| s.rows).sum();
    let (now, fitted) = (report.all_now.f1, report.all_fitted.f1);
    out.line(format_args!("{:<widest$} {rows:>6} {:>7}  {now:>7.4} {fitted:>7.4}", "all together", report.pairs))?;
    print_calibration(report, out)?;
    match file {
        Some(path) => out.line(format_args!("\nthe weights are in {}", shown(path))),
        None => out.bytes(format!("\n{}", report.toml).as_bytes()),
    }
}

fn columns(set: &SetReport, of: fn(&Score) -> f64) -> String {
    let fitted = of(&set.fitted);
    let left_out = set.left_out.as_ref().map(of);
    let number = |x: Option<f64>, width: usize| x.map_or(format!("{:>width$}", "-"), |x| format!("{x:>width$.4}"));
    let difference = left_out.map_or(format!("{:>10}", "-"), |x| format!("{:>+10.4}", x - fitted));
    format!("{:>7.4} {fitted:>7.4} {} {difference}", of(&set.now), number(left_out, 9))
}

fn print_calibration(report: &FitReport, out: &mut Out) -> Result<()> {
    if report.bins.is_empty() {
        return out.line("\none set alone: nothing was held out to calibrate by");
    }
    let (scale, offset) = (report.scale, report.offset);
    let folded = if report.calibrated { "folded into the weights" } else { "not folded in; --calibrate does" };
    out.line(format_args!("\nheld-out pairs would fit best at log-odds × {scale:.4} {offset:+.4} ({folded})"))?;
    out.line(format_args!("{:>6} {:>8} {:>8}", "pairs", "mean p", "same"))?;
    for bin in &report.bins {
        out.line(format_args!("{:>6} {:>8.4} {:>8.4}", bin.pairs, bin.mean_p, bin.same))?;
    }
    Ok(())
}
