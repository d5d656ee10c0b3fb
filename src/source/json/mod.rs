//! JSON files: an array of objects, an object around one, or objects one after another.

pub mod scan;
pub mod shape;

use super::context::Context;
use super::object::{self, FieldMap};
use super::reader::{Batch, Ended, Input, Reader};
use super::sink::Sink;
use crate::model::Record;
use rayon::prelude::*;
use scan::{Piece, Scan};

/// Bytes and objects that are parsed side by side.
const BLOCK: usize = 4 << 20;
const MANY: usize = 4_096;

/// The JSON format.
pub struct Json {
    /// The way to the array, or why there is none.
    pub path: Result<Vec<String>, String>,
}

impl Reader for Json {
    fn read(&self, input: &mut Input<'_>, ctx: &Context<'_>, sink: &Sink<'_>) -> Ended {
        let fields = FieldMap::new(&ctx.settings.fields);
        read(input, &self.path, ctx, sink, &|bytes, number| object::record(bytes, number, &fields, ctx))
    }
}

/// Reads one object, from its bytes and its number.
pub type One<'a> = dyn Fn(&[u8], u64) -> Result<Record, String> + Sync + 'a;

/// Reads the objects at a path, each by `one`, which is told its bytes and its number.
pub fn read(
    input: &mut Input<'_>,
    path: &Result<Vec<String>, String>,
    ctx: &Context<'_>,
    sink: &Sink<'_>,
    one: &One<'_>,
) -> Ended {
    let path = match path {
        Ok(path) => path,
        Err(reason) => {
            sink.put(Batch::reject(0, reason));
            return Ended { line: 1, damage: None };
        }
    };
    let mut scan = Scan::new(input, path, ctx.limits.record_bytes);
    let mut block: Vec<Piece> = Vec::new();
    let mut bytes = 0;
    while let Some(piece) = scan.next_piece() {
        bytes += if let Piece::Object(_, _, object) = &piece { object.len() } else { 0 };
        block.push(piece);
        if bytes >= BLOCK || block.len() >= MANY {
            sink.put(parsed(&block, one));
            block.clear();
            bytes = 0;
        }
    }
    sink.put(parsed(&block, one));
    scan.ended()
}

fn parsed(block: &[Piece], one: &One<'_>) -> Batch {
    let read = |piece: &Piece| match piece {
        Piece::Object(number, line, bytes) => {
            one(bytes, *number).map_err(|reason| (*number, format!("the object at line {line}: {reason}")))
        }
        Piece::Broken(number, reason) => Err((*number, reason.clone())),
    };
    Batch::of(block.par_iter().with_min_len(16).map(read).collect::<Vec<_>>())
}
