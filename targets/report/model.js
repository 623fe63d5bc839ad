"use strict";
// The page's data with its indices followed, and what is decided by it. Nothing here knows the page.
const Model = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const INTENTS = [
    { id: "allow", letter: "A", title: "Allow", short: "allow" },
    { id: "bypass-inspection", letter: "I", title: "Bypass inspection", short: "inspection" },
    { id: "bypass-authentication", letter: "U", title: "Bypass authentication", short: "authentication" },
    { id: "direct", letter: "D", title: "Direct", short: "direct" },
  ];
  // Of several statements of one pattern the first counts.
  const NEEDS = ["required", "not stated", "optional"];
  // How a target says a rule; the gravest last.
  const STATES = {
    none: { sign: "·", title: "no rule", order: 0 },
    through: { sign: "↪", title: "through another rule", order: 1 },
    exact: { sign: "=", title: "exact", order: 2 },
    wider: { sign: "+", title: "wider", order: 3 },
    narrower: { sign: "−", title: "narrower", order: 4 },
    both: { sign: "±", title: "wider and narrower", order: 5 },
    unsupported: { sign: "×", title: "unsupported", order: 6 },
    held: { sign: "H", title: "held", order: 7 },
  };

  const cells = data.cells.map(([sheet, at, text]) => {
    const [source, name] = data.sheets[sheet];
    const file = data.sources[source].split(/[/\\]/).at(-1);
    const inside = [file, name].filter((part) => part !== "").join(" › ");
    return { sheet: inside, at, place: [inside, at].filter((part) => part !== "").join(" › "), text };
  });
  const patterns = data.patterns.map((row) => {
    const [host, schemes, ports, path, domain] = row;
    let parsed = null;
    return {
      host, schemes, ports, path, domain,
      text: `${schemes === "https" ? "" : schemes === "http" ? "http://" : "any://"}${host}${path}`,
      get parsed() { return parsed ??= Policy.pattern(row); },
    };
  });
  const rules = {};
  const held = {};
  for (const { id } of INTENTS) {
    rules[id] = data.policy[id].map(([pattern, from]) => ({ pattern: patterns[pattern], cells: from.map((cell) => cells[cell]) }));
    held[id] = data.held[id].map(([pattern, code]) => ({ pattern: patterns[pattern], code }));
  }
  const entry = (at) => ({ list: data.lists[data.entries[at][0]], text: data.entries[at][1] });

  function stateOf(verdict) {
    if (Array.isArray(verdict)) return "exact";
    if (verdict.held) return "held";
    if (verdict.unsupported !== undefined) return "unsupported";
    if (verdict.wider && verdict.narrower) return "both";
    return verdict.wider ? "wider" : "narrower";
  }

  // How a target says a rule, by its place in the data.
  function verdictOf(place) {
    const raw = data.verdicts[place];
    const witnessed = (all) => all?.map(([kind, witness]) => [kind, data.witnesses[witness]]);
    const differs = Array.isArray(raw) ? {} : raw;
    const entries = Array.isArray(raw) ? raw : raw.entries ?? [];
    return { ...differs, wider: witnessed(differs.wider), narrower: witnessed(differs.narrower), state: stateOf(raw), entries: entries.map(entry) };
  }

  const verdictStates = data.verdicts.map(stateOf);
  const targets = data.targets.map(({ id, title, intents }) => ({
    id, title, intents,
    states: Object.fromEntries(Object.entries(intents).map(([intent, of]) => [intent, of.map((verdict) => verdictStates[verdict])])),
  }));

  // One row for a pattern; what sources state of it stays apart, since filters look at one statement at a time.
  const rows = [];
  const byPattern = new Map();
  for (const [pattern, httpsPath, geographies, service, category, platforms, requirement, from, asked, through] of data.endpoints) {
    let row = byPattern.get(pattern);
    if (!row) {
      row = { pattern: patterns[pattern], stated: [], asked: Object.fromEntries(INTENTS.map(({ id }) => [id, new Set()])), through: {} };
      byPattern.set(pattern, row);
      rows.push(row);
    }
    row.stated.push({
      httpsPath, platforms,
      geographies: geographies.map((name) => data.names[name]),
      service: data.names[service],
      category: data.names[category],
      requirement: requirement || "not stated",
      cells: from.map((cell) => cells[cell]),
    });
    INTENTS.forEach(({ id }, at) => {
      asked[at].forEach((place) => row.asked[id].add(place));
      if (through[at] >= 0) row.through[id] = through[at];
    });
  }
  for (const row of rows) {
    const words = row.stated.flatMap((own) => [own.service, own.category, ...own.cells.flatMap((cell) => [cell.text, cell.place])]);
    row.words = [row.pattern.text, ...new Set(words)].join("\n").toLowerCase();
    row.isAsked = INTENTS.some(({ id }) => row.asked[id].size > 0);
    // Another row of the same pattern asks for it.
    if (row.isAsked) row.through = {};
    const needs = new Set(row.stated.map(({ requirement }) => requirement));
    row.need = NEEDS.find((need) => needs.has(need));
  }
  // What the policy has first, then by need; within these by domain, as the data have them.
  const order = ({ isAsked, need }) => (isAsked ? 0 : NEEDS.length) + NEEDS.indexOf(need);
  rows.sort((one, other) => order(one) - order(other));

  // Why the policy does not have a row, in words.
  function unasked({ stated, through }) {
    const where = [...new Set(stated.flatMap(({ geographies }) => geographies))].join(", ");
    const covering = [...new Set(Object.entries(through).map(([id, place]) => rules[id][place].pattern.text))];
    return `not selected (${where})${covering.length ? `; let through by ${covering.join(", ")}` : ""}`;
  }

  // How a target says what a row asks for in an intent: the gravest of its rules.
  function state(row, target, intent) {
    const states = target.states[intent];
    if (!states) return null;
    // A rule that the target does not have lets nothing through there.
    const place = row.through[intent];
    let gravest = place === undefined || ["held", "unsupported"].includes(states[place]) ? "none" : "through";
    for (const place of row.asked[intent]) {
      const own = place < 0 ? "held" : states[place];
      if (STATES[own].order > STATES[gravest].order) gravest = own;
    }
    return gravest;
  }

  const findingsOf = (row) => {
    const own = new Set(row.stated.flatMap(({ cells }) => cells));
    return data.findings.filter(({ cell }) => cell !== undefined && own.has(cells[cell]));
  };

  // What the policy says of a question: the matching rules of every intent, or `{ error }`.
  function decide(text) {
    const request = Policy.question(text);
    if (request.error) return request;
    const decision = { request, rules: {}, held: {} };
    for (const { id } of INTENTS) {
      const matching = (all) => all.filter(({ pattern }) => Policy.matches(pattern.parsed, request));
      decision.rules[id] = matching(rules[id]);
      decision.held[id] = matching(held[id]);
    }
    return decision;
  }

  return { data, INTENTS, STATES, cells, patterns, rules, held, targets, rows, state, unasked, verdictOf, findingsOf, decide };
})();
