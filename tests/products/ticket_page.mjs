// Opens tickets in Chromium as people do: nothing is loaded, nothing complains, axe finds no serious fault, on paper nothing
// is cut and what a board decides on is one page; and cells stay text.
//
// Usage: ticket_page.mjs FILE...    Exit 0: all holds. 1: not.

import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(`${resolve(process.env.NODE_TESTS)}/x.js`);
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const files = process.argv.slice(2);
const program = spawnSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).stdout.trim();
const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox', '--disable-gpu'] });
let wrong = files.length ? 0 : 1;
let held = 0;

function check(is, what) {
  if (is) { held += 1; return; }
  wrong += 1;
  console.error(`ticket_page: ${what}`);
}

for (const file of files) {
  const name = basename(file);
  // Chromium knows a page by the end of its name.
  const html = readFileSync(file, 'utf8');
  for (const [colorScheme, width] of [['light', 1280], ['dark', 390]]) {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
    const page = await context.newPage();
    page.on('console', (message) => check(false, `${name}: console: ${message.text()}`));
    page.on('pageerror', (error) => check(false, `${name}: ${error.stack}`));
    page.on('dialog', (dialog) => { check(false, `${name}: a dialog`); dialog.dismiss(); });
    const url = `${pathToFileURL(resolve(file))}.html`;
    await context.route('**/*', (route) => {
      if (route.request().url() === url) return route.fulfill({ contentType: 'text/html', body: html });
      check(false, `${name}: a request for ${route.request().url()}`);
      return route.abort();
    });
    await page.goto(url);
    check(await page.locator('h1').count() === 1 && await page.locator('section').count() >= 8, `${name}: its sections`);
    check(await page.locator('html').getAttribute('lang') === (name.includes('.ja.') ? 'ja' : 'en'), `${name}: its language`);
    check(await page.locator('script, img, iframe, form, a[href^="javascript"]').count() === 0, `${name}: an element of a cell`);
    // Every link leads to its section.
    const dead = await page.locator('nav a').evaluateAll((links) => links.filter((link) => !document.querySelector(link.getAttribute('href'))).length);
    check(dead === 0, `${name}: ${dead} links lead nowhere`);
    check(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth + 1), `${name}: wider than ${width} pixels`);
    // The page runs no script, so axe runs outside of its policy.
    const bare = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
    const looked = await bare.newPage();
    await looked.setContent(html);
    await looked.evaluate(axe);
    const { violations, passes } = await looked.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
    check(passes.length > 5, `${name}: axe looked at ${passes.length} rules`);
    for (const { id, impact, nodes } of violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')) {
      check(false, `${name}, ${colorScheme}: ${id}: ${nodes.slice(0, 2).map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`).join(' | ')}`);
    }
    await bare.close();
    if (width > 1000) {
      // A4 without its margins, at 96 dots an inch.
      await page.emulateMedia({ media: 'print' });
      await page.setViewportSize({ width: 688, height: 1017 });
      const paper = await page.evaluate(() => ({ board: document.querySelector('.annex').getBoundingClientRect().top + scrollY, wide: document.documentElement.scrollWidth - innerWidth }));
      check(paper.wide <= 1, `${name}: cut on paper by ${paper.wide} pixels`);
      if (name.startsWith('change')) check(paper.board <= 1017, `${name}: what a board decides on is ${paper.board} pixels high, over a page`);
    }
    await context.close();
  }
}
await browser.close();
console.log(`ticket_page: ${held} checks hold, ${wrong} wrong`);
process.exit(wrong ? 1 : 0);
