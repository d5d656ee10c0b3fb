//! `retold show`: one event with its entries, or one entry with its text.

use super::global::GlobalArgs;
use super::out::Out;
use crate::error::{Exit, Result};
use crate::model::Event;
use crate::model::event::{Figure, Status};
use crate::pipeline::look::{self, EntryBrief, Shown, ShownEntry, ShownEvent};
use clap::Args;

/// The arguments of `retold show`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "An id may be cut short as long as six digits are left and one thing alone fits; an entry may be named by\n\
its key as well.\n\nExamples:\n  retold show ev-0123456789abcdef0123456789abcdef\n  retold show 5f3a9c --json"
)]
pub struct ShowArgs {
    /// The id of an event or of an entry, as the report and the result files print it.
    #[arg(value_name = "ID")]
    pub id: String,
    /// Print as JSON, with the text of an entry; errors too.
    #[arg(long)]
    pub json: bool,
}

/// Prints an event or an entry.
///
/// # Errors
/// The configuration is wrong, or nothing is named so.
pub fn run(args: &ShowArgs, global: &GlobalArgs) -> Result<Exit> {
    let shown = look::show(&global.settings_after_run()?, &args.id)?;
    let mut out = Out::lock();
    match &shown {
        _ if args.json => {
            let json = serde_json::to_value(&shown).unwrap_or_default();
            out.line(format_args!("{json:#}"))?;
        }
        Shown::Event(event) => print_event(event, &mut out)?,
        Shown::Entry(entry) => print_entry(entry, &mut out)?,
    }
    out.end()?;
    Ok(Exit::Done)
}

/// An entry on one line: id, time, outlet, title.
pub fn line(e: &EntryBrief) -> String {
    format!("{}  {:20}  {}: {}", e.id, e.published.as_deref().unwrap_or("no date"), e.outlet, e.title)
}

fn print_event(shown: &ShownEvent, out: &mut Out) -> Result<()> {
    let e = &shown.event;
    let of = |list: &str, n: u32| format!("{list}: {n}");
    out.line(&e.title)?;
    out.line(format_args!("{}  {}  (run {})", e.event_id, status(e.status), shown.run))?;
    let counts = [
        of("entries", e.entries.len() as u32),
        of("origins", e.origins.len() as u32),
        of("outlets", e.outlet_count),
        of("owners", e.owner_count),
        of("independent", e.independent_count),
    ];
    out.line(counts.join(", "))?;
    let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".to_string());
    out.line(format_args!("when            {} to {}", or(&e.when.from), or(&e.when.to)))?;
    let first = &e.first_reported;
    let who = first.outlet.as_deref().unwrap_or("nobody");
    out.line(format_args!("first reported  {who}, {} ({})", or(&first.at), first.basis))?;
    if e.review.state != "none" {
        out.line(format_args!("review          {}: {}", e.review.state, e.review.reasons.join(", ")))?;
    }
    if !e.summary.is_empty() {
        out.line(format_args!("\n{}", e.summary))?;
    }
    print_fields(e, out)?;
    for figure in &e.figures {
        print_figure(figure, out)?;
    }
    print_members(shown, out)
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Open => "open",
        Status::Settled => "settled",
    }
}

fn print_fields(e: &Event, out: &mut Out) -> Result<()> {
    let fields: Vec<_> = e.fields.iter().filter(|(name, _)| !matches!(name.as_str(), "title" | "summary")).collect();
    let sources = ["title", "summary"].iter().filter_map(|n| Some((n, e.fields.get(*n)?)));
    for (i, (name, field)) in sources.enumerate() {
        let gap = if i == 0 { "\n" } else { "" };
        out.line(format_args!("{gap}{name} from {} ({})", field.entry, field.rule))?;
    }
    for (name, field) in fields {
        out.line(format_args!("{name}: {}  from {} ({})", field.value, field.entry, field.rule))?;
        for other in &field.alternatives {
            out.line(format_args!("  or {}  from {}", other.value, other.entry))?;
        }
    }
    Ok(())
}

fn print_figure(figure: &Figure, out: &mut Out) -> Result<()> {
    out.line(format_args!("\nfigure: {} ({})", figure.counts, format!("{:?}", figure.state).to_lowercase()))?;
    for v in &figure.values {
        let at = v.at.as_deref().unwrap_or("no date");
        out.line(format_args!("  {}  {at}  {}: {}", v.value, v.outlet, v.text))?;
    }
    Ok(())
}

/// The entries by origin, each leader before its copies; those of no listed origin one by one.
fn print_members(shown: &ShownEvent, out: &mut Out) -> Result<()> {
    out.line("\nentries, copies under the first of them")?;
    let brief = |id| shown.members.iter().find(|m| m.id == id);
    let in_origins = |m: &&EntryBrief| !shown.event.origins.iter().any(|o| o.entries.contains(&m.id));
    for origin in &shown.event.origins {
        for (i, id) in origin.entries.iter().enumerate() {
            let indent = if i == 0 { "" } else { "    copy  " };
            out.line(format_args!("{indent}{}", brief(*id).map_or_else(|| id.to_string(), line)))?;
        }
    }
    shown.members.iter().filter(in_origins).try_for_each(|m| out.line(line(m)))
}

fn print_entry(shown: &ShownEntry, out: &mut Out) -> Result<()> {
    let e = &shown.row;
    out.line(if e.title.is_empty() { "(no title)" } else { &e.title })?;
    out.line(format_args!("{}  (run {})", e.id, shown.run))?;
    let mut say = |what: &str, text: &str| match text {
        "" => Ok(()),
        _ => out.line(format_args!("{what:12} {text}")),
    };
    let text = |t: &Option<String>| t.clone().unwrap_or_default();
    let owner = e.owner.as_ref().map(|o| format!(" (of {o})")).unwrap_or_default();
    say("outlet", &format!("{}{owner}", e.outlet))?;
    let quality = format!("{:?}", e.clock).to_lowercase();
    let printed = e.published_raw.as_ref().map(|r| format!(", printed as {r:?}")).unwrap_or_default();
    say("published", &format!("{} ({quality}{printed})", e.published.as_deref().unwrap_or("no date")))?;
    say("key", &e.key)?;
    say("url", &text(&e.url))?;
    say("byline", &text(&e.byline))?;
    say("credits", &text(&e.credit))?;
    say("labels", &e.labels.join(", "))?;
    say("page", &text(&e.parent))?;
    say("language", &text(&e.lang))?;
    say("read from", &format!("{}:{} (source {})", e.file, e.record, e.source))?;
    let event = shown.event.as_ref().map(|v| {
        let id = v.event_id.map(|id| id.to_string()).unwrap_or_default();
        format!("{id}  {}", v.title)
    });
    say("event", &event.unwrap_or_default())?;
    let origin = shown.origin.filter(|o| *o != e.id).map(|o| format!("{} of {o}", shown.relation.unwrap_or("copy")));
    say("copy", &origin.unwrap_or_default())?;
    say("umbrella", &text(&shown.umbrella))?;
    if shown.versions.len() > 1 {
        say("versions", &format!("{}; this is {}", shown.versions.len(), e.text_hash))?;
    }
    for caption in &e.captions {
        say("caption", caption)?;
    }
    match &shown.text {
        Some(text) => out.line(format_args!("\n{text}")),
        None => out.line("\n(no state keeps the text; set [run] state, or look in the file it was read from)"),
    }
}
