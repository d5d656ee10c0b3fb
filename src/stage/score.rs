//! Pairs to links: evidence, relation, probability.

crate::knobs! {
    /// Scoring: what makes a copy, and the weights of the same-event score.
    pub struct ScoreSettings in "score" {
        /// A copy shares this part of the smaller text's shingles …
        copy_containment: f64 = 0.5, 0.0..=1.0;
        /// … or this part of both texts' shingles …
        copy_jaccard: f64 = 0.25, 0.0..=1.0;
        /// … and at least this many.
        copy_shared: u32 = 30, 1..=100_000;
        /// Texts of fewer words are short, and judged by the next five rules.
        short_words: u32 = 60, 0..=10_000;
        /// Short texts are copies from this containment …
        short_containment: f64 = 0.8, 0.0..=1.0;
        /// … with this many shingles shared …
        short_shared: u32 = 12, 1..=10_000;
        /// … and this many content words.
        short_content: u32 = 8, 0..=10_000;
        /// Short equal texts are one text from this many content words …
        equal_content: u32 = 6, 0..=10_000;
        /// … and at most this many days apart.
        equal_days: f64 = 3.0, 0.0..=3_650.0;
        table /// Weights of the same-event score.
        weights: Weights;
    }
}

crate::knobs! {
    /// Weights of the logistic model: log-odds per unit of each feature.
    pub struct Weights in "score.weights" {
        /// Log-odds of a pair without evidence.
        intercept: f64 = -2.471, -100.0..=100.0;
        /// Cosine of the bodies.
        body_cosine: f64 = 2.449, -100.0..=100.0;
        /// Cosine of the titles.
        title_cosine: f64 = 1.890, -100.0..=100.0;
        /// Cosine of title and first content words.
        lead_cosine: f64 = 2.707, -100.0..=100.0;
        /// Share of one title found in the other's lead, the larger of both ways.
        share_larger: f64 = 1.993, -100.0..=100.0;
        /// The smaller of both ways.
        share_smaller: f64 = 1.857, -100.0..=100.0;
        /// Cosine of the capitalised words.
        caps_cosine: f64 = 0.696, -100.0..=100.0;
        /// Cosine of the numbers.
        numbers_cosine: f64 = 0.389, -100.0..=100.0;
        /// ln(1 + shared four-word runs in quotation marks).
        shared_quotes: f64 = 0.770, -100.0..=100.0;
        /// ln(1 + days apart).
        days_apart: f64 = -0.556, -100.0..=100.0;
        /// More than a day apart.
        over_one_day: f64 = -1.159, -100.0..=100.0;
        /// More than three days apart.
        over_three_days: f64 = -0.225, -100.0..=100.0;
        /// A date is missing.
        date_missing: f64 = -2.457, -100.0..=100.0;
        /// Both from the same known outlet.
        same_outlet: f64 = -0.914, -100.0..=100.0;
    }
}
