//! Records to entries: identity, versions, what is new.

crate::knobs! {
    /// Reading: what is too much, and how much may fail.
    pub struct IngestSettings in "ingest" {
        /// Share of records that may be quarantined before the run ends with exit code 1.
        max_rejects: f64 = 0.05, 0.0..=1.0;
        /// Longest record in bytes; a longer one is quarantined.
        max_record_bytes: u64 = 16_777_216, 1_024..=1_073_741_824;
        /// Most bytes read from one file after decompression; the rest is quarantined.
        max_file_bytes: u64 = 68_719_476_736, 1_024..=17_592_186_044_416u64;
    }
}
