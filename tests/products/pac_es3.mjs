// Usage: node pac_es3.mjs FILE…
// Parses PAC files as ECMAScript 3, the language of WinHTTP's JScript; needs `npm install acorn` in the current folder
// or one above. Exit 0: all parse and are plain ASCII. 1: one does not. 2: could not run.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error("usage: node pac_es3.mjs FILE…");
  process.exit(2);
}
let acorn;
try {
  acorn = createRequire(join(process.cwd(), "target/test-node/x.js"))("acorn");
} catch {
  console.error("pac_es3: acorn is not installed (npm install acorn)");
  process.exit(2);
}

// Not in every engine: IPv6 functions of Windows, and helpers that cross dots or look names up.
const FORBIDDEN = /\b(\w+Ex|shExpMatch|dnsDomainIs|dnsResolve|isInNet|isResolvable|myIpAddress|localHostOrDomainIs)\s*\(/;

function complaint(file) {
  let bytes;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    return error.message;
  }
  const at = bytes.findIndex((byte) => byte > 0x7e || (byte < 0x20 && byte !== 0x0a));
  if (at >= 0) return `byte ${bytes[at]} at ${at} is not plain ASCII`;
  const text = bytes.toString("latin1");
  const found = FORBIDDEN.exec(text);
  if (found) return `calls ${found[1]}`;
  try {
    const tree = acorn.parse(text, { ecmaVersion: 3, allowReserved: "never" });
    const main = tree.body.filter((node) => node.type === "FunctionDeclaration" && node.id.name === "FindProxyForURL");
    return main.length === 1 ? undefined : "has no FindProxyForURL";
  } catch (error) {
    return error.message;
  }
}

let failed = 0;
for (const file of files) {
  const why = complaint(file);
  if (why) {
    console.error(`pac_es3: ${file}: ${why}`);
    failed = 1;
  }
}
process.exit(failed);
