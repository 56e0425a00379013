import { describe, expect, it } from 'vitest';
import { differencesOf, methodWords, type Difference, type Side } from './difference.js';
import { compareMarkdown, compareText } from './difference-text.js';
import { sidesOf } from './comparison.js';
import { countIntervals } from './result-intervals.js';
import { chance } from './sample.test-support.js';
import { landed, sideOf, type Told } from './sides.test-support.js';

function row(from: Side, to: Side, metric: string): Difference {
  const found = differencesOf(from, to).find((difference) => difference.metric === metric);
  if (found === undefined) throw new Error(`no row of ${metric}`);
  return found;
}
const p99 = (from: readonly Told[], to: readonly Told[]): Difference =>
  row(sideOf('A', from), sideOf('B', to), 'latencyMs.p99');
const around = (value: number, reach: number, seed = 7): Told => {
  return { p99: value, interval: [value - reach, value + reach], seed };
};

describe('a difference', () => {
  it('is noise while its interval holds 0, then better or worse', () => {
    expect(p99([around(100, 10)], [around(110, 10)]).verdict).toBe('noise');
    expect(p99([around(100, 10)], [around(115, 10)]).verdict).toBe('worse');
    expect(p99([around(100, 10)], [around(85, 10)]).verdict).toBe('better');
    expect(p99([around(100, 10)], [around(100, 10)]).verdict).toBe('even');
    expect(p99([around(100, 10)], [{ p99: 110 }]).verdict).toBe('unsure');
    expect(p99([around(100, 10)], [{ p99: null }])).toMatchObject({
      change: null,
      verdict: 'unsure',
    });
  });

  it('of a share has more ok calls for better, and fewer failed ones', () => {
    const [from, to] = [
      sideOf('A', [{ p99: 1, failed: 5 }]),
      sideOf('B', [{ p99: 1, failed: 60 }]),
    ];
    expect(row(from, to, 'okRatio').verdict).toBe('worse');
    expect(row(from, to, 'calls.failed').verdict).toBe('worse');
    expect(row(to, from, 'okRatio').verdict).toBe('better');
    expect(row(from, to, 'calls.offered').verdict).toBe('even');
  });

  it('of the same seeds is taken seed by seed, so what they have in common drops out', () => {
    const seeds = [1, 2, 3, 4, 5];
    const from = seeds.map((seed) => ({ p99: 100 * seed, seed }));
    const to = seeds.map((seed) => ({ p99: 100 * seed + 10 + (seed % 2), seed })).reverse();
    expect(p99(from, to).verdict).toBe('worse');
    expect(p99(from, to).change).toBeCloseTo(10.6, 6);
    const others = to.map((told) => ({ ...told, seed: told.seed + 100 }));
    expect(p99(from, others).verdict).toBe('noise');
  });

  it('of several seeds does not ask the intervals of single flights', () => {
    const sure = (value: number, seed: number): Told => around(value, 0.001, seed);
    const from = [sure(100, 1), sure(200, 2), sure(150, 3)];
    const to = [sure(120, 4), sure(210, 5), sure(170, 6)];
    expect(p99(from, to).verdict).toBe('noise');
  });

  it('that is the same for each seed is no surer than the calls behind it', () => {
    const seeds = (failed: number): readonly Told[] =>
      [1, 2].map((seed) => ({ p99: 1, failed, seed }));
    const worse = (failed: number, metric: string): string =>
      row(sideOf('A', seeds(0)), sideOf('B', seeds(failed)), metric).verdict;
    expect(worse(1, 'calls.failed')).toBe('noise');
    expect(worse(1, 'okRatio')).toBe('noise');
    expect(worse(40, 'calls.failed')).toBe('worse');
    // Other seeds than those of the base.
    const others = seeds(1).map((told) => ({ ...told, seed: 5 + told.seed! }));
    expect(row(sideOf('A', seeds(0)), sideOf('B', others), 'calls.failed').verdict).toBe('noise');
    // Of latencies that nothing else is known of there is nothing to say.
    const slower = seeds(0).map((told) => ({ ...told, p99: 2 }));
    expect(p99(seeds(0), slower).verdict).toBe('unsure');
  });

  it('of goodput knows that the time which so many calls take is chance', () => {
    const side = (goodputPerSec: number): Side => {
      const { flights, ...rest } = sideOf('A', [{ p99: 1 }]);
      const results = rest.results.map((result) => {
        const own = countIntervals(result.calls, goodputPerSec);
        return { ...result, goodputPerSec, intervals: { ...result.intervals!, ...own } };
      });
      return { ...rest, flights, results };
    };
    // A thousand calls come in a second give or take 3 %.
    expect(row(side(1000), side(1050), 'goodputPerSec').verdict).toBe('noise');
    expect(row(side(1000), side(800), 'goodputPerSec').verdict).toBe('worse');
  });

  it('is called by chance alone in about one of twenty pairs of flights, at most', () => {
    const random = chance(99);
    const flown = Array.from({ length: 80 }, () =>
      landed(400, Math.floor(random() * 1e9), 'p2c', 20),
    );
    let [called, asked] = [0, 0];
    for (let i = 0; i < flown.length; i += 2) {
      const [from, to] = sidesOf(flown.slice(i, i + 2)) as [Side, Side];
      for (const metric of ['latencyMs.p50', 'latencyMs.p90', 'latencyMs.mean']) {
        const { verdict } = row(from, to, metric);
        if (verdict === 'unsure') continue;
        asked++;
        if (verdict !== 'noise' && verdict !== 'even') called++;
      }
    }
    expect(asked).toBe(120);
    expect(called).toBeLessThan(18);
  });
});

describe('what is said beside the rows', () => {
  it('names the method, and what the sides do not have in common', () => {
    const [a, b] = [sideOf('A', [{ p99: 1, seed: 1 }]), sideOf('B', [{ p99: 1, seed: 2 }])];
    expect(methodWords(a, a).join(' ')).toContain('of the calls of a flight');
    expect(methodWords(a, a).join(' ')).not.toContain('Different');
    expect(methodWords(a, b)).toContain('Different seeds: other calls arrived at other instants.');
    const other = sideOf('C', [{ p99: 1, seed: 1, scenario: 'other' }]);
    expect(methodWords(a, other)).toContain('Different scenarios: first-flight against other.');
    const many = sideOf('D', [
      { p99: 1, seed: 1 },
      { p99: 2, seed: 2 },
    ]);
    expect(methodWords(many, many)[0]).toContain('the 2 seeds are compared one by one');
    expect(methodWords(a, many)[0]).toContain('the spread between seeds');
  });

  it('has a row a metric in text and in Markdown, and no name that could break out', () => {
    const name = 'A · `|<img src=x onerror=1>\u001b[2J @all';
    const sides = [sideOf(name, [around(100, 5)]), sideOf('B', [around(130, 5)])];
    const text = compareText(sides).replaceAll('\u202f', ' ');
    expect(text).toMatch(/p99 +100 ms +130 ms +\+30\.0 % +\+22\.9 … \+37\.1 +✗ worse/);
    expect(text).not.toContain('\u001b');
    const markdown = compareMarkdown(sides, []).replaceAll('\u202f', ' ');
    expect(markdown).toContain('| p99 | 100 ms | 130 ms | +30.0 % | +22.9 … +37.1 | ✗ worse |');
    const top = markdown.split('\n').find((line) => line.startsWith('| '));
    // Outside the span of code there is nothing of the name.
    expect(top?.replace(/`[^`]*`/g, '')).toBe('|  |  |  | change | 95 % |  |');
  });
});
