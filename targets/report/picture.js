"use strict";
// Services, the domains that they need, and how every target says the rules: bands whose height is a number of patterns.
const Picture = (() => {
  const { el, svg, count, sign } = Dom;
  const { INTENTS, STATES, rows, rules, held, targets, state } = Model;
  const NARROW = matchMedia("(max-width: 920px)"); // The picture would be cut; as in report.css.
  const WIDTH = 1080;
  const BAR = 10;
  const GAP = 7;
  const LEAST = 15; // So that a label has room.
  const COLUMNS = { service: 262, domain: 560, target: 868 };
  const MOST = { service: 8, domain: 14 };
  const STATE_ORDER = ["exact", "wider", "both", "narrower", "unsupported", "held", "none"];

  const holder = () => document.getElementById("flow");

  function build() {
    const used = INTENTS.filter(({ id }) => rows.some((row) => row.asked[id].size > 0));
    if (used.length === 0) {
      holder().append(el("p", { class: "empty" }, "The policy has no rules."));
      return;
    }
    const drawing = el("div");
    const choice = (intent, at) => [
      el("input", { type: "radio", name: "flow-intent", id: `flow-${intent.id}`, value: intent.id, checked: at === 0, onchange: () => draw(drawing, intent) }),
      el("label", { for: `flow-${intent.id}` }, intent.title),
    ];
    holder().append(el("fieldset", { class: "choice" }, el("legend", { class: "vh" }, "Intent of the picture"), used.map(choice)), drawing);
    draw(drawing, used[0]);
    NARROW.addEventListener("change", ({ matches }) => { drawing.querySelector("details").open = matches; });
  }

  // The largest of several by their numbers; the rest as one.
  function largest(of, most) {
    const all = [...of].sort(([one, a], [other, b]) => b - a || (one < other ? -1 : 1));
    if (all.length <= most) return new Map(all.map(([name]) => [name, name]));
    const names = new Map(all.slice(0, most - 1).map(([name]) => [name, name]));
    const rest = `${all.length - most + 1} more`;
    all.slice(most - 1).forEach(([name]) => names.set(name, rest));
    return names;
  }

  const add = (map, key, number) => map.set(key, (map.get(key) ?? 0) + number);

  function draw(drawing, intent) {
    const own = rows.filter((row) => row.asked[intent.id].size > 0);
    const servicesOf = (row) => [...new Set(row.stated.map(({ service }) => service || "no service"))];
    const domainOf = (row) => row.pattern.domain || "addresses";
    const saying = targets.filter((target) => target.states[intent.id]);
    const sums = { service: new Map(), domain: new Map() };
    for (const row of own) {
      servicesOf(row).forEach((name, _, all) => add(sums.service, name, 1 / all.length));
      add(sums.domain, domainOf(row), 1);
    }
    const names = { service: largest(sums.service, MOST.service), domain: largest(sums.domain, MOST.domain) };
    const left = new Map(); // service → domain → patterns
    const right = new Map(); // domain → target → state → patterns
    const of = (map, key) => map.get(key) ?? map.set(key, new Map()).get(key);
    for (const row of own) {
      const domain = names.domain.get(domainOf(row));
      servicesOf(row).forEach((name, _, all) => add(of(left, names.service.get(name)), domain, 1 / all.length));
      for (const target of saying) add(of(of(right, domain), target.id), state(row, target, intent.id), 1);
    }
    const real = { service: new Set(sums.service.keys()), domain: new Set(sums.domain.keys()) };
    drawing.replaceChildren(
      el("p", { class: "words" }, `Numbers count patterns of the sources: ${count(own.length, "pattern")} made ${count(rules[intent.id].length, "rule")}, since a rule stands for all that it covers${held[intent.id].length ? `, and ${held[intent.id].length} held` : ""}.`),
      el("div", { class: "wide drawn", role: "region", "aria-label": "Flow", tabindex: "0" }, image(intent, own.length, left, right, saying, real)),
      el("details", { open: NARROW.matches }, el("summary", {}, "As a table"), asTable(right, saying)));
  }

  // Places of nodes in a column: name → { y, height, offset }, as many pixels as patterns say.
  function stack(entries, scale) {
    const nodes = new Map();
    let y = 24;
    for (const [name, value] of entries) {
      const height = Math.max(2, value * scale);
      const room = Math.max(height, LEAST);
      nodes.set(name, { y: y + (room - height) / 2, height, value, out: 0, in: 0 });
      y += room + GAP;
    }
    return { nodes, end: y };
  }

  function image(intent, total, left, right, saying, real) {
    const sum = (map) => [...map.values()].reduce((one, other) => one + other, 0);
    const byValue = ([one, a], [other, b]) => /^\d+ more$/.test(one) - /^\d+ more$/.test(other) || b - a || (one < other ? -1 : 1);
    const services = [...left].map(([name, to]) => [name, sum(to)]).sort(byValue);
    const domains = new Map();
    for (const to of left.values()) to.forEach((value, name) => add(domains, name, value));
    const scale = Math.max(2.2, Math.min(7, 330 / total)) * (total > 150 ? 150 / total : 1);
    const service = stack(services, scale);
    const domain = stack([...domains].sort(byValue), scale);
    // A target has every pattern, so that its band is as wide as all others together.
    const share = saying.length ? scale / saying.length : 0;
    const target = stack(saying.map(({ id }) => [id, total / saying.length]), scale);
    const height = Math.max(service.end, domain.end, target.end) + 4;
    for (const column of [service, domain, target]) {
      const shift = (height - column.end) / 2;
      column.nodes.forEach((node) => { node.y += shift; });
    }

    const bands = [];
    for (const [name, from] of service.nodes) {
      for (const [to, node] of domain.nodes) {
        const value = left.get(name).get(to);
        if (value) bands.push(band(COLUMNS.service + BAR, from, COLUMNS.domain, node, value * scale, `service`, `s:${name}`, `d:${to}`));
      }
    }
    const parts = [];
    for (const { id } of saying) {
      const node = target.nodes.get(id);
      for (const name of STATE_ORDER) {
        const before = node.in;
        let number = 0;
        for (const [from, source] of domain.nodes) {
          const value = right.get(from)?.get(id)?.get(name);
          if (!value) continue;
          number += value;
          bands.push(band(COLUMNS.domain + BAR, source, COLUMNS.target, node, value * share, name, `d:${from}`, `t:${id}`));
        }
        if (number) parts.push({ id, name, number, y: node.y + before, height: node.in - before });
      }
    }

    const title = (x, text, anchor) => svg("text", { x, y: 12, class: "title", "text-anchor": anchor }, text);
    const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${Math.ceil(height)}`, role: "group", "aria-label": `${intent.title}: ${count(total, "pattern")} by service, domain and target` },
      title(COLUMNS.service - 8, "Service", "end"), title(COLUMNS.domain + BAR + 8, "Domain", "start"), title(COLUMNS.target + BAR + 8, "Target", "start"),
      svg("g", { class: "bands", "aria-hidden": "true" }, bands),
      [...service.nodes].map(([name, node]) => nodeOf("s", name, node, COLUMNS.service, "end", real.service.has(name) && (() => Matrix.set({ service: name, domain: "", intent: intent.id })))),
      [...domain.nodes].map(([name, node]) => nodeOf("d", name, node, COLUMNS.domain, "start", real.domain.has(name) && name !== "addresses" && (() => Matrix.set({ domain: name, service: "", intent: intent.id })))),
      saying.map(({ id, title: name }) => targetOf(id, name, target.nodes.get(id), parts.filter((part) => part.id === id))));
    const light = (key) => {
      picture.classList.toggle("lit", key !== null);
      for (const path of picture.querySelectorAll(".bands path")) path.classList.toggle("on", key !== null && (path.dataset.from === key || path.dataset.to === key));
    };
    for (const [on, off] of [["pointerover", "pointerout"], ["focusin", "focusout"]]) {
      picture.addEventListener(on, (event) => light(event.target.closest("[data-key]")?.dataset.key ?? null));
      picture.addEventListener(off, () => light(null));
    }
    return picture;
  }

  function band(x, from, end, to, height, kind, fromKey, toKey) {
    const [y1, y2] = [from.y + from.out, to.y + to.in];
    from.out += height;
    to.in += height;
    const middle = (x + end) / 2;
    const thick = Math.max(height, 0.6);
    const d = `M${x},${y1.toFixed(1)}C${middle},${y1.toFixed(1)} ${middle},${y2.toFixed(1)} ${end},${y2.toFixed(1)}v${thick.toFixed(1)}` +
      `C${middle},${(y2 + thick).toFixed(1)} ${middle},${(y1 + thick).toFixed(1)} ${x},${(y1 + thick).toFixed(1)}z`;
    return svg("path", { d, class: kind, "data-from": fromKey, "data-to": toKey });
  }

  const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

  function nodeOf(kind, name, { y, height, value }, x, anchor, choose) {
    const label = `${name}: ${count(Math.round(value), "pattern")}${choose ? ", show" : ""}`;
    const at = anchor === "end" ? x - 8 : x + BAR + 8;
    const go = () => { choose(); document.getElementById("matrix").scrollIntoView(); };
    const attributes = choose
      ? { class: "node choose", tabindex: "0", role: "button", onclick: go, onkeydown: (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); go(); } } }
      : { class: "node", role: "img" };
    return svg("g", { ...attributes, "data-key": `${kind}:${name}` },
      svg("title", {}, label),
      svg("rect", { x, y, width: BAR, height, rx: 2 }),
      svg("text", { x: at, y: y + height / 2, "text-anchor": anchor, "dominant-baseline": "central" },
        cut(name, 34), svg("tspan", { class: "number", dx: 6 }, Math.round(value))));
  }

  function targetOf(id, name, { y, height }, parts) {
    const said = parts.map((part) => `${part.number} ${STATES[part.name].title}`).join(", ");
    return svg("g", { class: "node", role: "img", "data-key": `t:${id}` },
      svg("title", {}, `${name}: ${said}`),
      parts.map((part) => svg("rect", { x: COLUMNS.target, y: part.y, width: BAR, height: Math.max(part.height, 1), class: part.name })),
      svg("text", { x: COLUMNS.target + BAR + 8, y: y + height / 2, "dominant-baseline": "central" }, id,
        parts.map((part) => svg("tspan", { class: `number ${part.name}`, dx: 7 }, `${STATES[part.name].sign}${part.number}`))));
  }

  function asTable(right, saying) {
    const body = [...right].sort(([one], [other]) => (one < other ? -1 : 1)).map(([domain, to]) => el("tr", {}, el("th", { scope: "row" }, domain),
      saying.map(({ id }) => el("td", {}, [...to.get(id)].map(([name, number]) => el("span", { class: "pair" }, sign(name), ` ${number} `))))));
    return el("div", { class: "wide", role: "region", "aria-label": "Flow as a table", tabindex: "0" }, el("table", { class: "list" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Domain"), saying.map(({ id }) => el("th", { scope: "col" }, id)))),
      el("tbody", {}, body)));
  }

  return { build };
})();
