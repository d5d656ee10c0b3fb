//! Where stage meets source and store.
