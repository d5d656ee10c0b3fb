//! What a JSON file is, from its first bytes: lines, an array, an object around an array, a feed, or ninjs.

use crate::source::settings::Format;

/// Objects within objects that are looked through for an array.
const MAX_DEPTH: usize = 16;
/// Arrays of objects that are told apart.
const MAX_ARRAYS: usize = 16;

/// What the first object of some bytes shows.
#[derive(Debug, Default, PartialEq)]
struct First {
    /// Its own keys.
    keys: Vec<String>,
    /// The ways to arrays of objects in it, that are in no array themselves.
    arrays: Vec<Vec<String>>,
    /// Where it ends.
    end: Option<usize>,
}

/// The format of a file that begins like this, if it is JSON that holds objects.
pub fn recognise(head: &[u8]) -> Option<Format> {
    let head = head.trim_ascii_start();
    let inner = match head.first()? {
        b'[' => {
            let inner = head.get(1..)?.trim_ascii_start();
            let empty = inner.first() == Some(&b']') && inner.get(1..).is_some_and(|rest| rest.trim_ascii().is_empty());
            return match (inner.first(), empty) {
                (Some(b'{'), _) if is_ninjs(&first(inner).keys) => Some(Format::Ninjs),
                (Some(b'{'), _) | (_, true) => Some(Format::Json),
                _ => None,
            };
        }
        b'{' => head,
        _ => return None,
    };
    if !matches!(inner.get(1..)?.trim_ascii_start().first(), Some(b'"' | b'}')) {
        return None;
    }
    let object = first(inner);
    let own = inner.get(..object.end.unwrap_or(inner.len())).unwrap_or_default();
    let rest = object.end.and_then(|end| inner.get(end..)).unwrap_or_default().trim_ascii();
    if memchr::memmem::find(own.get(..own.len().min(4_096)).unwrap_or_default(), b"//jsonfeed.org/version/").is_some() {
        return Some(Format::Feed);
    }
    let wrapped = || match object.arrays.as_slice() {
        [one] => is_ninjs(&first(at_first_of(inner, one).unwrap_or_default()).keys),
        _ => false,
    };
    let in_lines = memchr::memchr(b'\n', own).is_none_or(|at| at + 1 >= own.len());
    let record =
        || object.keys.iter().any(|k| matches!(k.as_str(), "title" | "text" | "headline" | "body" | "content"));
    Some(match (object.end, in_lines) {
        _ if is_ninjs(&object.keys) => Format::Ninjs,
        (Some(_), true) if !rest.is_empty() || object.arrays.is_empty() || record() => Format::Jsonl,
        (None, true) if object.arrays.is_empty() || record() => Format::Jsonl,
        _ if rest.is_empty() && wrapped() => Format::Ninjs,
        _ => Format::Json,
    })
}

/// Whether a file is the keys of one ninjs document: an address and a field that nothing else has.
fn is_ninjs(keys: &[String]) -> bool {
    let has = |key: &str| keys.iter().any(|k| k == key);
    let own = ["versioncreated", "bodies", "headlines", "pubstatus", "body_xhtml", "body_html", "infosources"];
    has("uri") && own.into_iter().any(has)
}

/// The way to the records of a file whose head this is: as `records` names it, else to the only array of objects.
///
/// # Errors
/// There are several; the message names them.
pub fn path(head: &[u8], named: Option<&str>) -> Result<Vec<String>, String> {
    if let Some(named) = named {
        return Ok(named.split('.').map(str::to_owned).collect());
    }
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    if head.first() != Some(&b'{') {
        return Ok(Vec::new());
    }
    let object = first(head);
    let rest = object.end.and_then(|end| head.get(end..)).unwrap_or_default().trim_ascii();
    if is_ninjs(&object.keys) || !rest.is_empty() {
        return Ok(Vec::new());
    }
    match object.arrays.as_slice() {
        [] => Ok(Vec::new()),
        [one] => Ok(one.clone()),
        many => {
            let names: Vec<String> = many.iter().map(|path| path.join(".")).collect();
            let (all, one) = (names.join(", "), names.first().map_or("", String::as_str));
            Err(format!(
                "there are several arrays of objects: {all}; say which holds the records, as in records = {one:?}"
            ))
        }
    }
}

/// The bytes from the first object of the array at a path.
fn at_first_of<'b>(object: &'b [u8], path: &[String]) -> Option<&'b [u8]> {
    let key = serde_json::to_vec(path.last()?).ok()?;
    let rest = object.get(memchr::memmem::find(object, &key)? + key.len()..)?;
    rest.get(memchr::memchr(b'{', rest)?..)
}

/// The ways to the arrays of objects in the object that a file begins with.
pub fn arrays(head: &[u8]) -> Vec<Vec<String>> {
    first(head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start()).arrays
}

/// The keys of the object that these bytes begin with.
pub fn keys(object: &[u8]) -> Vec<String> {
    first(object).keys
}

/// Walks the object that the bytes begin with, as far as they go.
fn first(bytes: &[u8]) -> First {
    let mut found = First::default();
    let (mut path, mut at): (Vec<String>, usize) = (Vec::new(), 0);
    // A key is awaited in an object that has just begun or after a comma.
    let (mut depth, mut awaits_key) = (0_usize, false);
    while let Some(b) = bytes.get(at) {
        match b {
            b'"' => {
                let end = string_end(bytes, at);
                if awaits_key {
                    let raw = bytes.get(at..end).unwrap_or_default();
                    let key = serde_json::from_slice(raw).unwrap_or_default();
                    if depth == 1 && found.keys.len() < 256 {
                        found.keys.push(String::clone(&key));
                    }
                    path.truncate(depth - 1);
                    path.push(key);
                    awaits_key = false;
                }
                at = end;
                continue;
            }
            b',' => awaits_key = true,
            b'{' if depth >= MAX_DEPTH => {
                at = skip(bytes, at);
                continue;
            }
            b'{' => (depth, awaits_key) = (depth + 1, true),
            b'}' => {
                depth = depth.saturating_sub(1);
                path.truncate(depth);
                awaits_key = false;
                if depth == 0 {
                    found.end = Some(at + 1);
                    return found;
                }
            }
            b'[' => {
                let holds = bytes.get(at + 1..).map(<[u8]>::trim_ascii_start).and_then(<[u8]>::first);
                if holds == Some(&b'{') && found.arrays.len() < MAX_ARRAYS {
                    found.arrays.push(path.clone());
                }
                at = skip(bytes, at);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Behind the text that begins at `at`.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while let Some(b) = bytes.get(end) {
        match b {
            b'"' => return end + 1,
            b'\\' => end += 2,
            _ => end += 1,
        }
    }
    bytes.len()
}

/// Behind the brackets that open at `at`.
fn skip(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some(b) = bytes.get(at) {
        match b {
            b'"' => {
                at = string_end(bytes, at);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return at;
        }
    }
    at
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_is_shows_in_its_first_object() {
        for (text, format) in [
            ("{\"title\": \"a\"}\n{\"title\": \"b\"}", Format::Jsonl),
            ("{\"title\": \"a\", \"tags\": [{\"n\": 1}]}", Format::Jsonl),
            ("{\"x\": 1}\n{\"x\": 1}", Format::Jsonl),
            ("{\"id\": 1, \"cut", Format::Jsonl),
            ("{\"response\": {\"docs\": [{\"title\": \"a\"}]}}", Format::Json),
            ("{\"response\": {\"docs\": [{\"title\": \"a", Format::Json),
            ("{\n \"title\": \"a\"\n}\n", Format::Json),
            ("[{\"title\": \"a\"}]", Format::Json),
            ("[]", Format::Json),
            ("{\"version\": \"https://jsonfeed.org/version/1.1\", \"items\": [{}]}", Format::Feed),
            ("{\"uri\": \"urn:a\", \"versioncreated\": \"2026\"}\n{\"uri\": \"urn:b\"}", Format::Ninjs),
            ("{\n\"uri\": \"urn:a\",\n\"headlines\": [{\"value\": \"x\"}]}", Format::Ninjs),
            ("[{\"uri\": \"urn:a\", \"pubstatus\": \"canceled\"}]", Format::Ninjs),
            ("{\"items\": [{\"uri\": \"urn:a\", \"pubstatus\": \"usable\"}]}", Format::Ninjs),
        ] {
            assert_eq!(recognise(text.as_bytes()), Some(format), "{text}");
        }
        for no in ["[1, 2]", "[[", "{", "{1}", "text", "", "[", "\"a\""] {
            assert_eq!(recognise(no.as_bytes()), None, "{no}");
        }
    }

    #[test]
    fn the_only_array_of_objects_holds_the_records_and_several_are_asked_about() {
        let of = |text: &str| path(text.as_bytes(), None);
        assert_eq!(of("{\"n\": [1], \"r\": {\"docs\": [{\"a\": [{}]}]}}"), Ok(vec!["r".into(), "docs".into()]));
        assert_eq!(of("{\"title\": \"a\"}"), Ok(vec![]));
        let several = of("{\"a\": [{}], \"b\": {\"c\": [{}]}}").unwrap_err();
        assert!(several.contains("a, b.c; say which") && several.contains("records = \"a\""), "{several}");
        assert_eq!(path(b"{}", Some("x.y")), Ok(vec!["x".into(), "y".into()]));
    }

    proptest::proptest! {
        #[test]
        fn no_head_is_too_strange(text in "(\\{|\\}|\\[|\\]|\"|\\\\|,|:|a|1| |\n|\"uri\"){0,40}") {
            recognise(text.as_bytes());
            let _ = path(text.as_bytes(), None);
        }
    }
}
