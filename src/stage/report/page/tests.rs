//! What is cut on the way to the page, and how.

use super::*;

#[test]
fn a_long_string_ends_in_an_ellipsis_and_never_inside_a_character() {
    assert_eq!(clip("żółw", 4), "żółw");
    assert_eq!(clip("żółw", 3), "żół…");
    assert_eq!(clip("one two", 4), "one…");
    assert_eq!(clip("", 0), "");
}
