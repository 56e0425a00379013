/** Identities hold in flights as they are, and not when a line of one is lost, or a µs is off. */
import { describe, expect, it } from 'vitest';
import type { FlightEvent } from '../core/record.js';
import { flown, only } from '../test/support/fly.js';
import { createIdentities } from './identities.js';
import { drawScenario } from './swarm.js';

function broken(events: readonly FlightEvent[]): string[] {
  const identities = createIdentities();
  for (const event of events) identities.see(event);
  return identities.land();
}

describe('identities', () => {
  // One with NACKs, clients that leave, and broken attempts.
  const SEED = 4;
  const { events } = flown(drawScenario(SEED).scenario, { seed: SEED });
  const without = (kind: FlightEvent['kind']): FlightEvent[] => {
    const at = events.findIndex((event) => event.kind === kind);
    expect(at).toBeGreaterThan(-1);
    return events.filter((_, index) => index !== at);
  };

  it('hold in a flight', () => {
    expect(broken(events)).toEqual([]);
  });

  it.each(['nack', 'attempt', 'attempt-end'] as const)('miss a lost %s', (kind) => {
    expect(broken(without(kind))).toEqual([
      expect.stringMatching(/^\d+ attempts, \d+ \+ \d+ ended$/),
    ]);
  });

  it('miss a µs of what a client saw', () => {
    const [first] = only(events, 'client');
    const off = events.map((event) =>
      event === first && event.kind === 'client' ? { ...event, at: event.at + 1 } : event,
    );
    expect(broken(off)).toEqual([expect.stringMatching(/^L = λW: \d+ µs in flight, \d+ µs seen$/)]);
  });

  it('miss an execution that ended and never began', () => {
    const starts = events.filter(({ kind }) => kind !== 'exec-start');
    expect(broken(starts)).toEqual([expect.stringMatching(/^0 executions began, \d+ ended$/)]);
  });

  it('say nothing of a flight that was stopped', () => {
    expect(broken(events.slice(0, events.length >> 1))).toEqual([]);
  });
});
