/** The trials of placement: what is flown, what is measured, and what must show. */
import type { MakePlacer } from '../../core/placer.js';
import { Draw } from '../../core/placers/choose.js';
import { capacityOf, goodput, latencyMs, loadedSpan, type Figure } from './measure.js';
import type { Flown } from './flown.js';
import { coldStarts, prequalRamp, retryStorm, rollingDrain } from './storms.js';
import { halfGone, halfSilent } from './halves.js';
import type { Column, Flying, Trial, Verdict } from './trial.js';

const SECOND = 1_000_000;
const placer = (name: string): string => `placement.placer=${name}`;

const perOk: Column = {
  name: 'attempts ÷ ok',
  of: ({ attempts, ended }) => attempts / ended.ok,
  digits: 2,
};
const p99: Column = { name: 'p99 ms', of: (flown) => latencyMs(flown, 0.99), digits: 0 };

/** Ok answers while calls come, in percent of what the fleet, or the load, allows. */
function percentOfPossible(flown: Flown): number {
  const possible = Math.min(capacityOf(flown), flown.scenario.arrivals.ratePerSec);
  return (100 * goodput(flown, ...loadedSpan(flown))) / possible;
}
const goodputColumn: Column = {
  name: 'goodput',
  of: percentOfPossible,
  digits: 1,
  unit: ' %',
  must: ({ mean }) => mean >= 95,
};
const okShare: Column = {
  name: 'ok',
  of: ({ ended, offered }) => (100 * ended.ok) / offered,
  digits: 1,
  unit: ' %',
};

/** How far the farthest of several shares is from their mean, in points. */
function farthest(shares: ReadonlyMap<string, number>): number {
  const all = [...shares.values()];
  const mean = all.reduce((sum, share) => sum + share, 0) / all.length;
  return 100 * Math.max(...all.map((share) => Math.abs(share - mean)));
}

const saturation: Trial = {
  title: 'Saturation, 120 %',
  about:
    '`scenarios/saturation.yaml`. At most 2 attempts for each ok call, at least 95 % of capacity, ' +
    'and who is refused is told so within the placement budget of 2 s, or a round trip after it ' +
    "where an offer was under way then. Beside it the original's loop, which asks all runners " +
    'again every 10 ms.',
  rows: [
    ...['naive', 'p2c'].map((name) => ({
      name: `room, ${name}`,
      scenario: 'saturation',
      sets: [placer(name)],
    })),
    // Long enough that the backlog outlives the placement budget.
    ...['naive', 'p2c'].map((name) => ({
      name: `room, ${name}, 24 000 calls`,
      scenario: 'saturation',
      sets: [placer(name), 'calls=24000'],
    })),
    { name: 'poll, naive', scenario: 'saturation', sets: ['placement.wait=poll'], held: false },
  ],
  columns: [
    { ...perOk, must: ({ max }) => max <= 2 },
    goodputColumn,
    okShare,
    {
      name: 'refused after, at most, s',
      of: ({ refusedAfterUs }) => refusedAfterUs / SECOND,
      digits: 3,
      // An offer that is under way at that instant has its round trip to be answered.
      must: ({ max }) => max <= 2.0011,
    },
    p99,
  ],
};

const severalLbs: Trial = {
  title: 'Several load balancers, half of them 10 s late',
  about:
    '`scenarios/several-lbs.yaml`, the fleet of `saturation`. The ok share of each load balancer ' +
    'within 15 points of their mean, and at least 95 % of what load and capacity allow.',
  rows: [2, 8].flatMap((replicas) =>
    [95, 120].map((load) => ({
      name: `${replicas} LBs, ${load} %`,
      scenario: 'several-lbs',
      sets: [`lb.replicas=${replicas}`, `lb.late=${replicas / 2}`, `arrivals.load=${load}%`],
    })),
  ),
  columns: [
    {
      name: 'farthest from the mean, points',
      of: ({ okByLb }) => farthest(okByLb),
      digits: 1,
      must: ({ max }) => max <= 15,
    },
    goodputColumn,
    okShare,
    perOk,
  ],
};

const mixedTimeouts: Trial = {
  title: 'Mixed timeouts, 120 %',
  about:
    '`scenarios/mixed-timeouts.yaml`: one function with a timeout of 1 s and one of 30 s, placement ' +
    'budget 2 s. Their ok shares within 10 points of each other.',
  rows: ['naive', 'p2c'].map((name) => ({
    name,
    scenario: 'mixed-timeouts',
    sets: [placer(name)],
  })),
  columns: [
    ...['quick', 'patient'].map((fn) => ({
      name: `ok, ${fn}`,
      of: ({ okByFn }: Flown) => 100 * (okByFn.get(fn) ?? 0),
      digits: 1,
      unit: ' %',
    })),
    {
      name: 'apart, points',
      of: ({ okByFn }) => 2 * farthest(okByFn),
      digits: 1,
      must: ({ max }) => max <= 10,
    },
    goodputColumn,
  ],
};

const RIVALS = ['least', 'p2c', 'ewma', 'prequal'] as const;

/** Knows nothing of any runner. */
const random: MakePlacer = ({ rng }) => ({
  order: (_call, runners) => {
    const draw = new Draw(runners.length, rng);
    return { next: () => runners[draw.next()] };
  },
});

const blackHole: Trial = {
  title: 'A black hole',
  about:
    '`scenarios/black-hole.yaml`: one runner of ten NACKs everything at once, and so looks idle. ' +
    'Its share of the attempts at most 2 %. A random order finds it by chance alone: to compare with.',
  rows: [
    ...RIVALS.map((name) => ({ name, scenario: 'black-hole', sets: [placer(name)] })),
    { name: 'random order', scenario: 'black-hole', sets: [], held: false, placer: random },
    ...['naive', 'hash', 'hash-bounded'].map((name) => ({
      name,
      scenario: 'black-hole',
      sets: [placer(name)],
      held: false,
    })),
  ],
  columns: [
    {
      name: 'its share of the attempts',
      of: ({ offers, attempts }) => (100 * (offers.get('r4') ?? 0)) / attempts,
      digits: 2,
      unit: ' %',
      must: ({ max }) => max <= 2,
    },
    {
      name: 'attempts a call',
      of: ({ attempts, offered }) => attempts / offered,
      digits: 3,
    },
    p99,
  ],
};

const FAULT_FROM = 10 * SECOND;
const FAULT_UNTIL = 40 * SECOND;
const inFault = (flown: Flown, share: number): number =>
  latencyMs(flown, share, FAULT_FROM, FAULT_UNTIL);
const slowRows: Flying[] = [...RIVALS, 'naive'].flatMap((name) =>
  ['with', 'without'].map((fault) => ({
    name: `${name}, ${fault}`,
    scenario: 'slow-runner',
    sets: [placer(name), ...(fault === 'with' ? [] : ['faults=[]'])],
    held: false,
  })),
);

const slowRunner: Trial = {
  title: 'One of eleven adds two seconds',
  about:
    '`scenarios/slow-runner.yaml`, after Linkerd 2016: exponential 20 ms, 1000 calls/s, one runner ' +
    'adds 2 s to each for 30 s. p99 of the calls that arrive within the fault, with it and ' +
    'without it on the same seeds: at most 1.10 times.',
  rows: slowRows,
  columns: [
    { name: 'p99 in the fault, ms', of: (flown) => inFault(flown, 0.99), digits: 1 },
    { name: 'p99.9 in the fault, ms', of: (flown) => inFault(flown, 0.999), digits: 1 },
  ],
  across: (rows) =>
    [...RIVALS, 'naive'].map((name): Verdict => {
      const mean = (row: string): number => (rows.get(row)?.[0] as Figure).mean;
      const ratio = mean(`${name}, with`) / mean(`${name}, without`);
      const line = `${name}: ${ratio.toFixed(3)} times`;
      return name === 'naive'
        ? { line: `${line} (to compare with)`, holds: true }
        : { line, holds: ratio <= 1.1 };
    }),
};

const COUNTS = [1, 2, 4, 8];
const COUNTED = ['naive', 'hash-bounded', ...RIVALS];

const lbCount: Trial = {
  title: 'One, two, four, eight load balancers at 80 %',
  about:
    '`scenarios/lb-count.yaml`. With least, p2c and prequal neither the attempts a call nor p99 ' +
    'more than double from one to eight.',
  rows: COUNTED.flatMap((name) =>
    COUNTS.map((replicas) => ({
      name: `${name}, ${replicas}`,
      scenario: 'lb-count',
      sets: [placer(name), `lb.replicas=${replicas}`],
      held: false,
    })),
  ),
  columns: [
    { name: 'attempts a call', of: ({ attempts, offered }) => attempts / offered, digits: 2 },
    p99,
  ],
  across: (rows) =>
    ['least', 'p2c', 'prequal'].map((name) => {
      const [one, eight] = [rows.get(`${name}, 1`), rows.get(`${name}, 8`)];
      const times = [0, 1].map((at) => (eight?.[at]?.mean ?? NaN) / (one?.[at]?.mean ?? NaN));
      const line = `${name}: attempts ${times[0]?.toFixed(2)} times, p99 ${times[1]?.toFixed(2)} times`;
      return { line, holds: times.every((ratio) => ratio <= 2) };
    }),
};

export const trials: readonly Trial[] = [
  saturation,
  severalLbs,
  mixedTimeouts,
  blackHole,
  slowRunner,
  retryStorm,
  prequalRamp,
  lbCount,
  coldStarts,
  rollingDrain,
  halfGone,
  halfSilent,
];
