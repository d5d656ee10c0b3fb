//! The verbs: each stage is a function from slices to what it made and rejected, under its own settings.

pub mod background;
pub mod cluster;
pub mod fingerprint;
#[cfg(test)]
pub mod fixtures;
pub mod heaviest;
pub mod ingest;
pub mod merge;
pub mod normalise;
pub mod owners;
pub mod pair;
pub mod report;
pub mod score;
pub mod tongues;
pub mod withdrawn;
