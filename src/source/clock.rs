//! Printed dates to clocks. A date that cannot be read costs the clock, never the record.

use super::zone::{self, Zones};
use crate::model::{Clock, ClockQuality};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// The first instant that is a plausible date: 1900-01-01.
const EARLIEST: i64 = -2_208_988_800;
/// How far after the run a date may lie: clocks are wrong and zones are many.
const SLACK: SignedDuration = SignedDuration::from_hours(48);

/// Reads a printed date. Without a zone it is in `zone`; a named zone is looked up in `zones`,
/// then among the names `zone` itself uses and those that mean one thing everywhere. What cannot
/// be read, or lies outside of 1900 to two days after `as_of`, is unknown and keeps its raw form.
pub fn parse(raw: &str, zone: &TimeZone, zones: &BTreeMap<String, TimeZone>, as_of: Timestamp) -> Clock {
    parse_in(raw, &Zones { own: zone.clone(), named: zones.clone() }, as_of)
}

/// As [`parse`], with the zones of a source.
pub fn parse_in(raw: &str, zones: &Zones, as_of: Timestamp) -> Clock {
    let text = raw.trim();
    if is_missing(text) {
        return Clock::unknown(None);
    }
    if let Some(at) = instant(text).filter(|at| zones.named.is_empty() && plausible(*at, as_of)) {
        return Clock::exact(at);
    }
    let unknown = || Clock::unknown(Some(raw.to_owned()));
    let Some(printed) = epoch(text).or_else(|| iso(text)).or_else(|| worded(text)) else {
        return unknown();
    };
    resolve(&printed, zones, as_of).unwrap_or_else(unknown)
}

/// Whether a printed date says that there is none.
pub fn is_missing(text: &str) -> bool {
    text.is_empty() || ["none", "null", "nil", "n/a", "nan"].iter().any(|no| text.eq_ignore_ascii_case(no))
}

/// Unix seconds, or milliseconds where they would be seconds of a year past 5000.
pub fn from_number(number: f64, as_of: Timestamp) -> Clock {
    let unknown = || Clock::unknown(Some(number.to_string()));
    let seconds = if number.abs() >= 1e11 { number / 1000.0 } else { number };
    if !seconds.is_finite() || seconds.abs() > 1e11 {
        return unknown();
    }
    let instant = Timestamp::from_second(seconds.floor() as i64).ok();
    instant.filter(|at| plausible(*at, as_of)).map_or_else(unknown, Clock::exact)
}

/// Local midnight to local midnight; `None` outside of the plausible range.
pub fn day(day: Date, zone: &TimeZone, quality: ClockQuality, as_of: Timestamp) -> Option<Clock> {
    let from = zone::local(zone, day.to_datetime(Time::midnight()))?;
    let to = zone::local(zone, day.tomorrow().ok()?.to_datetime(Time::midnight()))?;
    let span = u32::try_from(to.as_second() - from.as_second()).ok()?;
    plausible(from, as_of).then(|| Clock { from: Some(from.as_second()), span, quality, raw: None })
}

/// Whether an instant lies within 1900 and two days after the run.
pub fn plausible(at: Timestamp, as_of: Timestamp) -> bool {
    let latest = as_of.checked_add(SLACK).unwrap_or(Timestamp::MAX);
    at.as_second() >= EARLIEST && at <= latest
}

/// A month by its English name or first three letters.
pub fn month(name: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let short = |full: &str| name.len() == 3 && full.starts_with(&name);
    let at = MONTHS.iter().position(|full| *full == name || short(full) || (name == "sept" && *full == "september"))?;
    i8::try_from(at + 1).ok()
}

/// A time of day as printed: `9:05`, `09:05:30.25`, `5.11pm`; with seconds or not.
pub fn time(text: &str, meridiem: Option<Meridiem>) -> Option<(Time, bool)> {
    let (text, _fraction) = match text.find('.') {
        Some(dot) if text.contains(':') => text.split_at(dot),
        _ => (text, ""),
    };
    let mut parts = text.split([':', '.']);
    let hour: i8 = digits(parts.next()?, 1, 2)?;
    let minute: i8 = digits(parts.next()?, 2, 2)?;
    let second: Option<i8> = parts.next().map(|s| digits(s, 2, 2)).map_or(Some(None), |s| s.map(Some))?;
    if parts.next().is_some() {
        return None;
    }
    let hour = match meridiem {
        None => hour,
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(Meridiem::Am) => hour % 12,
        Some(Meridiem::Pm) => hour % 12 + 12,
    };
    // A leap second is the last second of its minute.
    let time = Time::new(hour, minute, second.unwrap_or(0).min(if second == Some(60) { 59 } else { 60 }), 0).ok()?;
    Some((time, second.is_some()))
}

/// Half of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meridiem {
    /// Before noon.
    Am,
    /// After noon.
    Pm,
}

impl Meridiem {
    /// `am`, `p.m.` …
    pub fn from_word(word: &str) -> Option<Meridiem> {
        match word.replace('.', "").to_ascii_lowercase().as_str() {
            "am" => Some(Meridiem::Am),
            "pm" => Some(Meridiem::Pm),
            _ => None,
        }
    }
}

/// What a printed date says, before zones.
enum Printed<'a> {
    Epoch(f64),
    Day(Date),
    Local { at: DateTime, seconds: bool, zone: &'a str },
}

fn resolve(printed: &Printed<'_>, zones: &Zones, as_of: Timestamp) -> Option<Clock> {
    match *printed {
        Printed::Epoch(seconds) => Some(from_number(seconds, as_of)).filter(|c| c.from.is_some()),
        Printed::Day(date) => day(date, &zones.own, ClockQuality::Day, as_of),
        Printed::Local { at, seconds, zone } => {
            let instant = zones.resolve(at, zone).filter(|t| plausible(*t, as_of))?;
            let exact = Clock::exact(instant);
            Some(if seconds { exact } else { Clock { span: 60, quality: ClockQuality::Minute, ..exact } })
        }
    }
}

/// `2017-08-01T10:15:00Z`, as most dates are written (RFC 3339). Others are read in more steps, and this would be read so too.
fn instant(text: &str) -> Option<Timestamp> {
    match text.as_bytes() {
        [_, _, _, _, b'-', _, _, b'-', _, _, b'T', _, _, b':', _, _, b':', _, _, b'Z'] => text.parse().ok(),
        _ => None,
    }
}

/// Unix seconds or milliseconds written as digits.
fn epoch(text: &str) -> Option<Printed<'_>> {
    let number = matches!(text.len(), 10 | 13) && text.bytes().all(|b| b.is_ascii_digit());
    number.then(|| text.parse().ok().map(Printed::Epoch)).flatten()
}

/// `2017-08-01`, `2017-08-01T10:15Z`, `2017-08-01 10:15:00.5 +02:00`, `2017-08-01 10:15 GMT`.
fn iso(text: &str) -> Option<Printed<'_>> {
    let date = iso_day(text.get(..10)?)?;
    let rest = text.get(10..)?;
    if rest.is_empty() {
        return Some(Printed::Day(date));
    }
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(rest.len());
    let (time_text, zone) = rest.split_at_checked(end)?;
    let (time, seconds) = time(time_text, None)?;
    Some(Printed::Local { at: date.to_datetime(time), seconds, zone })
}

/// `2017-08-01`, `2017/08/01`.
pub fn iso_day(text: &str) -> Option<Date> {
    let mut parts = text.split(['-', '/']);
    let year: i16 = digits(parts.next()?, 4, 4)?;
    let month: i8 = digits(parts.next()?, 2, 2)?;
    let day: i8 = digits(parts.next()?, 2, 2)?;
    if parts.next().is_some() { None } else { Date::new(year, month, day).ok() }
}

/// Dates with the month in letters: RFC 2822 and what pages print. `Tue, 01 Aug 2017 10:00:00
/// +0200`, `Aug 29, 2017 5:11 p.m. EDT`, `1 August 2017`.
fn worded(text: &str) -> Option<Printed<'_>> {
    let mut rest = text;
    if let Some((_, after)) = word(rest).filter(|(w, _)| is_weekday(w)) {
        rest = after;
    }
    let (first, after) = word(rest)?;
    let (second, after) = word(after)?;
    let (year, after) = word(after)?;
    let (day, month) = match (month(first), month(second)) {
        (None, Some(month)) => (first, month),
        (Some(month), None) => (second, month),
        _ => return None,
    };
    let day: i8 = digits(day.trim_end_matches(|c: char| c.is_ascii_alphabetic()), 1, 2)?;
    let year = digits(year, 4, 4).or_else(|| short_year(year).filter(|_| word(after).is_some()))?;
    let date = Date::new(year, month, day).ok()?;
    match word(after) {
        None => Some(Printed::Day(date)),
        Some((joint, after)) if joint.eq_ignore_ascii_case("at") => worded_time(date, after),
        Some(_) => worded_time(date, after),
    }
}

/// The two digits of RFC 822, as RFC 2822 reads them.
fn short_year(text: &str) -> Option<i16> {
    digits(text, 2, 2).map(|year: i16| if year < 50 { 2000 + year } else { 1900 + year })
}

/// The time after a worded date; whatever follows it is the zone.
fn worded_time(date: Date, text: &str) -> Option<Printed<'_>> {
    let (clock, after) = word(text)?;
    let split = clock.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(clock.len());
    let (clock, glued) = clock.split_at_checked(split)?;
    let (meridiem, zone) = match (Meridiem::from_word(glued), word(after)) {
        (Some(half), _) => (Some(half), after),
        (None, _) if !glued.is_empty() => return None,
        (None, Some((next, last))) => match Meridiem::from_word(next) {
            Some(half) => (Some(half), last),
            None => (None, after),
        },
        (None, None) => (None, after),
    };
    let (time, seconds) = time(clock, meridiem)?;
    // RFC 2822 allows a comment after the offset: `+0100 (BST)`.
    let zone = zone.trim();
    let zone = match zone.find('(') {
        Some(open) if open > 0 => zone.get(..open)?,
        _ => zone,
    };
    Some(Printed::Local { at: date.to_datetime(time), seconds, zone })
}

/// The first word, and what follows it; commas separate too.
fn word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
    let end = text.find(|c: char| c.is_whitespace() || c == ',').unwrap_or(text.len());
    text.split_at_checked(end).filter(|(w, _)| !w.is_empty())
}

fn is_weekday(word: &str) -> bool {
    const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let word = word.trim_end_matches('.').to_ascii_lowercase();
    word.len() >= 3 && DAYS.iter().any(|day| day.starts_with(&word))
}

/// A number of `least` to `most` ASCII digits.
pub fn digits<N: std::str::FromStr>(text: &str, least: usize, most: usize) -> Option<N> {
    let fits = (least..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const AS_OF: &str = "2026-01-15T02:00:00Z";

    fn read(raw: &str, zone: &str) -> Clock {
        parse(raw, &TimeZone::get(zone).unwrap(), &BTreeMap::new(), AS_OF.parse().unwrap())
    }

    fn exact(raw: &str, zone: &str) -> String {
        let clock = read(raw, zone);
        assert_eq!((clock.quality, clock.span, &clock.raw), (ClockQuality::Exact, 0, &None), "{raw}");
        clock.at().unwrap().to_string()
    }

    fn minute(raw: &str, zone: &str) -> String {
        let clock = read(raw, zone);
        assert_eq!((clock.quality, clock.span), (ClockQuality::Minute, 60), "{raw}");
        clock.at().unwrap().to_string()
    }

    fn unknown(raw: &str) {
        assert_eq!(read(raw, "Europe/London"), Clock::unknown(Some(raw.into())), "{raw}");
    }

    #[test]
    fn times_with_seconds_are_exact() {
        assert_eq!(exact("2025-07-24T16:27:00Z", "UTC"), "2025-07-24T16:27:00Z");
        assert_eq!(exact("2025-07-24t16:27:00.123456z", "UTC"), "2025-07-24T16:27:00Z");
        assert_eq!(exact("2017-08-01T10:00:00+02:00", "UTC"), "2017-08-01T08:00:00Z");
        assert_eq!(exact("2017-08-01T10:00:00+0200", "UTC"), "2017-08-01T08:00:00Z");
        assert_eq!(exact("2016-11-13 00:00:00", "Europe/Berlin"), "2016-11-12T23:00:00Z");
        assert_eq!(exact(" 2016-11-13 00:00:00 UTC ", "Europe/Berlin"), "2016-11-13T00:00:00Z");
        assert_eq!(exact("1501574400", "UTC"), "2017-08-01T08:00:00Z");
        assert_eq!(exact("1501574400999", "UTC"), "2017-08-01T08:00:00Z");
    }

    #[test]
    fn times_without_seconds_are_minutes() {
        assert_eq!(minute("2017-08-01T10:15Z", "Asia/Tokyo"), "2017-08-01T10:15:00Z");
        assert_eq!(minute("2017-08-01 10:15", "Asia/Tokyo"), "2017-08-01T01:15:00Z");
        assert_eq!(minute("1 August 2017 at 5.11pm", "UTC"), "2017-08-01T17:11:00Z");
        assert_eq!(minute("Aug 29, 2017 12:11 a.m. EDT", "UTC"), "2017-08-29T04:11:00Z");
    }

    #[test]
    fn a_day_is_local_midnight_to_local_midnight() {
        let plain = read("2017-08-01", "Europe/London");
        assert_eq!((plain.quality, plain.span), (ClockQuality::Day, 86_400));
        assert_eq!(plain.at().unwrap().to_string(), "2017-07-31T23:00:00Z");
        assert_eq!(read("2025-03-30", "Europe/London").span, 23 * 3600);
        assert_eq!(read("2025-10-26", "Europe/London").span, 25 * 3600);
        assert_eq!(read("August 1st, 2017", "UTC").quality, ClockQuality::Day);
        assert_eq!(read("2017/08/01", "UTC").quality, ClockQuality::Day);
    }

    #[test]
    fn mail_dates_are_read_and_their_zone_names_never_guessed() {
        assert_eq!(exact("Tue, 01 Aug 2017 10:00:00 +0200", "UTC"), "2017-08-01T08:00:00Z");
        assert_eq!(exact("Tue, 1 Aug 2017 10:00:00 GMT", "Asia/Tokyo"), "2017-08-01T10:00:00Z");
        assert_eq!(exact("Tue, 01 Aug 17 10:00:00 GMT", "UTC"), "2017-08-01T10:00:00Z");
        assert_eq!(exact("01 Aug 2017 10:00:00 +0100 (BST)", "UTC"), "2017-08-01T09:00:00Z");
        assert_eq!(exact("Tue, 01 Aug 2017 10:00:00 EST", "UTC"), "2017-08-01T15:00:00Z");
        assert_eq!(exact("Tue, 01 Aug 2017 10:00:00 BST", "Europe/London"), "2017-08-01T09:00:00Z");
        let raw = "Tue, 01 Aug 2017 10:00:00 BST";
        assert_eq!(read(raw, "UTC"), Clock::unknown(Some(raw.into())));
        let mapped = BTreeMap::from([("BST".to_owned(), TimeZone::get("Europe/London").unwrap())]);
        let clock = parse(raw, &TimeZone::UTC, &mapped, AS_OF.parse().unwrap());
        assert_eq!(clock.at().unwrap().to_string(), "2017-08-01T09:00:00Z");
    }

    #[test]
    fn what_cannot_be_read_is_unknown_and_kept() {
        for raw in
            ["Aug 29, 2017 5:11 p.m. ET", "yesterday", "08/01/2017", "2017-13-01", "2017-02-30", "2017-08-01T25:00"]
        {
            unknown(raw);
        }
        for raw in ["0000-01-01", "9999-12-31T00:00:00Z", "2050-01-01", "1899-12-31", "Tue, 01 Aug 0017 10:00:00 GMT"] {
            unknown(raw);
        }
        for raw in [
            "2017-08-01T",
            "2017-08-01T10",
            "2017-08-0é",
            "2017-08-01T10:15:00+é",
            "1 Aug 17",
            "Aug",
            "1 Aug 2017 é:10",
        ] {
            unknown(raw);
        }
        assert_eq!(read("2026-01-16", "UTC").quality, ClockQuality::Day, "two days of slack");
        for raw in ["", " ", "None", "null"] {
            assert_eq!(read(raw, "UTC"), Clock::unknown(None));
        }
    }

    #[test]
    fn numbers_are_seconds_or_milliseconds() {
        let as_of = AS_OF.parse().unwrap();
        assert_eq!(from_number(1_501_574_400.0, as_of).from, Some(1_501_574_400));
        assert_eq!(from_number(1_501_574_400_123.0, as_of).from, Some(1_501_574_400));
        for no in [f64::NAN, f64::INFINITY, 1e300, -1e300, 9e11 * 1000.0] {
            assert_eq!(from_number(no, as_of).quality, ClockQuality::Unknown);
        }
    }

    proptest::proptest! {
        #[test]
        fn instants_are_read_as_in_more_steps(raw in "[012][09][0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]Z") {
            let as_of = AS_OF.parse().unwrap();
            let zones = Zones { own: TimeZone::get("Europe/London").unwrap(), named: BTreeMap::new() };
            let long = iso(&raw).and_then(|printed| resolve(&printed, &zones, as_of));
            proptest::prop_assert_eq!(read(&raw, "Europe/London"), long.unwrap_or_else(|| Clock::unknown(Some(raw))));
        }

        #[test]
        fn no_text_is_too_strange(raw in ".{0,40}") {
            read(&raw, "Europe/London");
        }

        #[test]
        fn what_nearly_is_a_date_is_read_or_kept(raw in "[0-9]{1,4}[-/ ][0-9A-Ja-j]{1,3}[-/ ,][0-9]{1,4}[T ]?[0-9:. pm]{0,9}[A-Z+-]{0,4}[0-9:]{0,5}") {
            let clock = read(&raw, "America/Anchorage");
            proptest::prop_assert!(clock.from.is_some() || clock.raw == Some(raw));
        }
    }
}
