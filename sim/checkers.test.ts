/** Each law of a flight, broken by the smallest change of a record that keeps all of them. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { FlightEvent } from '../core/record.js';
import {
  again,
  behind,
  both,
  put,
  shapes,
  without,
  type Change,
  type Logbook,
  type Shape,
} from '../test/support/logbook.js';
import { createCheckers } from './checkers.js';

interface Verdict {
  readonly violations: readonly string[];
  readonly stuck: readonly string[];
}

function verdict(events: Iterable<FlightEvent>, executorsLog?: boolean): Verdict {
  const checkers = executorsLog === undefined ? createCheckers() : createCheckers({ executorsLog });
  for (const event of events) checkers.see(event);
  return checkers.land();
}

const SILENT: Verdict = { violations: [], stuck: [] };
const SHAPES = Object.keys(shapes) as readonly Shape[];

const at = (us: number) => ({ at: us, call: 'c' });
const of = (us: number, attempt: number) => ({ ...at(us), attempt, runner: `r${attempt}` });
const commit = (us: number, attempt: number): FlightEvent => ({
  kind: 'commit',
  ...of(us, attempt),
});
const head: FlightEvent = { kind: 'head', ...at(96), status: 200 };

const callEnd: FlightEvent = { kind: 'call-end', ...at(96) };

const ONE = 'one attempt at a time, and a hedge beside it';
const READS = 'an executor reads the bytes that its client sent';
const CLEAN = 'a call that is not ok is no clean success to its client';
const EXECUTED = 'a call that is ok was executed to its end';
const SENT = 'the client gets the bytes that the LB sent';
const WROTE = 'the client gets the bytes that the executor wrote';

/** What a client sees of an error: an end, and nothing of the function. */
const ERROR = { how: 'ended', marks: 0 } as const;

/** The second attempt opens beside the first, which is NACKed before it commits. */
const hedged: Change = ([probe = [], ...others]) => {
  const second = probe.findIndex((event) => event.kind === 'attempt' && event.attempt === 2);
  const rest = probe.filter((_, index) => index !== second);
  const nack = rest.findIndex((event) => event.kind === 'nack');
  const hedge = { ...probe[second], at: rest[nack]?.at, hedge: true } as FlightEvent;
  return [[...rest.slice(0, nack), hedge, ...rest.slice(nack)], ...others];
};

/** A law, the instant its line names, and what breaks it: one change of a shape. */
type Breach = readonly [law: string, at: number, shape: Shape, change: Change];

const BREACHES: readonly Breach[] = [
  ['time never goes back', 29, 'ok', put('round', { at: 29 })],
  ['nothing happens to a call after its end', 96, 'ok', behind('end', [head])],
  ['nothing happens to a call after its end', 96, 'ok', behind('end', [callEnd])],
  [
    'nothing happens to a call after its end',
    96,
    'ok',
    both(put('end', { callEnd: true }), behind('end', [callEnd, callEnd])),
  ],
  [
    'the end of a call is behind its response',
    70,
    'ok',
    behind('commit', [{ kind: 'call-end', ...at(70) }]),
  ],
  ['runner r2 never runs more than its slots', 60, 'ok', put('exec-start', { active: 3 })],
  ['a client is answered once', 101, 'ok', again('client', { at: 101 })],
  ['a call id is used once', 0, 'ok', again('arrive', {})],
  [ONE, 50, 'ok', without('nack')],
  [ONE, 20, 'ok', put('attempt', { hedge: true })],
  [
    'no attempt after commit',
    50,
    'retried',
    both(behind('attempt', [commit(25, 1)]), without('commit', 2)),
  ],
  ['no attempt after the deadline', 50, 'ok', put('cached', { deadline: 49 })],
  ['attempts are counted from 1', 50, 'ok', put('attempt', { attempt: 3 }, 2)],
  ['a NACK belongs to an open attempt', 30, 'ok', again('nack', {})],
  ['no NACK after commit', 30, 'refused', behind('attempt', [commit(25, 1)])],
  ['at most one commit', 70, 'ok', again('commit', {})],
  [
    'a commit belongs to the one attempt that is open',
    90,
    'ok',
    both(without('commit'), behind('attempt-end', [commit(90, 2)])),
  ],
  ['an attempt ends once', 90, 'ok', again('attempt-end', {})],
  ['no attempt outlives its call', 40, 'refused', without('nack')],
  ['attempts = NACKs + attempts that ended otherwise', 95, 'ok', put('end', { attempts: 1 })],
  ['no invariant of the core breaks', 40, 'cut', put('end', { code: 'internal' })],
  ['a call starts at most 1 times, this one 2', 95, 'ok', again('exec-start', {})],
  ['a call starts at most 2 times, this one 3', 95, 'retried', again('exec-start', {}, 2)],
  ['attempt 1 was NACKed, yet it started', 95, 'ok', put('exec-start', { attempt: 1 })],
  ['attempt 3 was NACKed, yet it started', 95, 'retried', put('exec-start', { attempt: 3 })],
  ['attempt 3 was NACKed, yet it started', 95, 'retried', put('exec-start', { attempt: 3 }, 2)],
  [READS, 95, 'ok', put('exec-read', { bytes: 2 })],
  [READS, 95, 'ok', put('exec-read', { hash: 2 })],
  [READS, 40, 'cut', put('exec-read', { hash: 2 })],
  [READS, 95, 'retried', put('exec-read', { bytes: 2 })],
  [READS, 95, 'retried', put('exec-read', { hash: 2 })],
  [READS, 95, 'retried', put('exec-read', { hash: 2 }, 2)],
  ['a refused call never started', 40, 'cut', put('end', { outcome: 'refused' })],
  ['a call is canceled only if its client left', 40, 'cut', put('end', { outcome: 'canceled' })],
  [CLEAN, 40, 'cut', put('client', { how: 'ended', marks: 0 })],
  [CLEAN, 40, 'cut', put('client', { how: 'ended', status: 299, marks: 0 })],
  [CLEAN, 40, 'refused', put('client', { status: 200 })],
  ['a call that is ok is not cut', 95, 'ok', put('client', { how: 'cut' })],
  [EXECUTED, 95, 'ok', without('exec-end')],
  [EXECUTED, 95, 'ok', put('exec-end', { outcome: 'expired' })],
  [SENT, 95, 'ok', put('end', { bytesOut: 4 })],
  [WROTE, 95, 'ok', put('exec-end', { bytes: 4 })],
  [WROTE, 95, 'ok', put('exec-end', { hash: 4 })],
];

const broken = ([, , shape, change]: Breach, call = 'c'): Logbook => change(shapes[shape](call));

describe('a flight that keeps its laws', () => {
  it.each(SHAPES)('says nothing of a call that is %s', (shape) => {
    expect(verdict(shapes[shape]('c').flat())).toEqual(SILENT);
  });

  test.each([
    [
      'an end that listeners are told of',
      'ok',
      both(put('end', { callEnd: true }), behind('end', [callEnd])),
    ],
    ['a hedge, of which one is left when the other commits', 'ok', hedged],
    ['an attempt at the deadline', 'ok', put('cached', { deadline: 50 })],
    ['hashes of either sign', 'ok', put('client', { hash: 0xfeedbeef | 0 })],
    ['a success read half by a client that left', 'ok', put('client', { how: 'left', bytes: 1 })],
    ['a failure whose client left', 'cut', put('client', { how: 'left' })],
    [
      'a call canceled by a client that left',
      'cut',
      both(put('end', { outcome: 'canceled' }), put('client', { how: 'left' })),
    ],
    ['a failure with a status below 200', 'cut', put('client', { ...ERROR, status: 199 })],
    ['a failure with a status above 299', 'cut', put('client', { ...ERROR, status: 300 })],
    ['a failure that read nothing', 'cut', without('exec-read')],
    [
      'a fault',
      'cut',
      behind('head', [{ kind: 'fault', at: 0, until: 9, fault: 'crash', target: 'r1' }]),
    ],
  ] as const)('nor of %s', (_what, shape, change) => {
    expect(verdict(change(shapes[shape]('c')).flat())).toEqual(SILENT);
  });
});

test.each(BREACHES)('%s (at %d, %s)', (law, us, ...how) => {
  expect(verdict(broken([law, us, ...how]).flat())).toEqual({
    violations: [`${law} (call c, at ${us} µs)`],
    stuck: [],
  });
});

it('names the instant of the end of the call that broke a law, not of the flight', () => {
  const cut = put('end', { outcome: 'refused' })(shapes.cut('c'));
  expect(verdict(merged([cut, shapes.ok('d')]).flat()).violations).toEqual([
    'a refused call never started (call c, at 40 µs)',
  ]);
});

describe('a call that is left over', () => {
  test.each([
    ['ended, but its client was never told (after 2 attempts)', without('client')],
    ['never ended (after 2 attempts)', without('end')],
    ['never ended (in attempt 2)', both(without('end'), without('attempt-end'))],
  ])('%s', (line, change) => {
    expect(verdict(change(shapes.ok('c')).flat())).toEqual({
      violations: [],
      stuck: [`call c ${line}`],
    });
  });

  it('may have been declared idempotent by a client that says nothing', () => {
    const { violations } = verdict(without('client')(shapes.retried('c')).flat());
    expect(violations).toEqual([]);
  });

  it('may not have started too often either', () => {
    const change = both(without('end'), again('exec-start', {}));
    expect(verdict(change(shapes.ok('c')).flat())).toEqual({
      violations: ['a call starts at most 1 times, this one 2 (call c, at 90 µs)'],
      stuck: ['call c never ended (after 2 attempts)'],
    });
  });
});

describe('lines of a kind', () => {
  const many = (count: number, change: Change): Verdict =>
    verdict(merged([...Array(count).keys()].map((n) => change(shapes.ok(`c${n}`)))).flat());

  it.each([20, 21, 25])('of %d broken laws are 20 and how many more', (count) => {
    const { violations, stuck } = many(count, put('end', { bytesOut: 4 }));
    expect(stuck).toEqual([]);
    const last = count > 20 ? [`... ${count - 20} more like these`] : [];
    expect(violations.slice(20)).toEqual(last);
    expect(violations[19]).toBe(`${SENT} (call c19, at 95 µs)`);
  });

  it.each([20, 21, 25])('of %d calls left over are 20 and how many more', (count) => {
    const { violations, stuck } = many(count, without('end'));
    expect(violations).toEqual([]);
    const last = count > 20 ? [`... ${count - 20} more calls`] : [];
    expect(stuck.slice(20)).toEqual(last);
    expect(stuck[19]).toBe('call c19 never ended (after 2 attempts)');
  });
});

describe('a fleet without an executors’ log', () => {
  const seen = (change: Change, executorsLog: boolean): readonly string[] =>
    verdict(change(shapes.ok('c')).flat(), executorsLog).violations;

  it.each([
    [EXECUTED, without('exec-end')],
    [WROTE, put('exec-end', { hash: 4 })],
  ])('is not asked whether %s', (law, change) => {
    expect(seen(change, true)).toEqual([`${law} (call c, at 95 µs)`]);
    expect(seen(change, false)).toEqual([]);
  });

  it('is held to every other law', () => {
    for (const breach of BREACHES) {
      const [law, us] = breach;
      const line = law === EXECUTED || law === WROTE ? [] : [`${law} (call c, at ${us} µs)`];
      expect(verdict(broken(breach).flat(), false)).toEqual({ violations: line, stuck: [] });
    }
  });
});

/** Several calls in one flight: each log in the order of its instants. */
function merged(books: readonly Logbook[]): Logbook {
  return [0, 1, 2].map((log) =>
    books.flatMap((book) => book[log] ?? []).sort((a, b) => a.at - b.at),
  );
}

/** Takes the next event of the log that each turn names. */
function interleaved(book: Logbook, turns: readonly number[]): FlightEvent[] {
  const left = book.map((log) => [...log]);
  return turns.flatMap((log) => left[log]?.splice(0, 1) ?? []);
}

const turnsOf = (book: Logbook): fc.Arbitrary<number[]> => {
  const all = book.flatMap((log, index) => log.map(() => index));
  return fc.shuffledSubarray(all, { minLength: all.length });
};

describe('in any interleaving of the three logs', () => {
  const sorted = ({ violations, stuck }: Verdict) => [[...violations].sort(), [...stuck].sort()];

  it('a flight has the same verdict', () => {
    const call = fc.oneof(
      fc.constantFrom(...SHAPES).map((shape) => (id: string) => shapes[shape](id)),
      fc.constantFrom(...BREACHES).map((breach) => (id: string) => broken(breach, id)),
      fc.constantFrom('end', 'client').map((kind) => (id: string) => without(kind)(shapes.ok(id))),
    );
    const flight = fc
      .array(call, { minLength: 1, maxLength: 5 })
      .map((calls) => merged(calls.map((book, index) => book(`c${index}`))))
      .chain((book) => turnsOf(book).map((turns) => ({ book, turns })));
    fc.assert(
      fc.property(flight, ({ book, turns }) => {
        const events = interleaved(book, turns);
        expect(events).toHaveLength(turns.length);
        expect(sorted(verdict(events))).toEqual(sorted(verdict(book.flat())));
      }),
    );
  });

  it('what the executors say long after the end of a call counts', () => {
    for (const breach of BREACHES) {
      const [law, us] = breach;
      const [probe = [], executors = [], client = []] = broken(breach);
      const late = verdict([...client, ...probe, ...executors]);
      expect(late).toEqual({ violations: [`${law} (call c, at ${us} µs)`], stuck: [] });
    }
  });
});
