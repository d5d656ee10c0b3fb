// Text from outside: never markup, its hidden characters made visible, its direction kept to itself.

const HIDDEN = new RegExp(
  "[\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F\\u007F-\\u009F\\u00AD\\u034F\\u061C\\u115F\\u1160\\u17B4\\u17B5" +
    "\\u180B-\\u180F\\u200B-\\u200F\\u2028-\\u202E\\u2060-\\u206F\\u3164\\uFEFF\\uFFA0\\uFFF0-\\uFFFB" +
    "\\u{E0000}-\\u{E0FFF}]",
  "gu",
);
// Scripts that join and part their letters with zero-width characters, and emoji joined to one.
const JOINS = /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}\p{Script=Myanmar}\p{Extended_Pictographic}\u{1F3FB}-\u{1F3FF}\uFE0F]/u;
const NAMES = {
  "00AD": "SHY", "061C": "ALM", "200B": "ZWSP", "200C": "ZWNJ", "200D": "ZWJ", "200E": "LRM", "200F": "RLM",
  "202A": "LRE", "202B": "RLE", "202C": "PDF", "202D": "LRO", "202E": "RLO", "2060": "WJ", "2066": "LRI",
  "2067": "RLI", "2068": "FSI", "2069": "PDI", "FEFF": "BOM",
};

const codeOf = (c) => c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");

function joins(text, at) {
  if (text[at] !== "\u200C" && text[at] !== "\u200D") return false;
  const before = Array.from(text.slice(Math.max(0, at - 2), at)).pop() || "";
  const after = String.fromCodePoint(text.codePointAt(at + 1) || 32);
  return JOINS.test(before) && JOINS.test(after);
}

function hiddenIn(text) {
  return Array.from(text.matchAll(HIDDEN)).filter((found) => !joins(text, found.index));
}

// Appends outside text to a node.
function appendOutside(node, text) {
  let from = 0;
  for (const found of hiddenIn(text)) {
    node.append(text.slice(from, found.index));
    const code = codeOf(found[0]);
    const mark = el("span", { class: "hidden-mark", title: "Hidden character U+" + code }, NAMES[code] || "U+" + code);
    mark.dir = "ltr";
    node.append(mark);
    from = found.index + found[0].length;
  }
  node.append(text.slice(from));
  return node;
}

// Outside text as a node of its own direction.
function outside(text, tag) {
  const node = document.createElement(tag || "bdi");
  node.dir = "auto";
  return appendOutside(node, String(text));
}

// Outside text where only a plain string can stand: an option, a label.
function plain(text, most) {
  const found = String(text).replace(HIDDEN, (c, at, all) => (joins(all, at) ? c : "\u2039" + (NAMES[codeOf(c)] || codeOf(c)) + "\u203A"));
  const chars = Array.from(found);
  return chars.length > most ? chars.slice(0, most).join("") + "\u2026" : found;
}

const ATTRIBUTES = new Set(["class", "title", "id", "href", "rel", "type", "for", "value", "scope", "tabindex", "colspan",
  "role", "aria-label", "aria-labelledby", "aria-current", "aria-live", "aria-hidden", "datetime", "target"]);

// An element of our own: known attributes, children as nodes or text.
function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (ATTRIBUTES.has(name) && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// A link only for http and https, its real host beside it; anything else stays text.
function outerLink(url, label) {
  let parsed = null;
  try {
    parsed = new URL(url);
  } catch {
    parsed = null;
  }
  if (!parsed || (parsed.protocol !== "https:" && parsed.protocol !== "http:") || !parsed.hostname) return label;
  parsed.username = "";
  parsed.password = "";
  const link = el("a", { href: parsed.href, rel: "noopener noreferrer nofollow", target: "_blank" }, label);
  return el("span", {}, link, " ", el("span", { class: "host" }, "(" + parsed.hostname + ")"));
}

const whole = new Intl.NumberFormat("en-GB");
const number = (n) => whole.format(n);
const counted = (n, one, many) => number(n) + " " + (n === 1 ? one : many || one + "s");
const percent = (share) => Math.round(share * 100) + " %";
const odds = (n) => (n < 0 ? "\u2212" : "+") + Math.abs(n).toFixed(4);
const probability = (p) => p.toFixed(p > 0 && p < 0.01 ? 4 : 2);
const command = (...words) => el("code", { class: "command" }, "retold " + words.join(" "));

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (n) => String(n).padStart(2, "0");

// Unix seconds or RFC 3339 in plain words, as precise as the clock is.
function time(value, clock) {
  const date = new Date(typeof value === "number" ? value * 1000 : value);
  if (value === null || value === undefined || Number.isNaN(date.getTime())) return "time unknown";
  const day = date.getUTCDate() + " " + MONTHS[date.getUTCMonth()] + " " + date.getUTCFullYear();
  if (clock === "day") return day;
  const seconds = clock === "exact" && date.getUTCSeconds() ? ":" + two(date.getUTCSeconds()) : "";
  const hours = two(date.getUTCHours()) + ":" + two(date.getUTCMinutes()) + seconds;
  return day + ", " + hours + " UTC" + (clock === "inferred" ? " (inferred)" : "");
}
