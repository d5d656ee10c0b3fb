//! JSON Lines: one object per line, UTF-8, in the order given.

use rayon::prelude::*;
use serde::Serialize;
use std::borrow::Cow;
use std::io::{self, Write};

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
        let parts =
            (start..end).into_par_iter().step_by(PART).map(|from| lines((from..end.min(from + PART)).map(&row)));
        for part in parts.collect::<Vec<_>>() {
            out.write_all(&part?)?;
        }
    }
    Ok(())
}

/// As [`write`], of lines that are made already; each index may have several.
///
/// # Errors
/// The writer's, and the first of making the lines.
pub fn write_lines<'a>(
    out: &mut dyn Write,
    n: usize,
    lines: impl Fn(usize) -> io::Result<Cow<'a, [u8]>> + Sync,
) -> io::Result<()> {
    for start in (0..n).step_by(BLOCK) {
        let made: Vec<io::Result<Cow<[u8]>>> = (start..n.min(start + BLOCK)).into_par_iter().map(&lines).collect();
        for lines in made {
            out.write_all(&lines?)?;
        }
    }
    Ok(())
}

/// The lines of some rows.
///
/// # Errors
/// They cannot be written as JSON.
pub fn lines<T: Serialize>(rows: impl IntoIterator<Item = T>) -> io::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut lines, &row)?;
        lines.push(b'\n');
    }
    Ok(lines)
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
