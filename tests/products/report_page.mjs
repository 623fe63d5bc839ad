// Uses the report's page as people do, in Chromium.
//
// Usage: report_page.mjs OUT HOSTILE LARGE CHANGES
//
// Each folder holds report/index.html: that of a real list, that of a list of hostile cells, one of thousands of
// endpoints, and one that tells what changed, beside changes.json, which says the same. Every request is refused and counted, every message on the console is a failure. Exit 0: all holds. 1: not.

import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

const require = createRequire(`${resolve(process.env.NODE_TESTS)}/x.js`);
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const MOST_BYTES = 600_000;
const [out, hostile, large, changes] = process.argv.slice(2);
if (!changes) {
  console.error('report_page.mjs OUT HOSTILE LARGE CHANGES');
  process.exit(2);
}
const program = spawnSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).stdout.trim();
const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox', '--disable-gpu'] });
let wrong = 0;
let held = 0;

function check(is, what) {
  if (is) { held += 1; return; }
  wrong += 1;
  console.error(`report_page: ${what}`);
}

async function open(folder, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1320, height: 900 }, ...options });
  const page = await context.newPage();
  const url = `file://${resolve(folder)}/report/index.html`;
  page.on('console', (message) => check(false, `${folder}: console: ${message.text()}`));
  page.on('pageerror', (error) => check(false, `${folder}: ${error.stack}`));
  page.on('dialog', (dialog) => { check(false, `${folder}: a dialog`); dialog.dismiss(); });
  await context.route('**/*', (route) => {
    if (route.request().url() === url) return route.continue();
    check(false, `${folder}: a request for ${route.request().url()}`);
    return route.abort();
  });
  await page.goto(url);
  await page.waitForSelector('html[data-ready]');
  return page;
}

const shown = (page) => page.locator('#count').textContent();
const number = async (page) => Number((await shown(page)).replace(/,/g, '').split(' ')[0]);
const rowTexts = (page) => page.locator('#grid tr[data-at]').allTextContents();

const bytes = statSync(`${out}/report/index.html`).size;
check(bytes <= MOST_BYTES, `the page has ${bytes} bytes`);

// Search and filters, each against the data themselves.
let page = await open(out);
const all = await number(page);
check(all > 10, `${all} rows`);
const facts = await page.evaluate(() => ({
  rows: Model.rows.map(({ stated, words, asked }) => ({ words, asked: [...asked.allow].length, stated: stated.map(({ geographies, service, platforms, requirement }) => ({ geographies, service, platforms, requirement })) })),
}));
const count = (statement) => facts.rows.filter((row) => row.stated.some(statement)).length;
await page.fill('#search', 'winatp');
check(await number(page) === facts.rows.filter(({ words }) => words.includes('winatp')).length, 'search');
check((await rowTexts(page)).length > 0, 'search finds nothing');
await page.fill('#search', 'no such host anywhere');
check(await page.locator('#grid .empty').isVisible(), 'an empty result says so');
await page.click('.clear');
check(await number(page) === all, 'clear');
for (const [name, want] of [
  ['geography', (value) => ({ geographies }) => geographies.includes(value)],
  ['service', (value) => ({ service }) => service === value],
  ['platform', (value) => ({ platforms }) => platforms.includes(value) || platforms.length === 0],
  ['requirement', (value) => ({ requirement }) => requirement === value],
]) {
  const values = await page.locator(`#filter-${name} option`).evaluateAll((options) => options.map(({ value }) => value).filter(Boolean));
  check(values.length > 1, `${name} has ${values.length} values`);
  for (const value of values) {
    await page.selectOption(`#filter-${name}`, value);
    check(await number(page) === count(want(value)), `${name} ${value}: ${await shown(page)}`);
  }
  await page.click('.clear');
}
for (const state of ['exact', 'wider', 'narrower', 'held', 'unsupported', 'unasked']) {
  await page.selectOption('#filter-state', state);
  const want = await page.evaluate((state) => Model.rows.filter((row) => (state === 'unasked' ? Model.INTENTS.every(({ id }) => row.asked[id].size === 0)
    : Model.targets.some((target) => Object.keys(target.intents).some((intent) => [state, ...(state === 'wider' || state === 'narrower' ? ['both'] : [])].includes(Model.state(row, target, intent)))))).length, state);
  check(await number(page) === want, `state ${state}: ${await shown(page)}, not ${want}`);
}
await page.click('.clear');
await page.selectOption('#filter-intent', 'allow');
check(await number(page) === facts.rows.filter(({ asked }) => asked > 0).length, 'intent allow');
await page.click('.clear');

// Few rows are all elements, whatever is in sight, so that a browser's own search finds them; the required ones first.
check((await rowTexts(page)).length === all, 'a row is no element');
const needs = await page.evaluate(() => Model.rows.filter(({ isAsked }) => isAsked).map(({ need }) => need));
check(needs.includes('required') && needs.lastIndexOf('required') < needs.findIndex((need) => need !== 'required') || new Set(needs).size === 1, `the order of needs: ${needs}`);
for (const { letter, title } of await page.evaluate(() => Model.INTENTS)) {
  check((await page.locator('#key').textContent()).includes(`${letter} ${title}`), `nothing says what ${letter} is`);
}
check(/worldwide|all geographies/.test(await page.locator('header').textContent()), 'the header does not say what is selected');
// A picture says what its numbers count.
const counted = await page.evaluate(() => [Model.rows.filter(({ asked }) => asked.allow.size).length, Model.rules.allow.length]);
check((await page.locator('#flow').textContent()).includes(`${counted[0]} patterns made ${counted[1]} rules`), `the flow does not say ${counted}`);

// A click says why; Escape closes and goes back.
await page.locator('#grid tr[data-at] button').nth(2).click();
const dialog = page.locator('#why');
check(await dialog.isVisible(), 'a click opens why');
const why = await dialog.textContent();
for (const part of ['Stated by', 'Rules', 'In each target', 'Written as', 'Findings', 'squid', 'Squid']) {
  check(part === 'squid' || why.includes(part), `why has no ${part}`);
}
const source = await page.evaluate(() => Model.rows[2].stated[0].cells[0]);
check(why.includes(source.text) && why.includes(source.place), `why does not name ${source.place}`);
await page.keyboard.press('Escape');
check(!(await dialog.isVisible()), 'Escape closes why');
check(await page.evaluate(() => document.activeElement.closest('tr[data-at="2"]') !== null), 'the row has the focus again');

// The box: what is allowed, what is not, a URL with a path, what is no host, and a name in Unicode.
async function ask(page, text) {
  await page.fill('#question', text);
  await page.press('#question', 'Enter');
  return page.locator('#answer').textContent();
}
const allowed = await page.evaluate(() => Model.rules.allow.find(({ pattern }) => /^[a-z][a-z.-]+$/.test(pattern.host) && pattern.schemes === 'https').pattern.host);
let answer = await ask(page, allowed);
check(answer.includes('✓ Allowed') && answer.includes('Agrees with the policy'), `${allowed}: ${answer}`);
answer = await ask(page, `https://${allowed}/some/path?x=1`);
check(answer.includes('✓ Allowed') && answer.includes('/some/path'), `with a path: ${answer}`);
answer = await ask(page, `https://${allowed}:9/`);
check(answer.includes('✕ Not allowed') && answer.includes('Wider than the policy') === (await page.evaluate(() => Model.data.pac.proxies !== Model.data.pac.otherwise)), `another port: ${answer}`);
answer = await ask(page, 'not-listed.example');
check(answer.includes('✕ Not allowed') && answer.includes('Agrees with the policy'), `not listed: ${answer}`);
answer = await ask(page, 'ftp://x.example');
check(answer.includes('Not understood'), `ftp: ${answer}`);
answer = await ask(page, 'bücher.example');
check(answer.includes('xn--bcher-kva.example'), `IDN: ${answer}`);
answer = await ask(page, '"><img src=x onerror=alert(1)>');
check(await page.locator('#answer img').count() === 0, 'a question stays text');

// Keys alone: from the search to a row, down, why, back.
await page.focus('#search');
for (let at = 0; at < 12 && !(await page.evaluate(() => document.activeElement.closest('#grid tr[data-at]'))); at++) await page.keyboard.press('Tab');
check(await page.evaluate(() => document.activeElement.closest('tr')?.dataset.at) !== undefined, 'Tab reaches a row');
await page.keyboard.press('Home');
await page.keyboard.press('ArrowDown');
await page.keyboard.press('ArrowDown');
check(await page.evaluate(() => document.activeElement.closest('tr').dataset.at) === '2', 'arrows move');
await page.keyboard.press('End');
check(await page.evaluate(() => Number(document.activeElement.closest('tr').dataset.at)) === all - 1, 'End goes to the last row');
await page.keyboard.press('Enter');
check(await dialog.isVisible(), 'Enter opens why');
await page.keyboard.press('Escape');
// A node of the picture filters.
await page.locator('#flow .choose').first().focus();
await page.keyboard.press('Enter');
check(await page.locator('#filter-service').inputValue() !== '', 'a node filters by its service');
await page.click('.clear');

// On paper every row is there and nothing is cut.
await page.emulateMedia({ media: 'print' });
await page.setViewportSize({ width: 1040, height: 720 });
await page.waitForFunction((all) => document.querySelectorAll('#grid tr[data-at]').length === all, all);
const cut = await page.evaluate(() => [...document.querySelectorAll('main, .scroller, .wide, table, .card')].filter((own) => own.checkVisibility() &&
  (own.getBoundingClientRect().right > innerWidth + 1 || own.scrollWidth > own.clientWidth + 1 && getComputedStyle(own).overflowX !== 'visible' || own.scrollHeight > own.clientHeight + 1 && getComputedStyle(own).overflowY !== 'visible')).map((own) => own.className || own.tagName));
check(cut.length === 0, `cut on paper: ${cut}`);
await page.emulateMedia({ media: null });
await page.waitForFunction((all) => document.querySelectorAll('#grid tr[data-at]').length === all, all);
console.log(`report_page: ${bytes} bytes, ${(await page.evaluate(() => performance.getEntriesByName('first-paint')[0]?.startTime))?.toFixed()} ms to the first paint`);

// Readers of the screen, in light and dark, on a wide and a narrow screen, with why open.
for (const [folder, colorScheme, width] of [out, changes].flatMap((folder) => ['light', 'dark'].flatMap((scheme) => [1320, 390].map((width) => [folder, scheme, width])))) {
  const page = await open(folder, { colorScheme, viewport: { width, height: 844 } });
  await ask(page, allowed);
  check(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${folder}, ${width} pixels: the page is wider`);
  for (const part of ['page', 'why']) {
    if (part === 'why') await page.locator('#grid tr[data-at] button').first().click();
    await page.evaluate(axe);
    const { violations, passes } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
    check(passes.length > 10, `axe looked at ${passes.length} rules`);
    for (const { id, impact, nodes } of violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')) {
      check(false, `${folder}, ${colorScheme}, ${width}, ${part}: ${id} (${impact}): ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ').slice(0, 600)}`);
    }
  }
  await page.context().close();
}

// What the profile does not select and another rule lets through: the grid says what the box answers.
page = await open(changes);
const through = await page.evaluate(() => Model.rows.filter(({ isAsked, through }) => !isAsked && through.allow !== undefined)
  .map(({ pattern, stated, through }) => [pattern.host, stated[0].geographies[0], Model.rules.allow[through.allow].pattern.text]));
check(through.length > 0, 'no row is let through by another rule');
for (const [host, geography, rule] of through.filter(([host]) => !host.includes('*')).slice(0, 5)) {
  await page.fill('#search', host);
  const said = (await rowTexts(page)).join();
  check(said.includes('not selected (') && said.includes(geography) && said.includes(`let through by ${rule}`) && said.includes('↪'), `${host}: ${said}`);
  check((await ask(page, host)).includes('✓ Allowed'), `${host} is not allowed`);
}
// The state stands for itself, and is not one of those that differ.
await page.fill('#search', '');
await page.selectOption('#filter-state', 'through');
check(await number(page) === through.length, `through: ${await shown(page)}`);
await page.context().close();

// A picture that would be cut is a table.
for (const [width, isTable] of [[500, true], [900, true], [1000, false]]) {
  page = await open(out, { viewport: { width, height: 900 } });
  check(await page.locator('#flow svg').isVisible() !== isTable && await page.locator('#flow table').isVisible() === isTable, `the flow at ${width} pixels`);
  await page.context().close();
}

// What changed is told as `diff` tells it to programs.
page = await open(changes);
const diff = JSON.parse(readFileSync(`${changes}/changes.json`));
const cells = (selector) => page.locator(selector).evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));
const counts = Object.values(diff.intents).filter(({ opened, closed, same, reworded }) => opened.length + closed.length + same + reworded.length);
const countsShown = (await cells('#changes .counts tbody tr')).map((row) => row.slice(1).map(Number));
const inOrder = (rows) => JSON.stringify(rows.map(String).sort());
check(inOrder(countsShown) === inOrder(counts.map(({ opened, closed, same, reworded }) => [opened.length, closed.length, same + reworded.length])), `counts: ${JSON.stringify(countsShown)}`);
for (const [title, way] of [['changes-new', 'opened'], ['changes-gone', 'closed']]) {
  const rows = await cells(`[aria-labelledby=${title}] tbody tr`);
  for (const [intent, list] of Object.entries(diff.intents)) {
    const said = rows.filter((row) => row[1].split(', ').includes(intent));
    check(said.length === list[way].length, `${said.length} lines of ${intent} are ${way}, and ${list[way].length} in JSON`);
    for (const { pattern, witnesses, sources } of list[way]) {
      check(said.some(([destination, , , from]) => destination.startsWith(pattern) && sources.length && from.length), `${way} ${intent}: ${pattern} ${witnesses[0].request}`);
    }
  }
  check(rows.length > 5, `${rows.length} lines are ${way}`);
}
const restated = new Set((await cells('[aria-labelledby=changes-restated] tbody tr')).map(([destination]) => destination));
check(diff.restated.every(({ pattern }) => [...restated].some((shown) => shown.startsWith(pattern))), 'what is said otherwise');
check(await page.locator('#totals a').count() === 0, 'a link to a file that is not there');
await page.context().close();

// What cells say stays text.
page = await open(hostile);
const strange = await page.evaluate(() => {
  Model.rows.forEach((row, at) => { if (at < 3) document.querySelectorAll('#grid tr[data-at] button')[at]?.click(); });
  return document.querySelectorAll('main img, main script, main iframe, dialog img, dialog script, a[href^="javascript"]').length;
});
check(strange === 0, `${strange} elements of cells`);
await page.context().close();

// Thousands of rows are as many elements as few, and the last is reached.
page = await open(large);
const many = await number(page);
check(many >= 10_000, `${many} rows`);
const grid = page.locator('#grid .scroller');
const most = async () => page.locator('#grid tbody tr').count();
for (const part of [0.1, 0.5, 0.9, 1]) {
  await grid.evaluate((own, part) => { own.scrollTop = own.scrollHeight * part; }, part);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  check(await most() < 80, `${await most()} elements at ${part}`);
  check(await page.locator('#grid tr[data-at]').count() > 10, `no rows at ${part}`);
}
check(await page.locator(`#grid tr[aria-rowindex="${many + 1}"]`).isVisible(), 'the last row is not reached');
check(await page.locator('#grid table').getAttribute('aria-rowcount') === String(many + 1), 'aria-rowcount');
await page.context().close();

await browser.close();
console.log(`report_page: ${held} checks hold, ${wrong} wrong`);
process.exit(wrong ? 1 : 0);
