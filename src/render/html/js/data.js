"use strict";
// Data: blocks of base64 of zlib of JSON, unpacked when they are asked for.

const byId = (id) => document.getElementById(id);
const kept = new Map();
const KEEP = 24;

let manifest = null;
let events = [];
const numberOf = new Map();

// Blocks after the script are whole only when the document is.
function wholeDocument() {
  if (document.readyState !== "loading") return Promise.resolve();
  return new Promise((done) => document.addEventListener("DOMContentLoaded", done, { once: true }));
}

async function unpack(id) {
  const node = byId(id);
  if (!node) throw new Error("The page is incomplete: block " + id + " is missing.");
  const bytes = Uint8Array.from(atob(node.textContent), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

// A block that is asked for again is not unpacked again; the oldest is let go.
async function block(id) {
  await wholeDocument();
  const found = kept.get(id) || unpack(id);
  kept.delete(id);
  kept.set(id, found);
  if (kept.size > KEEP) kept.delete(kept.keys().next().value);
  return found;
}

async function openIndex() {
  manifest = await unpack("m");
  const count = manifest.lists.length - 1;
  const lists = await Promise.all(Array.from({ length: count }, (_, at) => unpack("i" + at)));
  events = lists.flat();
  events.forEach((event, number) => {
    event.number = number;
    event.folded = event.t.toLowerCase();
    numberOf.set(event.id, number);
  });
}

// The block of `starts` that holds an event, and its place there; null when none does.
function locate(starts, number) {
  if (number >= starts[starts.length - 1]) return null;
  let low = 0;
  let high = starts.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= number) low = middle;
    else high = middle;
  }
  return { at: low, place: number - starts[low] };
}

async function detailOf(number) {
  const seat = locate(manifest.details, number);
  return seat && (await block("d" + seat.at))[seat.place];
}

async function textsOf(number) {
  const seat = locate(manifest.texts, number);
  return seat ? (await block("t" + seat.at))[seat.place] : [];
}

// {text, cut} of one entry of an event; null when it is not in the page.
async function textOf(number, seat) {
  const text = (await textsOf(number))[seat];
  if (text === undefined || text === null) return null;
  return Array.isArray(text) ? { text: text[0], cut: true } : { text, cut: false };
}
