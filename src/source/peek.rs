//! A look at the beginning of a file, without reading the rest.

use super::context::Context;
use super::decode::Stored;
use super::files::Found;
use super::reader::{Batch, FileSummary, read_whole};
use crate::error::Result;

/// What the beginning of a file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Peek {
    /// What was understood and what was not.
    pub batch: Batch,
    /// How it was read; its counts are of what was read.
    pub summary: FileSummary,
    /// Whether there is more in the file than was read.
    pub partial: bool,
}

/// Reads about as many unpacked bytes of a file as `ctx.limits.file_bytes` allows. That a file goes on behind them is
/// no reject here.
///
/// # Errors
/// The file cannot be opened or read.
pub fn peek(found: &Found, ctx: &Context<'_>) -> Result<Peek> {
    // Twice as much, so that a plain file is cut by the limit on what is unpacked.
    let most = ctx.limits.file_bytes.saturating_mul(2);
    let (stored, from) = Stored::open_head(found, most)?;
    let (mut batch, mut summary) = read_whole(stored, from, ctx)?;
    let partial = summary.capped || summary.bytes >= most;
    if partial && batch.rejects.len() + batch.records.len() > 1 && batch.rejects.pop().is_some() {
        // The last reject is that of the cut.
        summary.records -= 1;
    }
    Ok(Peek { batch, summary, partial })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::context::Limits;
    use super::super::testing::{LIMITS, source};
    use super::*;

    fn peeked(bytes: &[u8]) -> Peek {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        std::fs::write(&path, bytes).unwrap();
        let settings = source();
        let limits = Limits { file_bytes: 4_000, ..LIMITS };
        let ctx = Context::new(&settings, "2026-01-15T02:00:00Z".parse().unwrap(), limits).unwrap();
        peek(&Found::new(&path, folder.path()), &ctx).unwrap()
    }

    #[test]
    fn a_small_file_is_read_whole_and_a_large_one_in_part() {
        let line = "{\"title\": \"Ferry late\"}\n";
        let small = peeked(line.repeat(9).as_bytes());
        assert_eq!((small.partial, small.batch.records.len(), small.batch.rejects.len()), (false, 9, 0));
        for large in [line.repeat(9_000).into_bytes(), zstd::encode_all(line.repeat(9_000).as_bytes(), 1).unwrap()] {
            let large = peeked(&large);
            assert!(large.partial && large.batch.rejects.is_empty());
            assert_eq!(large.batch.records.len() as u64, large.summary.records);
            assert!((100..200).contains(&large.summary.records), "{}", large.summary.records);
        }
    }

    #[test]
    fn what_is_wrong_at_the_beginning_is_told() {
        let bad =
            peeked(format!("{{\"title\": \"Ferry late\"}}\n{{oh\n{}", "{\"title\": \"x\"}\n".repeat(900)).as_bytes());
        assert_eq!(bad.batch.rejects.len(), 1);
        assert_eq!(bad.batch.rejects[0].0, 2);
    }
}
