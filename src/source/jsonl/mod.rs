//! JSON Lines: one object per line, read in blocks whose lines are parsed side by side.

mod lines;
mod object;

use super::context::Context;
use super::reader::{Batch, Ended, Input, Reader};
use lines::{Block, Lines};
use object::FieldMap;
use rayon::prelude::*;

/// The JSON Lines format.
pub struct Jsonl;

impl Reader for Jsonl {
    /// While one block is parsed the next one is read; no more than these two are held.
    fn read(&self, input: &mut Input<'_>, ctx: &Context<'_>, sink: &mut dyn FnMut(Batch)) -> Ended {
        let fields = FieldMap::new(&ctx.settings.fields);
        let mut lines = Lines::new(input, ctx.limits.record_bytes);
        let mut block = lines.next_block();
        while let Some(now) = block {
            let (next, batch) = rayon::join(|| lines.next_block(), || parsed(&now, &fields, ctx));
            sink(batch);
            block = next;
        }
        lines.ended()
    }
}

fn parsed(block: &Block, fields: &FieldMap, ctx: &Context<'_>) -> Batch {
    let one = |line: &lines::Line| match line.too_long {
        Some(bytes) => Err((line.number, too_long(line.number, bytes, ctx))),
        None => object::record(block.text(line), line.number, fields, ctx).map_err(|reason| (line.number, reason)),
    };
    Batch::of(block.lines.par_iter().with_min_len(16).map(one).collect::<Vec<_>>())
}

fn too_long(line: u64, bytes: u64, ctx: &Context<'_>) -> String {
    let most = ctx.limits.record_bytes;
    format!("line {line} has {bytes} bytes; a record may have {most} (ingest.max_record_bytes)")
}
