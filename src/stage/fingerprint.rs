//! Texts to sketches, and document frequencies.

crate::knobs! {
    /// Sketching: what of a text is compared.
    pub struct FingerprintSettings in "fingerprint" {
        /// Bands of the signature; with `rows` this sets which copies are proposed.
        bands: usize = 42, 1..=128;
        /// Rows of a band.
        rows: usize = 3, 1..=8;
        /// Words in a shingle.
        shingle: usize = 3, 1..=8;
        /// Most characters of a body that terms are taken from.
        head_chars: usize = 7_000, 100..=1_000_000;
        /// Most words of a body that terms are taken from.
        head_words: usize = 600, 10..=100_000;
        /// Content words of the lead.
        lead_words: usize = 60, 1..=1_000;
    }
}
