//! What a whole run costs, process and all, on invented nights: `cargo bench --bench whole -- --sizes 10k,100k,1m`.

#![allow(clippy::print_stdout)]

#[allow(dead_code)]
mod night;

use clap::Parser;
use night::Night;
use night::plan::Days;
use night::words::Words;
use retold::model::run::RunResults;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Runs the release build of retold on nights of several sizes and says what each stage costs.
#[derive(Parser)]
struct Options {
    /// Entries of each night: 10k, 100k, 1m or any number.
    #[arg(long, value_name = "N,M", value_delimiter = ',', default_value = "10k", value_parser = size)]
    sizes: Vec<usize>,
    /// Threads of each run; 0 is one per core.
    #[arg(long, value_name = "N,M", value_delimiter = ',', default_value = "0")]
    threads: Vec<usize>,
    /// What chance is seeded with.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The configuration of the runs [default: what retold does without one, state and report included].
    #[arg(long, value_name = "PATH")]
    config: Option<PathBuf>,
    /// Put the labelled articles of `$RETOLD_SHARED/gold/dev` among the entries, draw those with the frequencies of the articles'
    /// words and over their years, and say how well the events are found.
    #[arg(long)]
    gold: bool,
    /// Make the nights and results here and leave them [default: a folder that is removed].
    #[arg(long, value_name = "PATH")]
    folder: Option<PathBuf>,
    /// `cargo bench` says so to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What a run took.
struct Cost {
    wall_s: f64,
    cpu_s: f64,
    results: RunResults,
}

/// The years that the labelled articles were published in.
const GOLD_YEARS: Days = Days { start: 1_325_376_000, days: 3_650 };

fn main() -> io::Result<()> {
    let options = Options::parse();
    let temporary = tempfile::tempdir()?;
    let folder = options.folder.as_deref().unwrap_or(temporary.path());
    fs::create_dir_all(folder)?;
    let folder = folder.canonicalize()?;
    let gold = if options.gold { gold_files()? } else { Vec::new() };
    for entries in &options.sizes {
        let night = folder.join(format!("{entries}.jsonl"));
        write_night(*entries, &options, &gold, &night)?;
        for threads in &options.threads {
            let out = folder.join(format!("{entries}-{threads}"));
            let cost = run(&night, &gold, *threads, &options, &out)?;
            print(&cost);
            if options.gold {
                eval(&gold, &out)?;
            }
        }
    }
    Ok(())
}

/// 10k, 1m, 2500.
fn size(text: &str) -> Result<usize, String> {
    let (digits, times) = match text.strip_suffix(['k', 'm']) {
        Some(digits) if text.ends_with('k') => (digits, 1_000),
        Some(digits) => (digits, 1_000_000),
        None => (text, 1),
    };
    digits.parse().map(|n: usize| n * times).map_err(|_| "say a number of entries, as in 10k, 1m or 2500".to_string())
}

fn gold_files() -> io::Result<Vec<PathBuf>> {
    let shared = std::env::var_os("RETOLD_SHARED")
        .ok_or_else(|| io::Error::other("RETOLD_SHARED names no folder; set it to the one that has gold/dev"))?;
    let folder = fs::canonicalize(Path::new(&shared).join("gold/dev"))?;
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<io::Result<_>>()?;
    files.sort();
    Ok(files)
}

/// With gold, in the words of the set that has no labels: the background.
fn write_night(entries: usize, options: &Options, gold: &[PathBuf], to: &Path) -> io::Result<()> {
    let background = gold.iter().find(|path| path.to_string_lossy().contains("background"));
    let night = match background {
        Some(path) => Night::new(entries, options.seed, Words::counted(path)?, &GOLD_YEARS),
        None => Night::invented(entries, options.seed),
    };
    let mut out = BufWriter::with_capacity(1 << 20, File::create(to)?);
    for told in night.entries() {
        told.write(&mut out)?;
    }
    out.flush()
}

fn retold(out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_retold"));
    // Without a pipeline.toml beside it, and with its state beside its results.
    command.current_dir(out).args(["--quiet", "--out", "out"]);
    command
}

fn run(night: &Path, gold: &[PathBuf], threads: usize, options: &Options, out: &Path) -> io::Result<Cost> {
    if out.exists() {
        fs::remove_dir_all(out)?;
    }
    fs::create_dir(out)?;
    let mut command = retold(out);
    command.arg("run").args(["--threads", &threads.to_string()]).arg(night).args(gold);
    if let Some(config) = &options.config {
        command.arg("--config").arg(config.canonicalize()?);
    }
    let (before, start) = (children_cpu_s(), Instant::now());
    let status = command.status()?;
    let wall_s = start.elapsed().as_secs_f64();
    if !status.success() {
        return Err(io::Error::other(format!("retold ended with {status}; it said why above")));
    }
    let results: RunResults = serde_json::from_slice(&fs::read(out.join("out/latest/run_results.json"))?)?;
    let cpu_s = children_cpu_s().zip(before).map_or(results.cpu_s, |(after, before)| after - before);
    Ok(Cost { wall_s, cpu_s, results })
}

/// CPU seconds of the processes that were started and have ended, where the system says; to a hundredth.
fn children_cpu_s() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // After the name in brackets: the state is field 3, the ticks of ended children are fields 16 and 17.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at - 3)?.parse::<f64>().ok();
    Some((ticks(16)? + ticks(17)?) / 100.0)
}

fn print(cost: &Cost) {
    let results = &cost.results;
    let entries: u64 = results.sources.values().map(|s| s.records).sum();
    let peak = results.peak_rss_bytes.map_or("-".to_string(), |b| format!("{}", b >> 20));
    println!("\n  entries     wall s      cpu s    peak MB  entries/cpu s");
    println!(
        "{entries:>9} {:>10.2} {:>10.2} {peak:>10} {:>14.0}\n",
        cost.wall_s,
        cost.cpu_s,
        entries as f64 / cost.cpu_s
    );
    println!("stage            wall s      cpu s  share       in      made  caps");
    let line = |name: &str, wall: f64, cpu: f64, rest: String| {
        println!("{name:<12} {wall:>10.2} {cpu:>10.2} {:>5.1}%  {rest}", 100.0 * cpu / cost.cpu_s);
    };
    for s in &results.stages {
        let caps: Vec<String> = s.caps.iter().map(|(cap, n)| format!("{cap} {n}")).collect();
        line(s.stage.name(), s.wall_s, s.cpu_s, format!("{:>9} {:>9}  {}", s.read, s.made, caps.join(", ")));
    }
    let sum = |f: fn(&retold::model::run::StageResult) -> f64| results.stages.iter().map(f).sum::<f64>();
    line("outside", cost.wall_s - sum(|s| s.wall_s), cost.cpu_s - sum(|s| s.cpu_s), String::new());
    let messages = results.stages.iter().filter_map(|s| s.message.split("; ").find(|part| part.contains("postings")));
    messages.for_each(|message| println!("\n{message}"));
}

fn eval(gold: &[PathBuf], out: &Path) -> io::Result<()> {
    let said = retold(out).arg("eval").args(gold).args(["--worst", "0"]).output()?;
    io::stderr().write_all(&said.stderr)?;
    io::stdout().write_all(&said.stdout)
}
