//! Small questions to texts that every reader asks.

/// Whether there is a letter or a digit.
pub fn has_words(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// Text without space around it, and without NULs, which no table holds.
pub fn clean(text: &str) -> String {
    if holds_nul(text) { text.replace('\0', " ").trim().to_owned() } else { text.trim().to_owned() }
}

/// As [`clean`], of a text that may be kept as it is.
pub fn cleaned(text: String) -> String {
    if holds_nul(&text) || text.trim().len() < text.len() { clean(&text) } else { text }
}

fn holds_nul(text: &str) -> bool {
    memchr::memchr(0, text.as_bytes()).is_some()
}

/// A text that says something; `None` for blanks.
pub fn some(text: &str) -> Option<String> {
    Some(clean(text)).filter(|t| !t.is_empty())
}
