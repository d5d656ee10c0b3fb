//! The frame of the page: what the script finds in it, and where data would go.

#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn the_script_and_the_style_cannot_end_their_own_tags() {
    assert!(!SCRIPT.to_lowercase().contains("</script") && !SCRIPT.contains("<!--"));
    assert!(!STYLE.to_lowercase().contains("</style"));
}

#[test]
fn the_template_has_each_place_for_blocks_once() {
    for mark in MARKS {
        assert_eq!(TEMPLATE.matches(mark).count(), 1, "{mark}");
    }
}

#[test]
fn every_id_that_the_script_asks_for_stands_in_the_template_or_is_made() {
    for id in SCRIPT.split("byId(\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        let made = SCRIPT.contains(&format!("section(\"{}\"", id.trim_start_matches("h-").trim_start_matches("s-")));
        assert!(TEMPLATE.contains(&format!("id=\"{id}\"")) || made, "{id}");
    }
}
