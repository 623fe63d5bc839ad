"use strict";
// Elements. Every text is set as text, never as markup.
const Dom = (() => {
  const SVG = "http://www.w3.org/2000/svg";

  function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
    }
    element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
    return element;
  }

  const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
  const count = (number, what) => `${number.toLocaleString("en")} ${what}${number === 1 ? "" : "s"}`;

  // The sign of a state, which is read by its name.
  function sign(state, withTitle) {
    const { sign, title } = Model.STATES[state];
    return el("span", { class: `state ${state}` }, el("span", { class: "sign", "aria-hidden": "true" }, sign), withTitle ? el("span", {}, title) : el("span", { class: "vh" }, title));
  }

  // Options with their numbers.
  const options = (values) => values.map(([value, text]) => el("option", { value }, text));

  return { el, svg, count, sign, options };
})();
