//! Clusters to events: one canonical record each, ids kept from run to run.

crate::knobs! {
    /// Merging: the canonical record of each event.
    pub struct MergeSettings in "merge" {
        /// Hours after which an event's entries no longer move on their own.
        settle_hours: u32 = 72, 1..=8_760;
        /// Most words of a summary.
        summary_words: usize = 60, 5..=1_000;
        /// An event whose weakest link is below this is doubtful.
        doubtful_below: f64 = 0.30, 0.0..=1.0;
    }
}

pub const VERSION: u32 = 1;
use crate::model::*; use crate::model::lineage::*; use crate::model::event::*;
pub struct MergeInput<'a> { pub entries: &'a [Entry], pub texts: &'a [Text], pub clusters: &'a [Cluster], pub umbrellas: &'a [Umbrella], pub registry: &'a Registry, pub as_of: i64 }
pub struct Merged { pub events: Vec<Event>, pub registry: Registry, pub lineage: Vec<LineageRow> }
pub fn merge(i: &MergeInput, _s: &MergeSettings) -> Merged {
    let events = i.clusters.iter().map(|c| { let e = &i.entries[c.origins[0].leader.at()]; Event { schema_version: 1, event_id: EventId::minted(e.id, 0), status: Status::Open, title: i.texts[c.origins[0].leader.at()].title.clone(), summary: String::new(), when: When { from: None, to: None, quality: ClockQuality::Unknown }, first_reported: FirstReported { entry: None, outlet: None, at: None, basis: "unknown".into() }, last_updated: None, entries: c.rows().iter().map(|r| i.entries[r.at()].id).collect(), origins: vec![], outlet_count: 1, owner_count: 1, independent_count: 1, fields: Default::default(), figures: vec![], timeline: vec![], cohesion: Cohesion { weakest_link: c.weakest, density: 1.0, bridges: 0 }, review: Review { state: "none".into(), reasons: vec![] }, supersedes: vec![], merged_into: None } }).collect();
    Merged { events, registry: Default::default(), lineage: vec![] }
}
