//! Text from outside on a page without script: escaped, its hidden characters visible, its direction kept to itself.

use minijinja::HtmlEscape;
use minijinja::value::Value;
use std::fmt::Write;

/// Characters that are shown of a text.
const MOST: usize = 400;

/// The text as HTML.
pub fn shown(text: &str) -> Value {
    let mut html = String::from("<bdi>");
    let mut plain = String::new();
    for c in text.chars().take(MOST) {
        if is_hidden(c) {
            put(&mut html, &mut plain);
            let code = c as u32;
            let _ = write!(
                html,
                "<span class=\"hidden-mark\" dir=\"ltr\" title=\"Hidden character U+{code:04X}\">U+{code:04X}</span>"
            );
        } else {
            plain.push(c);
        }
    }
    if text.chars().nth(MOST).is_some() {
        plain.push('…');
    }
    put(&mut html, &mut plain);
    Value::from_safe_string(html + "</bdi>")
}

fn put(html: &mut String, plain: &mut String) {
    let _ = write!(html, "{}", HtmlEscape(plain));
    plain.clear();
}

/// What shows nothing by itself: controls, marks of direction, invisible letters, tags. Joiners belong to many scripts.
fn is_hidden(c: char) -> bool {
    let space = matches!(c, '\t' | '\n' | '\r');
    let format = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}');
    (c.is_control() && !space) || format
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_hides_is_shown_and_what_is_markup_is_escaped() {
        let shown = shown("<b>\u{202e}evil\u{0}").to_string();
        assert!(shown.starts_with("<bdi>&lt;b&gt;<span") && shown.contains(">U+202E</span>evil<span"), "{shown}");
        assert!(!shown.contains('\u{202e}') && !shown.contains('\0'));
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_element(text in any::<String>()) {
            let shown = shown(&text).to_string();
            let marks = shown.matches("<span class=\"hidden-mark\"").count();
            prop_assert_eq!(shown.matches('<').count(), 2 + 2 * marks);
            prop_assert!(!shown.chars().any(is_hidden));
        }
    }
}
