/** A real browser for the tests of reports: opens files from disk and hears what they say. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium, type BrowserContextOptions, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { createCollector } from './collector.js';
import type { Flight } from './flight.js';
import { renderReport } from './page.js';
import type { Sample } from './sample.test-support.js';

const found = [process.env['CHROMIUM'] ?? '', '/usr/bin/chromium'].find(
  (path) => path !== '' && existsSync(path),
);

/** A browser is not on every machine; what it would see is said by the other tests of reports. */
export const noBrowser = found === undefined;
/** For the name of a suite, so that what did not run is seen. */
export const whySkipped = noBrowser
  ? ' (SKIPPED: no chromium at $CHROMIUM or /usr/bin/chromium)'
  : '';
/** A cold start of the browser on a busy machine, and a hundred charts. */
export const PATIENCE_MS = 400_000;
/** For what a page does by itself after a while. */
export const SLOW = { timeout: PATIENCE_MS / 8 } as const;

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
/** Where pictures are kept for people to look at. */
const PICTURES = fileURLToPath(new URL('../out/screenshots/', import.meta.url));

export interface Seen {
  readonly page: Page;
  /** What the console, a dialog or an exception said. */
  readonly complaints: readonly string[];
  readonly requests: readonly string[];
}

export interface Look extends BrowserContextOptions {
  /** Runs in the page before its own scripts. */
  readonly before?: string;
}

export interface Reader {
  open(flights: readonly Flight[], look?: Look): Promise<Seen>;
  close(): Promise<void>;
}

export async function createReader(): Promise<Reader> {
  const browser = await chromium.launch({ executablePath: found ?? '', args: ARGS });
  const folder = mkdtempSync(join(tmpdir(), 'windtunnel-report-'));
  let files = 0;
  return {
    async open(flights, { before, ...look } = {}) {
      const file = join(folder, `${++files}.html`);
      writeFileSync(file, renderReport(flights));
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...look });
      const page = await context.newPage();
      if (before !== undefined) await page.addInitScript(before);
      const [complaints, requests]: [string[], string[]] = [[], []];
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('dialog', (dialog) => {
        complaints.push(dialog.message());
        void dialog.dismiss();
      });
      page.on('request', (request) => requests.push(request.url()));
      await page.goto(pathToFileURL(file).href);
      if (look.javaScriptEnabled !== false) {
        await page.waitForSelector('html[data-drawn]', { timeout: PATIENCE_MS });
      }
      return { page, complaints, requests };
    },
    async close() {
      await browser.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Nothing was complained about, and nothing asked of the network. */
export function quiet({ complaints, requests }: Seen): void {
  expect(complaints).toEqual([]);
  expect(requests.filter((url) => !/^(file|blob|data):/.test(url))).toEqual([]);
}

/** Each place for a chart has one. */
export async function allDrawn({ page }: Seen): Promise<void> {
  const plots = await page.locator('.plot').count();
  expect(await page.locator('.plot.js-plotly-plot:has(.main-svg)').count()).toBe(plots);
}

/**
 * What `look`, the text of a function, finds of each element of a page. As text, because it runs
 * where there are documents, and nothing here knows them.
 */
export function each<T>(page: Page, selector: string, look: string): Promise<readonly T[]> {
  const all = `[...document.querySelectorAll(${JSON.stringify(selector)})]`;
  return page.evaluate<readonly T[]>(`${all}.map(${look})`);
}

export async function picture({ page }: Seen, name: string): Promise<void> {
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}

export function collect({ header, events, end }: Sample): Flight {
  const collector = createCollector(header);
  for (const event of events) collector.event(event);
  return collector.land(end);
}
