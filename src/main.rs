//! Parse, load, run, exit code.

use retold::cli::{self, Cli};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::from_arguments() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    cli.start_log();
    match cli.run() {
        Ok(exit) => cli::code(exit),
        Err(error) => cli::fail(&error, cli.wants_json()),
    }
}
