//! JSON as pages carry it: with comments around it, ends of lines in strings, commas too many, escaped as HTML, cut off.

use super::entities;
use serde_json::{Map, Value};

/// Most values of a page's structured data.
const MAX_VALUES: usize = 1 << 20;
/// Most lists and objects within one another; what is deeper is null.
const MAX_DEPTH: usize = 64;
/// How far behind a quotation mark is looked to see whether it ends its string.
const LOOK_AHEAD: usize = 40;

/// The values in the text of a script; what is no JSON is read as far as it can be. The error is that there is too much.
pub fn read(text: &str) -> Result<Vec<Value>, String> {
    let decoded;
    let mut text = text;
    if !text.contains('"') && text.contains("&quot;") {
        decoded = entities::decode(text);
        text = &decoded;
    }
    let mut reader = Reader { text, at: 0, values: 0 };
    let mut values = Vec::new();
    while let Some(open) = reader.rest().find(['{', '[']) {
        reader.at += open;
        // `<![CDATA[` begins no list.
        if reader.rest().starts_with('[') && reader.before().ends_with("<!") {
            reader.at += "[CDATA[".len();
            continue;
        }
        values.push(reader.value(0)?);
    }
    Ok(values)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    values: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn before(&self) -> &'t str {
        self.text.get(..self.at).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Passes over space and comments.
    fn space(&mut self) {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').len();
            let rest = self.rest();
            let end = if rest.starts_with("//") { "\n" } else { "*/" };
            if !rest.starts_with("//") && !rest.starts_with("/*") {
                return;
            }
            self.at += rest.find(end).map_or(rest.len(), |at| at + end.len());
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, String> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(format!("the page's structured data has more than {MAX_VALUES} values"));
        }
        self.space();
        Ok(match self.peek() {
            Some(b'{' | b'[') if depth >= MAX_DEPTH => self.pass_over(),
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Value::String(self.string()),
            _ => self.word(),
        })
    }

    fn list(&mut self, depth: usize) -> Result<Value, String> {
        self.at += 1;
        let mut list = Vec::new();
        loop {
            self.space();
            match self.peek() {
                None | Some(b'}') => break,
                Some(b']') => {
                    self.at += 1;
                    break;
                }
                Some(b',') => self.at += 1,
                Some(_) => list.push(self.value(depth + 1)?),
            }
        }
        Ok(Value::Array(list))
    }

    fn object(&mut self, depth: usize) -> Result<Value, String> {
        self.at += 1;
        let mut object = Map::new();
        loop {
            self.space();
            match self.peek() {
                None | Some(b']') => break,
                Some(b'}') => {
                    self.at += 1;
                    break;
                }
                Some(b'"') => {
                    let key = self.string();
                    self.space();
                    if self.peek() == Some(b':') {
                        self.at += 1;
                        object.insert(key, self.value(depth + 1)?);
                    }
                }
                // A comma, or what no one can read.
                Some(_) => self.skip(),
            }
        }
        Ok(Value::Object(object))
    }

    /// A list or object to its end, however deep it is.
    fn pass_over(&mut self) -> Value {
        let mut open = 0_usize;
        loop {
            match self.peek() {
                None => break,
                Some(b'{' | b'[') => open += 1,
                Some(b'}' | b']') => open -= 1,
                Some(_) => {}
            }
            if self.peek() == Some(b'"') {
                drop(self.string())
            } else {
                self.skip()
            }
            if open == 0 {
                break;
            }
        }
        Value::Null
    }

    fn skip(&mut self) {
        self.at += self.rest().chars().next().map_or(0, char::len_utf8);
    }

    /// A number, `true`, `false`; all else is null.
    fn word(&mut self) -> Value {
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_whitespace() || ",:]}[{\"".contains(c)).unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        self.at += end;
        if end == 0 && !matches!(self.peek(), Some(b']' | b'}')) {
            self.skip();
        }
        match word {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ if word.len() < 40 => word.parse().map_or(Value::Null, Value::Number),
            _ => Value::Null,
        }
    }

    /// A string. A quotation mark that nothing follows which may follow a string belongs to it.
    fn string(&mut self) -> String {
        self.at += 1;
        let mut out = String::new();
        while let Some(next) = self.rest().find(['"', '\\']) {
            out.push_str(self.rest().get(..next).unwrap_or_default());
            self.at += next + 1;
            if self.before().ends_with('\\') {
                self.escape(&mut out);
            } else if self.ends_here() {
                return out;
            } else {
                out.push('"');
            }
        }
        out.push_str(self.rest());
        self.at = self.text.len();
        out
    }

    fn ends_here(&self) -> bool {
        let end = self.rest().char_indices().nth(LOOK_AHEAD).map_or(self.rest().len(), |(at, _)| at);
        let ahead = self.rest().get(..end).unwrap_or_default().trim_start();
        match ahead.chars().next() {
            None | Some(':' | '}' | ']' | '/') => true,
            // What follows a comma is the next key or value.
            Some(',') => {
                let next = ahead.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
                let begins = |c: char| "\"{[]}-/".contains(c) || c.is_ascii_digit();
                next.is_empty()
                    || next.starts_with(begins)
                    || ["true", "false", "null"].iter().any(|w| next.starts_with(w))
            }
            // A comma too few: the next key begins on a line of its own.
            Some('"') => self.rest().trim_start_matches([' ', '\t', '\r']).starts_with('\n'),
            Some(_) => false,
        }
    }

    fn escape(&mut self, out: &mut String) {
        let Some(c) = self.rest().chars().next() else { return };
        self.at += c.len_utf8();
        match c {
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'b' | 'f' => out.push(' '),
            'u' => {
                let first = self.hex();
                let both = match first {
                    Some(0xd800..=0xdbff) if self.rest().starts_with("\\u") => {
                        self.at += 2;
                        vec![first, self.hex()]
                    }
                    _ => vec![first],
                };
                // No table holds a NUL.
                let units = both.into_iter().map(|unit| unit.filter(|u| *u != 0).unwrap_or(0xfffd));
                out.extend(char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')));
            }
            c => out.push(c),
        }
    }

    fn hex(&mut self) -> Option<u16> {
        let digits = self.rest().get(..4)?;
        let unit = u16::from_str_radix(digits, 16).ok()?;
        self.at += 4;
        Some(unit)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn one(text: &str) -> Value {
        let mut values = read(text).unwrap();
        assert_eq!(values.len(), 1, "{text}");
        values.remove(0)
    }

    #[test]
    fn sound_json_is_read_as_it_is() {
        let text = r#"{"a": [1, -2.5, true, null, "b\n\u00e9\ud83d\ude00\/"], "c": {"d": {}}}"#;
        assert_eq!(one(text), serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn json_is_read_through_what_pages_do_to_it() {
        let want = json!({"a": "b c", "d": [1, 2]});
        for text in [
            "<!--\n{\"a\": \"b c\", \"d\": [1, 2]}\n-->",
            "//<![CDATA[\n{\"a\": \"b c\", \"d\": [1, 2]}\n//]]>",
            "/*<![CDATA[*/{\"a\": \"b c\", \"d\": [1, 2]};/*]]>*/",
            "{\"a\": \"b c\", \"d\": [1, 2,],}",
            "{\"a\": \"b c\"\n\"d\": [1, 2]}",
            "{&quot;a&quot;: &quot;b c&quot;, &quot;d&quot;: [1, 2]}",
            "{\"a\": \"b c\", // why\n \"d\": [1, /* no */ 2]}",
            "\u{feff}{\"a\": \"b c\", \"d\": [1, 2",
        ] {
            assert_eq!(one(text), want, "{text}");
        }
        assert_eq!(one("{\"a\": \"b\nc\td\"}"), json!({"a": "b\nc\td"}));
        assert_eq!(
            one("{\"a\": \"he said \"no\", and left\", \"b\": 1}"),
            json!({"a": "he said \"no\", and left", "b": 1})
        );
        assert_eq!(one(r#"{"a": "b\'c\d", "e": NaN, f: 1}"#), json!({"a": "b'cd", "e": null}));
        assert_eq!(read("{\"a\": 1}{\"b\": 2};[3]").unwrap(), [json!({"a": 1}), json!({"b": 2}), json!([3])]);
        assert_eq!(read("no json").unwrap(), Vec::<Value>::new());
    }

    #[test]
    fn too_deep_is_null_and_too_much_is_refused() {
        let deep = one(&format!("{{\"a\": {}1{}, \"b\": 2}}", "[".repeat(100_000), "]".repeat(100_000)));
        assert_eq!(deep["b"], 2);
        assert!(read(&format!("[{}]", "1,".repeat(MAX_VALUES))).unwrap_err().contains("structured data"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_strange(text in "(\\{|\\}|\\[|\\]|\"|:|,|\\\\|u12|a|é|1e9|//|/\\*|\n| |<!\\[CDATA\\[){0,60}") {
            read(&text).unwrap();
        }
    }
}
