//! Writes an invented night as a crawl of its pages: a WARC file of gzip members, some of them damaged on demand.
//!
//! `cargo run --release --example crawl -- --entries 300000 --out night.warc.gz`

#[path = "../benches/night/mod.rs"]
#[allow(dead_code)]
mod night;

use clap::Parser;
use night::Night;
use night::crawl::{self, Damage};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

/// Writes an invented night as a crawl of its pages.
#[derive(Parser)]
struct Options {
    /// How many pages.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    entries: usize,
    /// What chance is seeded with.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The crawl.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// What is done to the damaged records.
    #[arg(long, value_enum, default_value_t = Damage::None)]
    damage: Damage,
    /// Every so many records one is damaged.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(2..))]
    every: u32,
    /// The addresses of the damaged records, a line each.
    #[arg(long, value_name = "FILE")]
    damaged: Option<PathBuf>,
}

fn main() -> io::Result<()> {
    let options = Options::parse();
    let night = Night::invented(options.entries, options.seed);
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&options.out)?);
    let mut damaged = options.damaged.map(File::create).transpose()?.map(BufWriter::new);
    out.write_all(&crawl::opening()?)?;
    for (n, told) in night.entries().enumerate() {
        let hit = options.damage != Damage::None && n % options.every as usize == options.every as usize / 2;
        out.write_all(&crawl::response(n, &told, if hit { options.damage } else { Damage::None })?)?;
        if let Some(damaged) = damaged.as_mut().filter(|_| hit) {
            writeln!(damaged, "{}", crawl::address(&told))?;
        }
    }
    damaged.map_or(Ok(()), |mut damaged| damaged.flush())?;
    out.flush()
}
