//! What stands in a post beside its text: pictures' alternative texts, credits and captions, bullets.

/// What follows an alternative text, glued to it; the rest of the line is the credit.
const SOURCE: &str = "Image source,";
/// What stands alone on the line before a caption.
const CAPTIONS: [&str; 2] = ["Image caption,", "Media caption,"];

/// The alternative text of a picture: whatever is glued before `Image source,`, full stops and
/// all. `None` for a line that only mentions those words.
pub fn alt_text(line: &str) -> Option<&str> {
    let (before, _) = line.rsplit_once(SOURCE)?;
    (!before.ends_with(char::is_whitespace)).then(|| before.trim())
}

/// Whether the next line that is not blank is a caption; or the caption, where it follows at once.
pub fn caption(line: &str) -> Option<&str> {
    CAPTIONS.iter().find_map(|mark| line.strip_prefix(mark)).map(str::trim)
}

/// Whether a line is no text of the post.
pub fn is_furniture(line: &str) -> bool {
    alt_text(line).is_some() || caption(line).is_some()
}

/// Whether a line is an item of a list.
pub fn is_bullet(line: &str) -> bool {
    line.starts_with(['•', '·', '▪', '‣', '◦', '*', '-', '–'])
}

/// Whether a line ends as sentences do, also inside closing quotes and brackets.
pub fn ends_sentence(line: &str) -> bool {
    let line = line.trim_end_matches(|c: char| c.is_whitespace() || "\"'”’»›)]".contains(c));
    line.ends_with(['.', '?', '!', '…', '。', '？', '！'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alternative_text_is_all_that_is_glued_before_its_source() {
        assert_eq!(alt_text("A quay. Two boats.Image source, Harbour Pictures"), Some("A quay. Two boats."));
        assert_eq!(alt_text("Image source, Harbour Pictures"), Some(""));
        assert_eq!(alt_text("He named the Image source, then left."), None);
    }

    #[test]
    fn sentences_end_also_in_quotes() {
        for yes in ["Late.", "Late?", "“Late!”", "(late.)", "He said: ‘No.’”", "on and on…"] {
            assert!(ends_sentence(yes), "{yes}");
        }
        for no in ["Late", "“Late”", "Late:", "", "\"'"] {
            assert!(!ends_sentence(no), "{no}");
        }
    }
}
