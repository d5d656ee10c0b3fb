//! Links to clusters: copies contracted to origins, then average linkage on origins.

crate::knobs! {
    /// Clustering: when groups of entries are one event.
    pub struct ClusterSettings in "cluster" {
        /// Two groups are joined while their average link is at least this.
        threshold: f64 = 0.20, 0.0..=1.0;
        /// Links of less than this are not looked at.
        min_link: f64 = 0.04, 0.0..=1.0;
        /// A group of n and one of m need links between at most this many times the smaller.
        cap: u64 = 10, 1..=1_000_000;
    }
}
