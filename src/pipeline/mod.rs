//! What is stale, run in order, recorded.

pub mod options;
pub mod signal;
