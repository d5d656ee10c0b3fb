//! What a reader notices at once: a round-up, a comment, a live post, a correction.

use crate::model::{ClockQuality, Entry, Flag, Flags};
use regex::Regex;
use std::sync::LazyLock;

/// Titles of entries that cover many events.
static UMBRELLA: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)^(?:(?:your |the )?(?:morning|evening|daily|weekly|midday|lunchtime|weekend|monday|tuesday|wednesday|thursday|friday|saturday|sunday)(?:'s)? ",
        r"(?:briefing|digest|round-?up|news ?letter|wrap(?:-up)?|edition|headlines|bulletin|brief)\b)",
        r"|^(?:(?:news|world|business|sport|local) )?(?:round-?up|digest|news in brief|in brief|week in review|the week ahead|year in review)\b",
        r"|\b(?:news round-?up|headlines at a glance|the day at a glance|today at a glance|day in review)\b",
        r"|^at a glance\b|^top (?:news )?(?:stories|headlines)\b|^what(?:'s| is) (?:in the papers|making news)\b",
        r"|^(?:five|six|seven|eight|ten|\d{1,2}) things (?:to know|you need to know) (?:today|tonight|this (?:morning|evening|week)|for (?:your )?\w+day)\b",
    ))
    .ok()
});

/// Words in front of a title, or labels, of comment and analysis.
const OPINION: &[&str] = &["opinion", "analysis", "comment", "editorial", "explainer"];

/// The flags of an entry.
pub fn of(entry: &Entry, title: &str, label: Option<&str>, body: &str) -> Flags {
    let mut flags = Flags::default();
    let mut set_if = |flag, yes| {
        if yes {
            flags.set(flag);
        }
    };
    set_if(Flag::Umbrella, UMBRELLA.as_ref().is_some_and(|r| r.is_match(title)));
    set_if(Flag::Opinion, is_opinion(entry, label));
    set_if(Flag::Live, entry.parent.is_some());
    set_if(Flag::Correction, is_correction(title, label, body));
    set_if(Flag::BadDate, entry.published.quality == ClockQuality::Unknown && entry.published.raw.is_some());
    flags
}

fn is_opinion(entry: &Entry, label: Option<&str>) -> bool {
    let labelled = entry.labels.iter().map(|l| l.to_lowercase()).any(|l| OPINION.contains(&l.as_str()));
    let section = |u: &str| ["/opinion", "/commentisfree/", "/editorial"].iter().any(|s| u.contains(s));
    labelled || label.is_some_and(|l| OPINION.contains(&l)) || entry.url.as_deref().is_some_and(section)
}

fn is_correction(title: &str, label: Option<&str>, body: &str) -> bool {
    let says = |t: &str| t.starts_with("Correction:") || t.starts_with("CORRECTION") || t.starts_with("Corrected:");
    label.is_some_and(|l| l.starts_with("correct")) || says(title) || body.lines().any(says)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::fixtures::entry;

    fn flags(title: &str) -> Vec<Flag> {
        let e = entry("k", title, "");
        of(&e, title, None, "").list()
    }

    #[test]
    fn round_ups_are_umbrellas_and_stories_are_not() {
        for title in [
            "Morning briefing: ferry, frost and football",
            "News round-up",
            "The day at a glance",
            "Five things to know today",
        ] {
            assert_eq!(flags(title), [Flag::Umbrella], "{title}");
        }
        for title in [
            "Police round up stray cattle",
            "Minister gives morning briefing on floods",
            "What we know about the ferry",
        ] {
            assert!(flags(title).is_empty(), "{title}");
        }
    }

    #[test]
    fn a_label_makes_an_opinion_and_a_parent_a_live_post() {
        let mut e = entry("k", "Where next for the port?", "");
        e.labels = vec!["Analysis".into()];
        e.parent = Some("page".into());
        assert_eq!(of(&e, "t", None, "").list(), [Flag::Opinion, Flag::Live]);
        assert_eq!(
            of(&entry("k", "t", ""), "t", None, "Text.\nCorrection: fourteen, not four.").list(),
            [Flag::Correction]
        );
    }
}
