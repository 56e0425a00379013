import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FlightEvent } from '../core/record.js';
import { createCallTrace } from './call-trace.js';
import { sampleFlight, sampleHeader } from './sample.test-support.js';
import {
  answeredCall,
  arrive,
  attempt,
  attemptEnd,
  client,
  end,
  nack,
  start,
  stop,
} from './story-events.test-support.js';
import { faultsOf, readTrace, slices, type Trace } from './trace.test-support.js';

function textOf(events: readonly FlightEvent[], callsMax = 10_000): string {
  let text = '';
  const trace = createCallTrace((part) => (text += part), callsMax);
  const flight = trace.fly(sampleHeader());
  for (const event of events) flight.event(event);
  flight.land();
  trace.close();
  return text;
}

const traceOf = (events: readonly FlightEvent[], callsMax?: number): Trace =>
  readTrace(textOf(events, callsMax));

/** `process: name from+dur`, one line a slice. */
function lines({ traceEvents }: Trace): string[] {
  const names = new Map<string, string>();
  for (const { name, pid, tid, args } of traceEvents) {
    if (name === 'process_name') names.set(`${pid}`, String(args?.['name']));
    if (name === 'thread_name') names.set(`${pid}/${tid}`, String(args?.['name']));
  }
  return slices(traceEvents).map(({ name, ts, dur, pid, tid }) => {
    const where = [names.get(`${pid}`), names.get(`${pid}/${tid}`)].join(', ');
    return `${where}: ${name} ${ts}+${dur}`;
  });
}

describe('a trace of calls', () => {
  const sample = sampleFlight({ calls: 600, seconds: 3, serviceMs: 140 });
  const isExecution = ({ kind }: FlightEvent): boolean => kind.startsWith('exec-');

  it('keeps to the format, and nothing on it overlaps wrongly', () => {
    const trace = traceOf(sample.events);
    expect(faultsOf(trace)).toEqual([]);
    expect(slices(trace.traceEvents).length).toBeGreaterThan(1500);
    const marks = trace.traceEvents.filter(({ ph }) => ph === 'i').map(({ name }) => name);
    const faults = sample.events.flatMap((event) => (event.kind === 'fault' ? event.fault : []));
    expect(marks).toEqual(faults);
    expect(marks).toContain('crash');
  });

  it('is the same bytes for the same flight', () => {
    expect(textOf(sample.events) === textOf(sample.events)).toBe(true);
  });

  it('has a lane for each execution that a runner has at once, and no more', () => {
    const { traceEvents } = traceOf(sample.events);
    const runs = traceEvents.filter(({ cat }) => cat === 'run');
    // Its runners have four slots.
    expect(Math.max(...runs.map(({ tid }) => tid))).toBe(4);
    const crashed = runs.filter(({ args }) => args?.['end'] === 'its runner crashed');
    expect(crashed.length).toBeGreaterThan(0);
  });

  it('takes executors that tell last, in any order, and overlaps nothing', () => {
    const small = sampleFlight({ calls: 150, seconds: 1, serviceMs: 140 });
    const early = small.events.filter((event) => !isExecution(event));
    const late = small.events.filter(isExecution);
    const drawn = slices(traceOf(small.events).traceEvents).length;
    const shuffled = fc.shuffledSubarray(late, { minLength: late.length });
    fc.assert(
      fc.property(shuffled, (told) => {
        const trace = traceOf([...early, ...told]);
        expect(faultsOf(trace)).toEqual([]);
        expect(slices(trace.traceEvents).length).toBeLessThanOrEqual(drawn);
      }),
      { numRuns: 30 },
    );
    const byRunner = [...late].sort((a, b) => runnerOf(a).localeCompare(runnerOf(b), 'en'));
    expect(slices(traceOf([...early, ...byRunner]).traceEvents).length).toBe(drawn);
  });

  it('follows the first calls only, and says how many it left out', () => {
    const { traceEvents, otherData } = traceOf(sample.events, 50);
    expect(traceEvents.filter(({ cat }) => cat === 'call').length).toBe(50);
    expect(otherData.flights[0]).toMatchObject({ callsTraced: 50, callsLeftOut: 550 });
  });

  it('of a call says what its balancer and its runner did, hedges on lanes of their own', () => {
    const trace = traceOf([
      arrive('c1', 1000),
      attempt('c1', 1, 'r1', 1000),
      nack('c1', 1, 'r1', 1500),
      { kind: 'wait', at: 1500, call: 'c1', lb: 'lb0', group: 'g', runners: 2, waiting: 1 },
      attempt('c1', 2, 'r2', 3000),
      start('c1', 2, 'r2', 3200),
      attempt('c1', 3, 'r1', 5000, { hedge: true }),
      start('c1', 3, 'r1', 5100),
      stop('c1', 3, 'r1', 6000),
      attemptEnd('c1', 3, 'r1', 6100),
      attemptEnd('c1', 2, 'r2', 6100, { outcome: 'canceled' }),
      end('c1', 6100),
      client('c1', 900, 6200),
    ]);
    expect(faultsOf(trace)).toEqual([]);
    expect(lines(trace).sort()).toEqual([
      'balancer lb0, calls 1: f 1000+5100',
      'balancer lb0, calls 1: r1: NACK busy 1000+500',
      'balancer lb0, calls 1: r2: canceled 3000+3100',
      'balancer lb0, calls 1: waiting for room 1500+1500',
      'balancer lb0, calls 2: beside: r1 5000+1100',
      'runner r1, running 1: c1 5100+900',
      'runner r2, running 1: c1: end not told 3200+3000',
    ]);
  });

  it('gives a lane back: calls after one another share one, calls at once have one each', () => {
    const after = [...answeredCall('c1', 0, 100), ...answeredCall('c2', 100, 100)];
    const [c1, c2] = [answeredCall('c1', 0, 100), answeredCall('c2', 50, 100)];
    const atOnce = [c1[0]!, c2[0]!, ...c1.slice(1), ...c2.slice(1)];
    const lanes = (events: FlightEvent[]): number[] =>
      slices(traceOf(events).traceEvents).map(({ tid }) => tid);
    expect([lanes(after), lanes(atOnce)]).toEqual([
      [1, 1],
      [1, 2],
    ]);
  });

  it('of a call asked 1000 times keeps the first slices and the latest', () => {
    const asked = Array.from({ length: 1000 }, (_, i): FlightEvent[] => [
      attempt('c1', i + 1, 'r1', i * 10),
      nack('c1', i + 1, 'r1', i * 10 + 5),
    ]);
    const rest = [end('c1', 10_000), client('c1', 0, 10_000)];
    const { traceEvents } = traceOf([arrive('c1', 0), ...asked.flat(), ...rest]);
    const drawn = slices(traceEvents).map(({ args }) => args?.['attempt'] ?? 'call');
    expect(drawn).toEqual(['call', ...Array.from({ length: 99 }, (_, i) => i + 1), 1000]);
    expect(slices(traceEvents)[0]?.args).toMatchObject({ slicesLeftOut: 900 });
  });

  it('of a call that never ended draws up to the last event, and of no flight nothing', () => {
    const open = [arrive('c1', 10), attempt('c1', 1, 'r1', 20), ...answeredCall('c2', 50, 50)];
    expect(lines(traceOf(open))).toContain('balancer lb0, calls 1: f: never ended 10+90');
    expect(lines(traceOf(open))).toContain('balancer lb0, calls 1: r1: not told 20+80');
    expect(traceOf([]).traceEvents).toEqual([]);
  });

  it('takes hostile names', () => {
    const evil = '</script>"\u2028\ud800';
    const trace = traceOf([
      { ...arrive(evil, 0), fn: evil, lb: evil } as FlightEvent,
      attempt(evil, 1, evil, 5),
      attemptEnd(evil, 1, evil, 7, { message: evil, outcome: 'failed' }),
      end(evil, 8),
      client(evil, 0, 9),
    ]);
    expect(faultsOf(trace)).toEqual([]);
    expect(lines(trace)).toContain(`balancer ${evil}, calls 1: ${evil} 0+8`);
  });
});

const runnerOf = (event: FlightEvent): string => ('runner' in event ? event.runner : '');
