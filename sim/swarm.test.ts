/** Scenarios by chance: that they fly, that they differ, and that the core survives them. */
import { describe, expect, test } from 'vitest';
import { placerByName } from '../core/placer.js';
import { complaintsOf } from './capsule.js';
import { SOMETIMES, createCoverage, type Sometimes } from './sometimes.js';
import { drawScenario } from './swarm.js';
import { flyTwins } from './twins.js';

const seeds = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

test('a seed draws one scenario, and every one can fly', () => {
  const texts = seeds(1, 400).map((seed) => drawScenario(seed).text);
  expect(new Set(texts).size).toBe(400);
  expect(drawScenario(17).text).toBe(texts[16]);
});

test('what can be drawn is drawn, and left out: each feature is in some and not in all', () => {
  const drawn = seeds(1, 400).map((seed) => drawScenario(seed).scenario);
  const share = (is: (scenario: (typeof drawn)[number]) => boolean): number =>
    drawn.filter(is).length / drawn.length;
  const shares: Record<string, number> = {
    'several LBs': share(({ lb }) => lb.replicas > 1),
    'a late LB': share(({ lb }) => lb.late > 0),
    'clients that retry': share(({ clients }) => clients.retry.times > 0),
    polling: share(({ placement }) => placement.wait === 'poll'),
    'no retry': share(({ placement }) => !placement.retry),
    hedges: share(({ placement }) => placement.hedge),
    cores: share(({ runners }) => runners.some(({ cores }) => cores !== null)),
    antagonists: share(({ runners }) => runners.some(({ antagonist }) => antagonist !== null)),
    queues: share(({ runners }) => runners.some(({ queue }) => queue > 0)),
    'who ignores cancels': share(({ runners }) => runners.some((one) => one.cancel === 'ignore')),
    'idempotent calls': share(({ functions }) => functions.some((fn) => fn.idempotent)),
    'early heads': share(({ functions }) => functions.some((fn) => fn.head === 'early')),
    'little memory': share(({ runners }) => runners.some(({ memoryMb }) => memoryMb !== null)),
    'cold starts': share(({ functions }) => functions.some((fn) => fn.coldStartUs > 0)),
    'few in flight': share(({ limits }) => limits.inFlight <= 50),
    'no fault': share(({ faults }) => faults.length === 0),
  };
  for (const placer of Object.keys(placerByName)) {
    shares[placer] = share(({ placement }) => placement.placer === placer);
  }
  for (const kind of [
    ...['crash', 'drain', 'pause', 'slow', 'nack-storm'],
    ...['stream-reset', 'half-open', 'response-lost'],
  ]) {
    shares[kind] = share(({ faults }) => faults.some((fault) => fault.kind === kind));
  }
  for (const [what, of] of Object.entries(shares)) {
    expect(of, what).toBeGreaterThan(0.02);
    expect(of, what).toBeLessThan(0.9);
  }
});

/** Seeds that once found something. */
const FOUND = [335, 486, 511, 1174, 1190, 1820, 2217];
/** Seeds that see what is rare. */
const RARE = [13, 74, 94, 101, 107];

describe('the laws', () => {
  const times = new Map<Sometimes, number>(SOMETIMES.map((what) => [what, 0]));

  test.each([...seeds(1, 40), ...FOUND, ...RARE])(
    'hold on seed %d, and its twin agrees',
    (seed) => {
      const { scenario } = drawScenario(seed);
      const coverage = createCoverage();
      expect(
        complaintsOf(flyTwins(scenario, seed, { tell: (event) => coverage.see(event) })),
      ).toEqual([]);
      for (const what of coverage.seen) times.set(what, (times.get(what) ?? 0) + 1);
    },
  );

  test.each(seeds(41, 60))('hold on seed %d in an order of its own', (seed) => {
    const { scenario } = drawScenario(seed);
    expect(complaintsOf(flyTwins(scenario, seed, { explore: true }))).toEqual([]);
  });

  test('were tried: each of what must happen sometimes did', () => {
    const table = [...times].map(([what, count]) => `${String(count).padStart(4)}  ${what}`);
    process.stdout.write(`So many of these seeds saw, at least once:\n${table.join('\n')}\n`);
    expect([...times].filter(([, count]) => count === 0)).toEqual([]);
  });
});
