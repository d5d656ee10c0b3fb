//! `retold sweep`: one knob over a range of values, scored against gold.

use super::global::GlobalArgs;
use super::out::Out;
use super::run::with_threads;
use crate::error::{Error, Exit, Result};
use crate::pipeline::sweep::{self, STABLE, Sweep, SweepOptions, plot};
use clap::Args;
use std::path::PathBuf;

/// The arguments of `retold sweep`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Works in memory on what the last run kept; writes nothing to the state or to the results.\n\n\
Examples:\n  retold sweep gold.jsonl --knob cluster.threshold --range 0.05..0.5 --steps 10\n  \
retold sweep gold.jsonl --knob pair.neighbours --range 5..40 --steps 8 --svg neighbours.svg")]
pub struct SweepArgs {
    /// Gold files, scored together.
    #[arg(value_name = "GOLD", required = true)]
    pub gold: Vec<PathBuf>,
    /// The knob, as in cluster.threshold; any number that changes which entries are together.
    #[arg(long, value_name = "SECTION.KEY")]
    pub knob: String,
    /// The first value and the last, as in 0.05..0.5.
    #[arg(long, value_name = "FROM..TO", value_parser = range, allow_hyphen_values = true)]
    pub range: (f64, f64),
    /// How many values to try, both ends included.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub steps: u16,
    /// Print as JSON; errors too.
    #[arg(long)]
    pub json: bool,
    /// Draw the scores as an SVG image.
    #[arg(long, value_name = "PATH")]
    pub svg: Option<PathBuf>,
}

/// Sweeps the knob.
///
/// # Errors
/// The knob, the range or a gold file is wrong, there is no state, or the state fails.
pub fn run(args: &SweepArgs, global: &GlobalArgs) -> Result<Exit> {
    let settings = global.settings_after_run()?;
    let options = SweepOptions {
        gold: args.gold.clone(),
        knob: args.knob.clone(),
        range: args.range,
        steps: usize::from(args.steps),
    };
    let progress = global.progress();
    let sweep = with_threads(settings.run.threads, || sweep::sweep(&settings, &options, &|s| progress.show(s)))?;
    if let Some(path) = &args.svg {
        std::fs::write(path, plot::svg(&sweep)).map_err(Error::io("write", path))?;
    }
    let mut out = Out::lock();
    if args.json {
        out.line(format_args!("{:#}", serde_json::to_value(&sweep).unwrap_or_default()))?;
    } else {
        print(&sweep, &mut out)?;
    }
    out.end()?;
    Ok(Exit::Done)
}

fn range(text: &str) -> std::result::Result<(f64, f64), String> {
    let number = |s: &str| s.trim().parse::<f64>().ok().filter(|v| v.is_finite());
    let (from, to) = text.split_once("..").ok_or("write it as FROM..TO, as in 0.05..0.5")?;
    number(from).zip(number(to)).ok_or_else(|| format!("`{text}` is no range of numbers, as in 0.05..0.5"))
}

fn print(sweep: &Sweep, out: &mut Out) -> Result<()> {
    let wide = sweep.knob.len().max(10);
    out.line(format_args!("{:>wide$}    b3_p    b3_r   b3_f1 pair_f1  clusters", sweep.knob))?;
    for p in &sweep.points {
        let mark = if p.value == sweep.best {
            "  best"
        } else if p.good {
            "  as good"
        } else {
            ""
        };
        out.line(format_args!(
            "{:>wide$} {:>7.4} {:>7.4} {:>7.4} {:>7.4} {:>9}{mark}",
            p.value, p.b3_p, p.b3_r, p.b3_f1, p.pair_f1, p.clusters
        ))?;
    }
    let (from, to) = sweep.stable;
    out.line(format_args!("\nstable from {from} to {to}: b3_f1 within {STABLE} of the best; now {}", sweep.now))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_two_ends() {
        assert_eq!(range("0.05..0.5").unwrap(), (0.05, 0.5));
        assert_eq!(range("-3 .. -1").unwrap(), (-3.0, -1.0));
        for wrong in ["0.5", "a..b", "1..", "..", "0..inf", "1...5..2"] {
            assert!(range(wrong).is_err(), "{wrong}");
        }
    }
}
