/** A simulated flight's cost a call: the core, the protocol, the fleet, checkers and digest. */
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { flyChecked, scenarioIn } from './checked.js';
import type { Row } from './row.js';

export interface FleetInput {
  readonly calls: number;
  readonly runners: number;
  readonly slots: number;
  /** Share of the fleet's capacity, in percent; decides how often a call is NACKed. */
  readonly load: number;
  readonly service: string;
}

/** Flies on one thread and measures wall time, and how much of it went into collecting garbage. */
export async function flyFleet(name: string, input: FleetInput): Promise<Row> {
  const { calls, runners, slots, load, service } = input;
  const text = `
version: 1
name: bench
calls: ${calls}
arrivals: { kind: poisson, load: ${load}% }
functions: { hello: { service: ${service}, timeout: 30s, request: 256B, response: 1KiB } }
fleet: [{ name: r, count: ${runners}, slots: ${slots} }]
network: { roundTrip: 1ms }
placement: { wait: poll }
limits: { inFlight: 1000000 }
`;
  const scenario = scenarioIn(text, 'bench');
  let attempts = 0;
  let inFlight = 0;
  let inFlightMax = 0;
  const garbage = watchGarbage();
  const startedAt = performance.now();
  const world = flyChecked(scenario, {
    what: name,
    seed: 1,
    see({ kind }) {
      if (kind === 'attempt') attempts += 1;
      if (kind === 'end') inFlight -= 1;
      if (kind === 'arrive') inFlightMax = Math.max(inFlightMax, (inFlight += 1));
    },
  });
  const seconds = (performance.now() - startedAt) / 1000;
  const garbageMs = await garbage();
  return {
    name,
    figures: {
      calls: String(calls),
      'attempts a call': (attempts / calls).toFixed(2),
      'in flight at most': String(inFlightMax),
      'wall s': seconds.toFixed(2),
      'µs a call': ((seconds * 1e6) / calls).toFixed(1),
      'of it GC': ((garbageMs * 1e3) / calls).toFixed(1),
      'events/s': Math.round(world.events / seconds).toString(),
      digest: world.digest,
    },
  };
}

/** Milliseconds of garbage collection since now, asked for once. */
function watchGarbage(): () => Promise<number> {
  let ms = 0;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) ms += entry.duration;
  });
  observer.observe({ entryTypes: ['gc'] });
  return async () => {
    // Entries are told by a task of their own, behind the flight.
    await setTimeout(50);
    observer.disconnect();
    return ms;
  };
}
