/** The trials that take a special world: storms, ramps, cold starts, deploys. */
import { goodput, latencyMs, type Figure } from './measure.js';
import type { Flown } from './flown.js';
import type { Trial } from './trial.js';

const SECOND = 1_000_000;
const placer = (name: string): string => `placement.placer=${name}`;

/** Goodput long after the outage, in percent of that before it. */
const backTo = (flown: Flown): number =>
  (100 * goodput(flown, 45 * SECOND, 75 * SECOND)) / goodput(flown, 5 * SECOND, 20 * SECOND);

export const retryStorm: Trial = {
  title: 'A retry storm',
  about:
    '`scenarios/retry-storm.yaml`: 300 calls/s at most, clients that send again once after 1 s, runners ' +
    'that queue without limit and ignore cancels, nothing moves from 20 s to 30 s. With a cap of 100 ' +
    'calls in flight 95 % of the goodput is back within 15 s of the end of the outage; without one it ' +
    'stays down, as theory says: 300/2 < λ < 300.',
  rows: [200, 280].flatMap((rate) =>
    ['cap', 'no cap'].map((cap) => ({
      name: `λ ${rate}/s, ${cap}`,
      scenario: 'retry-storm',
      sets: [
        `arrivals.rate=${rate}/s`,
        `calls=${rate * 80}`,
        ...(cap === 'cap' ? [] : ['limits.inFlight=100000']),
      ],
      held: cap === 'cap',
    })),
  ),
  columns: [
    {
      name: 'goodput before, /s',
      of: (flown) => goodput(flown, 5 * SECOND, 20 * SECOND),
      digits: 0,
    },
    {
      name: 'from 15 s after it on, of that',
      of: backTo,
      digits: 1,
      unit: ' %',
      must: ({ mean }) => mean >= 95,
    },
  ],
  across: (rows) =>
    [200, 280].map((rate) => {
      const mean = rows.get(`λ ${rate}/s, no cap`)?.[1]?.mean ?? Number.NaN;
      return {
        line: `without a cap λ ${rate}/s stays down, at ${mean.toFixed(1)} %`,
        holds: mean < 50,
      };
    }),
};

const STEPS = [0.75, 0.83, 0.93, 1, 1.03, 1.14, 1.27, 1.41, 1.57, 1.74];
const ALLOCATION_PER_SEC = 800;
const errors = ({ ended, offered }: Flown): number => (100 * (offered - ended.ok)) / offered;

export const prequalRamp: Trial = {
  title: "Prequal's ramp",
  about:
    '`scenarios/prequal-ramp.yaml`: 20 machines of 4 cores shared by all that runs there, two of them ' +
    'ours for certain (800 calls/s in all), antagonists that take the other two a quarter of the time, ' +
    'a NACK above 16 calls a core. p99.9 of prequal below that of naive up to 0.93 × the allocation, ' +
    'and at most 1 % errors with prequal up to 1.0 ×.',
  rows: STEPS.flatMap((step) =>
    ['naive', 'p2c', 'prequal'].map((name) => ({
      name: `${step.toFixed(2)} ×, ${name}`,
      scenario: 'prequal-ramp',
      sets: [placer(name), `arrivals.rate=${Math.round(step * ALLOCATION_PER_SEC)}/s`],
      held: name === 'prequal' && step <= 1,
    })),
  ),
  columns: [
    { name: 'p99 ms', of: (flown) => latencyMs(flown, 0.99), digits: 0 },
    { name: 'p99.9 ms', of: (flown) => latencyMs(flown, 0.999), digits: 0 },
    { name: 'errors', of: errors, digits: 2, unit: ' %', must: ({ max }) => max <= 1 },
  ],
  across: (rows) =>
    STEPS.map((step) => {
      const of = (name: string): number =>
        (rows.get(`${step.toFixed(2)} ×, ${name}`)?.[1] as Figure).mean;
      const ratio = of('prequal') / of('naive');
      const held = step <= 0.93;
      const line = `${step.toFixed(2)} ×: p99.9 of prequal is ${ratio.toFixed(2)} times that of naive`;
      return { line: held ? line : `${line} (to compare with)`, holds: !held || ratio < 1 };
    }),
};

export const coldStarts: Trial = {
  title: 'Cold starts of a thousand functions',
  about:
    '`scenarios/cold-starts.yaml`: Zipf 1.1, 300 ms for a cold start, 20 runners that keep 100 functions ' +
    'warm each. What share of the executions is cold, and how many has the busiest runner, of the mean?',
  rows: ['hash', 'hash-bounded', 'p2c', 'naive'].map((name) => ({
    name,
    scenario: 'cold-starts',
    sets: [placer(name)],
    held: false,
  })),
  columns: [
    {
      name: 'cold starts',
      of: ({ coldStarts: cold, executions }) => (100 * cold) / executions,
      digits: 1,
      unit: ' %',
    },
    {
      name: 'busiest ÷ mean',
      of: ({ starts, executions }) =>
        (Math.max(...[...starts.values()].map((at) => at.length)) * 20) / executions,
      digits: 2,
    },
    {
      name: 'attempts a call',
      of: ({ attempts, offered }) => attempts / offered,
      digits: 2,
    },
    { name: 'p50 ms', of: (flown) => latencyMs(flown, 0.5), digits: 0 },
    { name: 'p99 ms', of: (flown) => latencyMs(flown, 0.99), digits: 0 },
  ],
};

export const rollingDrain: Trial = {
  title: 'A rolling drain of the whole fleet, 70 %',
  about: '`scenarios/rolling-drain.yaml`: every runner is deployed anew, one after the other.',
  rows: ['naive', 'least', 'p2c', 'ewma', 'prequal'].map((name) => ({
    name,
    scenario: 'rolling-drain',
    sets: [placer(name)],
  })),
  columns: [
    {
      name: 'calls that are not ok',
      of: ({ ended, offered }) => offered - ended.ok,
      digits: 0,
      must: ({ max }) => max === 0,
    },
    {
      name: 'attempts a call',
      of: ({ attempts, offered }) => attempts / offered,
      digits: 2,
    },
    { name: 'p99 ms', of: (flown) => latencyMs(flown, 0.99), digits: 0 },
  ],
};
