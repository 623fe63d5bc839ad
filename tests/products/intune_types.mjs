// Usage: node intune_types.mjs FILE...
// Holds reusable settings of Intune to the types of Microsoft Graph beta, by the TypeScript compiler, and shows first
// that a misspelt key is refused. Exit 0: all fit. 1: one does not.
import { readFileSync } from "node:fs";
import { complaints } from "./typed.mjs";

// The types leave out the derived types of a setting's instance, so they are said here.
const head = `import type * as g from '@microsoft/microsoft-graph-types-beta';
type Typed<T> = T & { "@odata.type": string };
type Choice = Typed<Omit<g.DeviceManagementConfigurationChoiceSettingInstance, 'choiceSettingValue'>> & { choiceSettingValue: Typed<g.DeviceManagementConfigurationChoiceSettingValue> };
type Simple = Typed<Omit<g.DeviceManagementConfigurationSimpleSettingInstance, 'simpleSettingValue'>> & { simpleSettingValue: Typed<g.DeviceManagementConfigurationStringSettingValue> };
type Group = Omit<g.DeviceManagementConfigurationGroupSettingValue, 'children'> & { children: (Choice | Simple)[] };
type Collection = Omit<g.DeviceManagementConfigurationGroupSettingCollectionInstance, 'groupSettingCollectionValue'> & { "@odata.type": '#microsoft.graph.deviceManagementConfigurationGroupSettingCollectionInstance', groupSettingCollectionValue: Group[] };
const d: Omit<g.DeviceManagementReusablePolicySetting, 'settingInstance'> & { settingInstance: Collection } = `;

const files = process.argv.slice(2);
let failed = files.length === 0;
if (failed) console.log("intune_types: no file");
else {
  const good = readFileSync(files[0], "utf8");
  for (const bad of [good.replace('"displayName"', '"displayNaem"'), good.replace('"simpleSettingValue"', '"simpleSettingVale"'), good.replace(/"value": "/, '"value": 1, "x": "')]) {
    if (complaints(head, bad).length === 0) { console.log("intune_types: a mistake is not noticed"); failed = true; }
  }
}
for (const file of files) {
  const found = complaints(head, readFileSync(file, "utf8"));
  if (found.length > 0) { console.log(`intune_types: ${file}: ${found.join("; ").slice(0, 2000)}`); failed = true; }
}
process.exit(failed ? 1 : 0);
