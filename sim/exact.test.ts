/** Each law of virtual time, broken by the smallest change of a record that keeps all of them. */
import { describe, expect, it, test } from 'vitest';
import type { FlightEvent } from '../core/record.js';
import {
  DEADLINE,
  behind,
  both,
  put,
  shapes,
  type Change,
  type Shape,
} from '../test/support/logbook.js';
import { START_US } from './clock.js';
import { createExact } from './exact.js';
import type { Promised } from './promised.js';

/** The runner that breaks in `retried` hears of it after 69 µs. */
const PROMISED: Promised = {
  inFlightMax: 1,
  placementUs: 1_000_000,
  retry: true,
  oneWayUs: 69,
  headroomUs: 0,
  memoryMb: new Map(),
  ignoring: new Set(),
};

/** Logbooks begin at 0, flights do not. */
function inFlight(event: FlightEvent): FlightEvent {
  const at = event.at + START_US;
  if (event.kind !== 'cached') return { ...event, at };
  return { ...event, at, deadline: event.deadline + START_US };
}

function broken(events: readonly FlightEvent[], promised: Partial<Promised> = {}): string[] {
  const violations: string[] = [];
  const exact = createExact({ ...PROMISED, ...promised }, (law, call, at) =>
    violations.push(`${law} (call ${call}, at ${at - START_US} µs)`),
  );
  // In virtual time the logs are told as things happen.
  for (const event of [...events].sort((a, b) => a.at - b.at)) exact.see(inFlight(event));
  return violations;
}

const flown = (shape: Shape, change: Change, promised?: Partial<Promised>): string[] =>
  broken(change(shapes[shape]('c')).flat(), promised);

const as: Change = (book) => book;
const GOES_ON = 'no function goes on when nobody waits for it';
const HALF = 'half of the time is kept for running';
const ELSEWHERE = 'a second chance is not where the first one broke';
const IN_TIME = 'a function ends so early that its verdict arrives by the deadline';
const TOLD = 'a runner is told what is left of the time of its call';

it.each(Object.keys(shapes) as Shape[])('says nothing of a call that is %s', (shape) => {
  expect(flown(shape, as)).toEqual([]);
});

type Breach = readonly [
  law: string,
  at: number,
  shape: Shape,
  change: Change,
  promised: Partial<Promised>,
];

const at = (us: number) => ({ at: us, call: 'c' });
const of = (us: number, attempt: number, runner = `r${attempt}`) => ({
  ...at(us),
  attempt,
  runner,
});
const waits: FlightEvent = {
  kind: 'wait',
  ...at(35),
  lb: 'lb0',
  group: 'default',
  runners: 2,
  waiting: 1,
};
const refuses: FlightEvent = { kind: 'exec-nack', ...of(60, 2), reason: 'busy' };
const hedges = (us: number, attempt: number, runner: string): FlightEvent => ({
  kind: 'attempt',
  hedge: true,
  token: false,
  ...of(us, attempt, runner),
});
const head: FlightEvent = { kind: 'head', ...at(45), status: 200 };
const fault = (kind: string): FlightEvent => ({
  kind: 'fault',
  at: 25,
  until: 26,
  fault: kind,
  target: 'r9,r1',
});

const BREACHES: readonly Breach[] = [
  [TOLD, 60, 'ok', put('exec-start', { remainingUs: 951 }), {}],
  [TOLD, 60, 'ok', put('exec-start', { remainingUs: 949 }), {}],
  [TOLD, 60, 'ok', put('exec-start', { remainingUs: -1 }), {}],
  ['no more calls are in flight than may be', 10, 'ok', as, { inFlightMax: 0 }],
  [
    HALF,
    50,
    'ok',
    both(put('cached', { deadline: 100 }), put('exec-start', { remainingUs: 50 })),
    {},
  ],
  [
    'no call waits for longer than half of its time',
    40,
    'refused',
    both(put('cached', { deadline: 79 }), behind('nack', [waits])),
    {},
  ],
  ['no attempt when the head has gone out', 50, 'ok', behind('nack', [head]), {}],
  [ELSEWHERE, 50, 'retried', put('attempt', { runner: 'r1' }, 2), {}],
  ['a hedge is with another runner', 60, 'ok', behind('attempt', [hedges(60, 3, 'r2')], 2), {}],
  [
    'a call has one second chance, or one hedge',
    60,
    'retried',
    behind('attempt', [hedges(60, 3, 'r3')], 2),
    {},
  ],
  ['without retry there is one attempt', 50, 'ok', as, { retry: false }],
  ['a NACK is no verdict', 90, 'ok', behind('attempt', [refuses], 2), {}],
  [GOES_ON, 99, 'retried', as, { oneWayUs: 68 }],
  [IN_TIME, 80, 'ok', as, { headroomUs: DEADLINE + 69 - 79 }],
  [GOES_ON, 99, 'retried', behind('head', [fault('slow')]), { oneWayUs: 68 }],
  ['a call whose client left is canceled', 100, 'ok', put('client', { how: 'left' }), {}],
];

test.each(BREACHES)('%s (at %d, %s)', (law, us, shape, change, promised) => {
  expect(flown(shape, change, promised)).toEqual([`${law} (call c, at ${us} µs)`]);
});

test.each([
  ['a fleet that is offered nothing again', 'refused', as, { retry: false }],
  ['a call that gives up at half of its time', 'refused', waitedHalf(), {}],
  ['who ignores cancels', 'retried', as, { oneWayUs: 68, ignoring: new Set(['r1']) }],
  ['who was stopped', 'retried', behind('head', [fault('pause')]), { oneWayUs: 68 }],
  ['who heard nothing', 'retried', behind('head', [fault('half-open')]), { oneWayUs: 68 }],
  ['a NACK that was lost with its stream', 'ok', lostNack(), {}],
  [
    'a client that left, of a call that is canceled',
    'ok',
    both(put('end', { outcome: 'canceled' }), put('client', { how: 'left' })),
    {},
  ],
] as const)('says nothing of %s', (_what, shape, change, promised) => {
  expect(flown(shape, change, promised)).toEqual([]);
});

function waitedHalf(): Change {
  return both(put('cached', { deadline: 80 }), behind('nack', [waits]));
}

function lostNack(): Change {
  return both(
    behind('attempt', [refuses], 2),
    put('attempt-end', { outcome: 'broken', cause: 'stream reset' }),
  );
}

describe('over many calls', () => {
  const many = (count: number, shape: Shape, change: Change): FlightEvent[] =>
    Array.from({ length: count }, (_, index) => change(shapes[shape](`c${index}`)).flat()).flat();

  it('second chances stay within the budget', () => {
    const budget = 'second chances and hedges stay within their budget';
    // Ten a second from the start on, and one for five calls: the thirteenth of twelve is too many.
    const events = many(13, 'retried', as);
    const far = { inFlightMax: 100 };
    expect(broken(many(12, 'retried', as), far)).toEqual([]);
    expect(broken(events, far)).toEqual([`${budget} (call c12, at 50 µs)`]);
  });
});
