//! Small questions to texts that every reader asks.

/// Whether there is a letter or a digit.
pub fn has_words(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// Text without space around it, and without NULs, which no table holds.
pub fn clean(text: &str) -> String {
    if text.contains('\0') { text.replace('\0', " ").trim().to_owned() } else { text.trim().to_owned() }
}

/// A text that says something; `None` for blanks.
pub fn some(text: &str) -> Option<String> {
    Some(clean(text)).filter(|t| !t.is_empty())
}
