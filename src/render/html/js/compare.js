// Two texts side by side, with the runs of words that both hold.

const RUN = 3;
const WORD = /[\p{L}\p{M}\p{N}]+(?:['\u2019\-][\p{L}\p{M}\p{N}]+)*/gu;
const LETTERLESS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;

// The words of a text with their places; scripts without spaces give characters.
function wordsOf(text) {
  const words = [];
  for (const found of text.matchAll(WORD)) {
    const parts = LETTERLESS.test(found[0]) ? Array.from(found[0]) : [found[0]];
    let from = found.index;
    for (const part of parts) {
      words.push({ word: part.normalize("NFKC").toLowerCase().replaceAll("\u2019", "'"), from, to: from + part.length });
      from += part.length;
    }
  }
  return words;
}

const gram = (words, at) => words.slice(at, at + RUN).map((w) => w.word).join(" ");

function grams(words) {
  const found = new Set();
  for (let at = 0; at + RUN <= words.length; at++) found.add(gram(words, at));
  return found;
}

// Stretches of `words` that are made of runs in `others`: [first, last] word of each.
function stretches(words, others) {
  const found = [];
  for (let at = 0; at + RUN <= words.length; at++) {
    if (!others.has(gram(words, at))) continue;
    const last = found[found.length - 1];
    if (last && at <= last[1] + 1) last[1] = at + RUN - 1;
    else found.push([at, at + RUN - 1]);
  }
  return found;
}

function marked(label, text, words, runs) {
  const node = el("div", { class: "body-text", tabindex: "0", role: "group", "aria-label": label });
  node.dir = "auto";
  let from = 0;
  for (const [first, last] of runs) {
    appendOutside(node, text.slice(from, words[first].from));
    const mark = el("mark", {});
    appendOutside(mark, text.slice(words[first].from, words[last].to));
    node.append(mark);
    from = words[last].to;
  }
  return appendOutside(node, text.slice(from));
}

const inRuns = (runs) => runs.reduce((sum, [first, last]) => sum + last - first + 1, 0);

function textPanel(entry, found, words, runs) {
  const head = el("header", {},
    el("h4", {}, outside(entry.outlet)),
    el("p", { class: "quiet" }, time(entry.at, entry.clock)),
    el("p", { class: "panel-title" }, outside(entry.title || entry.opening || "(no title)")));
  const why = manifest.overview.text === "none" ? "This report was made without texts. " : "Its text is not in this page. ";
  const body = found
    ? marked("Text of " + plain(entry.outlet, 60), found.text, words, runs)
    : el("p", { class: "note" }, why, command("show", entry.id), " prints it.");
  const cut = found && found.cut ? el("p", { class: "quiet" }, "Shortened. ", command("show", entry.id), " prints all of it.") : null;
  return el("article", { class: "panel" }, head, body, cut);
}

// Both texts, and a line that says how much they share.
function sideBySide(a, b, textA, textB) {
  const wordsA = textA ? wordsOf(textA.text) : [];
  const wordsB = textB ? wordsOf(textB.text) : [];
  const runsA = stretches(wordsA, grams(wordsB));
  const runsB = stretches(wordsB, grams(wordsA));
  const share = textA && textB
    ? el("p", { class: "quiet" }, runsA.length
      ? el("span", {}, el("mark", {}, "Marked"), ": runs of three and more words that stand in both: " +
        inRuns(runsA) + " of " + wordsA.length + " words on the first side, " + inRuns(runsB) + " of " + wordsB.length + " on the second.")
      : "No run of three words stands in both texts.")
    : null;
  return el("div", {}, share, el("div", { class: "panels" },
    textPanel(a, textA, wordsA, runsA), textPanel(b, textB, wordsB, runsB)));
}
