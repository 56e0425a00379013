import { describe, expect, it } from 'vitest';
import type { ClientLine, FlightEvent } from '../core/record.js';
import { createCollector } from './collector.js';
import type { Flight } from './flight.js';
import { flightResult } from './result.js';
import { sampleEnd, sampleFlight, sampleHeader, type Sample } from './sample.test-support.js';

function collect({ header, events, end }: Sample): Flight {
  const collector = createCollector(header);
  for (const event of events) collector.event(event);
  return collector.land(end);
}

const OUTCOMES = ['ok', 'failed', 'refused', 'expired', 'canceled'] as const;
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

function client(call: string, overrides: Partial<ClientLine> = {}): ClientLine {
  const sent = { sentBytes: 0, sentHash: 0, sentMarks: 0 };
  const bytes = { ...sent, bytes: 0, hash: 0, marks: 0, idempotent: false };
  const line = { at: 5000, call, sentAt: 1000, status: 200, how: 'ended', ...bytes } as const;
  return { kind: 'client', ...line, ...overrides };
}

function ended(call: string, at: number): FlightEvent {
  const rest = { code: '', status: 200, attempts: 1, bytesIn: 0, bytesOut: 0, callEnd: false };
  return { kind: 'end', at, call, outcome: 'ok', ...rest };
}

describe('a collector', () => {
  // 9 in 10 slots taken: NACKs, refusals and failures all happen.
  const sample = sampleFlight({ calls: 4000, seconds: 15, serviceMs: 140 });
  const flight = collect(sample);
  const { result, bins } = flight;

  it('finds that offered is the sum of the outcomes, in the result and in the bins', () => {
    expect(result.calls.offered).toBe(4000);
    expect(sum(OUTCOMES.map((outcome) => result.calls[outcome]))).toBe(4000);
    expect(sum(bins.offered)).toBe(4000);
    for (const outcome of OUTCOMES) expect(sum(bins[outcome])).toBe(result.calls[outcome]);
    expect(sum(bins.attempts)).toBe(result.attempts.total);
    expect(sum(bins.nacks)).toBe(result.attempts.nacks);
    expect(sum(result.runners.map((runner) => runner.nacks))).toBe(result.attempts.nacks);
  });

  it('finds the percentiles of an exact sort within 0.1 %', () => {
    const sorted = [...sample.waits].sort((a, b) => a - b);
    const shares = { p50: 0.5, p90: 0.9, p99: 0.99, p999: 0.999 } as const;
    for (const [name, share] of Object.entries(shares)) {
      const truth = sorted[Math.ceil(share * sorted.length) - 1]! / 1000;
      const got = result.latencyMs[name as keyof typeof shares]!;
      expect(Math.abs(got / truth - 1)).toBeLessThan(0.001);
    }
    expect(result.latencyMs.max).toBe(sorted[sorted.length - 1]! / 1000);
  });

  it('finds each call once in the spreads, and each attempt', () => {
    expect(sum(flight.spread.attempts.map((bar) => bar.calls))).toBe(4000);
    expect(sum(flight.spread.nacks.map((bar) => bar.calls))).toBe(4000);
  });

  it('finds each microsecond that the ok calls took, in the phases and in the heat map', () => {
    const { phases, latencyMap } = flight;
    expect([phases.n, phases.executionTold]).toEqual([result.calls.ok, true]);
    const ms = sum(phases.bands.map(({ n, totalMs }) => n * totalMs));
    expect(ms).toBeCloseTo(sum(sample.waits) / 1000, 0);
    for (const { n, queueMs } of phases.bands) expect([n > 0, queueMs]).toEqual([true, 0]);
    expect(sum(latencyMap.counts.flat())).toBe(result.calls.ok);
  });

  it('leaves plain JSON that is small', () => {
    const text = JSON.stringify(flight);
    expect(JSON.parse(text)).toEqual(flight);
    expect(text.length).toBeLessThan(150_000);
    expect(flightResult.parse(result)).toEqual(result);
  });

  it('takes executor lines at the end, runner by runner, as a gRPC flight tells them', () => {
    const late = sample.events.filter((event) => event.kind.startsWith('exec-'));
    const byRunner = late.sort((a, b) => ('runner' in a && 'runner' in b ? cmp(a, b) : 0));
    const early = sample.events.filter((event) => !event.kind.startsWith('exec-'));
    expect(collect({ ...sample, events: [...early, ...byRunner] })).toEqual(flight);
  });

  it('keeps utilization between 0 and 1, and the crashed runner idle while it is down', () => {
    const utilizations = result.runners.map((runner) => runner.utilization!);
    expect(Math.min(...utilizations)).toBeGreaterThan(0);
    expect(Math.max(...utilizations)).toBeLessThanOrEqual(1);
    const { fromMs, untilMs } = flight.faults[0]!;
    const row = flight.load[2]!.percent;
    const down = row.filter((_, i) => {
      return i * bins.widthMs >= fromMs && (i + 1) * bins.widthMs <= untilMs;
    });
    expect(down.length).toBeGreaterThan(0);
    expect(sum(down)).toBe(0);
  });

  it('shows at most 100 rows of load, whatever the fleet', () => {
    const big = collect(sampleFlight({ calls: 3000, seconds: 60, runners: 1000 }));
    expect(big.load.length).toBe(100);
    expect(big.load[0]!.label).toBe('r1 … r10');
    expect(JSON.stringify(big).length).toBeLessThan(150_000);
  });
});

function cmp(a: { runner: string }, b: { runner: string }): number {
  return a.runner < b.runner ? -1 : a.runner > b.runner ? 1 : 0;
}

describe('a collector of an odd flight', () => {
  const fly = (events: readonly FlightEvent[], stuck: readonly string[] = []): Flight =>
    collect({ header: sampleHeader(), events, end: sampleEnd({ stuck }), waits: [] });

  it('of no events gives zeros and nulls', () => {
    const { calls, latencyMs, attempts, goodputPerSec } = fly([]).result;
    expect(sum(Object.values(calls))).toBe(0);
    expect(Object.values(latencyMs)).toEqual([null, null, null, null, null, null]);
    expect([attempts.perCall, attempts.perOk, goodputPerSec]).toEqual([null, null, 0]);
    expect(flightResult.safeParse(fly([]).result).success).toBe(true);
  });

  it('takes the goodput of the time that its charts show, not of a fault that outlasts the calls', () => {
    const sample = sampleFlight();
    const flights = [1, 10].map((factor) => {
      const collector = createCollector(sample.header);
      for (const event of sample.events) collector.event(event);
      return collector.land({ ...sample.end, virtualMs: factor * sample.end.virtualMs });
    });
    for (const { result, bins } of flights) {
      const ok = bins.ok.reduce((sum, calls) => sum + calls, 0);
      expect(result.goodputPerSec).toBeCloseTo((1000 * ok) / bins.durationMs, 2);
    }
  });

  it('shows a fault that was there before all and has no end from the start to the end', () => {
    const until = Number.MAX_SAFE_INTEGER;
    const { faults } = fly([
      { kind: 'arrive', lb: 'lb0', at: 9000, call: 'c1', fn: 'f' },
      { kind: 'fault', at: 7000, until, fault: 'nack-storm', target: 'r1' },
    ]);
    expect(faults).toEqual([
      { fault: 'nack-storm', target: 'r1', fromMs: 0, untilMs: Number.POSITIVE_INFINITY },
    ]);
  });

  it('knows executors that only ever NACKed', () => {
    const nacked = { runner: 'r1', call: 'c1', attempt: 1, reason: 'busy' } as const;
    const { result } = fly([
      { kind: 'arrive', lb: 'lb0', at: 0, call: 'c1', fn: 'f' },
      { kind: 'exec-nack', at: 500_000, ...nacked },
      { kind: 'arrive', lb: 'lb0', at: 1_000_000, call: 'c2', fn: 'f' },
    ]);
    expect(result.runners[0]?.utilization).toBe(0);
  });

  it('counts a call that never ended as failed', () => {
    const { result } = fly([{ kind: 'arrive', lb: 'lb0', at: 0, call: 'c1', fn: 'f' }], ['c1']);
    expect(result.calls).toMatchObject({ offered: 1, failed: 1 });
  });

  it('counts a call that never reached the LB as its client saw it', () => {
    const cut = client('c1', { how: 'cut', status: 0 });
    const { calls } = fly([cut, client('c2', { how: 'left', status: 0 })]).result;
    expect(calls).toMatchObject({ offered: 2, failed: 1, canceled: 1, ok: 0 });
  });

  it('takes a client line that comes before the end of its call', () => {
    const arrive: FlightEvent = { kind: 'arrive', lb: 'lb0', at: 1000, call: 'c1', fn: 'f' };
    expect(fly([arrive, client('c1'), ended('c1', 6000)]).result.latencyMs.max).toBe(4);
    expect(fly([arrive, ended('c1', 4000), client('c1')]).result.latencyMs.max).toBe(4);
  });

  it('has a call wait until it is called up, or is over, but not until a hedge', () => {
    const room = { lb: 'lb0', group: 'default', runners: 1, waiting: 1 };
    const arrived = (call: string): FlightEvent => {
      return { kind: 'arrive', lb: 'lb0', at: 0, call, fn: 'f' };
    };
    const waits = (call: string): FlightEvent => ({ kind: 'wait', at: 0, call, ...room });
    const attempt = (at: number, hedge: boolean): FlightEvent => {
      return { kind: 'attempt', at, call: 'c1', runner: 'r1', attempt: 1, hedge, token: true };
    };
    const { waiting, bins } = fly([
      ...['c1', 'c2'].flatMap((call) => [arrived(call), waits(call)]),
      attempt(100_000, true),
      attempt(250_000, false),
      ended('c2', 500_000),
      attempt(1_000_000, false),
    ]);
    expect([waiting.entries, Math.max(...waiting.max)]).toEqual([2, 2]);
    const waited = sum(waiting.mean.map((mean) => mean * bins.widthMs));
    expect(waited).toBeCloseTo(750, 1);
  });

  it('takes commits for calls, and no utilization, where no executor tells', () => {
    const commit: FlightEvent = { kind: 'commit', at: 5, call: 'c1', runner: 'r1', attempt: 1 };
    const flight = fly([{ kind: 'arrive', lb: 'lb0', at: 0, call: 'c1', fn: 'f' }, commit]);
    expect(flight.result.runners[0]).toEqual({ id: 'r1', calls: 1, nacks: 0, utilization: null });
    expect(flight.load).toEqual([]);
  });

  it('cuts long lists of trouble but counts all of it', () => {
    const flight = fly(
      [],
      Array.from({ length: 9000 }, (_, i) => `c${i}`),
    );
    expect([flight.end.stuck.length, flight.trouble.stuck]).toEqual([50, 9000]);
  });
});
