// Asks the report's page, in Chromium, what `thruway match` is asked, and compares the answers.
//
// Usage: report_match.mjs THRUWAY PROFILE OUT QUESTIONS…
//
// Each file of questions has a URL at the end of every line, as probes.py writes them; texts that are no URLs, or
// unusual ones, are added here. Exit 0: all answers are alike. 1: one is not.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const require = createRequire(`${resolve(process.env.NODE_TESTS)}/x.js`);
const { chromium } = require('playwright-core');
const [thruway, profile, out, ...files] = process.argv.slice(2);
if (files.length === 0) {
  console.error('report_match.mjs THRUWAY PROFILE OUT QUESTIONS...');
  process.exit(2);
}
const UNUSUAL = [
  'example.com', 'example.com:80', 'example.com:80/path', 'example.com:8443', 'EXAMPLE.com.', 'http://example.com:443/', 'https://example.com:080/',
  '2001:db8::1', '[2001:db8::1]', '[2001:db8::1]:8443', '::ffff:203.0.113.7', '203.0.113.7', '203.0.113.255:80', 'http://0x7f.1/', '1.2.3',
  'bücher.example', 'BÜCHER.example', 'xn--bcher-kva.example', 'http://user:pass@example.com/x', 'https://example.com/a/../b?q#f', 'http://www.microsoft.com/%70ki/x',
  'ftp://example.com/', 'http://', 'a..b', '-', 'a b', 'a_b.example.com', 'x'.repeat(64) + '.com', 'a.'.repeat(126) + 'com', 'a.'.repeat(127) + 'com',
  'http://example.com:99999/', 'exa%6Dple.com', 'https://example.com\\x', 'localhost', '1e100.net', 'a.0x1', 'http:///x', 'HTTP://EXAMPLE.COM/',
];
const urls = files.flatMap((file) => readFileSync(file, 'utf8').split('\n').filter(Boolean).map((line) => line.trim().split(' ').at(-1)));
const questions = [...new Set([...urls.filter((url) => url.includes('://')), ...UNUSUAL])];
const run = spawnSync(thruway, ['match', '--format', 'json', '--profile', profile, '--today', '2026-11-24'], { input: questions.map((line) => `${line}\n`).join(''), encoding: 'utf8', maxBuffer: 1 << 30 });
const wanted = run.stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line));
if (wanted.length !== questions.length) {
  console.error(`report_match: ${wanted.length} answers to ${questions.length} questions: ${run.stderr}`);
  process.exit(1);
}

const program = spawnSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).stdout.trim();
const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox', '--disable-gpu'] });
const page = await browser.newPage();
await page.goto(`file://${resolve(out)}/report/index.html`);
const answers = await page.evaluate((questions) => questions.map((text) => {
  const decision = Model.decide(text);
  if (decision.error) return { error: decision.error };
  return Object.fromEntries(Model.INTENTS.map(({ id }) => [id.replace('-', '_'), decision.rules[id].length > 0]));
}), questions);
await browser.close();

let wrong = 0;
const yes = { allow: 0, error: 0 };
wanted.forEach((want, at) => {
  const got = answers[at];
  const keys = ['allow', 'bypass_inspection', 'bypass_authentication', 'direct'];
  const alike = want.error ? Boolean(got.error) : !got.error && keys.every((key) => want[key] === got[key]);
  if (want.error) yes.error += 1;
  else if (want.allow) yes.allow += 1;
  if (!alike) {
    wrong += 1;
    if (wrong <= 10) console.error(`report_match: ${questions[at]}: ${JSON.stringify(got)}, and should be ${JSON.stringify({ ...want, rules: undefined })}`);
  }
});
console.log(`report_match: ${questions.length} questions, ${yes.allow} allowed, ${yes.error} no questions, ${wrong} wrong`);
process.exit(wrong || yes.allow === 0 || yes.error === 0 ? 1 : 0);
