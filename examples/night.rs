//! Writes a night of invented news, and which entries tell of one event.
//!
//! `cargo run --release --example night -- --entries 100000 --out night.jsonl --gold gold.jsonl`

#[path = "../benches/night/mod.rs"]
#[allow(dead_code)]
mod night;

use clap::Parser;
use night::Night;
use night::plan::Days;
use night::words::Words;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

/// Writes a night of invented news.
#[derive(Parser)]
struct Options {
    /// How many entries.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    entries: usize,
    /// What chance is seeded with.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The entries, as JSON Lines.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The event of each entry, as `retold eval` reads it; of a copy also the entry it repeats and its edit.
    #[arg(long, value_name = "FILE")]
    gold: Option<PathBuf>,
    /// Take words, names and their frequencies from this file (plain, gzip or zstd; of JSON Lines, titles and texts) instead
    /// of inventing them; none of its sentences is copied.
    #[arg(long, value_name = "FILE")]
    words: Option<PathBuf>,
    /// The first day.
    #[arg(long, value_name = "DATE", default_value = "2026-01-14")]
    start: jiff::civil::Date,
    /// How many days.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    days: u32,
}

fn main() -> io::Result<()> {
    let options = Options::parse();
    let start = options.start.to_zoned(jiff::tz::TimeZone::UTC).map_err(io::Error::other)?.timestamp().as_second();
    let words = match &options.words {
        None => Words::invented(options.seed),
        Some(path) => {
            Words::counted(path).map_err(|e| io::Error::other(format!("take words from {}: {e}", path.display())))?
        }
    };
    let night = Night::new(options.entries, options.seed, words, &Days { start, days: options.days });
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&options.out)?);
    let mut gold = options.gold.map(File::create).transpose()?.map(BufWriter::new);
    for told in night.entries() {
        told.write(&mut out)?;
        if let Some(gold) = &mut gold {
            told.write_gold(gold)?;
        }
    }
    gold.map_or(Ok(()), |mut gold| gold.flush())?;
    out.flush()
}
