//! The `[run]` section: where results and state live, and how much of the machine is used.

crate::knobs! {
    /// Running: where results and state are kept, and how much of the machine is used.
    pub struct RunSettings in "run" {
        /// Folder of the results, relative to this file.
        out: String = "out".to_string();
        /// The database that is kept from night to night, relative to this file; "" keeps nothing.
        state: String = "state/retold.sqlite".to_string();
        /// Run folders to keep, the newest first; 0 keeps all.
        keep_runs: u32 = 30, 0..=1_000_000;
        /// Threads to use; 0 uses every core.
        threads: usize = 0, 0..=1_024;
    }
}
