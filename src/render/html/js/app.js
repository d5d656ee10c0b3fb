// The page: what the address asks for is shown, and nothing else is fetched from anywhere.

const main = byId("main");
let asked = 0;

function show(view, node, title) {
  document.body.dataset.view = view;
  document.title = title;
  main.replaceChildren(node);
  main.scrollTop = 0;
  scrollTo(0, 0);
}

function pick(detail, name, label, chosen) {
  const all = detail.entries.concat(detail.guests);
  const select = el("select", { id: "pick-" + name }, all.map((entry, at) => el("option", { value: String(at) },
    (at < detail.entries.length ? "" : "Not in this event: ") + plain(entry.outlet, 30) + ": " + plain(titleOf(entry), 60))));
  select.value = String(chosen);
  return { select, node: el("label", {}, label, " ", select) };
}

// The place of an entry's text: in this event, or in the event that holds it.
async function findText(number, detail, seat) {
  if (seat < detail.entries.length) return textOf(number, seat);
  const guest = detail.guests[seat - detail.entries.length];
  const home = guest.event === null ? undefined : numberOf.get(guest.event);
  const other = home === undefined ? null : await detailOf(home);
  const place = other ? other.entries.findIndex((entry) => entry.id === guest.id) : -1;
  return place < 0 ? null : textOf(home, place);
}

function compareOf(event, detail) {
  if (detail.entries.length + detail.guests.length < 2) return null;
  const all = detail.entries.concat(detail.guests);
  const [first, second] = detail.pair || [0, 1];
  const a = pick(detail, "a", "First entry", first);
  const b = pick(detail, "b", "Second entry", second);
  const result = el("div", {});
  let latest = 0;
  const draw = async () => {
    const mine = ++latest;
    const [x, y] = [Number(a.select.value), Number(b.select.value)];
    if (x === y) return result.replaceChildren(el("p", { class: "note" }, "Choose two different entries."));
    const texts = await Promise.all([findText(event.number, detail, x), findText(event.number, detail, y)]);
    if (mine !== latest) return undefined;
    const link = detail.links.find((l) => (l.a === x && l.b === y) || (l.a === y && l.b === x));
    return result.replaceChildren(el("h4", {}, "Evidence"), evidenceOf(link, all[x], all[y]), el("h4", {}, "Texts"), sideBySide(all[x], all[y], texts[0], texts[1]));
  };
  a.select.addEventListener("change", draw);
  b.select.addEventListener("change", draw);
  const choose = (x, y) => {
    a.select.value = String(x);
    b.select.value = String(y);
    byId("h-compare").focus();
    byId("s-compare").scrollIntoView();
    return draw();
  };
  const box = section("compare", "Compare two entries", el("div", { class: "picks" }, a.node, b.node), result, pairsOf(detail, choose), stepsTaken(detail));
  return { box, draw, choose };
}

// Every stored link of the event, the weakest first.
function pairsOf(detail, choose) {
  const own = detail.links.filter((l) => l.b < detail.entries.length).sort((x, y) => x.p - y.p);
  if (own.length < 2) return null;
  const rows = own.map((link) => {
    const button = el("button", { type: "button" }, "Compare");
    button.addEventListener("click", () => choose(link.a, link.b));
    return el("li", {}, el("span", { class: "p" }, probability(link.p)), el("span", {}, from(detail, link.a), " \u2013 ", from(detail, link.b),
      el("span", { class: "quiet" }, " \u00B7 " + relationOf(link.relation))), button);
  });
  const more = detail.more_links ? el("p", { class: "quiet" }, counted(detail.more_links, "more link") + " not listed.") : null;
  return el("details", {}, el("summary", {}, counted(own.length, "link") + " between its entries, the weakest first"), el("ul", { class: "pairs" }, rows), more);
}

// The path of merges that made the event of its accounts.
function stepsTaken(detail) {
  if (detail.merges.length < 2) return null;
  const rows = detail.merges.map(([a, b, at]) => el("li", {}, from(detail, a), " and what was with it, joined with ", from(detail, b),
    el("span", { class: "quiet" }, " at an average of " + probability(at))));
  return el("details", {}, el("summary", {}, "How it was put together, in " + counted(rows.length, "step")), el("ol", {}, rows));
}

// Buttons to the parts of a long page; the address stays that of the event.
function jumps(node) {
  const buttons = Array.from(node.querySelectorAll(".part > h3")).map((head) => {
    const button = el("button", { type: "button" }, head.textContent);
    button.addEventListener("click", () => {
      head.scrollIntoView();
      head.focus({ preventScroll: true });
    });
    return button;
  });
  return el("nav", { class: "jumps", "aria-label": "Parts of this event" }, buttons);
}

// The text of an event that one entry tells.
function readOf(event, detail) {
  if (detail.entries.length !== 1 || detail.guests.length) return null;
  const box = section("text", "Text");
  textOf(event.number, 0).then((found) => box.append(textPanel(detail.entries[0], found, [], []))).catch(fail);
  return box;
}

function eventView(event, detail) {
  const head = el("header", {}, el("a", { href: "#events", class: "back" }, "\u2190 All events"),
    el("h2", { tabindex: "-1" }, outside(event.t || "(no title)")));
  if (!detail) {
    return el("article", { class: "event" }, head, el("p", { class: "note" }, "The details of this event did not fit into the page. ", command("show", event.id), " prints them."));
  }
  const compare = compareOf(event, detail);
  const node = el("article", { class: "event" }, head, detail.summary ? el("p", { class: "summary" }, outside(detail.summary)) : null,
    factsOf(event, detail), doubtOf(event, detail), recordOf(detail), accountsOf(event, detail), readOf(event, detail), compare && compare.box, figuresOf(detail),
    timelineOf(detail), nearOf(detail, compare ? compare.choose : () => {}), umbrellasOf(detail),
    el("footer", { class: "quiet" }, "This event is ", el("code", {}, event.id), ". ", command("show", event.id),
      detail.supersedes.length ? el("p", {}, "It took in ", detail.supersedes.join(", "), ".") : null));
  head.after(jumps(node));
  if (compare) compare.draw().catch(fail);
  return node;
}

function fail(error) {
  main.replaceChildren(el("p", { class: "note", role: "alert" }, "This page could not be opened: " + error.message));
}

async function route(moved) {
  const mine = ++asked;
  const hash = location.hash.slice(1);
  const open = numberOf.get(hash);
  byId("skip").href = "#" + (hash || "run");
  for (const [id, on] of [["to-events", !hash || hash === "events"], ["to-run", hash === "run"]]) {
    if (on) byId(id).setAttribute("aria-current", "page");
    else byId(id).removeAttribute("aria-current");
  }
  if (open !== undefined) {
    const detail = await detailOf(open);
    if (mine !== asked) return;
    show("event", eventView(events[open], detail), "retold: " + plain(events[open].t, 80));
  } else if (hash.startsWith("ev-")) {
    show("event", el("p", { class: "note" }, "The event " + plain(hash, 60) + " is not in this page. ", command("show", /^ev-[0-9a-f]{32}$/.test(hash) ? hash : "EVENT")), "retold");
  } else {
    show(hash === "run" ? "run" : "list", runView(), "retold: " + counted(manifest.overview.totals.events, "event"));
  }
  markOpen(open === undefined ? null : open);
  const head = main.querySelector("h2");
  if (moved && head && main.offsetParent !== null) head.focus({ preventScroll: true });
}

async function start() {
  if (typeof DecompressionStream === "undefined") throw new Error("this browser is too old to unpack it (it has no DecompressionStream)");
  await openIndex();
  document.querySelector(".as-of").textContent = "as of " + time(manifest.overview.as_of);
  startList();
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  addEventListener("hashchange", () => route(true).catch(fail));
  await route(false);
  performance.mark("usable");
  document.documentElement.dataset.usableMs = String(Math.round(performance.now()));
}

start().catch(fail);
