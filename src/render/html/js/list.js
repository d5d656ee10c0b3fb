// The list of events: ordered, filtered, a page of it at a time.

const PER_PAGE = 50;
const ORDERS = {
  doubtful: (a, b) => (b.d ? 1 : 0) - (a.d ? 1 : 0) || (a.w === undefined ? 2 : a.w) - (b.w === undefined ? 2 : b.w) || b.n - a.n || a.number - b.number,
  newest: (a, b) => (b.u === undefined ? -Infinity : b.u) - (a.u === undefined ? -Infinity : a.u) || a.number - b.number,
  largest: (a, b) => b.n - a.n || a.number - b.number,
};
const list = { found: [], page: 0, open: null };

function fillOutlets() {
  const options = manifest.overview.outlets.rows.map((o, at) => el("option", { value: String(at) }, plain(o.name, 60) + " (" + number(o.events) + ")"));
  byId("f-outlet").append(...options);
}

function search() {
  const sought = byId("f-text").value.toLowerCase().split(/\s+/).filter(Boolean);
  const outlet = byId("f-outlet").value;
  const [least, most] = byId("f-size").value.split("-").map(Number);
  const doubt = byId("f-doubt").checked;
  const wanted = outlet === "" ? null : Number(outlet);
  list.found = events.filter((e) => e.n >= least && (!most || e.n <= most) && (!doubt || e.d) &&
    (wanted === null || e.o.includes(wanted)) && sought.every((word) => e.folded.includes(word)));
  // NaN comes of two undated events: they are equal.
  const order = ORDERS[byId("f-order").value];
  list.found.sort((a, b) => order(a, b) || a.number - b.number);
  list.page = 0;
  drawList();
}

function listItem(event) {
  const sizes = [counted(event.n, "entry", "entries")];
  if (event.k > 1) sizes.push(counted(event.k, "account"));
  if (event.o.length > 1) sizes.push(counted(event.o.length, "outlet"));
  const weakest = event.w === undefined ? null : el("span", { class: "weakest" + (event.d ? " low" : "") }, "weakest link " + probability(event.w));
  const link = el("a", { href: "#" + event.id, "aria-current": event.number === list.open ? "true" : null },
    outside(event.t || "(no title)", "strong"),
    el("span", { class: "line" }, sizes.join(" \u00B7 "), " ", weakest),
    el("span", { class: "line" }, event.u === undefined ? "time unknown" : time(event.u), event.d ? el("span", { class: "flag" }, "worth a look") : null));
  return el("li", {}, link);
}

function drawList() {
  const pages = Math.max(1, Math.ceil(list.found.length / PER_PAGE));
  const from = list.page * PER_PAGE;
  const shown = list.found.slice(from, from + PER_PAGE);
  byId("events").replaceChildren(...shown.map(listItem));
  byId("events").start = from + 1;
  byId("found").textContent = list.found.length === events.length ? counted(events.length, "event") : number(list.found.length) + " of " + counted(events.length, "event");
  byId("page-of").textContent = "Page " + number(list.page + 1) + " of " + number(pages);
  byId("earlier").disabled = list.page === 0;
  byId("later").disabled = list.page + 1 >= pages;
}

function turn(by) {
  list.page += by;
  drawList();
  byId("finder").scrollTop = 0;
  if (byId("main").offsetParent === null) scrollTo(0, 0);
  const first = byId("events").querySelector("a");
  if (first) first.focus({ preventScroll: true });
}

// Marks the open event in the list without drawing it again.
function markOpen(number) {
  list.open = number;
  const open = number === null ? null : "#" + events[number].id;
  for (const link of byId("events").querySelectorAll("a")) {
    if (link.getAttribute("href") === open) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function startList() {
  fillOutlets();
  let waiting = 0;
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("f-text").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(search, 120);
  });
  for (const id of ["f-order", "f-size", "f-outlet", "f-doubt"]) byId(id).addEventListener("change", search);
  byId("earlier").addEventListener("click", () => turn(-1));
  byId("later").addEventListener("click", () => turn(1));
  search();
}
