//! How a command ends: an error is printed once, with its chain, and becomes an exit code.

use crate::error::{Error, Exit};
use serde_json::json;
use std::process::ExitCode;

/// The process's exit code.
pub fn code(exit: Exit) -> ExitCode {
    ExitCode::from(exit as u8)
}

/// Prints an error and gives its exit code. That nobody reads our output any more (`| head`) is a quiet end.
pub fn fail(error: &Error, as_json: bool) -> ExitCode {
    if is_broken_pipe(error) {
        return code(Exit::Done);
    }
    let exit = error.exit();
    print(&chain(error), exit, as_json);
    code(exit)
}

/// Prints what clap says of a wrong command line, or help and version, which are no error.
pub fn usage(error: &clap::Error) -> ExitCode {
    let as_json = std::env::args_os().any(|a| a == "--json");
    if error.exit_code() == 0 {
        let _ = error.print();
        return code(Exit::Done);
    }
    if as_json {
        let text = error.to_string();
        print(&[text.trim_start_matches("error: ").trim().to_string()], Exit::Usage, true);
    } else {
        let _ = error.print();
    }
    code(Exit::Usage)
}

fn print(chain: &[String], exit: Exit, as_json: bool) {
    let text = if as_json {
        json!({ "error": chain.first(), "causes": chain.get(1..), "exit": exit as u8 }).to_string()
    } else {
        format!("error: {}", chain.join("\n  because "))
    };
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The error's message and those of its causes that it does not repeat.
fn chain(error: &Error) -> Vec<String> {
    let mut chain = vec![error.to_string()];
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        let text = next.to_string();
        if !chain.iter().any(|said| said.contains(&text)) {
            chain.push(text);
        }
        cause = next.source();
    }
    chain
}

fn is_broken_pipe(error: &Error) -> bool {
    matches!(error, Error::Io { doing: "print", source, .. } if source.kind() == std::io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_cause_that_the_message_repeats_is_not_printed_twice() {
        let source = std::io::Error::other("the disk is gone");
        let error = Error::io("write", Path::new("out/x"))(source);
        assert_eq!(chain(&error), ["cannot write out/x: the disk is gone"]);
    }

    #[test]
    fn a_closed_pipe_is_a_quiet_end() {
        let closed = || std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        assert!(is_broken_pipe(&Error::io("print", Path::new("standard output"))(closed())));
        assert!(!is_broken_pipe(&Error::io("write", Path::new("out/x"))(closed())));
    }
}
