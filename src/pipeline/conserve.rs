//! Conservation: every record and every entry has exactly one place.

use crate::error::{Error, Result};
use crate::model::run::SourceCounts;
use crate::model::{Cluster, Umbrella};
use std::collections::BTreeMap;

/// Per source, records = new entries + new versions + repeats + withdrawals + quarantined.
///
/// # Errors
/// Names the source and the numbers.
pub fn records(sources: &BTreeMap<String, SourceCounts>) -> Result<()> {
    match sources.iter().find(|(_, c)| !c.balanced()) {
        None => Ok(()),
        Some((name, c)) => Err(Error::Check(format!(
            "source {name} gave {} records, but {} new entries, {} new versions, {} repeats, {} withdrawals and {} \
             quarantined records were counted; this is a bug in retold, nothing was published",
            c.records, c.new_entries, c.new_versions, c.repeats, c.withdrawals, c.quarantined
        ))),
    }
}

/// Each of `n` entries of the working set is in one cluster or is an umbrella.
///
/// # Errors
/// Says how many are in none or in several.
pub fn entries(n: usize, clusters: &[Cluster], umbrellas: &[Umbrella]) -> Result<()> {
    let mut seen = vec![0_u32; n];
    clusters.iter().flat_map(|c| &c.origins).flat_map(|o| o.rows()).for_each(|r| seen[r.at()] += 1);
    umbrellas.iter().for_each(|u| seen[u.row.at()] += 1);
    let wrong = seen.iter().filter(|s| **s != 1).count();
    if wrong == 0 {
        return Ok(());
    }
    Err(Error::Check(format!(
        "{wrong} of {n} entries are in no event or in several; this is a bug in retold, nothing was published"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Row;

    #[test]
    fn a_record_that_is_lost_is_noticed() {
        let mut counts = SourceCounts { records: 3, new_entries: 2, quarantined: 1, ..SourceCounts::default() };
        assert!(records(&BTreeMap::from([("a".to_string(), counts.clone())])).is_ok());
        counts.records = 4;
        let error = records(&BTreeMap::from([("a".to_string(), counts)])).err().map(|e| e.to_string());
        assert!(error.is_some_and(|e| e.contains("source a gave 4 records")));
    }

    #[test]
    fn an_entry_without_a_place_is_noticed() {
        let umbrella = |row| Umbrella { row: Row(row), clusters: Vec::new(), rule: String::new() };
        assert!(entries(2, &[], &[umbrella(0), umbrella(1)]).is_ok());
        assert!(entries(2, &[], &[umbrella(0)]).is_err());
        assert!(entries(1, &[], &[umbrella(0), umbrella(0)]).is_err());
    }
}
