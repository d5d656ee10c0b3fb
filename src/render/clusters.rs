//! Lines of clusters.jsonl, which are many and all alike: written as they are, without asking each row for its shape.

use crate::model::id::digits;
use crate::model::report::ClusterRow;
use std::io::{self, Write};

/// Adds the line of a row: the same that its shape makes of it.
///
/// # Errors
/// It cannot be written as JSON.
pub fn add_line(row: &ClusterRow, line: &mut Vec<u8>) -> io::Result<()> {
    write!(line, r#"{{"schema_version":{},"entry_id":""#, row.schema_version)?;
    line.extend_from_slice(&digits(row.entry_id.0));
    line.extend_from_slice(br#"","key":"#);
    serde_json::to_writer(&mut *line, &row.key)?;
    line.extend_from_slice(br#","outlet":"#);
    serde_json::to_writer(&mut *line, &row.outlet)?;
    line.extend_from_slice(br#","event_id":"ev-"#);
    line.extend_from_slice(&digits(row.event_id.0));
    line.extend_from_slice(br#"","origin":""#);
    line.extend_from_slice(&digits(row.origin.0));
    line.extend_from_slice(br#"","relation":"#);
    serde_json::to_writer(&mut *line, &row.relation)?;
    line.extend_from_slice(br#","weakest_link":"#);
    match row.weakest_link {
        Some(p) => serde_json::to_writer(&mut *line, &p)?,
        None => line.extend_from_slice(b"null"),
    }
    line.extend_from_slice(b"}\n");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EntryId, EventId, Probability};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_line_is_that_of_its_shape(key in ".{0,20}", outlet: String, entry: u128, event: u128, p in prop::option::of(0_u32..=1_000_000)) {
            let row = ClusterRow {
                schema_version: 3,
                entry_id: EntryId(entry),
                key: key.as_str().into(),
                outlet: outlet.as_str().into(),
                event_id: EventId(event),
                origin: EntryId(entry >> 9),
                relation: "reprint".into(),
                weakest_link: p.map(Probability),
            };
            let mut line = Vec::new();
            prop_assert!(add_line(&row, &mut line).is_ok());
            let shaped = serde_json::to_string(&row).unwrap_or_default() + "\n";
            prop_assert_eq!(String::from_utf8_lossy(&line), shaped);
        }
    }
}
