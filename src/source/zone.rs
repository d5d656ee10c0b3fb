//! Printed zone names: what the source maps, what its own zone uses, and what is unambiguous anywhere.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, date};
use jiff::tz::{Offset, TimeZone};
use std::collections::BTreeMap;

/// The zones of one source.
#[derive(Clone, Debug)]
pub struct Zones {
    /// The zone of times that print none.
    pub own: TimeZone,
    /// What printed names mean, as configured.
    pub named: BTreeMap<String, TimeZone>,
}

/// Long names that mean one thing, and the IANA zone or the hours that they mean.
const LONG: &[(&str, Meaning)] = &[
    ("coordinated universal time", Meaning::Minutes(0)),
    ("universal time", Meaning::Minutes(0)),
    ("greenwich mean time", Meaning::Minutes(0)),
    ("british summer time", Meaning::Minutes(60)),
    ("irish standard time", Meaning::Minutes(60)),
    ("western european time", Meaning::Minutes(0)),
    ("western european summer time", Meaning::Minutes(60)),
    ("central european time", Meaning::Minutes(60)),
    ("central european summer time", Meaning::Minutes(120)),
    ("eastern european time", Meaning::Minutes(120)),
    ("eastern european summer time", Meaning::Minutes(180)),
    ("moscow time", Meaning::Minutes(180)),
    ("moscow standard time", Meaning::Minutes(180)),
    ("india standard time", Meaning::Minutes(330)),
    ("indian standard time", Meaning::Minutes(330)),
    ("japan standard time", Meaning::Minutes(540)),
    ("eastern standard time", Meaning::Minutes(-300)),
    ("eastern daylight time", Meaning::Minutes(-240)),
    ("central standard time", Meaning::Minutes(-360)),
    ("central daylight time", Meaning::Minutes(-300)),
    ("mountain standard time", Meaning::Minutes(-420)),
    ("mountain daylight time", Meaning::Minutes(-360)),
    ("pacific standard time", Meaning::Minutes(-480)),
    ("pacific daylight time", Meaning::Minutes(-420)),
    ("alaska standard time", Meaning::Minutes(-540)),
    ("alaska daylight time", Meaning::Minutes(-480)),
    ("australian eastern standard time", Meaning::Minutes(600)),
    ("australian eastern daylight time", Meaning::Minutes(660)),
    ("eastern time", Meaning::Zone("America/New_York")),
    ("central time", Meaning::Zone("America/Chicago")),
    ("mountain time", Meaning::Zone("America/Denver")),
    ("pacific time", Meaning::Zone("America/Los_Angeles")),
    ("alaska time", Meaning::Zone("America/Anchorage")),
];

/// Short names that mean one thing: those of RFC 2822 and those that no two regions share.
const SHORT: &[(&str, i32)] = &[
    ("Z", 0),
    ("UT", 0),
    ("UTC", 0),
    ("GMT", 0),
    ("WET", 0),
    ("CET", 60),
    ("CEST", 120),
    ("EET", 120),
    ("EEST", 180),
    ("EST", -300),
    ("EDT", -240),
    ("CST", -360),
    ("CDT", -300),
    ("MST", -420),
    ("MDT", -360),
    ("PST", -480),
    ("PDT", -420),
];

#[derive(Clone, Copy)]
enum Meaning {
    Minutes(i32),
    Zone(&'static str),
}

impl Zones {
    /// The instant of a local time whose zone is printed as `name`; `None` when the name is not
    /// understood. Tried in order: an offset, the source's map, the names that the source's own
    /// zone uses, the names that mean one thing everywhere. Nothing is guessed.
    pub fn resolve(&self, at: DateTime, name: &str) -> Option<Timestamp> {
        let name = name.trim().trim_matches(['(', ')']).trim();
        if name.is_empty() {
            return local(&self.own, at);
        }
        if let Some(offset) = offset(name) {
            return offset.to_timestamp(at).ok();
        }
        if let Some((_, zone)) = self.named.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            return local(zone, at);
        }
        if let Some(offset) = own_offset(&self.own, at, name) {
            return offset.to_timestamp(at).ok();
        }
        common(name, at)
    }
}

/// The instant of a local time in a zone; a time that a clock change skips counts on.
pub fn local(zone: &TimeZone, at: DateTime) -> Option<Timestamp> {
    zone.to_timestamp(at).ok()
}

/// The offset under which the zone itself uses this abbreviation: then, or in another season of
/// that year. `ET` is what a zone with `EST` and `EDT` is called the whole year.
fn own_offset(zone: &TimeZone, at: DateTime, name: &str) -> Option<Offset> {
    let year = at.date().year();
    let seasons = [at, date(year, 1, 1).at(12, 0, 0, 0), date(year, 7, 1).at(12, 0, 0, 0)];
    seasons.into_iter().filter_map(|then| local(zone, then)).find_map(|then| {
        let info = zone.to_offset_info(then);
        let short = info.abbreviation();
        let matches =
            short.eq_ignore_ascii_case(name) || whole_year(short).is_some_and(|n| n.eq_ignore_ascii_case(name));
        matches.then(|| info.offset())
    })
}

/// `EST` and `EDT` without their season: `ET`.
fn whole_year(abbreviation: &str) -> Option<String> {
    match abbreviation.as_bytes() {
        [first, b'S' | b'D', b'T'] => Some(format!("{}T", char::from(*first))),
        _ => None,
    }
}

fn common(name: &str, at: DateTime) -> Option<Timestamp> {
    let short = SHORT.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, m)| Meaning::Minutes(*m));
    let long = || LONG.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, m)| *m);
    match short.or_else(long)? {
        Meaning::Minutes(minutes) => Offset::from_seconds(minutes * 60).ok()?.to_timestamp(at).ok(),
        Meaning::Zone(iana) => local(&TimeZone::get(iana).ok()?, at),
    }
}

/// `+0200`, `-05:30`, `+02`, `GMT+1`, `UTC-03:00`.
fn offset(name: &str) -> Option<Offset> {
    let start = name.find(['+', '-'])?;
    let prefix = name.get(..start)?;
    if !["", "GMT", "UTC"].iter().any(|p| p.eq_ignore_ascii_case(prefix.trim())) {
        return None;
    }
    let sign = if name.as_bytes().get(start) == Some(&b'-') { -1 } else { 1 };
    let digits: String = name.get(start + 1..)?.chars().filter(|c| *c != ':').collect();
    if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: i32 = digits.parse().ok()?;
    let (hours, minutes) = if digits.len() <= 2 { (number, 0) } else { (number / 100, number % 100) };
    if hours > 15 || minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

/// A source's own zone; UTC when it names none.
pub fn of_source(name: Option<&str>) -> Result<TimeZone, String> {
    name.map_or(Ok(TimeZone::UTC), |name| get("timezone", name))
}

/// A source's map of printed names.
pub fn map(zones: &BTreeMap<String, String>) -> Result<BTreeMap<String, TimeZone>, String> {
    zones.iter().map(|(printed, iana)| Ok((printed.clone(), get(&format!("zones.{printed}"), iana)?))).collect()
}

fn get(key: &str, iana: &str) -> Result<TimeZone, String> {
    let unknown = |_| format!("{key} is \"{iana}\"; it must be an IANA time zone, such as \"Europe/London\"");
    TimeZone::get(iana).map_err(unknown)
}

/// A source's `date`.
pub fn parse_day(day: Option<&str>) -> Result<Option<Date>, String> {
    let wrong = |day: &str| format!("date is \"{day}\"; it must be a day as YYYY-MM-DD, such as \"2026-01-14\"");
    match day {
        None => Ok(None),
        Some(day) if day.len() == 10 => day.parse::<Date>().map(Some).map_err(|_| wrong(day)),
        Some(day) => Err(wrong(day)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn zones(own: &str) -> Zones {
        Zones { own: TimeZone::get(own).unwrap(), named: BTreeMap::new() }
    }

    fn at(zones: &Zones, local: &str, name: &str) -> Option<String> {
        zones.resolve(local.parse().unwrap(), name).map(|t| t.to_string())
    }

    #[test]
    fn an_offset_is_what_it_says() {
        let z = zones("Asia/Tokyo");
        assert_eq!(at(&z, "2026-01-14T10:00", "+02:00").unwrap(), "2026-01-14T08:00:00Z");
        assert_eq!(at(&z, "2026-01-14T10:00", "-0530").unwrap(), "2026-01-14T15:30:00Z");
        assert_eq!(at(&z, "2026-01-14T10:00", "GMT+1").unwrap(), "2026-01-14T09:00:00Z");
        assert_eq!(at(&z, "2026-01-14T10:00", "+99:00"), None);
    }

    #[test]
    fn a_source_knows_the_names_of_its_own_zone() {
        let london = zones("Europe/London");
        assert_eq!(at(&london, "2025-10-16T20:49", "BST").unwrap(), "2025-10-16T19:49:00Z");
        assert_eq!(at(&london, "2025-10-16T20:49", "British Summer Time").unwrap(), "2025-10-16T19:49:00Z");
        assert_eq!(at(&london, "2025-10-26T01:30", "BST").unwrap(), "2025-10-26T00:30:00Z");
        assert_eq!(at(&london, "2025-10-26T01:30", "GMT").unwrap(), "2025-10-26T01:30:00Z");
        assert_eq!(at(&zones("America/New_York"), "2026-07-01T12:00", "ET").unwrap(), "2026-07-01T16:00:00Z");
        assert_eq!(at(&zones("Asia/Shanghai"), "2026-07-01T12:00", "CST").unwrap(), "2026-07-01T04:00:00Z");
    }

    #[test]
    fn an_ambiguous_name_is_never_guessed() {
        let utc = zones("UTC");
        assert_eq!(at(&utc, "2025-10-16T20:49", "BST"), None);
        assert_eq!(at(&utc, "2025-10-16T20:49", "ET"), None);
        assert_eq!(at(&utc, "2025-10-16T20:49", "IST"), None);
        assert_eq!(at(&utc, "2025-10-16T20:49", "Eastern Time").unwrap(), "2025-10-17T00:49:00Z");
        assert_eq!(at(&utc, "2025-10-16T20:49", "EST").unwrap(), "2025-10-17T01:49:00Z");
    }

    #[test]
    fn the_map_of_the_source_comes_first() {
        let mut z = zones("Europe/London");
        z.named.insert("BST".into(), TimeZone::get("Asia/Dhaka").unwrap());
        assert_eq!(at(&z, "2025-10-16T20:49", "BST").unwrap(), "2025-10-16T14:49:00Z");
    }
}
