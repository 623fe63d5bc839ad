"use strict";
// The endpoints by target and intent: filters, and a grid of which only the rows in sight are elements where there are many.
const Matrix = (() => {
  const { el, count, sign, options } = Dom;
  const { INTENTS, STATES, rows, targets, state, unasked } = Model;
  const ROW = 46; // Pixels, as in report.css.
  const MOST = 500; // Rows that are all there, so that a browser's own search finds them.
  const BEYOND = 8; // Rows above and below those in sight.
  const NONE = "";

  const filter = { search: NONE, intent: NONE, geography: NONE, service: NONE, platform: NONE, requirement: NONE, state: NONE, domain: NONE };
  const selects = {};
  let shown = rows;
  let active = 0;
  let whole = false;
  let open = () => {};

  const table = el("table", { role: "grid", "aria-labelledby": "matrix-title", class: "matrix" });
  const head = el("thead");
  const body = el("tbody");
  const above = el("tr", { class: "space", "aria-hidden": "true" }, el("td"));
  const below = el("tr", { class: "space", "aria-hidden": "true" }, el("td"));
  const scroller = el("div", { class: "scroller", tabindex: "-1" }, table);
  const empty = el("p", { class: "empty", hidden: true });
  const status = document.getElementById("count");
  const clear = el("button", { type: "button", class: "clear", hidden: true, onclick: reset }, "Clear filters");
  const inSight = new Map();

  // The values of statements, with how many rows have each.
  function values(of) {
    const counts = new Map();
    for (const row of rows) {
      for (const value of new Set(row.stated.flatMap(of))) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    return [...counts].filter(([value]) => value !== "").sort(([one], [other]) => (one < other ? -1 : 1));
  }

  const PLATFORMS = { windows: "Windows", macos: "macOS", linux: "Linux", "not stated": "not stated" };
  const platformsOf = ({ platforms }) => (platforms.length ? platforms : ["not stated"]);
  const geographyTitle = (code) => (code === "WW" ? "WW (worldwide)" : code);

  function select(name, label, all, choices) {
    const id = `filter-${name}`;
    selects[name] = el("select", { id, onchange: (event) => set({ [name]: event.target.value }) }, options([[NONE, all], ...choices]));
    return el("div", {}, el("label", { for: id }, label), selects[name]);
  }

  function build() {
    const counted = (of, title = (value) => value) => values(of).map(([value, number]) => [value, `${title(value)} (${number})`]);
    const form = document.getElementById("filters");
    form.append(
      select("intent", "Intent", "All four", INTENTS.map(({ id, title }) => [id, title])),
      select("geography", "Geography", "Any", counted(({ geographies }) => geographies, geographyTitle)),
      select("service", "Service", "Any", counted(({ service }) => [service])),
      select("platform", "Platform", "Any", counted(platformsOf, (value) => PLATFORMS[value] ?? value)),
      select("requirement", "Requirement", "Any", counted(({ requirement }) => [requirement])),
      select("state", "State", "Any", [
        ...["exact", "wider", "narrower", "held", "unsupported"].map((name) => [name, `${STATES[name].sign} ${STATES[name].title}`]),
        ["through", `${STATES.through.sign} ${STATES.through.title}`],
        ["unasked", "not selected"],
      ]),
      clear,
    );
    const search = document.getElementById("search");
    search.addEventListener("input", () => set({ search: search.value }));
    form.addEventListener("submit", (event) => event.preventDefault());
    body.append(above, below);
    table.append(head, body);
    document.getElementById("grid").append(scroller, empty);
    scroller.addEventListener("scroll", later);
    scroller.addEventListener("keydown", keys);
    body.addEventListener("click", (event) => {
      const row = event.target.closest("tr[data-at]");
      if (row) choose(Number(row.dataset.at));
    });
    new ResizeObserver(later).observe(scroller);
    addEventListener("beforeprint", () => print(true));
    addEventListener("afterprint", () => print(false));
    matchMedia("print").addEventListener("change", ({ matches }) => print(matches));
    heads();
    apply();
  }

  function heads() {
    const intents = wanted();
    const slots = () => el("span", { class: "slots", "aria-hidden": "true" }, INTENTS.map(({ letter, title }) => el("span", { title }, letter)));
    const column = (name, title, more) => el("th", { scope: "col", class: `c-${name}` }, title, more);
    head.replaceChildren(el("tr", { "aria-rowindex": "1" },
      column("host", "Endpoint"), column("ports", "Port"), column("where", "Where"), column("need", "Need"),
      targets.map(({ id, title }) => column("target", el("span", { title }, id), intents.length > 1 && slots())), column("worst", "State")));
    table.classList.toggle("one", intents.length === 1);
  }

  const wanted = () => INTENTS.filter(({ id }) => filter.intent === NONE || filter.intent === id);

  function set(changes) {
    Object.assign(filter, changes);
    for (const [name, control] of Object.entries(selects)) control.value = filter[name];
    document.getElementById("search").value = filter.search;
    if ("intent" in changes) heads();
    apply();
  }

  function reset() {
    set(Object.fromEntries(Object.keys(filter).map((name) => [name, NONE])));
    document.getElementById("search").focus();
  }

  function passes(row, words, intents) {
    const statement = (own) =>
      (filter.geography === NONE || own.geographies.includes(filter.geography)) &&
      (filter.service === NONE || own.service === filter.service) &&
      // A platform that is not stated is never "not needed".
      (filter.platform === NONE || platformsOf(own).some((name) => name === filter.platform || (name === "not stated"))) &&
      (filter.requirement === NONE || own.requirement === filter.requirement);
    return words.every((word) => row.words.includes(word)) &&
      (filter.domain === NONE || row.pattern.domain === filter.domain) &&
      row.stated.some(statement) && inState(row, intents);
  }

  function inState(row, intents) {
    if (filter.state === NONE) return filter.intent === NONE || row.asked[filter.intent].size > 0;
    if (filter.state === "unasked") return intents.every(({ id }) => row.asked[id].size === 0);
    return targets.some((target) => intents.some(({ id }) => {
      const own = state(row, target, id);
      return own === filter.state || (own === "both" && (filter.state === "wider" || filter.state === "narrower"));
    }));
  }

  function apply() {
    const words = filter.search.toLowerCase().split(/\s+/).filter(Boolean);
    const intents = wanted();
    shown = rows.filter((row) => passes(row, words, intents));
    active = 0;
    scroller.scrollTop = 0;
    const filtered = Object.values(filter).some((value) => value !== NONE);
    clear.hidden = !filtered;
    const domain = filter.domain === NONE ? "" : `, domain ${filter.domain}`;
    status.textContent = `${shown.length.toLocaleString("en")} of ${count(rows.length, "pattern")}${domain}`;
    scroller.hidden = shown.length === 0;
    empty.hidden = shown.length > 0;
    empty.textContent = rows.length === 0 ? "The sources state no endpoint." : "No endpoint matches these filters.";
    table.setAttribute("aria-rowcount", shown.length + 1);
    for (const row of inSight.values()) row.remove();
    inSight.clear();
    draw();
  }

  let waiting = false;
  function later() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; draw(); });
  }

  // Adds the rows that come into sight and removes those that leave it.
  function draw() {
    const top = Math.max(0, scroller.scrollTop - head.offsetHeight);
    const every = whole || shown.length <= MOST;
    const first = every ? 0 : Math.max(0, Math.floor(top / ROW) - BEYOND);
    const end = every ? shown.length : Math.min(shown.length, Math.ceil((top + scroller.clientHeight) / ROW) + BEYOND);
    for (const [at, row] of inSight) {
      if (at >= first && at < end) continue;
      if (row.contains(document.activeElement)) scroller.focus({ preventScroll: true });
      row.remove();
      inSight.delete(at);
    }
    let after = above;
    for (let at = first; at < end; at++) {
      let row = inSight.get(at);
      if (!row) {
        row = line(at);
        inSight.set(at, row);
        after.after(row);
      }
      after = row;
    }
    above.firstChild.style.height = `${first * ROW}px`;
    below.firstChild.style.height = `${(shown.length - end) * ROW}px`;
    above.hidden = first === 0;
    below.hidden = end === shown.length;
  }

  const listed = (values) => [...new Set(values)].join(", ");

  function line(at) {
    const { pattern, stated } = shown[at];
    const row = shown[at];
    const intents = wanted();
    const about = listed(stated.flatMap(({ service, category }) => [service, category]).filter(Boolean));
    return el("tr", { "aria-rowindex": at + 2, "data-at": at, class: row.isAsked ? false : "unasked" },
      el("td", { class: "c-host" },
        el("button", { type: "button", tabindex: at === active ? "0" : "-1", "aria-haspopup": "dialog", title: pattern.text }, pattern.text),
        row.isAsked ? el("small", { title: about }, about) : el("small", { title: `${unasked(row)} · ${about}` }, unasked(row))),
      el("td", { class: "c-ports" }, pattern.ports),
      el("td", { class: "c-where" }, listed(stated.flatMap(({ geographies }) => geographies))),
      el("td", { class: "c-need" }, row.need),
      targets.map((target) => el("td", { class: "c-target" }, intents.length > 1 ? four(row, target) : one(row, target, intents[0].id))),
      el("td", { class: "c-worst" }, sign(worst(row, intents), true)));
  }

  // A sign for every intent, read as one sentence.
  function four(row, target) {
    const states = INTENTS.map(({ id, short }) => [state(row, target, id), short]);
    const said = states.filter(([own]) => own !== null).map(([own, short]) => `${short} ${STATES[own].title}`).join(", ");
    return [
      el("span", { class: "slots", "aria-hidden": "true" }, states.map(([own, short]) =>
        own === null ? el("span", { class: "state" }) : el("span", { class: `state ${own}`, title: `${short}: ${STATES[own].title}` }, STATES[own].sign))),
      el("span", { class: "vh" }, said),
    ];
  }

  function one(row, target, intent) {
    const own = state(row, target, intent);
    return own === null ? el("span", { class: "apart" }, "does not apply") : sign(own, true);
  }

  function worst(row, intents) {
    const all = targets.flatMap((target) => intents.map(({ id }) => state(row, target, id) ?? "none"));
    return all.reduce((one, other) => (STATES[other].order > STATES[one].order ? other : one), "none");
  }

  function keys(event) {
    const page = Math.max(1, Math.floor(scroller.clientHeight / ROW) - 2);
    const to = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page, PageUp: active - page, Home: 0, End: shown.length - 1 }[event.key];
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    move(Math.min(shown.length - 1, Math.max(0, to)));
  }

  // Makes a row the one that Tab reaches, and goes there.
  function move(at) {
    inSight.get(active)?.querySelector("button").setAttribute("tabindex", "-1");
    active = at;
    const top = at * ROW;
    const room = scroller.clientHeight - head.offsetHeight;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (top + ROW > scroller.scrollTop + room) scroller.scrollTop = top + ROW - room;
    draw();
    const button = inSight.get(at).querySelector("button");
    button.setAttribute("tabindex", "0");
    button.focus({ preventScroll: true });
  }

  function choose(at) {
    move(at);
    open(shown[at]);
  }

  function print(is) {
    if (whole === is) return;
    whole = is;
    draw();
  }

  return { build, set, onOpen: (handler) => { open = handler; } };
})();
