//! The only one that draws: what a run signals, as bars on a terminal, as lines or as JSON elsewhere.

use crate::model::run::{StageResult, StageStatus};
use crate::pipeline::signal::Signal;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How a run is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    /// Bars that move, for a terminal.
    Bars,
    /// One line per stage.
    Lines,
    /// One JSON object per line, through the log.
    Json,
    /// Nothing: errors are printed where the process ends.
    Quiet,
}

impl Look {
    /// The look for standard error as it is.
    pub fn choose(quiet: bool, json: bool) -> Look {
        match (quiet, json) {
            (true, _) => Look::Quiet,
            (false, true) => Look::Json,
            (false, false) if io::stderr().is_terminal() => Look::Bars,
            (false, false) => Look::Lines,
        }
    }
}

/// Shows the signals of one run.
pub struct Progress {
    look: Look,
    screen: Mutex<Screen>,
}

struct Screen {
    bar: Option<ProgressBar>,
    out: Box<dyn Write + Send>,
}

impl Progress {
    /// Shows on standard error.
    pub fn new(look: Look) -> Progress {
        Progress::to(look, Box::new(io::stderr()))
    }

    /// Shows on `out`; bars go to standard error in any case.
    pub fn to(look: Look, out: Box<dyn Write + Send>) -> Progress {
        Progress { look, screen: Mutex::new(Screen { bar: None, out }) }
    }

    /// Takes one signal; may be called from any thread.
    pub fn show(&self, signal: Signal) {
        match self.look {
            Look::Json => log(&signal),
            Look::Quiet => {}
            Look::Lines => self.screen().line(&signal),
            Look::Bars => {
                let mut screen = self.screen();
                screen.draw(&signal);
                screen.line(&signal);
            }
        }
    }

    fn screen(&self) -> MutexGuard<'_, Screen> {
        self.screen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Screen {
    /// Starts, moves and removes the bar.
    fn draw(&mut self, signal: &Signal) {
        match signal {
            Signal::StageStarted { stage, total } => {
                self.end_bar();
                let bar = ProgressBar::with_draw_target(*total, ProgressDrawTarget::stderr());
                bar.set_style(bar_style(total.is_some()));
                bar.set_prefix(stage.name());
                bar.enable_steady_tick(std::time::Duration::from_millis(120));
                self.bar = Some(bar);
            }
            Signal::StageAdvanced { by, .. } => self.bar.iter().for_each(|bar| bar.inc(*by)),
            Signal::StageEnded(_) | Signal::Closing(_) => self.end_bar(),
            Signal::Warning(_) | Signal::Note(_) => {}
        }
    }

    fn end_bar(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    /// Prints the lines of a signal above the bar. That nobody reads them any more is no reason to stop a run.
    fn line(&mut self, signal: &Signal) {
        let text: String = lines(signal).into_iter().map(|line| line + "\n").collect();
        if text.is_empty() {
            return;
        }
        let out = &mut self.out;
        let mut print = || {
            let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        };
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.end_bar();
    }
}

fn bar_style(counted: bool) -> ProgressStyle {
    let template = if counted {
        "{prefix:<12} {bar:30} {human_pos}/{human_len} {eta}"
    } else {
        "{prefix:<12} {spinner} {elapsed}"
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// The plain lines of a signal.
fn lines(signal: &Signal) -> Vec<String> {
    match signal {
        Signal::StageStarted { .. } | Signal::StageAdvanced { .. } => Vec::new(),
        Signal::StageEnded(result) => vec![stage_line(result)],
        Signal::Warning(text) => vec![format!("warning: {text}")],
        Signal::Note(text) => vec![text.clone()],
        Signal::Closing(lines) => lines.clone(),
    }
}

fn stage_line(result: &StageResult) -> String {
    let name = result.stage.name();
    let message = if result.message.is_empty() { String::new() } else { format!(": {}", result.message) };
    let counts =
        format!("{} in, {} out, {} rejected, {:.2} s", result.read, result.made, result.rejected, result.wall_s);
    match result.status {
        StageStatus::Success => format!("{name:<12} {counts}"),
        StageStatus::Warn => format!("{name:<12} {counts}; look{message}"),
        StageStatus::Reused => format!("{name:<12} reused{message}"),
        StageStatus::Skipped => format!("{name:<12} skipped{message}"),
        StageStatus::Error => format!("{name:<12} failed{message}"),
    }
}

/// The signal as a log record.
fn log(signal: &Signal) {
    match signal {
        Signal::StageStarted { stage, total } => tracing::info!(stage = stage.name(), total, "stage started"),
        Signal::StageAdvanced { .. } => {}
        Signal::StageEnded(r) => tracing::info!(
            stage = r.stage.name(),
            status = ?r.status,
            rows_in = r.read,
            rows_out = r.made,
            rejected = r.rejected,
            wall_s = r.wall_s,
            cpu_s = r.cpu_s,
            reason = r.message,
            "stage ended"
        ),
        Signal::Warning(text) => tracing::warn!("{text}"),
        Signal::Note(text) => tracing::info!("{text}"),
        Signal::Closing(lines) => lines.iter().for_each(|line| tracing::info!("{line}")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::Stage;
    use std::sync::Arc;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn ended(status: StageStatus, message: &str) -> Signal {
        Signal::StageEnded(StageResult {
            stage: Stage::Ingest,
            status,
            wall_s: 0.25,
            cpu_s: 0.5,
            peak_rss_bytes: None,
            read: 55,
            made: 53,
            rejected: 2,
            caps: Default::default(),
            message: message.into(),
        })
    }

    fn shown(look: Look) -> String {
        let out = Shared::default();
        let progress = Progress::to(look, Box::new(out.clone()));
        progress.show(Signal::StageStarted { stage: Stage::Ingest, total: Some(3) });
        progress.show(Signal::StageAdvanced { stage: Stage::Ingest, by: 3 });
        progress.show(Signal::Warning("one file is empty".into()));
        progress.show(ended(StageStatus::Success, "first run"));
        progress.show(ended(StageStatus::Reused, "nothing changed"));
        progress.show(Signal::Closing(vec!["read 55".into(), "new 53".into()]));
        drop(progress);
        let bytes = out.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn without_a_terminal_there_is_one_line_per_stage() {
        assert_eq!(
            shown(Look::Lines),
            "warning: one file is empty\n\
             ingest       55 in, 53 out, 2 rejected, 0.25 s\n\
             ingest       reused: nothing changed\n\
             read 55\nnew 53\n"
        );
    }

    #[test]
    fn bars_leave_the_same_lines_behind() {
        assert_eq!(shown(Look::Bars), shown(Look::Lines));
    }

    #[test]
    fn quiet_and_json_print_no_lines() {
        assert_eq!(shown(Look::Quiet), "");
        assert_eq!(shown(Look::Json), "");
    }
}
