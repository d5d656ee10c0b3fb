//! What reading one source needs, resolved once: its settings, zones, day, and the limits of a run.

use super::settings::SourceSettings;
use super::zone::{self, Zones};
use crate::error::{Error, Result};
use crate::model::{Clock, ClockQuality};
use jiff::Timestamp;
use jiff::civil::Date;
use std::sync::Arc;

/// What is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest record in bytes.
    pub record_bytes: u64,
    /// Most bytes of one file after decompression.
    pub file_bytes: u64,
    /// Most entries of one page.
    pub page_entries: u64,
    /// Deepest nesting of a page's elements.
    pub depth: u64,
    /// Most words of one entry.
    pub entry_words: u64,
}

/// What reading one source needs.
pub struct Context<'a> {
    /// The source.
    pub settings: &'a SourceSettings,
    /// The run's "now": no date may lie more than two days after it.
    pub as_of: Timestamp,
    /// What is too much.
    pub limits: Limits,
    /// The day of the capture.
    pub date: Option<Date>,
    /// The source's zone and what it calls others.
    pub zones: Zones,
    /// The name of the page that posts belong to.
    pub parent: Arc<str>,
}

impl<'a> Context<'a> {
    /// Resolves zone and day; fails where [`SourceSettings::check`] would.
    pub fn new(settings: &'a SourceSettings, as_of: Timestamp, limits: Limits) -> Result<Self> {
        let of = |what: String| Error::Usage(format!("source {}: {what}", settings.name));
        Ok(Context {
            settings,
            as_of,
            limits,
            date: zone::parse_day(settings.date.as_deref()).map_err(of)?,
            zones: Zones {
                own: zone::of_source(settings.timezone.as_deref()).map_err(of)?,
                named: zone::map(&settings.zones).map_err(of)?,
            },
            parent: Arc::from(settings.parent()),
        })
    }

    /// The whole of a day in the source's zone; `None` outside of the plausible range.
    pub fn day(&self, day: Date, quality: ClockQuality) -> Option<Clock> {
        super::clock::day(day, &self.zones.own, quality, self.as_of)
    }

    /// The source's `date` as a clock, where it has one.
    pub fn source_day(&self, quality: ClockQuality) -> Option<Clock> {
        self.date.and_then(|day| self.day(day, quality))
    }
}
