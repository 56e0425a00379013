import { describe, expect, it } from 'vitest';
import type { FlightEvent } from '../core/record.js';
import { createCollector } from './collector.js';
import { renderReport } from './page.js';
import { sampleEnd, sampleFlight, sampleHeader } from './sample.test-support.js';
import { createStories, NO_STORIES, type Stories } from './stories.js';
import { arrive, attempt, attemptEnd, client, end, nack } from './story-events.test-support.js';
import { waterfalls } from './waterfall.js';

function tell(events: readonly FlightEvent[]): Stories {
  const stories = createStories();
  for (const event of events) stories.see(event);
  return stories.land(0);
}

const count = (text: string, part: string): number => text.split(part).length - 1;
const refused = { outcome: 'refused', code: 'not_placed', status: 503 } as const;
const failed = { outcome: 'failed', code: 'failed' } as const;

/** A call NACKed `times` times, then given up with a status of its own. */
const patient = (call: string, times: number, status: number): FlightEvent[] => [
  arrive(call, 0),
  ...Array.from({ length: times }, (_, i) => [
    attempt(call, i + 1, `r${i}`, i * 1000),
    nack(call, i + 1, `r${i}`, i * 1000 + 500),
  ]).flat(),
  end(call, times * 1000, { ...refused, status }),
  client(call, 0, times * 1000, { status }),
];

describe('waterfalls', () => {
  const sample = sampleFlight({ calls: 4000, seconds: 15, serviceMs: 140 });
  const collector = createCollector(sample.header);
  for (const event of sample.events) collector.event(event);
  const { stories } = collector.land(sample.end);
  const { markup } = waterfalls(stories);

  it('are one table a story, one row a step, each with its numbers in words', () => {
    const calls = Array.from({ length: 12 }, (_, i) => patient(`c${i}`, i, 500 + i));
    const short = tell(calls.flat());
    const { markup } = waterfalls(short);
    const all = short.failures.map(({ story }) => story);
    const steps = all.flatMap((story) => story.steps);
    expect(count(markup, '<table')).toBe(all.length);
    expect(count(markup, '<th scope="row">')).toBe(steps.length);
    // What is drawn says nothing that the row does not say.
    expect(count(markup, 'aria-hidden="true"')).toBe(steps.length + all.length);
  });

  it('draw nothing beyond the call', () => {
    const places = [...markup.matchAll(/left:min\(([\d.]+)%[^;]*;width:([\d.]+)%/g)];
    const ends = places.map(([, left, width]) => Number(left) + Number(width));
    expect(ends.length).toBeGreaterThan(50);
    expect(Math.max(...ends)).toBeLessThanOrEqual(100.01);
  });

  it('of an executor whose clock is ahead stay within the call too', () => {
    const late = attemptEnd('c1', 1, 'r1', 9_000_000);
    const events = [arrive('c1', 0), attempt('c1', 1, 'r1', 10), late, end('c1', 20)];
    const page = waterfalls(tell([...events, client('c1', 0, 30)])).markup;
    expect(page).toContain('left:min(33.33%,100% - 2px);width:66.67%');
  });

  it('of long stories leave out the middle, and say how much; few rows whatever flew', () => {
    const calls = Array.from({ length: 16 }, (_, i) => patient(`c${i}`, 32, 500 + i));
    const page = waterfalls(tell(calls.flat())).markup;
    const rows = count(page, '<th scope="row">');
    expect(rows).toBeLessThanOrEqual(240 + 16);
    const shown = rows - 16;
    const left = [...page.matchAll(/… (\d+) steps/g)].reduce((sum, [, n]) => sum + Number(n), 0);
    // Each story has 32 attempts, the balancer's end and the client's.
    expect(shown + left).toBe(16 * 34);
    expect(page.length).toBeLessThan(120_000);
  });

  it('beside five other flights take little room', () => {
    const calls = Array.from({ length: 16 }, (_, i) => patient(`c${i}`, 32, 500 + i));
    expect(waterfalls(tell(calls.flat()), 6).markup.length).toBeLessThan(75_000);
    expect(count(waterfalls(stories, 6).markup, 'lowest ok call')).toBe(3);
  });

  it('show hostile names as text, and long ones cut', () => {
    const evil = '"><img src=x onerror=alert(1)>';
    const long = 'x'.repeat(10_000);
    const said = { outcome: 'failed', cause: evil, message: long } as const;
    const events = [evil, long].flatMap((id, i) => [
      { ...arrive(id, 0), fn: id, lb: id } as FlightEvent,
      { kind: 'skip', at: 5, call: id, runner: id } as const,
      attempt(id, 1, id, 10),
      attemptEnd(id, 1, id, 20, said),
      end(id, 20, { ...failed, status: 502 + i }),
      client(id, 0, 30),
    ]);
    const page = waterfalls(tell(events)).markup;
    expect(page).not.toContain('<img');
    expect(page).toContain('&#34;&gt;&lt;img');
    expect(page.length).toBeLessThan(12_000);
  });

  it('are not there where no call is told of', () => {
    expect(waterfalls(NO_STORIES).markup).toBe('');
    const none = createCollector(sampleHeader({ calls: 0 })).land(sampleEnd({ virtualMs: 0 }));
    expect(renderReport([none])).not.toContain('class="stories"');
  });
});
