// The evidence of a pair as a waterfall: from the intercept, feature by feature, to the log-odds.

const RELATIONS = {
  same_text: "the same text", reprint: "a reprint", abridgement: "an abridgement",
  same_event: "another account of the same event", different: "another event",
};
const PROPOSED = { exact: "equal text", band: "shared runs of words", neighbour: "shared terms", address: "one address in two languages", canonical: "one page that both name as their source", judgement: "a judgement" };
const relationOf = (name) => RELATIONS[name] || name;
const round4 = (n) => Math.round(n * 1e4) / 1e4;

// The steps: each with where it starts and ends.
function stepsOf(link) {
  const { features, intercept } = manifest.overview;
  let at = round4(intercept);
  const steps = [{ label: "Where every pair starts (intercept)", from: 0, to: at, gives: at, sum: "", words: null }];
  features.forEach((feature, place) => {
    const value = link.values[place];
    const gives = round4(value * feature.weight);
    if (!value) return;
    const sum = value.toFixed(4) + " \u00D7 " + feature.weight.toFixed(3).replace("-", "\u2212");
    steps.push({ label: feature.label, from: at, to: at + gives, gives, sum, words: link.words && link.words[place] });
    at = round4(at + gives);
  });
  return { steps, total: at };
}

function stepRow(step, low, span) {
  const bar = el("div", { class: "bar " + (step.gives < 0 ? "down" : "up"), "aria-hidden": "true" }, el("i", {}));
  const share = (x) => ((x - low) / span) * 100 + "%";
  bar.style.setProperty("--from", share(Math.min(step.from, step.to)));
  bar.style.setProperty("--to", share(Math.max(step.from, step.to)));
  bar.style.setProperty("--zero", share(0));
  const words = step.words
    ? el("p", { class: "words" }, step.words.map((w) => [outside(w, "bdi"), " "]).flat().map((n) => (n.nodeType ? wrapWord(n) : n)))
    : null;
  return el("li", {}, el("span", { class: "fall-label" }, step.label), el("span", { class: "fall-sum" }, step.sum),
    el("b", { class: "fall-gives" }, odds(step.gives)), bar, words);
}

const wrapWord = (node) => {
  node.className = "word";
  return node;
};

function waterfall(link) {
  const { steps, total } = stepsOf(link);
  const ends = steps.flatMap((s) => [s.from, s.to]).concat(0, total);
  const low = Math.min(...ends);
  const span = Math.max(...ends) - low || 1;
  const silent = manifest.overview.features.length + 1 - steps.length;
  const rows = steps.map((step) => stepRow(step, low, span));
  const closing = el("li", { class: "fall-total" }, el("span", { class: "fall-label" }, "Log-odds"), el("span", { class: "fall-sum" }, "sum"),
    el("b", { class: "fall-gives" }, odds(total)));
  const p = el("li", { class: "fall-total" }, el("span", { class: "fall-label" }, "Probability of one event"),
    el("span", { class: "fall-sum" }, "p = 1 / (1 + e^\u2212sum)"), el("b", { class: "fall-gives" }, link.p.toFixed(3)));
  return el("div", {}, el("ol", { class: "fall" }, rows, closing, p),
    silent ? el("p", { class: "quiet" }, "The other " + counted(silent, "feature") + " had the value 0 and changed nothing.") : null);
}

function overlapLine([shared, containment, jaccard]) {
  return counted(shared, "shared run") + " of three words; containment " + percent(containment) + ", Jaccard " + jaccard.toFixed(2);
}

// What is known of a pair: its link, or the command that scores it.
function evidenceOf(link, a, b) {
  const ask = command("explain", a.id, b.id);
  if (!link) {
    return el("p", { class: "note" }, "No link between these two is stored in this page: the pair was not proposed, or it scored too low to list. ",
      ask, " scores it now and shows what joined them.");
  }
  const by = link.by.map((name) => PROPOSED[name] || name).join(", ");
  const verdict = el("p", {}, "Judged to be ", el("b", {}, relationOf(link.relation)), by ? ", proposed by " + by : "", ". ",
    link.overlap ? overlapLine(link.overlap) + ". " : "");
  const later = link.looked_up ? null : el("p", { class: "quiet" }, "The words behind each figure: ", ask, ".");
  return el("div", {}, verdict, waterfall(link), later);
}
