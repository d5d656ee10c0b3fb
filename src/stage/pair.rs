//! Sketches to candidate pairs: equal texts, shared bands, nearest neighbours.

crate::knobs! {
    /// Candidates: which pairs are looked at.
    pub struct PairSettings in "pair" {
        /// Look for independent accounts of one event; `false` finds copies alone.
        same_event: bool = true;
        /// Nearest neighbours kept per entry.
        neighbours: usize = 20, 1..=1_000;
        /// Heaviest terms of an entry that are searched.
        search_terms: usize = 40, 1..=1_000;
        /// BM25 saturation of a term's count.
        k1: f64 = 1.2, 0.0..=10.0;
        /// Weight of a title's terms beside the body's.
        title_weight: f64 = 2.0, 0.0..=100.0;
        /// Weight of the lead's terms beside the body's.
        lead_weight: f64 = 0.5, 0.0..=100.0;
        /// Days apart that cost nothing.
        free_days: f64 = 3.0, 0.0..=3_650.0;
        /// Days beyond those over which a score would fall to nothing.
        fade_days: f64 = 120.0, 1.0..=36_500.0;
        /// What distance in time leaves of a score at least.
        fade_floor: f64 = 0.5, 0.0..=1.0;
        /// In a bucket of equal bands, each member is paired with this many earliest.
        bucket_earliest: usize = 64, 1..=100_000;
    }
}
