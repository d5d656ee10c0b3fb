//! Files out: rows become JSON Lines or CSV, the page's data becomes HTML.

pub mod csv;
pub mod html;
pub mod jsonl;
