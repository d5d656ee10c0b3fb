//! What a file's own beginning says of how it should be read: the `[[source]]` that would fit it.

use super::csv;
use super::decode::{self, Capped, Stored};
use super::detect::{self, HEAD};
use super::files::Found;
use super::json::scan::{Piece, Scan};
use super::json::shape;
use super::reader::Input;
use super::settings::{Dialect, Fields, Format};
use crate::error::Result;
use std::io::{BufRead, Cursor};

/// Records whose fields are looked at.
const LOOK: usize = 20;

/// How a file should be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Suggestion {
    /// Its format; `Auto` when nothing was recognised.
    pub format: Format,
    /// Which live-text it is.
    pub dialect: Option<Dialect>,
    /// The way to its records, where there are several arrays.
    pub records: Option<String>,
    /// What its fields mean, where its format has a field map and the names are known ones.
    pub fields: Option<Fields>,
    /// The names of its fields.
    pub names: Vec<String>,
}

/// Looks at the beginning of a file.
///
/// # Errors
/// It cannot be opened or read.
pub fn suggest(found: &Found) -> Result<Suggestion> {
    let (stored, mut from) = Stored::open_head(found, HEAD as u64)?;
    if let Some(format) = from.fill_buf().ok().and_then(detect::stored) {
        let names = if format == Format::Parquet { columns(found) } else { Vec::new() };
        return Ok(Suggestion { format, fields: Fields::guessed(&names), names, ..Suggestion::default() });
    }
    let head = decode::unpacked(from).map(|mut unpacked| decode::head(&mut unpacked, HEAD).0).unwrap_or_default();
    stored.check()?;
    Ok(of(&head))
}

/// The columns of a Parquet table.
#[cfg(feature = "parquet")]
fn columns(found: &Found) -> Vec<String> {
    super::parquet::columns(&found.path)
}

/// Of Parquet this build knows no more than its name.
#[cfg(not(feature = "parquet"))]
fn columns(_: &Found) -> Vec<String> {
    Vec::new()
}

/// As [`suggest`], of unpacked bytes.
pub fn of(head: &[u8]) -> Suggestion {
    let Some((format, dialect)) = detect::recognise(head) else { return Suggestion::default() };
    let mut records = None;
    let names = match format {
        Format::Csv | Format::Tsv => csv::header(head, None).map(|(_, names)| names).unwrap_or_default(),
        Format::Jsonl => names(head, &[]),
        Format::Json => match shape::path(head, None) {
            Ok(path) => names(head, &path),
            // Of several arrays the first whose objects have a title or a text.
            Err(_) => {
                let chosen = shape::arrays(head).into_iter().map(|path| (names(head, &path), path));
                let found = chosen.into_iter().find(|(names, _)| Fields::guessed(names).is_some());
                let (names, path) = found.unwrap_or_default();
                records = Some(path.join(".")).filter(|p| !p.is_empty());
                names
            }
        },
        _ => Vec::new(),
    };
    Suggestion { format, dialect, records, fields: Fields::guessed(&names), names }
}

/// The names of the fields of the first objects, in their order.
fn names(head: &[u8], path: &[String]) -> Vec<String> {
    let mut input: Input<'_> = Capped::new(Box::new(Cursor::new(head)), head.len() as u64);
    let mut scan = Scan::new(&mut input, path, head.len() as u64);
    let mut names: Vec<String> = Vec::new();
    for piece in std::iter::from_fn(|| scan.next_piece()).take(LOOK) {
        if let Piece::Object(_, _, bytes) = piece {
            for key in shape::keys(&bytes) {
                if !names.contains(&key) {
                    names.push(key);
                }
            }
        }
    }
    names
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn each_format_suggests_what_it_is_and_what_its_fields_mean() {
        let csv = of(b"Headline;Body;Date\nFerry late;It is late.;2026-01-14\n");
        assert_eq!((csv.format, csv.records.clone()), (Format::Csv, None));
        let fields = csv.fields.unwrap();
        assert_eq!(
            (fields.title.as_str(), fields.text.as_str(), fields.published.as_str()),
            ("Headline", "Body", "Date")
        );
        let json = of(b"{\"tags\": [{\"n\": 1}], \"docs\": [{\"headline\": \"a\", \"content\": \"b\"}]}");
        assert_eq!((json.format, json.records.as_deref()), (Format::Json, Some("docs")));
        assert_eq!(json.fields.unwrap().text, "content");
        let lines = of(b"{\"title\": \"a\"}\n{\"title\": \"b\", \"body\": \"c\"}\n");
        assert_eq!((lines.format, lines.fields.unwrap().text.as_str()), (Format::Jsonl, "body"));
        assert_eq!(of(b"<rss><channel/></rss>").format, Format::Feed);
        assert_eq!(of(b"A letter.").format, Format::Auto);
    }
}
