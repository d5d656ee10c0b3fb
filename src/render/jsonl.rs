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
    let add = |i: usize, lines: &mut Vec<u8>| {
        serde_json::to_writer(&mut *lines, &row(i))?;
        lines.push(b'\n');
        Ok(())
    };
    write_lines(out, n, |_| (), add)
}

/// Indices that are told of before they are asked for.
const AHEAD: usize = 32;

/// As [`write`], of an index that may have several lines: `add` adds them to what it is given. `ahead` is told which come next.
///
/// # Errors
/// The writer's, and the first of making the lines.
pub fn write_lines(
    out: &mut dyn Write,
    n: usize,
    ahead: impl Fn(Range<usize>) + Sync,
    add: impl Fn(usize, &mut Vec<u8>) -> io::Result<()> + Sync,
) -> io::Result<()> {
    for start in (0..n).step_by(BLOCK) {
        let end = n.min(start + BLOCK);
        let part = |from: usize| -> io::Result<Vec<u8>> {
            let mut lines = Vec::new();
            let to = end.min(from + PART);
            for next in (from..to).step_by(AHEAD) {
                let some = next..to.min(next + AHEAD);
                ahead(some.clone());
                some.into_iter().try_for_each(|i| add(i, &mut lines))?;
            }
            Ok(lines)
        };
        let parts = (start..end).into_par_iter().step_by(PART).map(part);
        for part in parts.collect::<Vec<_>>() {
            out.write_all(&part?)?;
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
