//! Entries to texts: folded, cleaned of furniture, in a known language where that is possible.

crate::knobs! {
    /// Cleaning: what is taken out of titles and bodies before they are compared.
    pub struct NormaliseSettings in "normalise" {
        /// Take out runs of five words that an outlet repeats from text to text.
        furniture: bool = true;
        /// In how many of an outlet's texts, within `furniture_days`, a run must stand.
        furniture_texts: u32 = 10, 2..=100_000;
        /// In what share of an outlet's texts a run must stand.
        furniture_share: f64 = 0.01, 0.0..=1.0;
        /// Within how many days.
        furniture_days: u32 = 7, 1..=365;
        /// Detect the language of texts whose record does not say it.
        detect_language: bool = true;
        /// Fewest words for a detected language to count.
        detect_words: u32 = 20, 1..=10_000;
    }
}
