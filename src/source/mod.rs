//! Formats in: bytes become records and rejects. Nothing is fetched, and no record ends a run.

pub mod clock;
mod context;
mod csv;
mod dates;
mod decode;
mod detect;
mod feed;
mod files;
mod guess;
mod held;
pub mod html;
mod json;
mod jsonl;
mod live_text;
mod markup;
mod ninjs;
mod object;
#[cfg(feature = "parquet")]
mod parquet;
mod peek;
mod quick;
mod reader;
mod settings;
mod sink;
mod suggest;
#[cfg(test)]
mod testing;
mod url_date;
mod warc;
mod words;
mod zone;

pub use context::{Context, Limits};
pub use decode::unpacked;
pub use decode::{MARK, is_packed};
pub use detect::detect;
pub use files::{Finding, Found, find};
pub use object::{FieldMap, text_of};
pub use peek::{Peek, peek};
pub use reader::{Batch, FileSummary, Reader, To, read, read_bytes};
pub use settings::{Dialect, Fields, Format, Paths, SourceSettings};
pub use sink::InOrder;
pub use suggest::{Suggestion, suggest};
