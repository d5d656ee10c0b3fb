//! When an entry says it was published, and how far that can be trusted.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How precisely an instant is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ClockQuality {
    /// To the second, with a zone.
    Exact,
    /// To the minute.
    Minute,
    /// To a calendar day in the source's zone.
    Day,
    /// Taken from the URL or from the source's `date`, not from the record.
    Inferred,
    /// Not known, or printed in a form that could not be read.
    Unknown,
}

/// A publication time as a half-open interval of unix seconds; a day is local midnight to midnight.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Clock {
    /// First second of the interval; `None` when unknown.
    pub from: Option<i64>,
    /// Length of the interval in seconds: 0 exact, 60 a minute, about 86,400 a day.
    pub span: u32,
    /// How it was come by.
    pub quality: ClockQuality,
    /// The date as printed, kept when it could not be read or had to be interpreted.
    pub raw: Option<String>,
}

/// The interval of a clock, for one who compares many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interval {
    from: Option<i64>,
    span: u32,
}

impl Interval {
    /// How far apart two clocks are in days: 0 where they overlap, else the distance between their middles, so that
    /// neighbouring days are one day apart; `None` where one is unknown.
    pub fn days_apart(self, other: Interval) -> Option<f64> {
        let (a, b) = (self.from?, other.from?);
        let (a_end, b_end) = (a + i64::from(self.span), b + i64::from(other.span));
        let overlap = a.max(b) < (a_end.max(a + 1)).min(b_end.max(b + 1));
        let twice = (a + a_end) - (b + b_end);
        Some(if overlap { 0.0 } else { twice.abs() as f64 / 172_800.0 })
    }
}

impl Clock {
    /// A time that is not known; `raw` is what was printed, if anything was.
    pub fn unknown(raw: Option<String>) -> Self {
        Clock { from: None, span: 0, quality: ClockQuality::Unknown, raw }
    }

    /// A time known to the second.
    pub fn exact(at: Timestamp) -> Self {
        Clock { from: Some(at.as_second()), span: 0, quality: ClockQuality::Exact, raw: None }
    }

    /// The first instant of the interval.
    pub fn at(&self) -> Option<Timestamp> {
        self.from.and_then(|s| Timestamp::from_second(s).ok())
    }

    /// The interval alone.
    pub fn interval(&self) -> Interval {
        Interval { from: self.from, span: self.span }
    }

    /// Whether this clock is certainly before the other: the intervals do not overlap.
    pub fn before(&self, other: &Clock) -> bool {
        matches!((self.from, other.from), (Some(a), Some(b)) if a + i64::from(self.span) <= b && a < b)
    }

    /// The key of the global order: known before unknown, then the instant.
    pub fn order(&self) -> (bool, i64) {
        (self.from.is_none(), self.from.unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(from: i64, span: u32) -> Clock {
        Clock { from: Some(from), span, quality: ClockQuality::Day, raw: None }
    }

    #[test]
    fn neighbouring_days_are_one_day_apart_and_overlapping_clocks_none() {
        let apart = |a: Clock, b: Clock| a.interval().days_apart(b.interval());
        assert_eq!(apart(clock(0, 86_400), clock(86_400, 86_400)), Some(1.0));
        assert_eq!(apart(clock(0, 86_400), clock(3_600, 0)), Some(0.0));
        assert_eq!(apart(clock(0, 0), clock(86_400, 0)), Some(1.0));
        assert_eq!(apart(clock(172_800, 0), clock(0, 86_400)), Some(1.5));
        assert_eq!(apart(Clock::unknown(None), clock(0, 0)), None);
    }

    #[test]
    fn overlapping_intervals_leave_who_was_first_open() {
        assert!(!clock(0, 86_400).before(&clock(3_600, 0)));
        assert!(clock(0, 60).before(&clock(60, 60)));
        assert!(!clock(5, 0).before(&clock(5, 0)));
    }
}
