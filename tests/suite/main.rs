//! The one integration test: the rules of the house, and the real program driven from outside.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod bad_input;
mod bcubed;
#[cfg(unix)]
mod browser;
mod cli;
#[cfg(unix)]
mod crash;
mod crawl;
mod determinism;
mod eval;
mod example;
mod explain;
mod families;
mod fit;
mod formats;
mod fuzz;
mod hostile;
mod house;
mod invariance;
mod invented;
mod languages;
mod project;
mod report_page;
mod rerun;
mod samples;
mod schema;
mod shared;
mod trial;
mod unconfigured;

// What the benchmarks measure on; its tests stand beside it.
#[path = "../../benches/night/mod.rs"]
#[allow(dead_code)]
mod night;
