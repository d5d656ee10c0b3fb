//! Wall time, CPU time and memory of this process.

use cpu_time::ProcessTime;
use std::time::Instant;

/// A running clock.
pub struct Meter {
    wall: Instant,
    cpu: Option<ProcessTime>,
}

impl Meter {
    /// Starts.
    pub fn start() -> Meter {
        Meter { wall: Instant::now(), cpu: ProcessTime::try_now().ok() }
    }

    /// Wall seconds since the start, to the millisecond.
    pub fn wall_s(&self) -> f64 {
        millis(self.wall.elapsed().as_secs_f64())
    }

    /// CPU seconds of all threads since the start, to the millisecond; 0 where the system does not say.
    pub fn cpu_s(&self) -> f64 {
        let spent = self.cpu.and_then(|start| ProcessTime::try_now().ok().map(|now| now.duration_since(start)));
        millis(spent.map_or(0.0, |d| d.as_secs_f64()))
    }
}

fn millis(seconds: f64) -> f64 {
    (seconds * 1e3).round() / 1e3
}

/// Peak resident memory in bytes, where the system says (Linux).
pub fn peak_rss() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kb| kb * 1024)
}
