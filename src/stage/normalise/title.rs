//! What stands around a story and is not part of it: labels, site names, bylines, datelines.

use regex::Regex;
use std::sync::LazyLock;

/// A label in front of a title: "LIVE:", "Update 2 -".
static LABEL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^(live(?: updates?| blog)?|breaking(?: news)?|updated?(?: ?\d+)?|just in|watch|video|in pictures|opinion|analysis|comment|editorial|exclusive|correct(?:ed|ion)|explainer)\s*(?::|\||\s-)\s+").ok()
});

/// A place and an agency in front of a body: "PORT ELLERY (Coastwire) - ".
static DATELINE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(?:[\p{Lu}][\p{L}.' -]{1,40}(?:, [\p{L}. ]{2,30}){0,2} )?(?:[A-Z][a-z]{2,8}\.? \d{1,2} )?\(([\p{Lu}][\p{L}. ]{1,29})\) ?(?:-{1,2}|:) ?").ok()
});

/// A line that names the writer.
static BYLINE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^(?i:by) ([^.!?]{3,80})$").ok());

/// The title without labels and site name, and the first label found, lower case.
pub fn clean(title: &str, outlet: &str) -> (String, Option<String>) {
    let mut rest = title.replace('\n', " ");
    let mut label = None;
    while let Some(found) = LABEL.as_ref().and_then(|r| r.captures(&rest)) {
        let end = found.get(0).map_or(0, |m| m.end());
        if end == 0 || end >= rest.len() {
            break;
        }
        label = label.or_else(|| found.get(1).map(|m| m.as_str().to_lowercase()));
        rest.drain(..end);
    }
    (without_site(&rest, outlet).to_string(), label)
}

/// Cuts " | Site" and " - Outlet" off the end.
fn without_site<'a>(title: &'a str, outlet: &str) -> &'a str {
    for (separator, any) in [(" | ", true), (" - ", false)] {
        let Some((head, tail)) = title.rsplit_once(separator) else { continue };
        let named = tail.trim().eq_ignore_ascii_case(outlet);
        let enough = head.split(' ').count() >= 3;
        if enough && (named || (any && tail.split(' ').count() <= 4)) {
            return head.trim_end();
        }
    }
    title
}

/// Takes a first line such as "By the harbour desk" out of a body.
pub fn split_byline(body: String) -> (String, Option<String>) {
    let first = body.lines().next().unwrap_or("");
    let Some(name) =
        BYLINE.as_ref().and_then(|r| r.captures(first)).and_then(|c| c.get(1)).map(|m| m.as_str().to_string())
    else {
        return (body, None);
    };
    let Some((_, rest)) = body.split_once('\n') else { return (body, None) };
    if name.split(' ').count() > 10 { (body, None) } else { (rest.to_string(), Some(name)) }
}

/// The agency that a dateline names.
pub fn dateline_credit(body: &str) -> Option<String> {
    DATELINE.as_ref()?.captures(body)?.get(1).map(|m| m.as_str().trim().to_string())
}

/// The body without its dateline.
pub fn without_dateline(body: String) -> String {
    match DATELINE.as_ref().and_then(|r| r.find(&body)) {
        Some(found) if found.end() < body.len() => body[found.end()..].to_string(),
        _ => body,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_site_names_go_and_the_story_stays() {
        assert_eq!(clean("LIVE: Update 2 - Ferry aground", "x"), ("Ferry aground".into(), Some("live".into())));
        assert_eq!(clean("Ferry runs aground - Harbour Courier", "Harbour Courier").0, "Ferry runs aground");
        assert_eq!(clean("Ferry runs aground - crew safe", "Harbour Courier").0, "Ferry runs aground - crew safe");
        assert_eq!(clean("Ferry runs aground | News | Site", "x").0, "Ferry runs aground | News");
        assert_eq!(clean("Live: ", "x").0, "Live: ");
    }

    #[test]
    fn a_dateline_names_its_agency() {
        let body = "PORT ELLERY, Northshire (Coastwire) - The ferry";
        assert_eq!(dateline_credit(body).as_deref(), Some("Coastwire"));
        assert_eq!(without_dateline(body.into()), "The ferry");
        assert_eq!(dateline_credit("The mayor (an old hand) - said"), None);
    }

    #[test]
    fn a_byline_is_a_short_first_line() {
        assert_eq!(split_byline("By the desk\nText".into()), ("Text".into(), Some("the desk".into())));
        assert_eq!(split_byline("By now it was late.\nText".into()).1, None);
        assert_eq!(split_byline("By the desk".into()).1, None);
    }
}
