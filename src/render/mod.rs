//! Files out: rows become JSON Lines, CSV or Parquet, the page's data becomes HTML.

pub mod clusters;
pub mod csv;
pub mod html;
pub mod jsonl;
#[cfg(feature = "parquet")]
pub mod parquet;
