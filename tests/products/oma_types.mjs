// Usage: node oma_types.mjs FILE...
// Holds custom configurations of Intune to the types of Microsoft Graph beta, by the TypeScript compiler, and shows first
// that mistakes are refused. Exit 0: all fit. 1: one does not.
import { readFileSync } from "node:fs";
import { complaints } from "./typed.mjs";

const head = `import type * as g from '@microsoft/microsoft-graph-types-beta';
type Typed<T, N extends string> = Omit<T, '@odata.type'> & { "@odata.type": N };
type Setting = Typed<g.OmaSettingString, '#microsoft.graph.omaSettingString'> | Typed<g.OmaSettingInteger, '#microsoft.graph.omaSettingInteger'>;
const d: Omit<Typed<g.Windows10CustomConfiguration, '#microsoft.graph.windows10CustomConfiguration'>, 'omaSettings'> & { omaSettings: Setting[] } = `;

const files = process.argv.slice(2);
let failed = files.length === 0;
if (failed) console.log("oma_types: no file");
else {
  const good = files.map((file) => readFileSync(file, "utf8")).find((text) => text.includes("omaSettingInteger"));
  const mistakes = {
    "an unknown key": ['"displayName"', '"displayNaem"'],
    "an unknown key of a setting": ['"omaUri"', '"omaUrl"'],
    "a number where a text belongs": [/"value": "[^"]*"/, '"value": 1'],
    "a text where a number belongs": [/"value": 1\b/, '"value": "1"'],
    "another kind of setting": ["omaSettingInteger", "omaSettingInt"],
  };
  for (const [what, [from, to]] of Object.entries(mistakes)) {
    const bad = good?.replace(from, to);
    if (!good || bad === good || complaints(head, bad).length === 0) { console.log(`oma_types: ${what} is not noticed`); failed = true; }
  }
}
for (const file of files) {
  const found = complaints(head, readFileSync(file, "utf8"));
  if (found.length > 0) { console.log(`oma_types: ${file}: ${found.join("; ").slice(0, 2000)}`); failed = true; }
}
console.log(`oma_types: ${files.length} files`);
process.exit(failed ? 1 : 0);
