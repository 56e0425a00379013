/** Points at, clicks and zooms every chart of a report in a real browser. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  collect,
  createReader,
  each,
  noBrowser,
  PATIENCE_MS,
  quiet,
  SLOW,
  whySkipped,
  type Reader,
} from './browser.test-support.js';
import { sampleFlight } from './sample.test-support.js';
import { chartsOf } from './section.js';

/**
 * Where a point of a chart is drawn, in pixels of its element: the middle one that has a value.
 * Plotly knows; the page is asked, since only there is it drawn.
 */
const POINT = `(id) => {
  const plot = document.getElementById(id);
  const trace = plot._fullData.find((one) => one.visible === true && one.x?.length > 0);
  const [xaxis, yaxis] = [trace.xaxis ?? 'x', trace.yaxis ?? 'y'].map((name) => {
    return plot._fullLayout[name[0] + 'axis' + name.slice(1)];
  });
  const map = trace.type === 'heatmap';
  const has = (i) => map || trace.y[i] !== null;
  const count = trace.x.length - (map ? 1 : 0);
  const at = [...Array(count).keys()].filter(has);
  const i = at[at.length >> 1];
  const j = map ? trace.z.findIndex((row) => row[i] !== null) : i;
  const middle = (axis, list, k) => list.length > (axis === xaxis ? count : trace.z?.length ?? 1e9)
    ? (axis.d2p(list[k]) + axis.d2p(list[k + 1])) / 2
    : axis.d2p(list[k]);
  const x = middle(xaxis, trace.x, i);
  const y = map ? middle(yaxis, trace.y, j) : yaxis.d2p(trace.y[i]);
  return [xaxis._offset + x, yaxis._offset + y];
}`;

const chartIds = (page: Page): Promise<readonly string[]> => each(page, '.plot', '({ id }) => id');

// A browser is not on every machine; what it would see is said by the other tests of this folder.
describe.skipIf(noBrowser)(`the charts of a report in a browser${whySkipped}`, () => {
  let reader: Reader;
  beforeAll(async () => {
    reader = await createReader();
  }, PATIENCE_MS);
  afterAll(() => reader.close());

  it(
    'each say what a point is where one points at it',
    async () => {
      const seen = await reader.open([collect(sampleFlight())]);
      const { page } = seen;
      for (const id of await chartIds(page)) {
        const plot = page.locator(`[id="${id}"]`);
        await plot.scrollIntoViewIfNeeded();
        const [x = 0, y = 0] = await page.evaluate<number[]>(`(${POINT})('${id}')`);
        const box = (await plot.boundingBox())!;
        await page.mouse.move(box.x + x + 3, box.y + y);
        await page.mouse.move(box.x + x, box.y + y);
        const label = page.locator(`[id="${id}"] .hoverlayer text`).first();
        await expect
          .poll(() => label.count(), { ...SLOW, message: `hover label of ${id}` })
          .toBe(1);
        expect(await label.textContent(), id).toMatch(/\d/);
        await page.mouse.move(0, 0);
      }
      quiet(seen);
      await page.close();
    },
    PATIENCE_MS,
  );

  it(
    'each hide a trace where one clicks it in the legend',
    async () => {
      const seen = await reader.open([collect(sampleFlight())]);
      const { page } = seen;
      let legends = 0;
      for (const id of await chartIds(page)) {
        const entry = page.locator(`[id="${id}"] .legendtoggle`).first();
        if ((await entry.count()) === 0) continue;
        legends++;
        await entry.scrollIntoViewIfNeeded();
        const hidden = `document.getElementById('${id}')._fullData
          .filter((trace) => trace.visible === 'legendonly').length`;
        expect(await page.evaluate(hidden)).toBe(0);
        const box = (await entry.boundingBox())!;
        await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
        // One entry may stand for the two edges of a band.
        await expect.poll(() => page.evaluate(hidden), { ...SLOW, message: id }).toBeGreaterThan(0);
      }
      expect(legends).toBeGreaterThan(2);
      quiet(seen);
      await page.close();
    },
    PATIENCE_MS,
  );

  it(
    'over time zoom together, and take on the dark colours',
    async () => {
      const seen = await reader.open([collect(sampleFlight({ calls: 800, seconds: 8 }))]);
      const range = `document.getElementById('f0-throughput').layout.xaxis.range.join()`;
      await seen.page.evaluate(
        `Plotly.relayout('f0-latency-time', { 'xaxis.range[0]': 2, 'xaxis.range[1]': 4 })`,
      );
      await expect.poll(() => seen.page.evaluate(range), SLOW).toBe('2,4');
      const colour = `document.getElementById('f0-throughput').layout.font.color`;
      const before = await seen.page.evaluate(colour);
      await seen.page.emulateMedia({ colorScheme: 'dark' });
      await expect.poll(() => seen.page.evaluate(colour), SLOW).not.toBe(before);
      quiet(seen);
      await seen.page.close();
    },
    PATIENCE_MS,
  );

  it(
    'over time mark the instant that is pointed at on one of them, in their flight alone',
    async () => {
      const flights = [sampleFlight(), sampleFlight({ seed: 8 }, { placer: 'jsq' })].map(collect);
      const seen = await reader.open(flights);
      const marked = `[...document.querySelectorAll('.instant:not([hidden])')].map((line) => {
        const plot = line.parentElement, axis = plot._fullLayout.xaxis;
        const left = line.getBoundingClientRect().left - plot.getBoundingClientRect().left;
        return [plot.id, axis.p2d(left - axis._offset)];
      })`;
      const others = chartsOf(flights[0]!)
        .filter(({ overTime, id }) => overTime === true && id !== 'throughput')
        .map(({ id }) => `f0-${id}`);
      const chart = seen.page.locator('#f0-throughput .nsewdrag').first();
      await chart.scrollIntoViewIfNeeded();
      await chart.hover();
      await expect.poll(() => seen.page.evaluate(`${marked}.length`), SLOW).toBe(others.length);
      const lines = await seen.page.evaluate<[string, number][]>(marked);
      expect(lines.map(([id]) => id)).toEqual(others);
      // The middle of the chart is the middle of the flight, and so is every mark.
      const middle = flights[0]!.bins.durationMs / 2000;
      for (const [, at] of lines) expect(Math.abs(at / middle - 1)).toBeLessThan(0.02);
      await seen.page.mouse.move(0, 0);
      await expect.poll(() => seen.page.evaluate(`${marked}.length`), SLOW).toBe(0);
      quiet(seen);
      await seen.page.close();
    },
    PATIENCE_MS,
  );
});
