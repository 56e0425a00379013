/**
 * Scenarios by chance: a seed draws a fleet, load, network, policy, limits and faults, so that what
 * nobody thought of is flown, too. Each draw leaves some kinds of faults and some features out
 * altogether: "swarm testing" (Groce et al., ISSTA 2012), for what is always there hides what only
 * happens without it. Every fault ends, so that each flight heals and each call must have its end.
 */
import { placerByName } from '../core/placer.js';
import { seededRng, type Rng } from '../core/rng.js';
import { parseScenario, type Scenario } from './scenario.js';
import { numbered } from './scenario/resolve.js';

/** The scenario of a seed, and its file: JSON, which is YAML too. */
export interface Drawn {
  readonly scenario: Scenario;
  readonly text: string;
}

type Draw = Readonly<Record<string, unknown>>;

/** Throws only where this file and the format of scenarios disagree, which is a bug here. */
export function drawScenario(seed: number): Drawn {
  const rng = seededRng(seed).split('swarm');
  const text = `${JSON.stringify(draft(seed, rng), undefined, 2)}\n`;
  const parsed = parseScenario(text, `swarm ${seed}`);
  if (!parsed.ok) throw new Error(`a scenario that cannot fly: ${parsed.errors.join('; ')}`);
  return { scenario: parsed.scenario, text };
}

function draft(seed: number, rng: Rng): Draw {
  const usual = anything(seed, rng);
  return createDice(rng.split('crowd')).chance(0.01) ? { ...usual, ...crowd } : usual;
}

/** Over a thousand clients that hang up at once, as nothing less is paced. */
const crowd: Draw = {
  calls: 1200,
  arrivals: { kind: 'constant', rate: '5000/s' },
  clients: { retry: { times: 1, after: '50ms' } },
  functions: { f: { service: { kind: 'constant', value: '2s' }, request: '0B', response: '1B' } },
  fleet: [{ name: 'ra', count: 1, slots: 2000 }],
  lb: {},
  limits: {},
  faults: [],
};

function anything(seed: number, rng: Rng): Draw {
  const dice = createDice(rng);
  const calls = dice.whole(20, 300);
  const scarce = createDice(rng.split('scarce')).chance(0.3);
  const fleet = drawFleet(createDice(rng.split('fleet')), createDice(rng.split('memory')), scarce);
  const functions = drawFunctions(createDice(rng.split('functions')));
  // Calls come within so long; faults begin somewhat before the last of them.
  const seconds = dice.from([0.2, 0.5, 1, 2, 4]);
  const replicas = dice.from([1, 1, 1, 2, 3]);
  return {
    version: 1,
    name: `swarm-${seed}`,
    seed,
    calls,
    arrivals: { kind: dice.from(['poisson', 'constant']), rate: `${Math.ceil(calls / seconds)}/s` },
    functions,
    fleet,
    clients: dice.maybe(0.3, {
      retry: { times: dice.whole(1, 2), after: dice.ms(20, 1000) },
    }),
    network: {
      roundTrip: dice.from(['0ms', '1ms', '1ms', '5ms', '50ms']),
      jitter: dice.from(['0ms', '0ms', '1ms', '20ms']),
      reconnect: dice.from(['1ms', '100ms', '2s']),
    },
    placement: {
      placer: dice.from(Object.keys(placerByName)),
      retry: dice.from(['on', 'on', 'on', 'on', 'off']),
      wait: dice.from(['room', 'room', 'room', 'poll']),
      hedge: createDice(rng.split('hedge')).from(['off', 'off', 'on']),
      pause: dice.ms(5, 50),
      budget: dice.from(['15s', '2s', '100ms', '10ms']),
    },
    lb: { replicas, late: dice.whole(0, replicas - 1), joinAfter: dice.ms(0, 500) },
    limits: dice.maybe(0.3, {
      inFlight: dice.whole(1, 50),
      requestBody: dice.from(['100B', '4KiB', '1MiB']),
      responseBody: dice.from(['100B', '4KiB', '1MiB']),
      bodyTotal: dice.from(['1MiB', '2MiB']),
    }),
    faults: drawFaults(
      createDice(rng.split('faults')),
      fleet.flatMap(({ name, count }) => numbered(name, count)),
      seconds * 1000,
    ),
  };
}

interface Group {
  readonly name: string;
  readonly count: number;
}

/** `scarce`: of too few slots, so that most calls wait. */
function drawFleet(dice: Dice, memory: Dice, scarce: boolean): readonly (Group & Draw)[] {
  return Array.from({ length: dice.whole(1, 3) }, (_, index) => ({
    name: `r${'abc'.charAt(index)}`,
    count: dice.whole(1, scarce ? 2 : 5),
    slots: scarce ? 1 : dice.whole(1, 8),
    queue: dice.from([0, 0, 0, 1, 20]),
    speed: dice.from([1, 1, 1, 0.5, 4]),
    warm: dice.from([1000, 1000, 1, 2]),
    // A function takes 128 MB, or 1: some fit nowhere, some only while few run.
    memory: memory.maybe(0.2, memory.from([100, 128, 300])),
    cancel: dice.from(['stop', 'stop', 'stop', 'ignore']),
    ...dice.maybe(0.3, {
      cores: dice.from([1, 2.5]),
      antagonist: dice.maybe(0.5, {
        share: dice.from(['20%', '90%']),
        busy: dice.ms(10, 500),
        quiet: dice.ms(10, 500),
      }),
    }),
  }));
}

function drawFunctions(dice: Dice): Draw {
  const names = ['f', 'g', 'h'].slice(0, dice.whole(1, 3));
  return Object.fromEntries(
    names.map((name) => [
      name,
      {
        weight: dice.whole(1, 3),
        service: dice.from([
          { kind: 'constant', value: dice.ms(0, 50) },
          { kind: 'exponential', mean: dice.ms(1, 100) },
          { kind: 'uniform', min: '0ms', max: dice.ms(1, 200) },
          { kind: 'lognormal', median: dice.ms(1, 50), sigma: 1.5 },
        ]),
        coldStart: dice.from(['0ms', '0ms', '200ms']),
        timeout: dice.from(['30s', '5s', '1s', '200ms', '21ms']),
        request: dice.from(['0B', '1B', '256B', '10240B', '10241B', '100KiB']),
        response: dice.from(['0B', '1B', '1KiB', '16384B', '300KiB']),
        idempotent: dice.chance(0.5),
        head: dice.from(['late', 'late', 'early']),
        memory: dice.from([128, 1]),
      },
    ]),
  );
}

const KINDS = [
  'crash',
  'drain',
  'pause',
  'slow',
  'nack-storm',
  'stream-reset',
  'half-open',
  'response-lost',
] as const;

/** One fault of a kind on a runner at most, so that none overlaps its like. */
function drawFaults(dice: Dice, ids: readonly string[], spanMs: number): readonly Draw[] {
  const kinds = KINDS.filter(() => dice.chance(0.35));
  return kinds.flatMap((kind) =>
    ids
      .filter(() => dice.chance(0.4))
      .map((runner) => ({
        kind,
        runner,
        at: `${dice.whole(0, Math.floor(0.8 * spanMs))}ms`,
        ...(kind === 'stream-reset' ? {} : { for: dice.ms(1, spanMs) }),
        ...(kind === 'slow'
          ? { factor: dice.from([1, 3, 50]), add: dice.from(['0ms', '100ms']) }
          : {}),
        ...(kind === 'nack-storm' || kind === 'response-lost'
          ? { probability: dice.from([1, 0.5, 0.1]) }
          : {}),
      })),
  );
}

interface Dice {
  /** From `min` to `max`, both included. */
  whole(min: number, max: number): number;
  ms(min: number, max: number): string;
  from<T>(list: readonly T[]): T;
  chance(share: number): boolean;
  /** The value, or nothing: a part that is left to its defaults. */
  maybe<T>(share: number, value: T): T | undefined;
}

function createDice(rng: Rng): Dice {
  const whole = (min: number, max: number): number => min + rng.int(max - min + 1);
  const chance = (share: number): boolean => rng.float() < share;
  return {
    whole,
    ms: (min, max) => `${whole(min, max)}ms`,
    from: <T>(list: readonly T[]): T => list[rng.int(list.length)] as T,
    chance,
    maybe: (share, value) => (chance(share) ? value : undefined),
  };
}
