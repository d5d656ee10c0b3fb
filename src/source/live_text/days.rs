//! The times of a page's posts: printed without year or day, falling down the page.

use crate::model::{Clock, ClockQuality};
use crate::source::clock::{self, Meridiem, digits, month};
use crate::source::context::Context;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// A time as printed on a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    time: Time,
    /// Empty where none is printed.
    zone: String,
    day: Option<Day>,
}

/// A day as printed: day, month, and the year where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Day {
    day: i8,
    month: i8,
    year: Option<i16>,
}

impl Stamp {
    /// Reads `19:47 British Summer Time 14 August`, `20:49 BST`, `9.05am`.
    pub fn parse(raw: &str) -> Option<Stamp> {
        let mut words: Vec<&str> = raw.split_whitespace().collect();
        let first = words.first()?;
        let split = first.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(first.len());
        let (clock_text, glued) = first.split_at_checked(split)?;
        let mut used = 1;
        let mut half = Meridiem::from_word(glued);
        if half.is_none() && !glued.is_empty() {
            return None;
        }
        if half.is_none() {
            half = words.get(1).and_then(|w| Meridiem::from_word(w));
            used += usize::from(half.is_some());
        }
        let (time, _) = clock::time(clock_text, half)?;
        words.drain(..used);
        let day = Day::off(&mut words);
        Some(Stamp { time, zone: words.join(" "), day })
    }
}

impl Day {
    /// Takes the day off the end of the words.
    fn off(words: &mut Vec<&str>) -> Option<Day> {
        let year = words.last().and_then(|w| digits::<i16>(w, 4, 4));
        let end = words.len() - usize::from(year.is_some());
        let [first, second] = words.get(end.checked_sub(2)?..end)? else { return None };
        let in_order = |d: &str, m: &str| Some((digits::<i8>(d.trim_end_matches(','), 1, 2)?, month(m)?));
        let (day, month) = in_order(first, second).or_else(|| in_order(second, first))?;
        words.truncate(end - 2);
        Some(Day { day, month, year })
    }

    /// The latest such day that is not after the day after the capture.
    fn resolve(self, capture: Date) -> Option<Date> {
        if let Some(year) = self.year {
            return Date::new(year, self.month, self.day).ok();
        }
        let latest = capture.tomorrow().ok()?;
        let year = latest.year();
        (year.saturating_sub(8)..=year)
            .rev()
            .filter_map(|y| Date::new(y, self.month, self.day).ok())
            .find(|date| *date <= latest)
    }
}

/// Where on the way down the page we are.
pub struct Days<'c, 'a> {
    ctx: &'c Context<'a>,
    /// The day of the last post, or of the capture.
    day: Option<Date>,
    /// Whether that day rests on the run's date alone.
    inferred: bool,
    last: Option<Timestamp>,
}

impl<'c, 'a> Days<'c, 'a> {
    /// The top of a page.
    pub fn new(ctx: &'c Context<'a>) -> Self {
        Days { ctx, day: ctx.date, inferred: false, last: None }
    }

    /// The clock of the next post down, from what is printed on it. A printed day beats; without
    /// one the post is of the same day as the one above, or of the day before where its time is
    /// later. `raw` is kept, for the day or the year was not printed.
    pub fn clock(&mut self, raw: &str) -> Clock {
        let unknown = || Clock::unknown(Some(raw.to_owned()));
        let Some(stamp) = Stamp::parse(raw) else { return unknown() };
        let placed = match stamp.day {
            Some(day) => self.printed(&stamp, day),
            None => self.falling(&stamp),
        };
        match placed.filter(|(_, at)| clock::plausible(*at, self.ctx.as_of)) {
            None => unknown(),
            Some((day, at)) => {
                (self.day, self.last) = (Some(day), Some(at));
                let quality = if self.inferred { ClockQuality::Inferred } else { ClockQuality::Minute };
                Clock { from: Some(at.as_second()), span: 60, quality, raw: Some(raw.to_owned()) }
            }
        }
    }

    fn printed(&mut self, stamp: &Stamp, day: Day) -> Option<(Date, Timestamp)> {
        let today = || TimeZone::to_datetime(&self.ctx.zones.own, self.ctx.as_of).date();
        self.inferred = self.ctx.date.is_none() && day.year.is_none();
        let date = day.resolve(self.ctx.date.unwrap_or_else(today))?;
        Some((date, self.at(date, stamp)?))
    }

    fn falling(&self, stamp: &Stamp) -> Option<(Date, Timestamp)> {
        let day = self.day?;
        let at = self.at(day, stamp)?;
        if self.last.is_none_or(|last| at <= last) {
            return Some((day, at));
        }
        let before = day.checked_sub(1.day()).ok()?;
        Some((before, self.at(before, stamp)?))
    }

    fn at(&self, date: Date, stamp: &Stamp) -> Option<Timestamp> {
        self.ctx.zones.resolve(date.to_datetime(stamp.time), &stamp.zone)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::source::{SourceSettings, testing};

    fn down(date: Option<&str>, zone: &str, raws: &[&str]) -> Vec<(String, ClockQuality)> {
        let date = date.map(str::to_owned);
        let settings = SourceSettings { date, timezone: Some(zone.into()), ..testing::source() };
        let ctx = Context::new(&settings, "2026-01-15T02:00:00Z".parse().unwrap(), testing::LIMITS).unwrap();
        let mut days = Days::new(&ctx);
        raws.iter()
            .map(|raw| {
                let clock = days.clock(raw);
                assert_eq!(clock.raw.as_deref(), Some(*raw));
                (clock.at().map(|t| t.strftime("%Y-%m-%dT%H:%M").to_string()).unwrap_or_default(), clock.quality)
            })
            .collect()
    }

    fn times(date: &str, zone: &str, raws: &[&str]) -> Vec<String> {
        down(Some(date), zone, raws).into_iter().map(|(t, _)| t).collect()
    }

    #[test]
    fn where_the_time_rises_the_day_changed() {
        let got = times("2026-01-14", "UTC", &["00:10", "00:10", "23:50", "23:10", "23:40", "01:00"]);
        let want =
            ["14T00:10", "14T00:10", "13T23:50", "13T23:10", "12T23:40", "12T01:00"].map(|t| format!("2026-01-{t}"));
        assert_eq!(got, want);
    }

    #[test]
    fn a_printed_day_beats_and_holds_for_those_below() {
        let got = times("2026-01-14", "UTC", &["10:00 UTC 12 January", "09:00", "9.30pm", "08:00 UTC 3 Jan 2025"]);
        assert_eq!(got, ["2026-01-12T10:00", "2026-01-12T09:00", "2026-01-11T21:30", "2025-01-03T08:00"]);
        assert_eq!(
            times("2026-01-14", "UTC", &["10:00 31 December", "10:00 January 15"]),
            ["2025-12-31T10:00", "2026-01-15T10:00"]
        );
        assert_eq!(
            times("2025-12-31", "UTC", &["00:10 1 January", "23:50 31 December"]),
            ["2026-01-01T00:10", "2025-12-31T23:50"]
        );
        assert_eq!(times("2026-01-14", "UTC", &["10:00 29 February"]), ["2024-02-29T10:00"]);
    }

    #[test]
    fn a_printed_zone_beats_that_of_the_source() {
        let zones = ["20:49 BST", "20:48 British Summer Time", "20:47 GMT", "15:30 Eastern Daylight Time", "19:00"];
        let got = times("2025-10-16", "Europe/London", &zones);
        // 20:47 GMT is later than 20:48 BST: the day before, and so on down from there.
        let want = ["16T19:49", "16T19:48", "15T20:47", "15T19:30", "15T18:00"].map(|t| format!("2025-10-{t}"));
        assert_eq!(got, want);
        assert_eq!(times("2025-10-16", "UTC", &["20:49 BST", "10:00"]), ["", "2025-10-16T10:00"]);
        // The night on which the clock goes back.
        let night = times("2025-10-26", "Europe/London", &["01:10 GMT", "01:50 BST", "01:10 BST"]);
        assert_eq!(night, ["2025-10-26T01:10", "2025-10-26T00:50", "2025-10-26T00:10"]);
    }

    #[test]
    fn without_a_day_the_time_is_unknown_and_without_a_year_inferred() {
        let got = down(None, "UTC", &["10:00", "10:00 14 January", "09:00", "09:00 13 January 2026"]);
        let want = [
            (String::new(), ClockQuality::Unknown),
            ("2026-01-14T10:00".into(), ClockQuality::Inferred),
            ("2026-01-14T09:00".into(), ClockQuality::Inferred),
            ("2026-01-13T09:00".into(), ClockQuality::Minute),
        ];
        assert_eq!(got, want);
    }

    #[test]
    fn what_is_no_time_is_unknown() {
        for raw in ["", "25:00", "10:61", "10", "ten", "10:00 XYZ", "10:00pm0", "é:00", "13:00 pm", "10:00 30 February"]
        {
            assert_eq!(down(Some("2026-01-14"), "UTC", &[raw])[0].1, ClockQuality::Unknown, "{raw}");
        }
    }
}
