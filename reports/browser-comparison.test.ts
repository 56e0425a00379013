/** Opens comparisons in a real browser, from disk, with the library beside them. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { metricText } from './difference-words.js';
import { renderReport } from './page.js';
import { sharedLibrary } from './plotly.js';
import { landed } from './sides.test-support.js';

const found = [process.env['CHROMIUM'] ?? '', '/usr/bin/chromium'].find(
  (path) => path !== '' && existsSync(path),
);
const why = found === undefined ? ' (SKIPPED: no chromium at $CHROMIUM or /usr/bin/chromium)' : '';
/** A cold start of the browser on a busy machine, and two dozen charts. */
const PATIENCE_MS = 60_000;

// A browser is not on every machine; the words of a comparison are tested without one.
describe.skipIf(found === undefined)(`a comparison that shares its library${why}`, () => {
  let browser: Browser;
  const folder = mkdtempSync(join(tmpdir(), 'windtunnel-comparison-'));
  const { name: library, text } = sharedLibrary();

  beforeAll(async () => {
    const args = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run'];
    browser = await chromium.launch({ executablePath: found ?? '', args });
  }, PATIENCE_MS);
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  const flights = [landed(1500), landed(1500, 9, 'jsq', 120)];
  const open = async (name: string) => {
    const file = join(folder, name);
    const html = renderReport(flights, { library });
    writeFileSync(file, html);
    const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
    const [complaints, requests]: [string[], string[]] = [[], []];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    return { page, complaints, requests, html };
  };

  it(
    'says so where the library is not beside it, and shows its tables all the same',
    async () => {
      const { page } = await open('alone.html');
      const plot = page.locator('.plot').first();
      await expect.poll(() => plot.innerText()).toContain(`${library} has to lie beside`);
      expect(await page.locator('.comparison tbody tr').count()).toBe(15);
      await page.close();
    },
    PATIENCE_MS,
  );

  it(
    'draws from disk, asks for nothing else, and its bands come and go with their lines',
    async () => {
      writeFileSync(join(folder, library), text);
      const { page, complaints, requests, html } = await open('both.html');
      expect(html.length).toBeLessThan(250_000);
      await page.waitForSelector('html[data-drawn]', { timeout: PATIENCE_MS });
      const row = page.locator('.comparison tr', { has: page.locator('th:text-is("p99")') });
      const said = await row.locator('td').allInnerTexts();
      flights.forEach(({ result }, i) => {
        expect(said[i]).toContain(metricText('latencyMs.p99', result.latencyMs.p99));
      });
      const shown = `document.getElementById('all-percentiles').data.map((trace) => trace.visible)`;
      // Two bands of two edges each, and then two lines.
      expect(await page.evaluate(`${shown}.length`)).toBe(6);
      const bands = page.locator('#all-percentiles .fills path');
      await expect.poll(() => bands.count()).toBe(2);
      const first = page.locator('#all-percentiles .legendtoggle').first();
      // A single click waits whether there comes a second one.
      await first.scrollIntoViewIfNeeded();
      await first.click();
      const hidden = ['legendonly', 'legendonly', null, null, 'legendonly', null];
      await expect
        .poll(() => page.evaluate(`${shown}.map((v) => (v === true ? null : (v ?? null)))`))
        .toEqual(hidden);
      await expect.poll(() => bands.count()).toBe(1);
      expect(complaints).toEqual([]);
      expect(requests.filter((url) => !/^(file|blob|data):/.test(url))).toEqual([]);
      expect(requests.filter((url) => url.endsWith('.js'))).toHaveLength(1);
      await page.close();
    },
    PATIENCE_MS,
  );

  it(
    'of six shows each of them on a screen, and on paper',
    async () => {
      const six = ['naive', 'p2c', 'least', 'ewma', 'prequal', 'hash-bounded'].map((placer, i) => {
        return landed(3000, 7, placer, 110 + 4 * i);
      });
      const file = join(folder, 'six.html');
      writeFileSync(file, renderReport(six, { library }));
      const page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
      await page.goto(pathToFileURL(file).href);
      const beyond = `(() => {
        const table = document.querySelector('.comparison');
        return table.scrollWidth - table.parentElement.clientWidth;
      })()`;
      expect(await page.evaluate(beyond)).toBeLessThanOrEqual(0);
      // A4 less its margins; what is wider is cut off.
      await page.setViewportSize({ width: 703, height: 900 });
      await page.emulateMedia({ media: 'print' });
      expect(await page.evaluate(beyond)).toBeLessThanOrEqual(0);
      await page.close();
    },
    PATIENCE_MS,
  );
});
