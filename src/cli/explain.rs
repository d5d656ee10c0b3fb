//! `retold explain`: why two entries are, or are not, in one event; or why one entry is where it is.

use super::global::GlobalArgs;
use super::out::Out;
use super::show::line;
use crate::error::{Exit, Result};
use crate::model::Probability;
use crate::pipeline::look::{
    self, Apart, CopyLook, EntryLook, EventBrief, EventLook, Explained, LinkLook, PairLook, ScoreLook, Step, Verdict,
};
use clap::Args;

/// Characters of a shared run that are printed.
const RUN_CHARS: usize = 160;
/// Characters of shared words that are printed.
const WORD_CHARS: usize = 60;

/// The arguments of `retold explain`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "An entry is named by its id, by the first six digits of it or more, or by its key.\n\n\
Examples:\n  retold explain 5f3a9c 77b1d0\n  retold explain 5f3a9c --json\n  retold explain ev-0123456789abcdef0123456789abcdef")]
pub struct ExplainArgs {
    /// The id of an entry, or of an event alone.
    #[arg(value_name = "A")]
    pub a: String,
    /// The id of another entry; without it, what holds the first in its event.
    #[arg(value_name = "B")]
    pub b: Option<String>,
    /// Print as JSON; errors too.
    #[arg(long)]
    pub json: bool,
}

/// Prints an explanation.
///
/// # Errors
/// The configuration is wrong, nothing is kept, or nothing is named so.
pub fn run(args: &ExplainArgs, global: &GlobalArgs) -> Result<Exit> {
    let explained = look::explain(&global.settings_after_run()?, &args.a, args.b.as_deref())?;
    let mut out = Out::lock();
    if args.json {
        let json = serde_json::to_value(&explained).unwrap_or_default();
        out.line(format_args!("{json:#}"))?;
    } else {
        let changed = match &explained {
            Explained::Pair(pair) => print_pair(pair, &mut out).map(|()| pair.settings_changed)?,
            Explained::Entry(entry) => print_entry(entry, &mut out).map(|()| entry.settings_changed)?,
            Explained::Event(event) => print_event(event, &mut out).map(|()| event.settings_changed)?,
        };
        if changed {
            out.line("\nThe settings have changed since; this is how the last run had them.")?;
        }
    }
    out.end()?;
    Ok(Exit::Done)
}

fn print_pair(pair: &PairLook, out: &mut Out) -> Result<()> {
    out.line(format_args!("A  {}", line(&pair.a)))?;
    out.line(format_args!("B  {}", line(&pair.b)))?;
    out.line("")?;
    print_verdict(&pair.verdict, out)?;
    out.line(format_args!("\n{}", pair.proposal))?;
    print_score(&pair.score, out)?;
    if let Some(kept) = pair.kept_p.filter(|p| *p != pair.score.p) {
        out.line(format_args!("the run had kept {kept}"))?;
    }
    out.line("")?;
    print_copy(&pair.copy, out)?;
    if pair.copy.relation.is_some() && matches!(pair.verdict, Verdict::OneEvent { .. } | Verdict::Apart(_)) {
        out.line("  and yet two witnesses: a copy joins the earliest text that it repeats, not copies of that text")?;
    }
    Ok(())
}

fn print_score(score: &ScoreLook, out: &mut Out) -> Result<()> {
    let label = "without any evidence (intercept)";
    let width = score.terms.iter().map(|t| t.label.chars().count()).chain([label.len()]).max().unwrap_or(0);
    out.line(format_args!(
        "{:width$}  {:>10}  {:>8}  {:>12}  shared words",
        "evidence", "value", "weight", "contribution"
    ))?;
    for t in &score.terms {
        let words = cut(&t.words.join(", "), WORD_CHARS);
        let row = format!("{:width$}  {:>10.6}  {:>8}  {:>12.6}  {words}", t.label, t.value, t.weight, t.contribution);
        out.line(row.trim_end())?;
    }
    out.line(format_args!("{label:width$}  {:>10}  {:>8}  {:>12.6}", "", "", score.intercept))?;
    out.line(format_args!("{:width$}  {:>10}  {:>8}  {:>12.6}", "log-odds: the sum", "", "", score.log_odds))?;
    let rule = "p = 1 / (1 + e^-log-odds)";
    out.line(format_args!("{rule:width$}  {:>10}  {:>8}  {:>12}", "", "", score.p.to_string()))
}

fn print_copy(copy: &CopyLook, out: &mut Out) -> Result<()> {
    let what =
        copy.relation.map_or("Not copies of one text".to_string(), |r| format!("Copies of one text: {}", r.name()));
    out.line(format_args!(
        "{what}; shared shingles {}, containment {:.6}, Jaccard {:.6}",
        copy.shared, copy.containment, copy.jaccard
    ))?;
    for run in &copy.runs {
        out.line(format_args!("  {:>4} words  {}", run.words, cut(&run.text, RUN_CHARS)))?;
    }
    Ok(())
}

fn print_verdict(verdict: &Verdict, out: &mut Out) -> Result<()> {
    match verdict {
        Verdict::OneOrigin { event, leader } => {
            out.line(format_args!("In one event, as copies of one text: {}", named(event)))?;
            out.line(format_args!("  the first of them is {}", line(leader)))
        }
        Verdict::OneEvent { event, threshold, path } => {
            out.line(format_args!("In one event: {}", named(event)))?;
            out.line(format_args!("  groups of origins are joined from an average link of {threshold} on; these joins brought the two together:"))?;
            path.iter().zip(1..).try_for_each(|(step, n)| print_step(n, step, out))
        }
        Verdict::Apart(apart) => print_apart(apart, out),
        Verdict::Umbrella { rules, event, covered } => {
            for (id, rule) in rules {
                out.line(format_args!("Not in one event: {id} covers many events and is a member of none ({rule})"))?;
            }
            let Some(event) = event else { return Ok(()) };
            let covers = if *covered { "it is linked to" } else { "it is not linked to" };
            out.line(format_args!("  {covers} the event of the other: {}", named(event)))
        }
        Verdict::Unknown => out.line("The last run ended before events were made; `retold run` goes on"),
    }
}

fn print_apart(apart: &Apart, out: &mut Out) -> Result<()> {
    out.line("In two events:")?;
    out.line(format_args!("  {}", named(&apart.a)))?;
    out.line(format_args!("  {}", named(&apart.b)))?;
    let Some(best) = &apart.best_link else {
        return out.line("  no link between the two is strong enough to count, so nothing joins them");
    };
    out.line(format_args!(
        "  the average link between the two is {}, and they would be joined from {} on: {} linked pairs of origins, averaged over {}",
        apart.average_link, apart.threshold, apart.linked_pairs, apart.averaged_over
    ))?;
    out.line(format_args!("  the strongest is {}:\n    {}\n    {}", best.p, line(&best.a), line(&best.b)))
}

fn print_step(n: usize, step: &Step, out: &mut Out) -> Result<()> {
    let group = |g: &look::Group| match g.origins {
        1 => line(&g.first),
        n => format!("{}  [with {} more]", line(&g.first), n - 1),
    };
    out.line(format_args!(
        "  {n}. average link {}\n       {}\n       {}",
        step.average_link,
        group(&step.a),
        group(&step.b)
    ))
}

fn print_entry(entry: &EntryLook, out: &mut Out) -> Result<()> {
    out.line(line(&entry.entry))?;
    if let Some(event) = &entry.event {
        out.line(format_args!("\nIts event: {}", named(event)))?;
    }
    if let Some(umbrella) = &entry.umbrella {
        out.line(format_args!("\nIt covers many events and is a member of none ({})", umbrella.rule))?;
        umbrella.events.iter().try_for_each(|e| out.line(format_args!("  {}", named(e))))?;
    }
    match &entry.origin {
        Some(o) if o.relation != "leader" => {
            out.line(format_args!("It is a copy ({}) of {}", o.relation, line(&o.leader)))?;
        }
        Some(o) if o.entries > 1 => out.line(format_args!("It is the first of {} copies of one text", o.entries))?,
        Some(_) => out.line("It has no copies")?,
        None => {}
    }
    let here = if entry.umbrella.is_some() { "Links to what it covers" } else { "Strongest links inside its event" };
    print_links(here, &entry.accepted, out)?;
    print_links("Strongest links that joined nothing", &entry.refused, out)
}

fn print_links(title: &str, links: &[LinkLook], out: &mut Out) -> Result<()> {
    if links.is_empty() {
        return out.line(format_args!("\n{title}: none"));
    }
    out.line(format_args!("\n{title}"))?;
    for l in links {
        let by = l.proposed_by.join(", ");
        let umbrella = if l.umbrella { ", an umbrella" } else { "" };
        out.line(format_args!("  {}  {:11}  {}  ({by}{umbrella})", l.p, l.relation.name(), line(&l.other)))?;
    }
    Ok(())
}

fn print_event(event: &EventLook, out: &mut Out) -> Result<()> {
    out.line(named(&event.event))?;
    out.line("\nOrigins, copies under the first of them")?;
    for origin in &event.origins {
        out.line(format_args!("  {}", line(&origin.leader)))?;
        for (copy, relation) in &origin.copies {
            out.line(format_args!("    {:11}  {}", relation.name(), line(copy)))?;
        }
    }
    if event.merges.is_empty() {
        return out.line("\nIt has one origin; nothing was joined");
    }
    out.line(format_args!(
        "\nJoins, in order; groups of origins are joined from an average link of {} on",
        event.threshold
    ))?;
    event.merges.iter().zip(1..).try_for_each(|(step, n)| print_step(n, step, out))?;
    let weakest = event.weakest_link.as_ref().map_or(Probability::default(), |w| w.p);
    out.line(format_args!("\nIt would fall in two at a link of {weakest}"))?;
    if let Some(w) = &event.weakest_link {
        out.line(format_args!("  {}\n  {}", line(&w.a), line(&w.b)))?;
    }
    out.line(format_args!("links over pairs of origins {:.6}, bridges {}", event.density, event.bridges))
}

fn named(event: &EventBrief) -> String {
    let id = event.event_id.map_or("(no id yet)".to_string(), |id| id.to_string());
    format!("{id}  {} (entries: {}, origins: {})", event.title, event.entries, event.origins)
}

/// A text of at most so many characters.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}
