// Reads the page of `audit log --format html` as people do, in Chromium, with and without scripts.
//
// Usage: usage_page.mjs PAGE ANSWERS
//
// PAGE is the page, ANSWERS what `--format json` says of the same logs. Every request is refused and counted, every message
// on the console is a failure. Exit 0: all holds. 1: not.

import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const require = createRequire(`${resolve(process.env.NODE_TESTS)}/x.js`);
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const [file, said] = process.argv.slice(2);
if (!said) {
  console.error('usage_page.mjs PAGE ANSWERS');
  process.exit(2);
}
const answers = JSON.parse(readFileSync(said, 'utf8'));
const program = spawnSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).stdout.trim();
const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox', '--disable-gpu'] });
let wrong = 0;
let held = 0;

function check(is, what) {
  if (is) { held += 1; return; }
  wrong += 1;
  console.error(`usage_page: ${what}`);
}

async function open(options) {
  const context = await browser.newContext({ viewport: { width: 1320, height: 900 }, ...options });
  const page = await context.newPage();
  const url = `file://${resolve(file)}`;
  page.on('console', (message) => check(false, `console: ${message.text()}`));
  page.on('pageerror', (error) => check(false, error.stack));
  page.on('dialog', (dialog) => { check(false, 'a dialog'); dialog.dismiss(); });
  await context.route('**/*', (route) => {
    if (route.request().url() === url) return route.continue();
    check(false, `a request for ${route.request().url()}`);
    return route.abort();
  });
  await page.goto(url);
  return page;
}

const used = answers.endpoints.filter((own) => own.requests > 0);

// Without scripts everything stands there.
let page = await open({ javaScriptEnabled: false });
const rows = page.locator('#usage-endpoints + .wide tbody tr');
check((await rows.count()) === used.length, `${await rows.count()} rows for ${used.length} endpoints`);
const texts = await rows.allTextContents();
for (const own of used) {
  const row = texts.find((text) => text.startsWith(own.pattern));
  check(row !== undefined && row.includes(String(own.requests)), `no row for ${own.pattern}`);
}
check((await page.locator('#usage .mend').count()) === answers.fixes.length, 'another number of things to mend');
const text = await page.locator('#usage').innerText();
for (const own of answers.close.slice(0, 3)) check(text.includes(own.host), `no ${own.host}`);
for (const own of answers.fixes.flatMap((fix) => fix.targets).flatMap((target) => target.lines.slice(0, 1))) {
  check(text.includes(own.file), `no ${own.file}`);
}

for (const options of [{}, { colorScheme: 'dark' }, { viewport: { width: 390, height: 800 } }]) {
  page = await open(options);
  await page.waitForSelector('html[data-ready]');
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run('#usage'));
  for (const own of violations) {
    check(false, `${JSON.stringify(options)}: ${own.id}: ${own.nodes.map((node) => node.html).slice(0, 3).join(' ')}`);
  }
  check(true, 'axe');
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  check(wider <= 0, `${JSON.stringify(options)}: the page is ${wider} wider than the screen`);
}

// On paper no table is cut.
page = await open({});
await page.emulateMedia({ media: 'print' });
await page.setViewportSize({ width: 1032, height: 700 });
const cut = await page.evaluate(() => [...document.querySelectorAll('#usage .wide')]
  .filter((own) => own.scrollWidth > own.clientWidth + 1).length);
check(cut === 0, `${cut} tables are wider than the paper`);

await browser.close();
console.log(`${held} questions`);
process.exit(wrong === 0 ? 0 : 1);
