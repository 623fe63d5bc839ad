"use strict";
// The page's data with its indices followed, and what is decided by it. Nothing here knows the page.
const Model = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const INTENTS = [
    { id: "allow", title: "Allow", short: "allow" },
    { id: "bypass-inspection", title: "Bypass inspection", short: "inspection" },
    { id: "bypass-authentication", title: "Bypass authentication", short: "authentication" },
    { id: "direct", title: "Direct", short: "direct" },
  ];
  // How a target says a rule; the gravest last.
  const STATES = {
    none: { sign: "·", title: "no rule", order: 0 },
    exact: { sign: "=", title: "exact", order: 1 },
    wider: { sign: "+", title: "wider", order: 2 },
    narrower: { sign: "−", title: "narrower", order: 3 },
    both: { sign: "±", title: "wider and narrower", order: 4 },
    unsupported: { sign: "×", title: "unsupported", order: 5 },
    held: { sign: "H", title: "held", order: 6 },
  };

  const cells = data.cells.map(([sheet, at, text]) => {
    const [source, name] = data.sheets[sheet];
    const file = data.sources[source].split(/[/\\]/).at(-1);
    return { place: [file, name, at].filter((part) => part !== "").join(" › "), text };
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
  for (const [pattern, httpsPath, geographies, service, category, platforms, requirement, from, asked] of data.endpoints) {
    let row = byPattern.get(pattern);
    if (!row) {
      row = { pattern: patterns[pattern], stated: [], asked: Object.fromEntries(INTENTS.map(({ id }) => [id, new Set()])) };
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
    INTENTS.forEach(({ id }, at) => asked[at].forEach((place) => row.asked[id].add(place)));
  }
  for (const row of rows) {
    const words = row.stated.flatMap((own) => [own.service, own.category, ...own.cells.flatMap((cell) => [cell.text, cell.place])]);
    row.words = [row.pattern.text, ...new Set(words)].join("\n").toLowerCase();
    row.isAsked = INTENTS.some(({ id }) => row.asked[id].size > 0);
  }

  // How a target says what a row asks for in an intent: the gravest of its rules.
  function state(row, target, intent) {
    const states = target.states[intent];
    if (!states) return null;
    let gravest = "none";
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

  return { data, INTENTS, STATES, cells, patterns, rules, held, targets, rows, state, verdictOf, findingsOf, decide };
})();
