/** What an LB owes, broken by the smallest change of what it tells. */
import { describe, expect, it } from 'vitest';
import type { ProbeEvent } from '../core/probe.js';
import { createDuty } from './duty.js';

const promised = {
  ...{ inFlightMax: 2, placementUs: 100, retry: true, oneWayUs: 0, headroomUs: 0 },
  memoryMb: new Map<string, number>(),
  ignoring: new Set<string>(),
};
const arrive = (call: string, at = 0) => ({ kind: 'arrive', call, at, fn: 'f', lb: 'lb0' });
const cached = (call: string, at = 0, deadline = 1000) => ({ kind: 'cached', call, at, deadline });
const head = (call: string, at: number) => ({ kind: 'head', call, at, status: 503 });
const end = (call: string, code: string, at = 0) => ({ kind: 'end', call, at, code });

function broken(events: readonly object[], of = promised): string[] {
  const laws: string[] = [];
  const duty = createDuty(of, (law, call, at) => void laws.push(`${law} ${call} ${at}`));
  for (const event of events) duty.see(event as ProbeEvent);
  return laws;
}

describe('a call is refused as one too many', () => {
  const full = 'a call is refused as one too many only where that many are';

  it('where that many are in flight, and nowhere else', () => {
    const two = [arrive('a'), arrive('b')];
    expect(broken([...two, arrive('c'), end('c', 'full')])).toEqual([]);
    expect(broken([arrive('a'), arrive('c', 7), end('c', 'full', 9)])).toEqual([`${full} c 7`]);
    const over = [...two, end('a', ''), arrive('c', 7), end('c', 'full', 9)];
    expect(broken(over)).toEqual([`${full} c 7`]);
  });
});

describe('a runner is looked for', () => {
  const early = 'a runner is looked for as long as it may be';
  const refused = (at: number, deadline = 1000): object[] => [
    ...[arrive('a'), cached('a', 0, deadline), head('a', at), end('a', 'not_placed', at)],
  ];

  it('until the budget is over, or half of the time to the deadline', () => {
    expect([broken(refused(100)), broken(refused(50, 100))]).toEqual([[], []]);
    expect(broken(refused(99))).toEqual([`${early} a 99`]);
    expect(broken(refused(49, 100))).toEqual([`${early} a 49`]);
  });

  it('once where nothing is offered again', () => {
    expect(broken(refused(0), { ...promised, retry: false })).toEqual([]);
  });
});
