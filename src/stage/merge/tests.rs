//! The record as a whole: what each field says and where it comes from.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::model::event::{FigureState, Status};
use crate::model::lineage::Change;
use crate::model::{Clock, ClockQuality, EntryId, Flag, Lang, Member, Origin, Overlap, Probability, Relation, Row};
use crate::stage::fixtures::entry_of;
use proptest::prelude::*;

/// 2026-01-14T06:00:00Z.
const SIX: i64 = 1_768_370_400;

/// Some reports, in global order, and how they are grouped.
#[derive(Default)]
struct Night {
    entries: Vec<Entry>,
    texts: Vec<Text>,
    clusters: Vec<Cluster>,
    registry: Registry,
}

impl Night {
    /// A report at `minute` minutes past six.
    fn report(mut self, outlet: &str, minute: i64, title: &str, body: &str) -> Self {
        let key = self.entries.len().to_string();
        self.entries.push(entry_of(outlet, &key, title, body, Some(SIX + 60 * minute)));
        let text = Text { title: title.into(), body: body.into(), lang: Lang::EN, ..Text::default() };
        self.texts.push(text);
        self
    }

    /// Changes the last report.
    fn but(mut self, change: impl Fn(&mut Entry, &mut Text)) -> Self {
        change(self.entries.last_mut().unwrap(), self.texts.last_mut().unwrap());
        self
    }

    /// One event: a list of origins, each its leader and its copies.
    fn event(mut self, origins: &[&[u32]]) -> Self {
        let overlap = Overlap { shared: 50, containment: 1.0, jaccard: 1.0 };
        let member = |r: &u32| Member { row: Row(*r), relation: Relation::Reprint, overlap };
        let origin = |o: &&[u32]| Origin { leader: Row(o[0]), copies: o[1..].iter().map(member).collect() };
        let origins: Vec<Origin> = origins.iter().map(origin).collect();
        let weakest = (origins.len() > 1).then(|| Probability::new(0.8));
        self.clusters.push(Cluster { origins, weakest, density: 1.0, ..Cluster::default() });
        self
    }

    fn merge_at(&self, as_of: i64) -> Merged {
        let input = MergeInput {
            entries: &self.entries,
            texts: &self.texts,
            body: &|row| self.texts[row.at()].body.clone(),
            clusters: &self.clusters,
            umbrellas: &[],
            registry: &self.registry,
            as_of,
        };
        merge(&input, &MergeSettings::default())
    }

    fn one(&self) -> Event {
        self.merge_at(SIX).events[0].clone()
    }

    fn id(&self, row: usize) -> EntryId {
        self.entries[row].id
    }
}

fn ferry() -> Night {
    Night::default()
        .report("Harbour Courier", 0, "Ferry aground off Ellery, 14 injured", "A ferry ran aground. It was calm.")
        .report("Nordvik Post", 30, "Boat trouble in the west", "A ferry is aground off Ellery; 17 people are injured.")
        .report("Lowland Gazette", 60, "Ellery ferry aground", "The ferry ran aground off Ellery. 17 are injured.")
        .report("Eastmark Times", 90, "Ellery ferry aground", "The ferry ran aground off Ellery. 17 are injured.")
        .event(&[&[0], &[1], &[2, 3]])
}

#[test]
fn a_record_says_what_was_reported_by_whom_and_when() {
    let night = ferry();
    let e = night.one();
    assert_eq!(e.title, "Ferry aground off Ellery, 14 injured");
    assert_eq!(e.fields["title"].rule, "most shared words");
    assert_eq!(e.fields["title"].entry, night.id(0));
    let others: Vec<&str> = e.fields["title"].alternatives.iter().map(|a| a.value.as_str()).collect();
    assert_eq!(others, ["Boat trouble in the west", "Ellery ferry aground"]);
    assert_eq!(e.summary, "A ferry ran aground. It was calm.");
    assert_eq!(e.fields["lang"].value, "en");
    assert_eq!(e.when.from.as_deref(), Some("2026-01-14T06:00:00Z"));
    assert_eq!(e.when.to.as_deref(), Some("2026-01-14T07:30:00Z"));
    assert_eq!((e.first_reported.entry, e.first_reported.basis.as_str()), (Some(night.id(0)), "clock"));
    assert_eq!((e.outlet_count, e.owner_count, e.independent_count), (4, 4, 3));
    let roles: Vec<&str> = e.timeline.iter().map(|t| t.role.as_str()).collect();
    assert_eq!(roles, ["first", "account", "account", "copy"]);
    assert_eq!((e.review.state.as_str(), e.status), ("none", Status::Open));
    assert_eq!(night.merge_at(SIX + 90 * 60 + 72 * 3_600).events[0].status, Status::Settled);
}

#[test]
fn copies_do_not_vote_on_figures_and_later_ones_supersede() {
    let e = ferry().one();
    let f = &e.figures[0];
    assert_eq!((f.counts.as_str(), f.state), ("people injured", FigureState::Progression));
    assert_eq!(f.values.iter().map(|v| v.value).collect::<Vec<_>>(), [14.0, 17.0, 17.0]);
    assert_eq!(f.values[1].text, "aground off Ellery; 17 people are injured"[20..].to_string());
}

#[test]
fn figures_at_one_time_are_in_dispute_unless_one_corrects_the_other() {
    let night = |flag: bool| {
        Night::default()
            .report("A", 0, "", "21 people were injured.")
            .report("B", 0, "", "17 people were injured.")
            .but(|_, t| {
                if flag {
                    t.flags.set(Flag::Correction)
                }
            })
            .event(&[&[0], &[1]])
    };
    let e = night(false).one();
    assert_eq!(e.figures[0].state, FigureState::Dispute);
    assert_eq!(
        (e.review.state.as_str(), e.review.reasons.as_slice()),
        ("doubtful", &["figures_dispute".to_string()][..])
    );
    assert_eq!(night(true).one().figures[0].state, FigureState::Progression);
}

#[test]
fn a_measure_is_compared_with_what_is_said_of_the_same_thing() {
    let e = Night::default()
        .report("A", 0, "", "Shareholders get 11 euros in cash. Halcyon pays 340 million euros for the works.")
        .report("B", 5, "", "Halcyon buys the works for 340 million euros.")
        .report("C", 9, "", "Lunch cost 9 euros. Halcyon bought the works for 430 million euros.")
        .event(&[&[0], &[1], &[2]])
        .one();
    let values: Vec<f64> = e.figures[0].values.iter().map(|v| v.value).collect();
    assert_eq!((e.figures.len(), values), (1, vec![3.4e8, 3.4e8, 4.3e8]));
}

#[test]
fn one_entry_is_an_event_with_its_own_words() {
    let night = Night::default()
        .report("A", 0, "", "Goats clear the moat of the castle. They like it.")
        .but(|e, _| e.published = Clock::unknown(None))
        .event(&[&[0]]);
    let e = night.one();
    assert_eq!(
        (e.title.as_str(), e.fields["title"].rule.as_str()),
        ("Goats clear the moat of the castle.", "first words")
    );
    assert_eq!((e.first_reported.basis.as_str(), e.first_reported.at), ("only", None));
    assert_eq!((e.when.from, e.when.quality), (None, ClockQuality::Unknown));
    assert_eq!((e.status, e.independent_count, e.figures.len()), (Status::Open, 1, 0));
}

#[test]
fn an_entry_without_any_text_still_has_a_record() {
    let e = Night::default().report("A", 0, "", "").event(&[&[0]]).one();
    assert_eq!((e.title.as_str(), e.summary.as_str(), e.timeline.len()), ("", "", 1));
}

#[test]
fn opinion_gives_no_title_while_there_is_a_report() {
    let e = Night::default()
        .report("A", 0, "Ferry aground off Ellery again", "Ferry aground off Ellery.")
        .but(|_, t| t.flags.set(Flag::Opinion))
        .report("B", 5, "Ferry stuck", "Ferry aground off Ellery.")
        .event(&[&[0], &[1]])
        .one();
    assert_eq!(e.title, "Ferry stuck");
}

#[test]
fn overlapping_clocks_leave_open_who_was_first() {
    let day = |e: &mut Entry, _: &mut Text| {
        e.published.span = 86_400;
        e.published.quality = ClockQuality::Day;
    };
    let two = || Night::default().report("A", -360, "x", "").but(day);
    let e = two().report("B", 0, "y", "").event(&[&[0], &[1]]).one();
    assert_eq!((e.first_reported.basis.as_str(), e.first_reported.entry), ("undetermined", None));
    assert!(e.timeline.iter().all(|t| t.role == "account"));
    let e = two().report("A", 0, "y", "").event(&[&[0], &[1]]).one();
    assert_eq!(e.first_reported.basis, "clock", "an outlet does not contend with itself");
    assert_eq!(e.timeline[1].role, "update");
    let none = |e: &mut Entry, _: &mut Text| e.published = Clock::unknown(None);
    let e =
        Night::default().report("A", 0, "x", "").but(none).report("B", 0, "y", "").but(none).event(&[&[0], &[1]]).one();
    assert_eq!((e.first_reported.basis.as_str(), e.last_updated), ("unknown", None));
}

#[test]
fn a_credit_wins_over_the_clock_and_makes_no_witness() {
    let credit = |e: &mut Entry, _: &mut Text| e.rare.make_mut().credit = Some("the pelican wire".into());
    let night = Night::default()
        .report("Lowland Gazette", 0, "Ferry aground", "")
        .but(credit)
        .report("Pelican Wire", 10, "Ferry aground", "")
        .report("Eastmark Times", 20, "Boat aground", "")
        .event(&[&[0], &[1], &[2]]);
    let first = night.one().first_reported;
    assert_eq!((first.entry, first.outlet.as_deref()), (Some(night.id(1)), Some("the pelican wire")));
    assert_eq!((first.at.as_deref(), first.basis.as_str()), (Some("2026-01-14T06:10:00Z"), "credit"));
    assert_eq!(night.one().independent_count, 2);
    let agency =
        Night::default().report("A", 0, "x", "").but(credit).report("B", 0, "y", "").but(credit).event(&[&[0], &[1]]);
    let e = agency.one();
    assert_eq!((e.first_reported.basis.as_str(), e.first_reported.entry), ("credit", Some(agency.id(0))));
    assert_eq!(e.independent_count, 1, "both tell what one agency told");
}

#[test]
fn owners_count_once_and_doubts_are_named() {
    let mut night = Night::default()
        .report("A", 0, "x", "")
        .but(|e, _| e.owner = Some("Group".into()))
        .report("B", 5, "y", "")
        .but(|e, _| e.owner = Some("Group".into()))
        .report("C", 7, "z", "")
        .report("D", 8 * 24 * 60, "w", "")
        .event(&[&[0], &[1], &[2], &[3]]);
    night.clusters[0].weakest = Some(Probability::new(0.25));
    night.clusters[0].bridges = 1;
    night.clusters[0].density = 1.0 / 3.0;
    let e = night.one();
    assert_eq!((e.outlet_count, e.owner_count, e.independent_count), (4, 3, 3));
    assert_eq!(e.review.reasons, ["weak_link", "bridge", "wide_dates"]);
    assert_eq!(e.cohesion.density, 0.333333);
}

#[test]
fn a_second_run_continues_and_knows_what_was_superseded() {
    let mut night = Night::default().report("A", 0, "x", "").report("B", 5, "y", "").event(&[&[0]]).event(&[&[1]]);
    let first = night.merge_at(SIX);
    let [a, b] = [first.events[0].event_id, first.events[1].event_id];
    night.clusters.clear();
    night.registry = first.registry;
    let mut night = night.event(&[&[0], &[1]]);
    let second = night.merge_at(SIX);
    assert_eq!((second.events[0].event_id, second.events[0].supersedes.as_slice()), (a, &[b][..]));
    night.registry = second.registry;
    let third = night.merge_at(SIX);
    assert_eq!(third.events, second.events);
    assert_eq!(third.lineage.iter().map(|l| l.change).collect::<Vec<_>>(), [Change::Continued]);
}

proptest! {
    #[test]
    fn records_hold_every_member_once_whatever_the_texts(
        rows in prop::collection::vec((0_u8..4, prop::option::of(0_i64..5_000), "\\PC{0,30}", "(\\PC{0,20}|12 injured\\. |\n){0,6}", prop::option::of("[A-D]")), 1..12),
        cut in 1_usize..12,
    ) {
        let mut night = Night::default();
        for (outlet, minute, title, body, credit) in &rows {
            let outlet = ["A", "B", "C", "D"][usize::from(*outlet)];
            night = night.report(outlet, minute.unwrap_or(0), title, body).but(|e, _| {
                e.rare.make_mut().credit = credit.clone();
                if minute.is_none() {
                    e.published = Clock::unknown(None);
                }
            });
        }
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|i| night.entries[*i].order());
        night.entries = order.iter().map(|i| night.entries[*i].clone()).collect();
        night.texts = order.iter().map(|i| night.texts[*i].clone()).collect();
        let all: Vec<u32> = (0..rows.len() as u32).collect();
        for part in all.chunks(cut) {
            let origins: Vec<&[u32]> = part.chunks(2).collect();
            night = night.event(&origins);
        }
        let merged = night.merge_at(SIX);
        let told: Vec<EntryId> = merged.events.iter().flat_map(|e| e.entries.clone()).collect();
        prop_assert_eq!(told, night.entries.iter().map(|e| e.id).collect::<Vec<_>>());
        for e in &merged.events {
            prop_assert!(e.independent_count >= 1 && e.independent_count as usize <= e.origins.len());
            prop_assert!(e.owner_count <= e.outlet_count);
            prop_assert_eq!(e.timeline.len(), e.entries.len());
        }
        prop_assert_eq!(merged, night.merge_at(SIX));
    }
}
