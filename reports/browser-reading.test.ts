/** Reads reports as those do who use no mouse, no script, a screen reader, or paper. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  collect,
  createReader,
  each,
  noBrowser,
  PATIENCE_MS,
  quiet,
  whySkipped,
  type Reader,
} from './browser.test-support.js';
import { sampleFlight } from './sample.test-support.js';

const flight = collect(sampleFlight({ calls: 1500, seconds: 8 }));
const other = collect(sampleFlight({ calls: 1500, seconds: 8, seed: 9 }, { placer: 'jsq' }));

/** A clipboard that takes what it is given, or refuses it. */
const CLIPBOARD = (takes: boolean): string => `
  Object.defineProperty(navigator, 'clipboard', { value: {
    writeText: async (text) => {
      if (!${String(takes)}) throw new Error('not allowed');
      window.copied = text;
    },
  } });`;

// A browser is not on every machine; what it would see is said by the other tests of this folder.
describe.skipIf(noBrowser)(`a report read in other ways${whySkipped}`, () => {
  let reader: Reader;
  beforeAll(async () => {
    reader = await createReader();
  }, PATIENCE_MS);
  afterAll(() => reader.close());

  it.each([
    ['copies', true],
    ['selects, where copying is not allowed,', false],
  ])(
    '%s the replay command by keyboard alone, and says so',
    async (_, takes) => {
      const seen = await reader.open([flight], { before: CLIPBOARD(takes) });
      const { page } = seen;
      const { replay } = flight.header;
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.className')).toBe('skip');
      const button = `document.activeElement.matches('button.copy')`;
      for (let i = 0; i < 40 && (await page.evaluate(button)) !== true; i++) {
        await page.keyboard.press('Tab');
      }
      await page.keyboard.press('Enter');
      const status = page.locator('[role=status]').first();
      await expect.poll(() => status.textContent()).toMatch(/^(?:Copied|Selected)/);
      const got = takes ? 'window.copied' : 'getSelection().toString().trim()';
      expect(await page.evaluate(got)).toBe(replay);
      quiet(seen);
      await page.close();
    },
    PATIENCE_MS,
  );

  it(
    'skips to the first chart, and opens the table behind it by keyboard',
    async () => {
      const seen = await reader.open([flight]);
      const { page } = seen;
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      const first = await page.locator('.plot').first().getAttribute('id');
      expect(await page.evaluate('document.activeElement.id')).toBe(first);
      const summary = `document.activeElement.matches('details.data > summary')`;
      for (let i = 0; i < 10 && (await page.evaluate(summary)) !== true; i++) {
        await page.keyboard.press('Tab');
      }
      const outline = 'getComputedStyle(document.activeElement).outlineStyle';
      expect(await page.evaluate(outline)).toBe('solid');
      await page.keyboard.press('Enter');
      const table = page.locator('details.data[open] table');
      expect(await table.count()).toBe(1);
      expect(await table.innerText()).toMatch(/\d/);
      quiet(seen);
      await page.close();
    },
    PATIENCE_MS,
  );

  it.each([
    ['one flight', [flight]],
    ['two', [flight, other]],
  ])(
    'of %s has names for all that a screen reader comes to',
    async (_, flights) => {
      const seen = await reader.open(flights);
      const { page } = seen;
      const level = '(heading) => Number(heading.tagName[1])';
      const headings = await each<number>(page, 'h1, h2, h3, h4, h5, h6', level);
      expect(headings[0]).toBe(1);
      expect(headings.filter((depth) => depth === 1)).toHaveLength(1);
      headings.forEach((depth, i) => {
        expect(depth).toBeLessThanOrEqual((headings[i - 1] ?? 0) + 1);
      });
      const unnamed = await page.evaluate(`[
        ...[...document.querySelectorAll('table')].filter((table) => {
          return !table.caption?.textContent.trim();
        }),
        ...[...document.querySelectorAll('th')].filter((head) => !head.scope),
        ...[...document.querySelectorAll('[aria-labelledby], [aria-describedby]')].filter((one) => {
          return ['aria-labelledby', 'aria-describedby'].some((key) => {
            const id = one.getAttribute(key);
            return id !== null && !document.getElementById(id)?.textContent.trim();
          });
        }),
        ...document.querySelectorAll('main figure:not([aria-labelledby])'),
        ...document.querySelectorAll('.scroll:not([tabindex="0"][role=region][aria-label])'),
        ...[...document.querySelectorAll('.plot')].filter((plot) => {
          return plot.parentElement.querySelector('details.data tbody td') === null;
        }),
      ].map((element) => element.outerHTML.slice(0, 200))`);
      expect(unnamed).toEqual([]);
      const own = 'body > :not(script) [id]:not(svg *)';
      const ids = await each<string>(page, own, '({ id }) => id');
      expect(new Set(ids).size).toBe(ids.length);
      expect(await page.locator('main').count()).toBe(1);
      await page.close();
    },
    PATIENCE_MS,
  );

  it('without a script has its tables, those behind charts too', async () => {
    const seen = await reader.open([flight], { javaScriptEnabled: false });
    const { page } = seen;
    expect(await page.locator('.slo').innerText()).toContain('latencyMs.p99');
    expect(await page.locator('button.copy').isVisible()).toBe(false);
    const table = page.locator('details.data').first();
    await table.locator('summary').click();
    expect(await table.locator('td').first().isVisible()).toBe(true);
    quiet(seen);
    await page.close();
  });

  it(
    'on paper is light, fits the page and has its lists open, and is as before afterwards',
    async () => {
      const seen = await reader.open([flight], { colorScheme: 'dark' });
      const { page } = seen;
      const looks = `[
        [...document.querySelectorAll('.plot')].map((plot) => plot._fullLayout.width),
        [...new Set([...document.querySelectorAll('.plot')].map((p) => p.layout.font.color))],
        [...document.querySelectorAll('details.listing')].map((list) => list.open),
      ]`;
      type Looks = readonly [readonly number[], readonly string[], readonly boolean[]];
      const [widths, [dark], lists] = await page.evaluate<Looks>(looks);
      await page.evaluate(`dispatchEvent(new Event('beforeprint'))`);
      const [narrow, colours, open] = await page.evaluate<Looks>(looks);
      // A4 and letter, less their margins.
      expect(Math.max(...narrow)).toBeLessThanOrEqual(700);
      expect(colours).toEqual(['#5a6675']);
      expect(dark).not.toBe(colours[0]);
      expect(open.every(Boolean)).toBe(true);
      await page.evaluate(`dispatchEvent(new Event('afterprint'))`);
      await expect.poll(() => page.evaluate(looks)).toEqual([widths, [dark], lists]);
      const folder = new URL('../out/screenshots/', import.meta.url);
      mkdirSync(folder, { recursive: true });
      const pdf = await page.pdf({ format: 'A4', printBackground: true, preferCSSPageSize: true });
      writeFileSync(new URL('report.pdf', folder), pdf);
      const pages = pdf.toString('latin1').match(/\/Type \/Page\b/g) ?? [];
      expect(pages.length).toBeGreaterThan(2);
      quiet(seen);
      await page.close();
    },
    PATIENCE_MS,
  );
});
