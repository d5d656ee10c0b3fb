//! The date of a record: its own, else that of its address, else the source's.

use super::context::Context;
use super::{clock, url_date};
use crate::model::{Clock, ClockQuality};

/// The record's own date; where it has none the day in its address, then the source's.
pub fn published(own: Option<Clock>, url: Option<&str>, ctx: &Context<'_>) -> Clock {
    let from_url = || ctx.day(url_date::day(url?)?, ClockQuality::Inferred);
    own.or_else(from_url).or_else(|| ctx.source_day(ClockQuality::Inferred)).unwrap_or(Clock::unknown(None))
}

/// A date as it is printed; `None` where the text says that there is none. What cannot be read keeps its raw form.
pub fn printed(raw: &str, ctx: &Context<'_>) -> Option<Clock> {
    if clock::is_missing(raw.trim()) { None } else { Some(clock::parse_in(raw, &ctx.zones, ctx.as_of)) }
}
