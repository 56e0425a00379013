/** Work conservation, broken by the smallest change of what an LB tells. */
import { describe, expect, it, test } from 'vitest';
import type { ProbeEvent, RunnerChange } from '../core/probe.js';
import { CONSERVATION, createConservation } from './conservation.js';

const lb = 'lb0';
const group = 'default';
const NO_WORDS = { cause: '', message: '', userError: false, schedulerUs: 0, executionUs: 0 };

/** All events in one instant, but for those that are `later`: what counts is the order. */
function broken(events: readonly Told[]): string[] {
  const lines: string[] = [];
  const breaks = (law: string, call: string, at: number): void =>
    void lines.push(`${law} ${call} ${at}`);
  // Calls of f take more than those of g.
  const conservation = createConservation(breaks, (fn) => (fn === 'g' ? 100 : 50), true);
  for (const event of events) conservation.see({ at: 0, ...event } as ProbeEvent);
  return lines;
}

type Told = Omit<ProbeEvent, 'at'> & { kind: string };
const arrive = (call: string, fn = 'f'): Told[] => [
  { kind: 'arrive', call, fn, lb } as Told,
  { kind: 'cached', call, fn, group, bytes: 0, deadline: 9, app: '', image: '', rid: '' } as Told,
];
const wait = (call: string): Told =>
  ({ kind: 'wait', call, lb, group, runners: 2, waiting: 1 }) as Told;
const attempt = (call: string, runner: string, token: boolean): Told =>
  ({ kind: 'attempt', call, runner, attempt: 1, hedge: false, token }) as Told;
const nack = (call: string, runner: string, reason = 'busy'): Told =>
  ({ kind: 'nack', call, runner, attempt: 1, reason }) as Told;
const over = (call: string, runner: string, outcome = 'ok'): Told =>
  ({ kind: 'attempt-end', call, runner, attempt: 1, outcome, ...NO_WORDS }) as Told;
const end = (call: string): Told =>
  ({ kind: 'end', call, outcome: 'ok', code: '', status: 200, attempts: 1 }) as Told;
const later = (event: Told): Told => ({ ...event, at: 5 }) as Told;
const runner = (id: string, change: RunnerChange): Told =>
  ({ kind: 'runner', call: '', lb, group, runner: id, change }) as Told;

/** `a` runs on r1, and `b` waits, since r1 refused it. */
const waiting = [
  ...arrive('a'),
  attempt('a', 'r1', false),
  ...arrive('b'),
  attempt('b', 'r1', false),
  nack('b', 'r1'),
  wait('b'),
];
const isBroken = (id: string): unknown => [expect.stringContaining(`${CONSERVATION} (${id})`)];

describe('what comes free is taken by who waits', () => {
  it('in the instant in which it does, even if nobody else says anything', () => {
    const token = [...waiting, runner('r2', 'joined')];
    expect(broken([...token, later(end('b'))])).toEqual(isBroken('r2'));
    expect(broken([...token, later(attempt('b', 'r2', true))])).toEqual(isBroken('r2'));
  });

  it('when a panic lifts the ejection of a runner that has not refused since', () => {
    const ejected = [...waiting, runner('r2', 'ejected'), runner('r3', 'lost')];
    const panic = [...ejected, runner('r3', 'panic')];
    expect(broken([...panic, attempt('b', 'r2', true)])).toEqual([]);
    expect(broken([...panic, later(end('b'))])).toEqual(isBroken('r2'));
    const refused = [...arrive('c'), attempt('c', 'r2', false), nack('c', 'r2')];
    expect(broken([...refused, ...panic, later(end('b'))])).toEqual([]);
  });

  test.each(['joined', 'ready', 'rested', 'asked'] as const)('when a runner is %s', (change) => {
    const token = [...waiting, runner('r2', change)];
    expect(broken([...token, attempt('b', 'r2', true)])).toEqual([]);
    expect(broken([...token, ...arrive('c'), attempt('c', 'r2', false)])).toEqual(isBroken('r2'));
  });

  it('when an attempt ends', () => {
    const token = [...waiting, over('a', 'r1')];
    expect(broken([...token, attempt('b', 'r1', true), end('a')])).toEqual([]);
    expect(broken([...token, end('a')])).toEqual(isBroken('r1'));
  });

  it('unless who waits has waited too long', () => {
    const late = [...waiting, over('a', 'r1'), end('b'), end('a')];
    expect(broken(late)).toEqual([]);
  });

  it('unless all who may use it have waited too long, though another waits on', () => {
    const broke = [...arrive('c'), attempt('c', 'r2', false), over('c', 'r2', 'broken')];
    const both = [...broke, runner('r2', 'unready'), wait('c'), ...waiting];
    const late = [...both, runner('r2', 'asked'), end('b')];
    expect(broken([...late, ...arrive('d'), attempt('d', 'r2', true)])).toEqual([]);
    const waits = [...both, runner('r1', 'asked'), end('b')];
    expect(broken([...waits, ...arrive('d'), attempt('d', 'r1', true)])).toEqual(isBroken('r1'));
  });

  it('before anybody begins to wait', () => {
    const free = [...arrive('a'), attempt('a', 'r1', false), over('a', 'r1'), end('a')];
    expect(broken([...free, ...arrive('b'), wait('b')])).toEqual(isBroken('r1'));
    const spent = [...arrive('c'), attempt('c', 'r1', true)];
    expect(broken([...free, ...spent, ...arrive('b'), wait('b')])).toEqual([]);
  });
});

describe('a token is no use', () => {
  it.each(['lost', 'ejected', 'left', 'unready'] as const)('of a runner that is %s', (change) => {
    expect(broken([...waiting, runner('r2', 'joined'), runner('r2', change), end('a')])).toEqual(
      [],
    );
  });

  it('of a runner that is not connected while its attempts end', () => {
    expect(broken([...waiting, runner('r1', 'lost'), over('a', 'r1', 'broken'), end('a')])).toEqual(
      [],
    );
  });

  it('of a runner that is connected again, and still ejected', () => {
    const changes = (['ejected', 'lost', 'ready'] as const).map((change) => runner('r2', change));
    expect(broken([...waiting, ...changes, end('a')])).toEqual([]);
    const rested = [...changes, runner('r2', 'returned'), runner('r2', 'rested')];
    expect(broken([...waiting, ...rested, end('a')])).toEqual(isBroken('r2'));
  });

  it('to a call that its runner broke', () => {
    const second = [
      ...arrive('b'),
      attempt('b', 'r2', false),
      over('b', 'r2', 'broken'),
      wait('b'),
    ];
    expect(broken([...second, runner('r2', 'asked'), ...arrive('c')])).toEqual([]);
    expect(broken([...second, runner('r1', 'asked'), ...arrive('c')])).toEqual([]);
    expect(
      broken([...second, runner('r1', 'asked'), ...arrive('c'), attempt('c', 'r9', false)]),
    ).toEqual(isBroken('r1'));
  });

  it('to calls that are as large as one that was too large for it, until more comes free', () => {
    const big = [...waiting, ...arrive('d'), attempt('d', 'r2', false), nack('d', 'r2', 'size')];
    expect(broken([...big, end('a')])).toEqual([]);
    expect(broken([...big, runner('r2', 'asked'), end('a')])).toEqual(isBroken('r2'));
    const other = [...waiting, ...arrive('d', 'g'), attempt('d', 'r2', false)];
    expect(broken([...other, nack('d', 'r2', 'size'), end('a')])).toEqual(isBroken('r2'));
  });

  it('to another LB, or another group', () => {
    const elsewhere = { ...runner('r2', 'joined'), lb: 'lb1' } as Told;
    const apart = { ...runner('r2', 'joined'), group: 'other' } as Told;
    expect(broken([...waiting, elsewhere, apart, end('a')])).toEqual([]);
  });
});
