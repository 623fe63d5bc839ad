// Usage: node intune_types.mjs FILE...
// Holds reusable settings of Intune to the types of Microsoft Graph beta, by the TypeScript compiler, and shows first
// that a misspelt key is refused. Exit 0: all fit. 1: one does not.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const folder = process.env.NODE_TESTS;
const require = createRequire(join(folder, "package.json"));
const ts = require("typescript");

// The types leave out the derived types of a setting's instance, so they are said here.
const head = `import type * as g from '@microsoft/microsoft-graph-types-beta';
type Typed<T> = T & { "@odata.type": string };
type Choice = Typed<Omit<g.DeviceManagementConfigurationChoiceSettingInstance, 'choiceSettingValue'>> & { choiceSettingValue: Typed<g.DeviceManagementConfigurationChoiceSettingValue> };
type Simple = Typed<Omit<g.DeviceManagementConfigurationSimpleSettingInstance, 'simpleSettingValue'>> & { simpleSettingValue: Typed<g.DeviceManagementConfigurationStringSettingValue> };
type Group = Omit<g.DeviceManagementConfigurationGroupSettingValue, 'children'> & { children: (Choice | Simple)[] };
type Collection = Omit<g.DeviceManagementConfigurationGroupSettingCollectionInstance, 'groupSettingCollectionValue'> & { "@odata.type": '#microsoft.graph.deviceManagementConfigurationGroupSettingCollectionInstance', groupSettingCollectionValue: Group[] };
const d: Omit<g.DeviceManagementReusablePolicySetting, 'settingInstance'> & { settingInstance: Collection } = `;

function complaints(json) {
  const name = join(folder, "intune.ts");
  const options = { strict: true, noEmit: true, skipLibCheck: true, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  const text = `${head}${json};\nexport default d;\n`;
  host.getSourceFile = (path, ...rest) => path === name ? ts.createSourceFile(path, text, ts.ScriptTarget.ES2022) : getSourceFile.call(host, path, ...rest);
  host.fileExists = (path) => path === name || fileExists.call(host, path);
  host.readFile = (path) => path === name ? text : readFile.call(host, path);
  const program = ts.createProgram([name], options, host);
  return ts.getPreEmitDiagnostics(program).map((found) => ts.flattenDiagnosticMessageText(found.messageText, "\n"));
}

const files = process.argv.slice(2);
let failed = files.length === 0;
if (failed) console.log("intune_types: no file");
else {
  const good = readFileSync(files[0], "utf8");
  for (const bad of [good.replace('"displayName"', '"displayNaem"'), good.replace('"simpleSettingValue"', '"simpleSettingVale"'), good.replace(/"value": "/, '"value": 1, "x": "')]) {
    if (complaints(bad).length === 0) { console.log("intune_types: a mistake is not noticed"); failed = true; }
  }
}
for (const file of files) {
  const found = complaints(readFileSync(file, "utf8"));
  if (found.length > 0) { console.log(`intune_types: ${file}: ${found.join("; ").slice(0, 2000)}`); failed = true; }
}
process.exit(failed ? 1 : 0);
