// Usage: node sarif_types.mjs FILE...
// Holds results in SARIF to the types of SARIF 2.1.0, by the TypeScript compiler, and shows first that a misspelt key is
// refused. Exit 0: all fit. 1: one does not, or there is none.
import { readFileSync } from "node:fs";
import { complaints } from "./typed.mjs";

const head = "import type { Log } from 'sarif';\nconst d: Log = ";
const files = process.argv.slice(2);
let failed = files.length === 0;
for (const file of files) {
  const text = readFileSync(file, "utf8");
  for (const [good, bad] of [['"ruleId"', '"ruleID"'], ['"physicalLocation"', '"physicallocation"'], ['"level": "error"', '"level": "deny"']]) {
    if (!text.includes(good)) { console.log(`sarif_types: ${file} has no ${good}`); failed = true; }
    if (complaints(head, text.replace(good, bad)).length === 0) { console.log(`sarif_types: ${bad} is not noticed`); failed = true; }
  }
  const found = complaints(head, text);
  if (found.length > 0) { console.log(`sarif_types: ${file}: ${found.join("; ").slice(0, 2000)}`); failed = true; }
}
process.exit(failed ? 1 : 0);
