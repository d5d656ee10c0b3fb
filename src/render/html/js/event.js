// One event: its canonical record, its accounts and their copies, its figures, its time line.

const REASONS = {
  bridge: "One link alone holds two parts of it together.",
  figures_dispute: "Its accounts give different figures at the same time.",
  wide_dates: "Its reports lie far apart in time.",
  large: "It is unusually large.",
};
const RULES = {
  clock: "earliest clock", credit: "named by the others as their source", only: "the only account",
  undetermined: "a tie: the clocks are not precise enough", unknown: "no account has a clock",
};
const ROLES = { first: "first report", account: "account", copy: "copy", update: "update" };
const FIGURES = { equal: "all agree", progression: "changing with time: later accounts supersede", dispute: "in dispute: different at the same time" };
const FLAGS = { umbrella: "round-up", opinion: "opinion", live: "live post", correction: "correction", bad_date: "unreadable date" };

const titleOf = (entry) => entry.title || entry.opening || "(no title)";
const words = (name) => name.replaceAll("_", " ");

function section(name, head, ...children) {
  return el("section", { "aria-labelledby": "h-" + name, id: "s-" + name, class: "part" }, el("h3", { id: "h-" + name, tabindex: "-1" }, head), ...children);
}

function from(detail, seat) {
  const entry = seat === null ? null : detail.entries[seat];
  return entry ? el("span", {}, outside(entry.outlet), ", ", time(entry.at, entry.clock)) : "an entry that is not listed";
}

function fact(name, value, wide) {
  return el("div", { class: wide ? "wide" : null }, el("dt", {}, name), el("dd", {}, value));
}

function factsOf(event, detail) {
  const first = detail.first;
  const firstly = first.outlet ? el("span", {}, outside(first.outlet), first.at ? ", " + time(first.at) : "") : "Undetermined";
  const basis = el("span", { class: "quiet" }, " (", RULES[first.basis] || outside(first.basis), ")");
  return el("dl", { class: "facts" },
    fact("Independent accounts", number(event.i)),
    fact("Entries", number(event.n)),
    fact("Copies", number(event.n - event.k)),
    fact("Outlets", number(detail.outlet_count) + (detail.owner_count === detail.outlet_count ? "" : ", of " + counted(detail.owner_count, "owner"))),
    fact("First reported", el("span", {}, firstly, basis), true),
    fact("Reported", detail.when.from ? spanOf(detail.when) : "Time unknown", true),
    fact("State", detail.status === "open" ? "Open: it may still grow" : "Settled", true));
}

function spanOf(when) {
  const [first, last] = [time(when.from, when.quality), time(when.to, when.quality)];
  return first === last || !when.to ? first : first + " to " + last;
}

function doubtOf(event, detail) {
  if (!event.d && event.w === undefined) return null;
  const weakest = event.w === undefined ? null : weakestLine(event, detail);
  const reasons = detail.reasons.filter((r) => r !== "weak_link").map((r) => el("li", {}, REASONS[r] || outside(r)));
  if (!event.d) return el("p", { class: "quiet" }, weakest);
  return el("div", { class: "doubt" }, el("h3", {}, "Worth a look"), el("ul", {}, weakest ? el("li", {}, weakest) : null, reasons));
}

function weakestLine(event, detail) {
  const between = detail.pair
    ? [" between ", outside(detail.entries[detail.pair[0]].outlet), " and ", outside(detail.entries[detail.pair[1]].outlet)] : [];
  return el("span", {}, el("b", {}, "Weakest link " + probability(event.w)), ": would fall apart here,", between.length ? between : " at its lowest link",
    ". " + counted(event.k, "account") + " held by " + percent(detail.density) + " of the possible links" +
    (detail.bridges ? ", " + counted(detail.bridges, "bridge") + " among them." : "."));
}

const FIRST_FIELDS = ["title", "summary"];

function recordOf(detail) {
  const known = FIRST_FIELDS.map((name) => detail.fields.find((f) => f.name === name)).filter(Boolean);
  const rows = known.concat(detail.fields.filter((f) => !known.includes(f))).map((field) => {
    const value = field.name === "url" ? outerLink(field.value, outside(field.value)) : outside(field.value);
    const others = field.alternatives.map(([other, seat]) => el("li", {}, outside(other), el("span", { class: "quiet" }, " ", from(detail, seat))));
    const more = field.more ? el("li", { class: "quiet" }, "and " + number(field.more) + " more") : null;
    const list = others.length ? el("details", {}, el("summary", {}, counted(field.alternatives.length + field.more, "other value")), el("ul", {}, others, more)) : null;
    return el("tr", {}, el("th", { scope: "row" }, outside(words(field.name))), el("td", {}, value, list),
      el("td", { class: "source" }, from(detail, field.entry), el("br"), el("span", { class: "quiet" }, outside(words(field.rule)))));
  });
  const head = el("thead", {}, el("tr", {}, ["Field", "Value", "Taken from, by which rule"].map((h) => el("th", { scope: "col" }, h))));
  return section("record", "Canonical record", el("table", { class: "record" }, head, el("tbody", {}, rows)));
}

function entryLine(entry) {
  const notes = [
    entry.byline ? [outside(entry.byline)] : null,
    entry.credit ? ["credits ", outside(entry.credit)] : null,
    [counted(entry.words, "word")],
    entry.lang && entry.lang !== "en" ? ["language ", outside(entry.lang)] : null,
    (entry.flags || []).length ? [entry.flags.map((f) => FLAGS[f] || f).join(", ")] : null,
    entry.raw ? ["printed date ", outside(entry.raw)] : null,
    [outside(entry.file), " line " + entry.record],
  ].filter(Boolean);
  return el("div", { class: "entry" },
    el("p", { class: "entry-head" }, el("b", {}, outside(entry.outlet)), " ", el("span", { class: "quiet" }, time(entry.at, entry.clock))),
    el("p", {}, outerLink(entry.url || "", outside(titleOf(entry)))),
    el("p", { class: "quiet" }, notes.flatMap((note, at) => (at ? [" \u00B7 ", ...note] : note))));
}

function accountsOf(event, detail) {
  const origins = new Map();
  detail.entries.forEach((entry) => origins.set(entry.origin, (origins.get(entry.origin) || []).concat(entry)));
  const cards = Array.from(origins.values()).map(([leader, ...copies]) => el("li", { class: "account" }, entryLine(leader),
    copies.length ? el("div", { class: "copies" }, el("h4", {}, counted(copies.length, "copy", "copies")),
      el("ul", {}, copies.map((copy) => el("li", {}, entryLine(copy), el("p", { class: "quiet relation" },
        el("b", {}, relationOf(copy.relation)), copy.overlap ? ": " + overlapLine(copy.overlap) : ""))))) : null));
  const more = detail.more_entries ? el("p", { class: "note" }, counted(detail.more_entries, "more entry", "more entries") + " not listed. ", command("show", event.id), " lists all.") : null;
  const head = event.k === event.n ? "Accounts" : "Accounts and their copies";
  const told = event.n === 1 ? null : el("p", { class: "quiet" }, counted(event.k, "account") + ", " + number(event.i) + " of them independent" +
    (event.k === event.n ? "." : "; a copy stands under the text it was made from."));
  return section("accounts", head, told, el("ol", { class: "accounts" }, cards), more);
}

function figuresOf(detail) {
  if (!detail.figures.rows.length) return null;
  const blocks = detail.figures.rows.map((figure) => el("div", { class: "figure" },
    el("h4", {}, outside(figure.counts), " ", el("span", { class: "chip " + figure.state }, FIGURES[figure.state])),
    el("table", {}, el("thead", {}, el("tr", {}, ["Value", "As printed", "Outlet", "Time"].map((h) => el("th", { scope: "col" }, h)))),
      el("tbody", {}, figure.values.map((v) => el("tr", {}, el("td", { class: "num" }, Number.isFinite(v.value) ? v.value.toLocaleString("en-GB") : ""),
        el("td", {}, outside(v.text)), el("td", {}, outside(v.outlet)), el("td", {}, v.at ? time(v.at) : "time unknown"))))),
    figure.more ? el("p", { class: "quiet" }, counted(figure.more, "more value") + ".") : null));
  const more = detail.figures.more ? el("p", { class: "quiet" }, counted(detail.figures.more, "more figure") + ".") : null;
  return section("figures", "Figures", blocks, more);
}

function timelineOf(detail) {
  const items = detail.timeline.map(([seat, role]) => {
    const entry = detail.entries[seat];
    return el("li", { class: "role-" + (ROLES[role] ? role : "other") }, el("span", { class: "when" }, time(entry.at, entry.clock)),
      el("div", {}, el("b", {}, outside(entry.outlet)), " ", el("span", { class: "chip" }, ROLES[role] || outside(role)), el("br"), outside(titleOf(entry))));
  });
  return items.length ? section("timeline", "Timeline", el("ol", { class: "timeline" }, items)) : null;
}

function umbrellasOf(detail) {
  if (!detail.umbrellas.rows.length) return null;
  const rows = detail.umbrellas.rows.map((u) => el("li", {}, el("b", {}, outside(u.outlet)), ": ", outside(u.title || "(no title)"),
    el("span", { class: "quiet" }, " covers " + counted(u.events, "event") + "; ", outside(words(u.rule)), ". "), command("show", u.id)));
  const more = detail.umbrellas.more ? el("li", { class: "quiet" }, number(detail.umbrellas.more) + " more") : null;
  return section("umbrellas", "Round-ups that cover it", el("p", { class: "quiet" }, "They mention this event among others, and count as no account of it."), el("ul", {}, rows, more));
}

function nearOf(detail, choose) {
  if (!detail.guests.length) return null;
  const rows = detail.guests.map((guest, at) => {
    const seat = detail.entries.length + at;
    const link = detail.links.find((l) => l.b === seat);
    const button = el("button", { type: "button" }, "Compare");
    button.addEventListener("click", () => choose(link.a, seat));
    const where = guest.event && numberOf.has(guest.event) ? el("a", { href: "#" + guest.event }, "its event")
      : guest.event ? command("show", guest.event) : "a round-up";
    return el("li", {}, el("span", { class: "p" }, probability(link.p)), el("div", {}, el("b", {}, outside(guest.outlet)), ": ", outside(titleOf(guest)),
      el("p", { class: "quiet" }, "with ", from(detail, link.a), " \u00B7 ", where, " ", button)));
  });
  return section("near", "Nearly joined", el("p", { class: "quiet" }, "Reports kept out of this event, the closest first, with the probability of that pair."), el("ul", { class: "near" }, rows));
}
