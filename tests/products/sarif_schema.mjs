// Usage: node sarif_schema.mjs FILE...
// Holds results in SARIF to the published schema of SARIF 2.1.0, which the package @microsoft/jest-sarif carries, and
// shows first that the schema refuses what is wrong. Exit 0: all fit. 1: one does not, or there is none.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.NODE_TESTS, "package.json"));
const Ajv = require("ajv");
const schema = require("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json");
// Of the formats `uri-reference` alone matters here; ajv knows it.
const validate = new Ajv({ meta: false, schemaId: "auto", allErrors: true, unknownFormats: "ignore" })
  .addMetaSchema(require(`ajv/lib/refs/json-schema-${schema.$schema.includes("draft-04") ? "draft-04" : "draft-07"}.json`))
  .compile(schema);

const spoilt = [
  ["a level that SARIF has not", (log) => { log.runs[0].results[0].level = "deny"; }],
  ["a result without a message", (log) => { delete log.runs[0].results[0].message; }],
  ["a key that SARIF has not", (log) => { log.runs[0].results[0].ruleID = "x"; }],
  ["a line 0", (log) => { log.runs[0].results[0].locations = [{ physicalLocation: { region: { startLine: 0 } } }]; }],
  ["a path with a blank", (log) => { log.runs[0].results[0].locations = [{ physicalLocation: { artifactLocation: { uri: "a b" } } }]; }],
];
const files = process.argv.slice(2);
let failed = files.length === 0;
for (const file of files) {
  const text = readFileSync(file, "utf8");
  if (JSON.parse(text).runs[0].results.length === 0) { console.log(`sarif_schema: ${file} has no result`); failed = true; continue; }
  for (const [what, spoil] of spoilt) {
    const log = JSON.parse(text);
    spoil(log);
    if (validate(log)) { console.log(`sarif_schema: ${what} is not noticed`); failed = true; }
  }
  if (!validate(JSON.parse(text))) {
    const found = validate.errors.map((error) => `${error.dataPath} ${error.message}`);
    console.log(`sarif_schema: ${file}: ${found.join("; ").slice(0, 2000)}`);
    failed = true;
  }
}
process.exit(failed ? 1 : 0);
