/** Opens reports in a real browser, from disk, and looks at what it draws. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCollector } from './collector.js';
import type { Flight } from './flight.js';
import { renderReport } from './page.js';
import { sampleEnd, sampleFlight, sampleHeader, type Sample } from './sample.test-support.js';

const found = [process.env['CHROMIUM'] ?? '', '/usr/bin/chromium'].find(
  (path) => path !== '' && existsSync(path),
);
const why = found === undefined ? ' (SKIPPED: no chromium at $CHROMIUM or /usr/bin/chromium)' : '';
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** A cold start of the browser on a busy machine, and fifteen charts. */
const PATIENCE_MS = 60_000;

function collect({ header, events, end }: Sample): Flight {
  const collector = createCollector(header);
  for (const event of events) collector.event(event);
  return collector.land(end);
}

interface Seen {
  readonly page: Page;
  readonly complaints: string[];
  readonly requests: string[];
}

// A browser is not on every machine; what it would see is said by the other tests of this folder.
describe.skipIf(found === undefined)(`a report in a browser${why}`, () => {
  let browser: Browser;
  const folder = mkdtempSync(join(tmpdir(), 'windtunnel-report-'));

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: found ?? '', args: ARGS });
  }, PATIENCE_MS);
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  const open = async (flights: readonly Flight[], width = 1280): Promise<Seen> => {
    const file = join(folder, `${flights.length}-${width}.html`);
    writeFileSync(file, renderReport(flights));
    const page = await browser.newPage({ viewport: { width, height: 800 } });
    const [complaints, requests]: [string[], string[]] = [[], []];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector('html[data-drawn]', { timeout: PATIENCE_MS });
    return { page, complaints, requests };
  };
  const quiet = ({ complaints, requests }: Seen): void => {
    expect(complaints).toEqual([]);
    expect(requests.filter((url) => !/^(file|blob|data):/.test(url))).toEqual([]);
  };
  const drawn = ({ page }: Seen): Promise<readonly [plots: number, drawn: number]> =>
    Promise.all([
      page.locator('.plot').count(),
      page.locator('.plot.js-plotly-plot:has(.main-svg)').count(),
    ]);

  it(
    'says the verdict and draws every chart, without a complaint or a request',
    async () => {
      const seen = await open([collect(sampleFlight())]);
      expect(await seen.page.locator('.verdict').innerText()).toContain('SLO missed: calls.failed');
      expect(await drawn(seen)).toEqual([7, 7]);
      expect(await seen.page.title()).toBe('✗ first-flight – windtunnel');
      quiet(seen);
      await seen.page.close();
    },
    PATIENCE_MS,
  );

  it(
    'draws several flights, and fits a phone',
    async () => {
      const flights = [sampleFlight(), sampleFlight({ seed: 8 }, { placer: 'jsq' })].map(collect);
      const seen = await open(flights, 390);
      expect(await drawn(seen)).toEqual([15, 15]);
      const size = await seen.page.locator('html').boundingBox();
      expect(size?.width).toBe(390);
      quiet(seen);
      await seen.page.close();
    },
    PATIENCE_MS,
  );

  it(
    'zooms all charts over time together, and takes on the dark colours',
    async () => {
      const seen = await open([collect(sampleFlight({ calls: 800, seconds: 8 }))], 1000);
      const range = `document.getElementById('f0-throughput').layout.xaxis.range.join()`;
      await seen.page.evaluate(
        `Plotly.relayout('f0-latency-time', { 'xaxis.range[0]': 2, 'xaxis.range[1]': 4 })`,
      );
      await expect.poll(() => seen.page.evaluate(range)).toBe('2,4');
      const colour = `document.getElementById('f0-throughput').layout.font.color`;
      const before = await seen.page.evaluate(colour);
      await seen.page.emulateMedia({ colorScheme: 'dark' });
      await expect.poll(() => seen.page.evaluate(colour)).not.toBe(before);
      quiet(seen);
      await seen.page.close();
    },
    PATIENCE_MS,
  );

  it(
    'shows hostile names as text and stays quiet, also with nothing to draw',
    async () => {
      const scenario = '</script><script>alert(1)</script>';
      const evil = '<img src=x onerror=alert(1)>';
      const header = { scenario, words: [evil], runners: [{ id: evil, slots: 1 }] };
      for (const flight of [
        collect(sampleFlight({ calls: 10, seconds: 1 }, header)),
        createCollector(sampleHeader({ ...header, calls: 0 })).land(sampleEnd({ virtualMs: 0 })),
      ]) {
        const seen = await open([flight], 800);
        expect(await seen.page.locator('h1').innerText()).toBe(scenario);
        expect(await seen.page.locator('img').count()).toBe(0);
        const [plots, done] = await drawn(seen);
        expect(done).toBe(plots);
        quiet(seen);
        await seen.page.close();
      }
    },
    PATIENCE_MS,
  );
});
