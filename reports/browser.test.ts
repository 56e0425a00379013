/** Opens reports of every kind of flight in a real browser and looks at what it draws. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  allDrawn,
  collect,
  createReader,
  noBrowser,
  PATIENCE_MS,
  picture,
  quiet,
  SLOW,
  whySkipped,
  type Reader,
  type Seen,
} from './browser.test-support.js';
import { createCollector } from './collector.js';
import type { Flight } from './flight.js';
import { flyMany } from './million.test-support.js';
import { comparisonEquals, numbersEqual } from './numbers.test-support.js';
import { sampleEnd, sampleFlight, sampleHeader } from './sample.test-support.js';
import { verdictOf } from './verdict.js';

const MANY = 1_000_000;

/** Every call was executed and failed: no latency, no goodput. */
function allFailed(): Flight {
  const sample = sampleFlight({ calls: 300, seconds: 5 });
  const events = sample.events.map((event) => {
    if (event.kind === 'end') return { ...event, outcome: 'failed', status: 502 } as const;
    return event.kind === 'client' ? { ...event, status: 502 } : event;
  });
  return collect({ ...sample, events });
}

const KINDS: readonly (readonly [kind: string, fly: () => readonly Flight[], says: RegExp])[] = [
  ['tiny', () => [collect(sampleFlight({ calls: 10, seconds: 1 }))], /SLO/],
  ['no-calls', () => [noCalls()], /SLO missed: latencyMs\.p99, okRatio, attempts\.perCall/],
  ['all-failed', () => [allFailed()], /SLO missed: latencyMs\.p99, okRatio, calls\.failed/],
  ['million', () => [flyMany(MANY)], /SLO missed: calls\.failed/],
  ['six', () => ['p2c', 'jsq', 'rr', 'hash', 'naive', 'random'].map(policy), /SLO/],
];

function noCalls(): Flight {
  return createCollector(sampleHeader({ calls: 0 })).land(sampleEnd({ virtualMs: 0 }));
}

function policy(placer: string, i: number): Flight {
  return collect(sampleFlight({ calls: 1500, seconds: 8, seed: i }, { placer }));
}

/** A colour and a width of the chart that is drawn last. */
const LAST = `[...document.querySelectorAll('.plot')].pop()`;

// A browser is not on every machine; what it would see is said by the other tests of this folder.
describe.skipIf(noBrowser)(`a report in a browser${whySkipped}`, () => {
  let reader: Reader;
  beforeAll(async () => {
    reader = await createReader();
  }, PATIENCE_MS);
  afterAll(() => reader.close());

  /** The same page in light, in dark and as wide as a phone; each is kept as a picture. */
  const inEachLook = async (seen: Seen, kind: string): Promise<void> => {
    const { page } = seen;
    const colour = (): Promise<unknown> => page.evaluate(`${LAST}?.layout?.font.color`);
    const light = await colour();
    await picture(seen, `${kind}-light`);
    await page.emulateMedia({ colorScheme: 'dark' });
    if (light !== undefined) await expect.poll(colour, SLOW).not.toBe(light);
    await picture(seen, `${kind}-dark`);
    await page.setViewportSize({ width: 390, height: 800 });
    const width = (): Promise<unknown> => page.evaluate(`${LAST}?._fullLayout?.width ?? 0`);
    await expect.poll(width, SLOW).toBeLessThanOrEqual(390);
    // Only tables may be wider than the screen, and they scroll by themselves.
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await picture(seen, `${kind}-phone`);
  };

  it.each(KINDS)(
    'says the verdict of %s and its numbers, and draws all of it',
    async (kind, fly, says) => {
      const flights = fly();
      const seen = await reader.open(flights);
      await allDrawn(seen);
      const verdicts = await seen.page.locator('.verdict').allInnerTexts();
      expect(verdicts.map((text) => text.replace(/^\S\s+/, ''))).toEqual(
        flights.map((flight) => verdictOf(flight).text),
      );
      expect(verdicts.join()).toMatch(says);
      for (const [i, { result }] of flights.entries()) await numbersEqual(seen.page, result, i);
      if (flights.length > 1) {
        await comparisonEquals(
          seen.page,
          flights.map(({ result }) => result),
        );
      }
      await inEachLook(seen, kind);
      quiet(seen);
      await seen.page.close();
    },
    PATIENCE_MS,
  );

  it('says of ten calls that they are few', async () => {
    const seen = await reader.open([collect(sampleFlight({ calls: 10, seconds: 1 }))]);
    expect(await seen.page.locator('main').innerText()).toContain('Few samples (10)');
    await seen.page.close();
  });
});
