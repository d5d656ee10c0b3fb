//! Clusters to events: one canonical record each, ids kept from run to run.

crate::knobs! {
    /// Merging: the canonical record of each event.
    pub struct MergeSettings in "merge" {
        /// Hours after which an event's entries no longer move on their own.
        settle_hours: u32 = 72, 1..=8_760;
        /// Most words of a summary.
        summary_words: usize = 60, 5..=1_000;
        /// An event whose weakest link is below this is doubtful.
        doubtful_below: f64 = 0.30, 0.0..=1.0;
    }
}
