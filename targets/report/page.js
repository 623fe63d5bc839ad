"use strict";
// The rest of the page: answers, why an endpoint is let through, findings.
(() => {
  const { el, count, sign } = Dom;
  const { data, INTENTS, STATES, targets, rules, held, unasked, verdictOf, findingsOf, decide } = Model;
  const dialog = document.getElementById("why");
  const titleOf = Object.fromEntries(targets.map(({ id, title }) => [id, title]));

  const code = (text) => el("code", {}, text);
  const cellList = (cells, most = 8) => [
    ...cells.slice(0, most).map((cell) => el("li", {}, code(cell.text), el("small", {}, cell.place))),
    cells.length > most && el("li", {}, el("small", {}, `and ${count(cells.length - most, "more cell")}`)),
  ];

  // What shows a difference, in words.
  const WITNESS = {
    "shared-address": (host) => ["any other host at the addresses of ", code(host)],
  };
  const differences = (word, all = []) => all.map(([kind, witness]) =>
    el("li", {}, el("b", {}, `${word}, by ${kind}: `), (WITNESS[kind] ?? ((url) => [code(url)]))(witness)));

  // The rules that a row asks for, else one that lets it through all the same.
  const placesOf = (row, intent) => (row.through[intent] === undefined ? [...row.asked[intent]] : [row.through[intent]]);

  // How the targets say the rules that a row asks for; what is alike for several intents stands once.
  function targetRows(row) {
    return targets.flatMap((target) => {
      const groups = new Map();
      for (const { id, short } of INTENTS) {
        const verdicts = target.intents[id];
        if (!verdicts) continue;
        const own = placesOf(row, id).map((place) =>
          place < 0 ? { state: "held", entries: [], why: held[id][-1 - place].code } : verdictOf(verdicts[place]));
        for (const verdict of own.length ? own : [{ state: "none", entries: [] }]) {
          const key = JSON.stringify(verdict);
          if (!groups.has(key)) groups.set(key, { verdict, intents: [] });
          groups.get(key).intents.push(short);
        }
      }
      return [...groups.values()].map(({ verdict, intents }, at) => el("tr", {},
        at === 0 && el("th", { scope: "rowgroup", rowspan: groups.size }, target.title),
        el("td", {}, intents.join(", ")),
        el("td", {}, sign(verdict.state, true)),
        el("td", {}, el("ul", {}, written(verdict)))));
    });
  }

  function written(verdict) {
    const why = verdict.why ?? (typeof verdict.held === "string" ? verdict.held : null);
    return [
      verdict.entries.map(({ list, text }) => el("li", {}, code(text), el("small", {}, list))),
      differences("wider", verdict.wider),
      differences("narrower", verdict.narrower),
      why && el("li", {}, "left out: ", code(why)),
      verdict.unsupported !== undefined && el("li", {}, verdict.unsupported),
    ];
  }

  function policyRows(row) {
    return INTENTS.map(({ id, title }) => {
      const own = placesOf(row, id).map((place) => {
        if (place < 0) {
          const { code: finding } = held[id][-1 - place];
          return el("li", {}, sign("held", true), " by ", code(finding));
        }
        const rule = rules[id][place];
        const same = rule.pattern === row.pattern;
        return el("li", {}, code(rule.pattern.text), el("small", {}, `port ${rule.pattern.ports}${same ? "" : ", which covers it"}`));
      });
      return el("tr", {}, el("th", { scope: "row" }, title), el("td", {}, own.length ? el("ul", {}, own) : el("span", { class: "apart" }, "no rule")));
    });
  }

  const findingItem = (finding, at) => el("li", { class: `finding ${finding.level}` },
    el("p", {}, el("b", { class: "level" }, finding.level === "warn" ? "warning" : finding.level), " ", code(finding.code), finding.intent && ` ${finding.intent}`, finding.target && ` ${titleOf[finding.target] ?? finding.target}`, at && el("small", {}, at)),
    el("p", {}, quoted(finding.message), finding.label ? [": ", quoted(finding.label)] : null),
    (finding.help ?? []).map((help) => el("p", { class: "help" }, quoted(help))));

  // What stands between backticks is code.
  const quoted = (text) => text.split("`").map((part, at) => (at % 2 ? code(part) : part));

  const placeOf = ({ cell, place }) => (cell === undefined ? place ?? "" : Model.cells[cell].place);

  function statedRows(row) {
    return row.stated.map((own) => el("tr", {},
      el("td", {}, el("ul", {}, cellList(own.cells))),
      el("td", {}, [own.service, own.category].filter(Boolean).join(" › ")),
      el("td", {}, own.geographies.join(", ")),
      el("td", {}, own.platforms.join(", ") || "not stated"),
      el("td", {}, own.requirement)));
  }

  const headed = (titles, body) => el("table", { class: "list" }, el("thead", {}, el("tr", {}, titles.map((title) => el("th", { scope: "col" }, title)))), el("tbody", {}, body));
  const part = (title, ...children) => el("section", {}, el("h3", {}, title), children);
  const wide = (label, table) => el("div", { class: "wide", role: "region", "aria-label": label, tabindex: "0" }, table);

  function explain(row) {
    const { pattern, stated } = row;
    const found = findingsOf(row);
    const path = [...new Set(stated.map(({ httpsPath }) => httpsPath).filter(Boolean))];
    dialog.replaceChildren(
      el("header", {},
        el("div", {}, el("h2", { id: "why-title" }, pattern.text), el("p", {}, `${pattern.schemes}, port ${pattern.ports}${pattern.domain ? `, domain ${pattern.domain}` : ""}`)),
        el("button", { type: "button", class: "close", onclick: () => dialog.close() }, "Close")),
      el("div", { class: "inside" },
        !row.isAsked && el("p", { class: "note" }, `${unasked(row).replace(/^n/, "N")}.`),
        path.length > 0 && el("p", { class: "note" }, "The path ", path.map(code), " of HTTPS is not seen by a proxy; the whole host is meant."),
        part("Stated by", wide("Stated by", headed(["Cell", "Service", "Where", "Platforms", "Need"], statedRows(row)))),
        part("Rules", headed(["Intent", "Rule"], policyRows(row))),
        targets.length > 0 && part("In each target", wide("In each target", headed(["Target", "Intent", "State", "Written as"], targetRows(row)))),
        part("Findings", found.length ? el("ul", { class: "plain" }, found.map((finding) => findingItem(finding, placeOf(finding)))) : el("p", { class: "apart" }, "None at its cells."))));
    dialog.showModal();
    dialog.scrollTop = 0;
  }

  // What the PAC answers, as a browser asks it: of HTTPS it sees no path.
  function askPac({ scheme, host, port, path }) {
    const own = port === { http: 80, https: 443 }[scheme] ? "" : `:${port}`;
    try {
      return { answer: String(FindProxyForURL(`${scheme}://${host}${own}${scheme === "https" ? "/" : path}`, host)) };
    } catch (error) {
      return { error: String(error) };
    }
  }

  // Whether the PAC's answer is that of the policy.
  function compared({ request, rules: matching }, answer) {
    const { proxies, otherwise } = data.pac;
    const listed = matching.direct.length ? "direct" : matching.allow.length ? "allow" : null;
    const want = listed === "direct" ? "DIRECT" : listed ? proxies : otherwise;
    if (answer === want) return { agrees: true, text: proxies === otherwise && !listed ? "Agrees with the policy: everything goes to the proxies, which decide." : "Agrees with the policy." };
    const sameHost = ["direct", "allow"].some((id) => rules[id].some(({ pattern }) => pattern.parsed.host(request)));
    if (answer !== otherwise && sameHost) return { agrees: false, known: true, text: "Wider than the policy: a PAC decides by the host alone, and another request to this host is listed." };
    if (listed && request.address) return { agrees: false, known: true, text: "Narrower than the policy: a PAC has no addresses." };
    return { agrees: false, known: false, text: `Differs: the policy asks for ${want}.` };
  }

  function answer(text) {
    const decision = decide(text);
    const out = document.getElementById("answer");
    if (decision.error) {
      out.replaceChildren(el("p", { class: "note" }, decision.error === "empty" ? "Enter a host or a URL." : `Not understood: ${decision.error}. Write a.example.com, a.example.com:8443 or a URL with http or https.`));
      return;
    }
    const { request } = decision;
    const allowed = decision.rules.allow.length > 0;
    const intents = INTENTS.map(({ id, title }) => {
      const matching = decision.rules[id];
      const left = decision.held[id];
      const yes = matching.length > 0;
      return el("tr", { class: yes ? "yes" : "no" },
        el("th", { scope: "row" }, title),
        el("td", {}, el("span", { class: "mark" }, yes ? "✓ yes" : "✕ no")),
        el("td", {}, el("ul", {},
          matching.slice(0, 3).map(({ pattern }) => el("li", {}, code(pattern.text))),
          matching.length > 3 && el("li", {}, count(matching.length - 3, "more rule")),
          !yes && left.slice(0, 3).map(({ pattern, code: finding }) => el("li", {}, sign("held", true), " ", code(pattern.text), " by ", code(finding))),
          !yes && !left.length && el("li", { class: "apart" }, "no rule matches"))));
    });
    out.replaceChildren(
      el("p", { class: `verdict ${allowed ? "yes" : "no"}` }, el("span", { class: "mark" }, allowed ? "✓ Allowed" : "✕ Not allowed"), " ", code(`${request.scheme}://${request.host}:${request.port}${request.path}`)),
      el("div", { class: "sides" },
        el("section", { class: "side" }, el("h3", {}, "Policy"), headed(["Intent", "Answer", "Rule"], intents), statedBy(decision)),
        el("section", { class: "side pac" }, el("h3", {}, "PAC"), pacSide(decision))));
  }

  // Where the rules that answer are from, what several intents share once.
  function statedBy(decision) {
    const places = new Map();
    for (const { pattern, cells } of INTENTS.flatMap(({ id }) => decision.rules[id])) {
      if (!places.has(pattern)) places.set(pattern, new Map());
      const sheets = places.get(pattern);
      cells.forEach(({ sheet, at }) => sheets.set(sheet, (sheets.get(sheet) ?? new Set()).add(at)));
    }
    const cellsOf = ([sheet, own]) => `${sheet} › ${[...own].slice(0, 5).join(", ")}${own.size > 5 ? ` and ${own.size - 5} more` : ""}`;
    const stated = ([pattern, sheets]) => el("p", { class: "words" }, code(pattern.text), ` is stated by ${[...sheets].slice(0, 3).map(cellsOf).join("; ")}`);
    return [...places].slice(0, 3).map(stated);
  }

  function pacSide(decision) {
    if (!data.pac) return el("p", { class: "apart" }, "This profile writes no PAC.");
    const { answer: said, error } = askPac(decision.request);
    if (error) return el("p", { class: "note" }, `The PAC failed: ${error}`);
    const result = compared(decision, said);
    return [
      el("p", { class: "said" }, code(said)),
      el("p", { class: result.agrees ? "yes" : result.known ? "known" : "no" }, el("span", { class: "mark" }, result.agrees ? "✓ " : result.known ? "! " : "✕ "), result.text),
      el("p", { class: "words" }, "Answer of the compiled proxy.pac, run in this browser."),
    ];
  }

  // A few questions to begin with: a name, a name below one, and one that no list has.
  function examples() {
    const find = (matches) => rules.allow.find(({ pattern }) => matches(pattern.host));
    const own = [
      find((host) => !/[*/:]/.test(host) && !host.startsWith(".") && !/^[\d.]+$/.test(host))?.pattern,
      find((host) => host.startsWith("*."))?.pattern,
    ].filter(Boolean).map(({ host, schemes, ports, path }) => {
      const scheme = schemes.includes("https") ? "https" : "http";
      const port = ports.split(/[,-]/, 1)[0];
      const usual = port === (scheme === "http" ? "80" : "443");
      return `${scheme === "http" ? "http://" : ""}${host.replace("*", "any")}${usual ? "" : `:${port}`}${path.replace("*", "")}`;
    });
    return [...own, "example.com"];
  }

  function tryBox() {
    const question = document.getElementById("question");
    const form = document.getElementById("try-form");
    form.addEventListener("submit", (event) => { event.preventDefault(); answer(question.value); });
    const ask = (text) => { question.value = text; answer(text); };
    form.append(el("p", { class: "examples" }, "For example ", examples().map((text) => [el("button", { type: "button", class: "example", onclick: () => ask(text) }, text), " "])));
  }

  const MOST = 20;
  function findings() {
    const groups = new Map();
    const ORDER = { deny: 0, hold: 1, warn: 2 };
    for (const finding of data.findings) {
      const key = `${ORDER[finding.level] ?? 3} ${finding.code}`;
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(finding);
    }
    const list = document.getElementById("finding-list");
    if (groups.size === 0) list.append(el("p", { class: "empty" }, "None."));
    for (const [, all] of [...groups].sort(([one], [other]) => (one < other ? -1 : 1))) {
      const { level, code: name } = all[0];
      list.append(el("details", { class: `group ${level}` },
        el("summary", {}, el("b", { class: "level" }, level === "warn" ? "warning" : level), " ", code(name), " ", el("small", {}, count(all.length, "finding"))),
        el("ul", { class: "plain" }, all.slice(0, MOST).map((finding) => findingItem(finding, placeOf(finding)))),
        all.length > MOST && el("p", { class: "words" }, `${all.length - MOST} more; thruway lint shows them all.`)));
    }
  }

  function key() {
    document.getElementById("key").append(
      ...["exact", "wider", "narrower", "both", "held", "unsupported", "through", "none"].map((name) => el("li", {}, sign(name, true))),
      ...INTENTS.map(({ letter, title }) => el("li", {}, el("b", {}, letter), " ", title)),
      el("li", {}, "blank: does not apply"));
  }

  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  Matrix.onOpen(explain);
  tryBox();
  // What is further down comes after the first picture of the page; a page in the background has none.
  const later = () => setTimeout(() => {
    Matrix.build();
    key();
    Picture.build();
    findings();
    document.documentElement.dataset.ready = "";
  });
  if (document.hidden) later();
  else requestAnimationFrame(later);
})();
