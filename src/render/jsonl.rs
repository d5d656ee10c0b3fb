//! JSON Lines: one object per line, UTF-8, in the order given.

use rayon::prelude::*;
use serde::Serialize;
use std::io::{self, Write};
use std::ops::Range;

/// Rows made and written at a time.
const BLOCK: usize = 8_192;
/// Of these, the ones whose lines are made behind one another.
const PART: usize = 128;

/// Writes `n` rows; they are made and serialised in parallel and written in order.
///
/// # Errors
/// The writer's.
pub fn write<T: Serialize>(out: &mut dyn Write, n: usize, row: impl Fn(usize) -> T + Sync) -> io::Result<()> {
    for start in (0..n).step_by(BLOCK) {
        let end = n.min(start + BLOCK);
        let parts = (start..end).into_par_iter().step_by(PART).map(|from| lines(from..end.min(from + PART), &row));
        for part in parts.collect::<Vec<_>>() {
            out.write_all(&part?)?;
        }
    }
    Ok(())
}

fn lines<T: Serialize>(rows: Range<usize>, row: impl Fn(usize) -> T) -> serde_json::Result<Vec<u8>> {
    let mut out = Vec::new();
    for i in rows {
        serde_json::to_writer(&mut out, &row(i))?;
        out.push(b'\n');
    }
    Ok(out)
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
