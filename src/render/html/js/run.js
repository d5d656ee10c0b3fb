// The run as a whole: what was read and made per source, outlet and stage, and what was refused.

const STATUS = { success: "done", reused: "reused", skipped: "skipped", warn: "look", error: "failed" };

// A table of rows of cells; numbers stand to the right.
function table(heads, rows) {
  const cell = (value, at) => at === 0 ? el("th", { scope: "row" }, value)
    : typeof value === "number" ? el("td", { class: "num" }, number(value)) : el("td", {}, value);
  return el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": heads[0] },
    el("table", {}, el("thead", {}, el("tr", {}, heads.map((h, at) => el("th", { scope: "col", class: rows.length && typeof rows[0][at] === "number" ? "num" : null }, h)))),
      el("tbody", {}, rows.map((row) => el("tr", {}, row.map(cell))))));
}

const moreLine = (more, one, many) => (more ? el("p", { class: "quiet" }, "and " + counted(more, one, many) + " more, not listed.") : null);

function tally(name, value, note) {
  return el("div", { class: "tally" }, el("dt", {}, name), el("dd", {}, number(value), note ? el("span", { class: "quiet" }, note) : null));
}

// Twenty rows, and a button for the others that are in the page.
function opening(heads, rows, name) {
  const few = 20;
  const box = el("div", {}, table(heads, rows.slice(0, few)));
  if (rows.length > few) {
    const button = el("button", { type: "button" }, "Show all " + number(rows.length) + " " + name);
    button.addEventListener("click", () => box.replaceChildren(table(heads, rows)));
    box.append(button);
  }
  return box;
}

function inPage() {
  const { stats, overview } = manifest;
  const lines = [counted(stats.events, "event") + " listed" + (stats.events_left ? "; " + number(stats.events_left) + " are not: events.jsonl holds all" : "") + "."];
  if (stats.details < stats.events) lines.push(number(stats.events - stats.details) + " listed events are without their details: retold show and the event's id print them.");
  if (overview.text === "none") lines.push("The page was made without texts.");
  else lines.push("Texts of " + counted(stats.texts, "entry", "entries") + (overview.text === "excerpt" ? ", the first 60 words of each" : "") +
    (stats.texts_left ? "; " + number(stats.texts_left) + " did not fit: retold show and the entry's id print them" : "") + ".");
  return section("page", "In this page", el("ul", {}, lines.map((line) => el("li", {}, line))));
}

function runView() {
  const o = manifest.overview;
  const t = o.totals;
  const sources = o.sources.rows.map((s) => [outside(s.name), s.records, s.new_entries, s.new_versions, s.repeats, s.withdrawals, s.quarantined]);
  const outlets = o.outlets.rows.map((r) => [outside(r.name), r.entries, r.events, r.first, r.copies, r.umbrellas]);
  const caps = (stage) => Object.entries(stage.caps).map(([name, n]) => words(name) + " \u00D7 " + number(n)).join(", ");
  const stages = o.stages.map((s) => [s.name, el("span", { class: "chip " + s.status }, STATUS[s.status] || s.status), s.read, s.made, s.rejected,
    el("span", {}, outside(s.message), caps(s) ? el("span", { class: "quiet" }, (s.message ? " \u00B7 " : "") + "caps: ", outside(caps(s))) : null)]);
  const rejects = o.rejects.rows.map((r) => [outside(r.source), outside(r.file), r.record ? number(r.record) : "whole file", outside(r.reason)]);
  const umbrellas = o.umbrellas.rows.map((u) => [outside(u.outlet), outside(u.title || "(no title)"), u.events, outside(words(u.rule))]);
  return el("article", { class: "run" },
    el("h2", { tabindex: "-1" }, "The run"),
    el("dl", { class: "tallies" }, tally("Entries", t.entries), tally("Events", t.events), tally("Events of two entries and more", t.shared),
      tally("Worth a look", t.doubtful), tally("Copies", t.copies), tally("Round-ups", t.umbrellas), tally("Quarantined", t.quarantined)),
    o.warnings.rows.length ? section("warnings", "Warnings", el("ul", { class: "warnings" }, o.warnings.rows.map((w) => el("li", {}, outside(w)))), moreLine(o.warnings.more, "warning")) : null,
    section("sources", "What was read", table(["Source", "Records", "New entries", "New versions", "Repeats", "Withdrawn", "Quarantined"], sources), moreLine(o.sources.more, "source")),
    section("outlets", "What each outlet published", opening(["Outlet", "Entries", "Events", "First", "Copies", "Round-ups"], outlets, "outlets"), moreLine(o.outlets.more, "outlet")),
    section("stages", "What each stage made", table(["Stage", "Status", "In", "Out", "Rejected", "Notes"], stages)),
    umbrellas.length ? section("umbrella-list", "Round-ups", opening(["Outlet", "Title", "Events", "Rule"], umbrellas, "round-ups"), moreLine(o.umbrellas.more, "round-up")) : null,
    section("quarantine", "Quarantine", rejects.length ? opening(["Source", "File", "Line", "Reason"], rejects, "rows") : el("p", {}, "Every record was understood."),
      moreLine(o.rejects.more, "row")),
    inPage());
}
