//! Where a row stands: its event, the links of each event, the umbrellas over it.

use super::PageInput;
use crate::model::Row;

const NOWHERE: u32 = u32::MAX;

/// Indices made once for all events.
pub struct Places {
    /// The event of each row.
    event_of: Vec<u32>,
    /// (event, link) for links inside of an event, ascending.
    inside: Vec<(u32, u32)>,
    /// (event, link) for links that lead out of it, ascending; such a link stands under both events.
    across: Vec<(u32, u32)>,
    /// (event, umbrella), ascending.
    umbrellas: Vec<(u32, u32)>,
}

impl Places {
    /// Builds them.
    pub fn of(input: &PageInput) -> Places {
        let mut event_of = vec![NOWHERE; input.entries.len()];
        for (at, cluster) in input.clusters.iter().enumerate().take(input.events.heads().len()) {
            for row in cluster.origins.iter().flat_map(|o| o.rows()) {
                if let Some(slot) = event_of.get_mut(row.at()) {
                    *slot = at as u32;
                }
            }
        }
        let mut places = Places { event_of, inside: Vec::new(), across: Vec::new(), umbrellas: Vec::new() };
        places.sort_links(input);
        places.sort_umbrellas(input);
        places
    }

    fn sort_links(&mut self, input: &PageInput) {
        for (at, link) in input.links.iter().enumerate() {
            match (self.event_of(link.a), self.event_of(link.b)) {
                (Some(a), Some(b)) if a == b => self.inside.push((a as u32, at as u32)),
                (a, b) => self.across.extend([a, b].into_iter().flatten().map(|e| (e as u32, at as u32))),
            }
        }
        self.inside.sort_unstable();
        self.across.sort_unstable();
    }

    fn sort_umbrellas(&mut self, input: &PageInput) {
        for (at, umbrella) in input.umbrellas.iter().enumerate() {
            self.umbrellas.extend(umbrella.clusters.iter().map(|&event| (event, at as u32)));
        }
        self.umbrellas.sort_unstable();
    }

    /// The event that a row is in; `None` for an umbrella.
    pub fn event_of(&self, row: Row) -> Option<usize> {
        self.event_of.get(row.at()).filter(|&&at| at != NOWHERE).map(|&at| at as usize)
    }

    /// The links between entries of an event.
    pub fn inside(&self, event: usize) -> impl Iterator<Item = usize> + '_ {
        of(&self.inside, event)
    }

    /// The links from an entry of the event to one outside.
    pub fn across(&self, event: usize) -> impl Iterator<Item = usize> + '_ {
        of(&self.across, event)
    }

    /// The umbrellas over an event.
    pub fn umbrellas(&self, event: usize) -> impl Iterator<Item = usize> + '_ {
        of(&self.umbrellas, event)
    }
}

fn of(list: &[(u32, u32)], event: usize) -> impl Iterator<Item = usize> + '_ {
    let from = list.partition_point(|&(e, _)| (e as usize) < event);
    list[from..].iter().take_while(move |&&(e, _)| e as usize == event).map(|&(_, at)| at as usize)
}
