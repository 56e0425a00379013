import { describe, expect, it } from 'vitest';
import type { FlightEvent } from '../core/record.js';
import { createStories } from './stories.js';
import type { Story } from './story.js';
import {
  arrive,
  attempt,
  attemptEnd,
  client,
  end,
  nack,
  start,
  stop,
} from './story-events.test-support.js';
import { failureTitle, slowTitle, whatCame } from './story-title.js';

function tell(...events: FlightEvent[]): Story {
  const stories = createStories();
  for (const event of events) stories.see(event);
  const { slowest, failures } = stories.land(0);
  return slowest[0] ?? failures[0]!.story;
}

/** `from–to what runner: why`, one line a step. */
const lines = ({ steps }: Story): string[] =>
  steps.map(({ fromMs, untilMs, what, runner, why }) => {
    return `${fromMs}–${untilMs ?? ''} ${what} ${runner}: ${why}`.replace(/[\u202f ]+/g, ' ');
  });

const placed: readonly FlightEvent[] = [
  arrive('c1', 2000),
  attempt('c1', 1, 'r1', 2000),
  nack('c1', 1, 'r1', 4000),
  { kind: 'skip', at: 4000, call: 'c1', runner: 'r2' },
  { kind: 'skip', at: 4000, call: 'c1', runner: 'r4' },
  { kind: 'wait', at: 4000, call: 'c1', lb: 'lb0', group: 'g', runners: 4, waiting: 3 },
  attempt('c1', 2, 'r3', 404_000, { token: true }),
  start('c1', 2, 'r3', 405_000),
  stop('c1', 2, 'r3', 455_000),
  { kind: 'commit', at: 456_000, call: 'c1', attempt: 2, runner: 'r3' },
  attemptEnd('c1', 2, 'r3', 456_000),
  { kind: 'head', at: 456_000, call: 'c1', status: 200 },
  end('c1', 456_000),
  client('c1', 1000, 457_000),
];

describe('a story', () => {
  it('tells in order what happened, where, from when to when, and why', () => {
    expect(lines(tell(...placed))).toEqual([
      '0–1 on its way : to the balancer',
      '1–3 attempt 1 r1: NACKed: busy',
      '3–3 passed over : not ready: r2, r4',
      '3–403 waited : no room on 4 runners, 2 others wait',
      '403–455 attempt 2, called up r3: ok, first word after 52.0 ms',
      '404–454 ran r3: 1 of 4 slots taken',
      '455–455 over : ok (200) for the balancer',
      '455–456 its client : saw status 200',
    ]);
  });

  it('is the same in whatever order executors tell', () => {
    const late = placed.filter((event) => event.kind.startsWith('exec-'));
    const early = placed.filter((event) => !event.kind.startsWith('exec-'));
    expect(tell(...early, ...late)).toEqual(tell(...placed));
    expect(tell(...early, ...[...late].reverse())).toEqual(tell(...placed));
  });

  it('has one line', () => {
    const plain = (text: string): string => text.replaceAll('\u202f', ' ');
    const story = tell(...placed);
    expect(plain(slowTitle(story, 1))).toBe(
      'Slowest ok call, 456 ms: NACKed once (busy), waited 400 ms, ran 50.0 ms on r3',
    );
    expect(plain(slowTitle(story, 3))).toMatch(/^3rd slowest ok call, 456 ms: /);
    expect(plain(failureTitle(story, 'lost', 1))).toMatch(/^The one lost, 456 ms: /);
    expect(plain(failureTitle(story, 'lost', 1200))).toMatch(/^First of 1 200 lost, 456 ms: /);
  });

  it('of a hedge tells of both, and its line of the one that won', () => {
    const story = tell(
      arrive('c1', 0),
      attempt('c1', 1, 'r1', 0),
      start('c1', 1, 'r1', 1000),
      attempt('c1', 2, 'r2', 50_000, { hedge: true }),
      start('c1', 2, 'r2', 51_000),
      stop('c1', 2, 'r2', 60_000),
      attemptEnd('c1', 2, 'r2', 61_000),
      attemptEnd('c1', 1, 'r1', 61_000, { outcome: 'canceled' }),
      end('c1', 61_000),
      client('c1', 0, 61_000),
    );
    expect(lines(story)).toEqual([
      '0–61 attempt 1 r1: canceled by the balancer',
      '1– ran r1: 1 of 4 slots taken, nobody told its end',
      '50–61 attempt 2, a hedge r2: ok',
      '51–60 ran r2: 1 of 4 slots taken',
      '61–61 over : ok (200) for the balancer',
      '61–61 its client : saw status 200',
    ]);
    expect(whatCame(story).replaceAll('\u202f', ' ')).toBe('ran 9.00 ms on r2');
  });

  it('says what broke, and what the runner said where its executor tells nothing', () => {
    const broken = { outcome: 'broken', cause: 'connection reset', executionUs: 0 } as const;
    const lost = { outcome: 'failed', code: 'broken', status: 502 } as const;
    const story = tell(
      arrive('c1', 0),
      attempt('c1', 1, 'r1', 0),
      attemptEnd('c1', 1, 'r1', 5000, broken),
      end('c1', 5000, lost),
      client('c1', 0, 5000, { status: 502 }),
    );
    expect(whatCame(story)).toBe('broke, connection reset on r1');
    const said = { schedulerUs: 2000, executionUs: 3000 };
    const foreign = tell(
      arrive('c1', 0),
      attempt('c1', 1, 'r1', 0),
      attemptEnd('c1', 1, 'r1', 6000, said),
      end('c1', 6000),
      client('c1', 0, 6000),
    );
    expect(foreign.steps[0]?.why.replaceAll('\u202f', ' ')).toBe(
      "ok, queued there 2.00 ms, ran 3.00 ms by its runner's word",
    );
  });

  it('of a call that never ended has no end, and of one that never arrived only its client', () => {
    const open = tell(arrive('c1', 0), attempt('c1', 1, 'r1', 10));
    expect([open.outcome, lines(open)]).toEqual([
      null,
      ['0.01– attempt 1 r1: nobody told its end'],
    ]);
    const lost = tell(client('c1', 0, 4000, { how: 'cut', status: 0 }));
    expect([lost.tookMs, lines(lost)]).toEqual([4, ['4–4 its client : saw no status, then a cut']]);
  });
});
