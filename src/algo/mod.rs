//! Pure arithmetic on slices; nothing here knows of entries, files or settings.

pub mod address;
pub mod agreement;
pub mod bands;
pub mod bytes;
pub mod fold;
pub mod frequencies;
pub mod graph;
pub mod keys;
pub mod lexicon;
pub mod linkage;
pub mod logistic;
pub mod neighbours;
pub mod overlap;
pub mod quantities;
pub mod regression;
pub mod runs;
pub mod signature;
pub mod sort;
pub mod star;
pub mod stems;
pub mod stopwords;
pub mod tokens;
