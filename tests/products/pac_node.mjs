// Usage: node pac_node.mjs DIR PROBES
// Asks V8 (Node.js) what the PAC in DIR/pac answers. PROBES holds one question a line, as probes.py writes them:
// `DIRECT URL`, `proxies URL`, `otherwise URL`. The script gets the language and no function of browsers, so that it is
// seen to use none. Exit 0: every answer is as written. 1: one is not. 2: could not run.
import { readFileSync } from "node:fs";
import vm from "node:vm";

const [dir, probes] = process.argv.slice(2);
if (!probes) {
  console.error("usage: node pac_node.mjs DIR PROBES");
  process.exit(2);
}
const ELSE = "PROXY everything-else.invalid:1";
const text = readFileSync(`${dir}/pac/proxy.pac`, "utf8");
const variable = (name) => new RegExp(`^var ${name} = "(.*)";$`, "m");
const said = { DIRECT: "DIRECT", proxies: variable("THRUWAY_PROXIES").exec(text)[1], otherwise: ELSE };

// Since the last two may be the same text, the questions are asked of a copy in which they differ.
const context = vm.createContext(Object.create(null));
vm.runInContext(text.replace(variable("THRUWAY_OTHERWISE"), `var THRUWAY_OTHERWISE = "${ELSE}";`), context);

let asked = 0, wrong = 0;
function ask(url, host, want) {
  asked++;
  const got = vm.runInContext(`FindProxyForURL(${JSON.stringify(url)}, ${JSON.stringify(host)})`, context, { timeout: 1000 });
  if (got !== want) {
    wrong++;
    console.error(`pac_node: ${url}: ${got}, should be ${want}`);
  }
}

const questions = readFileSync(probes, "utf8").split("\n").filter((line) => line).map((line) => line.split(" "));
if (!["proxies", "otherwise"].every((answer) => questions.some(([want]) => want === answer))) {
  console.error(`pac_node: ${probes} does not ask for both answers`);
  process.exit(1);
}
for (const [want, url] of questions) {
  const host = new URL(url).hostname;
  ask(url, host, said[want]);
  // Browsers keep a dot at the end of a host, and it means nothing.
  ask(url, `${host.toUpperCase()}.`, said[want]);
}
for (const host of ["203.0.113.7", "2001:db8::1", "", ".", "..", "a b", "\u00e9.example.com"]) {
  ask(`https://${host}/`, host, ELSE);
}
console.log(`pac_node: ${asked} questions, ${wrong} wrong`);
process.exit(wrong ? 1 : 0);
