// Usage: node v8.mjs PAC HOSTS
// HOSTS holds `hit HOST` or `miss HOST`, one a line. Prints milliseconds to load and for the first answer, nanoseconds
// for an answer to a hit and to a miss (medians over batches of hosts), as JSON.
import { readFileSync } from "node:fs";
import vm from "node:vm";

const [pac, hosts] = process.argv.slice(2);
const asked = { hit: [], miss: [] };
for (const line of readFileSync(hosts, "utf8").split("\n").filter((line) => line)) {
  const [kind, host] = line.split(" ");
  asked[kind].push(host);
}
// What browsers give to a PAC, for files that use it.
globalThis.dnsDomainIs = (host, domain) => host.endsWith(domain);
globalThis.shExpMatch = (text, pattern) =>
  new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*").replace(/\?/g, ".")}$`).test(text);

// Of the processor, in nanoseconds: others may use the machine.
const now = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1e3;
};
const median = (times) => times.sort((a, b) => a - b)[times.length >> 1];
const text = readFileSync(pac, "utf8");

// This context: in one of `vm`, each use of a global name goes through the embedder, which it does not in a browser.
let start = now();
new vm.Script(text).runInThisContext();
const load = now() - start;
start = now();
FindProxyForURL(`https://${asked.miss[0]}/`, asked.miss[0]);
const first = now() - start;

// The first rounds compile and unpack. A form that takes milliseconds for an answer gets fewer questions.
function answer(hosts) {
  const urls = hosts.map((host) => `https://${host}/`);
  const times = [];
  const end = now() + 1e9;
  while (now() < end && times.length < 300) {
    const from = now();
    let count = 0;
    while (count < hosts.length) {
      FindProxyForURL(urls[count], hosts[count]);
      count++;
      if (count % 50 === 0 && now() - from > 1e8) break;
    }
    times.push((now() - from) / count);
  }
  return median(times.slice(times.length >> 1));
}

console.log(JSON.stringify({ load: load / 1e6, first: first / 1e6, hit: answer(asked.hit), miss: answer(asked.miss) }));
