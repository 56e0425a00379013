/** Gives a report the worst names there are and reads them back in a real browser. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  allDrawn,
  collect,
  createReader,
  each,
  noBrowser,
  PATIENCE_MS,
  picture,
  quiet,
  whySkipped,
  type Reader,
} from './browser.test-support.js';
import { createCollector } from './collector.js';
import type { Flight } from './flight.js';
import { sampleEnd, sampleFlight, sampleHeader } from './sample.test-support.js';

const OVERRIDE = '\u202eelttil';
const NAMES = [
  `</script><script>alert('script')</script>`,
  `"><img src=x onerror=alert('img')>`,
  'long'.repeat(2500),
  '🛩️ 👩‍👩‍👧 flag 🇨🇭',
  OVERRIDE,
  '\u2067\u2069\u2069\u202d stray',
  'עברית 42',
  `{{7*7}} \${alert(1)} <b>&amp;`,
] as const;
/** Names are cut, on the page and in a title. */
const CUT = 70;
const start = (text: string): string => [...text].slice(0, CUT).join('');
/** Without the marks that only steer the direction of text. */
const plain = (text: string): string => text.replace(/[\u2066-\u2069]/g, '');

/** Everything that can be named has the name; runners and faults have all of them. */
function named(scenario: string, calls = 40): Flight {
  const sample = sampleFlight({ calls, seconds: 2, runners: NAMES.length });
  const nameOf = (id: string): string => NAMES[Number(id.slice(1)) - 1] ?? id;
  const events = sample.events.map((event) => {
    if (event.kind === 'fault') return { ...event, fault: scenario, target: NAMES.join() };
    return 'runner' in event ? { ...event, runner: nameOf(event.runner) } : event;
  });
  const runners = NAMES.map((id) => ({ id, slots: 4 }));
  const texts = { words: NAMES, replay: scenario, placer: scenario, commit: scenario };
  return collect({ ...sample, header: { ...sample.header, ...texts, scenario, runners }, events });
}

// A browser is not on every machine; what it would see is said by the other tests of this folder.
describe.skipIf(noBrowser)(`a report of hostile names in a browser${whySkipped}`, () => {
  let reader: Reader;
  beforeAll(async () => {
    reader = await createReader();
  }, PATIENCE_MS);
  afterAll(() => reader.close());

  it.each([NAMES[0], NAMES[1], NAMES[2], OVERRIDE])(
    'shows them as text in its title, tables, charts and command: %#',
    async (scenario) => {
      const seen = await reader.open([named(scenario)]);
      const { page } = seen;
      await allDrawn(seen);
      expect(plain(await page.title())).toContain(start(scenario));
      expect(await page.locator('h1').textContent()).toContain(start(scenario));
      expect(await page.locator('.replay').textContent()).toBe(scenario);
      const rows = await page.locator('.runners tbody th').allTextContents();
      expect(rows.map(plain).map(start)).toEqual(NAMES.map(plain).map(start));
      const listed = await page.locator('.faults th').first().textContent();
      expect(listed?.slice(0, 20)).toBe(scenario.slice(0, 20));
      const labels = plain((await page.locator('svg text').allTextContents()).join('\n'));
      for (const id of NAMES) expect(labels).toContain(plain([...id].slice(0, 10).join('')));
      // What they tried to make is not there.
      expect(await page.locator('img, main script, main b:not(.tiles b)').count()).toBe(0);
      quiet(seen);
      await page.close();
    },
    PATIENCE_MS,
  );

  it(
    'shows them side by side, and is no wider than a phone',
    async () => {
      const seen = await reader.open(
        NAMES.map((scenario) => named(scenario, 10)),
        { viewport: { width: 390, height: 800 } },
      );
      await allDrawn(seen);
      const heads = await seen.page.locator('h2[id]').allTextContents();
      NAMES.forEach((text, i) => {
        expect(plain(heads[i]!)).toContain(plain([...text].slice(0, 50).join('')));
      });
      expect(await seen.page.evaluate('document.documentElement.scrollWidth')).toBe(390);
      await picture(seen, 'names-phone');
      quiet(seen);
      await seen.page.close();
    },
    PATIENCE_MS,
  );

  it(
    'leaves what stands beside an override of direction in its place',
    async () => {
      const seen = await reader.open([named(OVERRIDE)]);
      const places = await each<readonly [top: number, term: number, value: number]>(
        seen.page,
        '.meta > div',
        `(fact) => {
          const [term, value] = [...fact.children].map((part) => part.getBoundingClientRect());
          return [term.top, term.left, value.left];
        }`,
      );
      expect(places.length).toBeGreaterThan(4);
      for (const [i, [top, term, value]] of places.entries()) {
        const before = places[i - 1];
        if (before !== undefined && before[0] === top) expect(term).toBeGreaterThan(before[2]);
        expect(value).toBeGreaterThan(term);
      }
      await seen.page.close();
    },
    PATIENCE_MS,
  );

  it(
    'is quiet too where there is nothing to draw',
    async () => {
      const header = sampleHeader({ scenario: NAMES[1], words: NAMES, calls: 0, runners: [] });
      const seen = await reader.open([createCollector(header).land(sampleEnd({ virtualMs: 0 }))]);
      expect(await seen.page.locator('h1').innerText()).toBe(NAMES[1]);
      expect(await seen.page.locator('.empty').count()).toBeGreaterThan(0);
      quiet(seen);
      await seen.page.close();
    },
    PATIENCE_MS,
  );
});
