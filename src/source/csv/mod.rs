//! Separated values with a header: CSV with any of the usual separators, and TSV.

mod rows;

use super::context::Context;
use super::object::{self, FieldMap};
use super::reader::{Batch, Ended, Input, Reader};
use super::settings::{Fields, Format};
use super::sink::Sink;
use crate::model::Record;
use encoding_rs::WINDOWS_1252;
use rayon::prelude::*;
use rows::{Row, Rows, fields};
use std::borrow::Cow;

/// Rows that are parsed side by side.
const MANY: usize = 4_096;
const BLOCK: usize = 4 << 20;
/// Separators that are recognised, the likeliest first.
const SEPARATORS: [u8; 4] = [b',', b'\t', b';', b'|'];
/// Rows that are looked at to recognise one.
const LOOK: usize = 20;

/// Separated values.
pub struct Csv {
    /// What separates them.
    pub delimiter: u8,
}

impl Reader for Csv {
    fn read(&self, input: &mut Input<'_>, ctx: &Context<'_>, sink: &Sink<'_>) -> Ended {
        let mut rows = Rows::new(input, self.delimiter, ctx.limits.record_bytes);
        let first = match rows.next_row() {
            Some(Row { bytes: Ok(bytes), .. }) => bytes,
            Some(Row { line, bytes: Err(reason) }) => {
                sink.put(Batch::reject(line, format!("the header cannot be read: {reason}")));
                return rows.ended();
            }
            None => return rows.ended(),
        };
        let header: Vec<String> = cells(&first, self.delimiter).iter().map(|name| name.trim().to_owned()).collect();
        if let Err(reason) = known(&header, ctx) {
            sink.put(Batch::reject(1, reason));
            return Ended { line: 1, damage: None };
        }
        rows.width = Some(header.len());
        let map = FieldMap::new(&ctx.settings.fields);
        let columns = map.columns(&header);
        let one = |row: &Row| -> Result<Record, (u64, String)> {
            let bytes = row.bytes.as_ref().map_err(|reason| (row.line, reason.clone()))?;
            let cells = cells(bytes, self.delimiter);
            if cells.len() != header.len() {
                let (has, wants) = (cells.len(), header.len());
                return Err((row.line, format!("the row has {has} fields, the header {wants}")));
            }
            object::of_cells(&columns, cells, &map, row.line, ctx).map_err(|reason| (row.line, reason))
        };
        let (mut block, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.next_row() {
            bytes += row.bytes.as_ref().map_or(0, Vec::len);
            block.push(row);
            if block.len() >= MANY || bytes >= BLOCK {
                sink.put(Batch::of(block.par_iter().with_min_len(16).map(one).collect::<Vec<_>>()));
                block.clear();
                bytes = 0;
            }
        }
        sink.put(Batch::of(block.par_iter().with_min_len(16).map(one).collect::<Vec<_>>()));
        rows.ended()
    }
}

/// Whether the header has a title or a text.
fn known(header: &[String], ctx: &Context<'_>) -> Result<(), String> {
    let fields = &ctx.settings.fields;
    if header.contains(&fields.title) || header.contains(&fields.text) {
        return Ok(());
    }
    let shown: Vec<&str> = header.iter().map(String::as_str).take(20).collect();
    Err(format!(
        "the header has neither {:?} nor {:?}; it has {}. Say under [source.fields] which are title and text, or let \
         `retold init` guess",
        fields.title,
        fields.text,
        shown.join(", ").chars().take(300).collect::<String>(),
    ))
}

/// The cells of a row as text. A row that is no UTF-8 is taken for what spreadsheets write instead.
fn cells(row: &[u8], delimiter: u8) -> Vec<Cow<'_, str>> {
    let utf8 = std::str::from_utf8(row).is_ok();
    let text = |bytes: Cow<'_, [u8]>| -> String {
        if utf8 {
            String::from_utf8_lossy(&bytes).into_owned()
        } else {
            WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned()
        }
    };
    fields(row, delimiter)
        .into_iter()
        .map(|field| match field {
            Cow::Borrowed(bytes) => {
                if utf8 {
                    String::from_utf8_lossy(bytes)
                } else {
                    text(Cow::Borrowed(bytes)).into()
                }
            }
            owned => Cow::Owned(text(owned)),
        })
        .collect()
}

/// The separator of a file that begins like this, and its header; the one under which most rows have as many fields
/// as the header, two at least.
pub fn header(head: &[u8], only: Option<u8>) -> Option<(u8, Vec<String>)> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let mut best: Option<(usize, usize, u8, Vec<String>)> = None;
    for delimiter in SEPARATORS.into_iter().filter(|d| only.is_none_or(|only| only == *d)) {
        let mut input: Input<'_> = super::decode::Capped::new(Box::new(head), head.len() as u64);
        let mut rows = Rows::new(&mut input, delimiter, head.len() as u64);
        let Some(Row { bytes: Ok(first), .. }) = rows.next_row() else { continue };
        let names: Vec<String> = cells(&first, delimiter).iter().map(|name| name.trim().to_owned()).collect();
        if names.len() < 2 {
            continue;
        }
        rows.width = Some(names.len());
        let fits = |row: &Row| row.bytes.as_ref().is_ok_and(|b| fields(b, delimiter).len() == names.len());
        let next: Vec<bool> = std::iter::from_fn(|| rows.next_row()).take(LOOK).map(|row| fits(&row)).collect();
        let good = next.iter().filter(|fits| **fits).count();
        if good * 2 >= next.len() && best.as_ref().is_none_or(|(g, n, ..)| (good, names.len()) > (*g, *n)) {
            best = Some((good, names.len(), delimiter, names));
        }
    }
    best.map(|(_, _, delimiter, names)| (delimiter, names))
}

/// Whether bytes begin like a table of entries: the header names a title or a text.
pub fn recognise(head: &[u8]) -> Option<Format> {
    if head.contains(&0) {
        return None;
    }
    let (delimiter, names) = header(head, None)?;
    let guess = Fields::guessed(&names)?;
    (names.contains(&guess.title) || names.contains(&guess.text)).then_some(match delimiter {
        b'\t' => Format::Tsv,
        _ => Format::Csv,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::source::SourceSettings;
    use crate::source::testing::{Case, source};

    const NIGHT: &str = "id,title,text,published,section\n\
        1,\"Ferry \"\"Pelican\"\" late\",\"It is late.\nVery.\",2026-01-14T10:00:00Z,harbour\n\
        2,Bridge shut,<p>It is &amp; stays shut.</p>,14 Jan 2026 11:30,\n";

    #[test]
    fn rows_become_records_and_columns_that_nothing_maps_are_kept() {
        let case = Case::of(source(), NIGHT);
        assert_eq!((case.rejects.clone(), case.summary.format), (vec![], Format::Csv));
        let r = &case.records[0];
        assert_eq!((r.id.as_deref(), r.title.as_str(), r.line), (Some("1"), "Ferry \"Pelican\" late", 2));
        assert_eq!((r.body.as_str(), &r.extra["section"]), ("It is late.\nVery.", &"harbour".into()));
        assert_eq!((case.records[1].body.as_str(), case.records[1].line), ("It is & stays shut.", 4));
        assert!(case.records[1].extra.is_empty());
    }

    #[test]
    fn the_separator_is_recognised_and_fields_are_renamed() {
        for (separator, format) in [(";", Format::Csv), ("|", Format::Csv), ("\t", Format::Tsv)] {
            let text = NIGHT.replace("&amp; ", "").replace(',', separator).replace("title", "headline");
            let fields = Fields { title: "headline".into(), ..Fields::default() };
            let case = Case::of(SourceSettings { fields, ..source() }, text);
            assert_eq!((case.summary.format, case.records.len(), case.rejects), (format, 2, vec![]));
        }
    }

    #[test]
    fn a_bad_row_costs_itself_and_a_header_without_title_the_file() {
        let case = Case::of(source(), format!("{NIGHT}3,too few\n4,\"open,x,y,z\n5,Storm,Wind.,,\n6,,,,\n"));
        assert_eq!(case.records.len(), 3);
        let at: Vec<u64> = case.rejects.iter().map(|r| r.0).collect();
        assert_eq!(at, [5, 6, 8], "{:?}", case.rejects);
        let csv = SourceSettings { format: Format::Csv, ..source() };
        let other = Case::of(csv.clone(), "a,b\n1,2\n");
        assert!(other.rejects[0].1.contains("neither \"title\" nor \"text\"; it has a, b"), "{:?}", other.rejects);
        assert_eq!(other.rejects.len(), 1);
        let latin = Case::of(csv, b"title,text\nCaf\xe9,Zu\n".to_vec());
        assert_eq!(latin.records[0].title, "Café");
    }
}
