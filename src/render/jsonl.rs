//! JSON Lines: one object per line, UTF-8, in the order given.

use rayon::prelude::*;
use serde::Serialize;
use std::io::{self, Write};

/// Rows made and written at a time.
const BLOCK: usize = 8_192;

/// Writes `n` rows; they are made and serialised in parallel and written in order.
///
/// # Errors
/// The writer's.
pub fn write<T: Serialize>(out: &mut dyn Write, n: usize, row: impl Fn(usize) -> T + Sync) -> io::Result<()> {
    for start in (0..n).step_by(BLOCK) {
        let lines: Vec<serde_json::Result<Vec<u8>>> =
            (start..n.min(start + BLOCK)).into_par_iter().map(|i| serde_json::to_vec(&row(i))).collect();
        for line in lines {
            out.write_all(&line?)?;
            out.write_all(b"\n")?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_order_whatever_the_threads() {
        let mut out = Vec::new();
        write(&mut out, 20_000, |i| serde_json::json!({"i": i, "t": "a\nb"})).unwrap();
        let lines: Vec<&str> = std::str::from_utf8(&out).unwrap().lines().collect();
        assert_eq!(lines.len(), 20_000);
        assert_eq!(lines[19_999], r#"{"i":19999,"t":"a\nb"}"#);
    }
}
