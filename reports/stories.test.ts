import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FlightEvent } from '../core/record.js';
import { createCollector } from './collector.js';
import { sampleFlight, type Sample } from './sample.test-support.js';
import { createStories, type Stories } from './stories.js';
import { answeredCall, arrive, client, end, nack, attempt } from './story-events.test-support.js';

function tell(events: readonly FlightEvent[]): Stories {
  const stories = createStories();
  for (const event of events) stories.see(event);
  return stories.land(0);
}

const collect = ({ header, events, end }: Sample, stories = true) => {
  const collector = createCollector(header, { stories });
  for (const event of events) collector.event(event);
  return collector.land(end);
};

describe('the calls that are told in full', () => {
  const sample = sampleFlight({ calls: 4000, seconds: 15, serviceMs: 140 });
  const flight = collect(sample);

  it('are the slowest ten of an exact sort, slowest first', () => {
    const sorted = [...sample.waits].sort((a, b) => b - a).slice(0, 10);
    const truth = sorted.map((us) => us / 1000);
    expect(flight.stories.slowest.map((story) => story.tookMs)).toEqual(truth);
    expect(flight.stories.slowest[0]?.tookMs).toBe(flight.result.latencyMs.max);
  });

  it('and the first of each way to go wrong, with as many calls as the result counts', () => {
    const { failures } = flight.stories;
    expect(failures.map(({ how }) => how).sort()).toEqual([
      'failed (502) at a runner',
      'refused (503), NACKed to the end',
    ]);
    for (const { calls, story } of failures) {
      expect(calls).toBe(flight.result.calls[story.outcome as 'failed' | 'refused']);
    }
  });

  it('are the same when executors tell last, runner by runner', () => {
    const late = sample.events.filter((event) => event.kind.startsWith('exec-'));
    const early = sample.events.filter((event) => !event.kind.startsWith('exec-'));
    expect(collect({ ...sample, events: [...early, ...late] }).stories).toEqual(flight.stories);
  });

  it('change nothing else, and are none where no report is wanted', () => {
    const { stories, ...without } = collect(sample, false);
    const { stories: _, ...rest } = flight;
    expect(without).toEqual(rest);
    expect([stories.slowest, stories.failures]).toEqual([[], []]);
  });

  it('are found among any calls: the slowest in order, equals in the order of their ends', () => {
    const drawn = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(drawn, (waits) => {
        const events = waits.flatMap((ms, i) => answeredCall(`c${i}`, i * 100_000, ms * 1000));
        const truth = waits
          .map((ms, i) => ({ ms, call: `c${i}` }))
          .sort((a, b) => b.ms - a.ms)
          .slice(0, 10);
        const told = tell(events).slowest.map(({ tookMs, call }) => ({ ms: tookMs, call }));
        expect(told).toEqual(truth);
      }),
    );
  });
});

describe('ways to go wrong', () => {
  const way = (...events: FlightEvent[]): readonly (readonly [string, number])[] =>
    tell(events).failures.map(({ how, calls }) => [how, calls]);

  it('are told apart by what came before', () => {
    const refused = { outcome: 'refused', code: 'not_placed', status: 503 } as const;
    const calls = ['c1', 'c2', 'c3'].flatMap((call): FlightEvent[] => [
      arrive(call, 0),
      ...(call === 'c1' ? [] : [attempt(call, 1, 'r1', 10), nack(call, 1, 'r1', 20)]),
      end(call, 30, refused),
      client(call, 0, 40, { status: 503 }),
    ]);
    expect(way(...calls)).toEqual([
      ['refused (not_placed, 503) without an attempt', 1],
      ['refused (not_placed, 503), NACKed to the end', 2],
    ]);
  });

  it('count what its client saw: a cut of an ok call, a client that left', () => {
    const gone = { outcome: 'canceled', code: 'canceled', status: 499 } as const;
    const left = client('c2', 0, 40, { how: 'left', status: 0 });
    const cut = client('c1', 0, 40, { how: 'cut' });
    expect(way(arrive('c1', 0), end('c1', 30), cut)).toEqual([['ok (200), cut for its client', 1]]);
    expect(way(arrive('c2', 0), attempt('c2', 1, 'r1', 5), left, end('c2', 45, gone))).toEqual([
      ['canceled (499) at a runner, its client left', 1],
    ]);
  });

  it('count calls that never ended, and calls that never reached a balancer', () => {
    const lost = client('c2', 0, 40, { how: 'cut', status: 0 });
    expect(way(arrive('c1', 0), lost)).toEqual([
      ['never reached the balancer', 1],
      ['never ended', 1],
    ]);
  });

  it('are at most sixteen; calls of further ones are counted', () => {
    const calls = Array.from({ length: 20 }, (_, i): FlightEvent[] => [
      arrive(`c${i}`, i),
      end(`c${i}`, i + 1, { outcome: 'failed', code: 'failed', status: 500 + i }),
      client(`c${i}`, i, i + 2),
    ]);
    const { failures, otherFailures } = tell(calls.flat());
    expect([failures.length, otherFailures]).toEqual([16, 4]);
  });
});

describe('limits', () => {
  it('of 1000 attempts the first 30 and the latest two are kept, the others counted', () => {
    const asked = Array.from({ length: 1000 }, (_, i): FlightEvent[] => [
      attempt('c1', i + 1, 'r1', i * 10),
      nack('c1', i + 1, 'r1', i * 10 + 5),
    ]);
    const refused = { outcome: 'refused', code: 'not_placed', status: 503 } as const;
    const events = [arrive('c1', 0), ...asked.flat(), end('c1', 10_000, refused)];
    const { story } = tell([...events, client('c1', 0, 10_000)]).failures[0]!;
    const kept = story.steps.filter(({ phase }) => phase === 'attempt').map(({ what }) => what);
    const first = Array.from({ length: 30 }, (_, i) => `attempt ${i + 1}`);
    expect(kept).toEqual([...first, 'attempt 999', 'attempt 1000']);
    expect([story.attempts, story.nacks, story.omitted.attempts]).toEqual([1000, 1000, 968]);
  });

  it('of endless rounds some are kept, and all of the time is counted', () => {
    const rounds = Array.from({ length: 500 }, (_, i): FlightEvent => {
      return { kind: 'round', call: 'c1', at: 1000 * i, round: i + 1, runners: 3 };
    });
    const events = [arrive('c1', 0), ...rounds, end('c1', 500_000), client('c1', 0, 500_000)];
    const story = tell(events).slowest[0]!;
    expect([story.waitedMs, story.omitted.others]).toEqual([500, 440]);
    expect(story.steps.length).toBeLessThan(70);
  });

  it('a record of nonsense does not grow a story', () => {
    const skips = Array.from({ length: 10_000 }, (): FlightEvent => {
      return { kind: 'skip', call: 'c1', at: 1, runner: 'r1' };
    });
    const nacks = Array.from({ length: 10_000 }, () => nack('c1', 1, 'r1', 2));
    const story = tell([arrive('c1', 0), ...skips, ...nacks, end('c1', 3), client('c1', 0, 3)]);
    expect(JSON.stringify(story).length).toBeLessThan(5_000);
  });

  it('beyond 50 000 calls in flight newcomers are not followed, and that is counted', () => {
    const many = Array.from({ length: 50_010 }, (_, i) => arrive(`c${i}`, i));
    const { unfollowed, failures } = tell([...many, client('c50005', 50_005, 60_000)]);
    expect([unfollowed, failures.map(({ calls }) => calls)]).toEqual([10, [50_000]]);
  });
});
