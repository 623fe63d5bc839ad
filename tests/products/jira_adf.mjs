// Usage: jira_adf.mjs FILE...
// Holds the descriptions of Jira bodies to Atlassian's own JSON Schema of its document format, and shows first that the schema
// refuses what is wrong. Exit 0: all fit. 1: one does not, or there is none.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';

const require = createRequire(join(process.env.NODE_TESTS, 'package.json'));
const Ajv = require('ajv');
const schema = require('@atlaskit/adf-schema/json-schema/v1/full.json');
const validate = new Ajv({ meta: false, schemaId: 'auto', unknownFormats: 'ignore', validateSchema: false })
  .addMetaSchema(require('ajv/lib/refs/json-schema-draft-04.json'))
  .compile(schema);

const spoilt = [
  ['a node that there is not', (doc) => { doc.content[0].type = 'para'; }],
  ['a text in a list', (doc) => { doc.content.find(({ type }) => type.endsWith('List')).content[0] = { type: 'text', text: 'x' }; }],
  ['a heading of level 9', (doc) => { doc.content.find(({ type }) => type === 'heading').attrs.level = 9; }],
  ['an empty text', (doc) => { doc.content[0].content[0].text = ''; }],
  ['a mark that there is not', (doc) => { doc.content[0].content[0].marks = [{ type: 'blink' }]; }],
  ['another version', (doc) => { doc.version = 2; }],
];
const files = process.argv.slice(2);
let failed = files.length === 0;
for (const file of files) {
  const description = () => JSON.parse(readFileSync(file, 'utf8')).fields.description;
  for (const [what, spoil] of spoilt) {
    const doc = description();
    spoil(doc);
    if (validate(doc)) { console.log(`jira_adf: ${what} is not noticed`); failed = true; }
  }
  if (!validate(description())) {
    console.log(`jira_adf: ${basename(file)}: ${validate.errors.map(({ dataPath, message }) => `${dataPath} ${message}`).join('; ').slice(0, 1500)}`);
    failed = true;
  }
}
console.log(`jira_adf: ${files.length} files`);
process.exit(failed ? 1 : 0);
