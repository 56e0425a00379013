/** Laws of the search in time, and of any script: when it stops looking, and what always holds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testCall, text } from '../test/support/calls.js';
import {
  DONE,
  START,
  breaks,
  data,
  failure,
  hangs,
  nacks,
  ok,
  says,
  scriptedRunner,
  type Script,
  type ScriptedRunner,
} from '../test/support/scripted-runner.js';
import { createSearch } from '../test/support/search.js';
import { MS, SECOND, advance, createVirtualClock, drain } from '../test/support/virtual.js';

describe('looking for a runner', () => {
  it.each([
    ['half of the timeout', 4_000, 15_000, 0, 2_000],
    ['the placement budget', 60_000, 15_000, 0, 15_000],
    ['half of the timeout, counted from arrival', 4_000, 15_000, 1_500, 500],
    ['the budget, counted from the search', 60_000, 100, 20_000, 100],
    ['nothing where half is gone already', 4_000, 15_000, 3_000, 0],
  ])('ends after %s', (_name, timeoutMs, placementMs, agoMs, lookedMs) => {
    const clock = createVirtualClock();
    advance(clock, agoMs * MS);
    const startedAt = clock.now();
    const arrivedAt = startedAt - agoMs * MS;
    const call = testCall(clock, { fn: { timeoutMs }, arrivedAt, placementMs });
    const search = createSearch(clock, [], { call });
    search.start();
    drain(clock);
    expect(search.error?.code).toBe('not_placed');
    expect(clock.now() - startedAt).toBe(lookedMs * MS);
  });

  it('never cuts an attempt that is open when its time is up', () => {
    const clock = createVirtualClock();
    const slow: Script = [{ afterUs: 9 * SECOND, says: START }, ...says(data('late'), DONE)];
    const search = createSearch(clock, [scriptedRunner(clock, 'a', [slow])]);
    search.start();
    drain(clock);
    expect(search.completed).toBe(true);
  });

  it('offers nothing after it, even where the NACK comes back later', () => {
    const clock = createVirtualClock();
    const late: Script = [
      { afterUs: 6 * SECOND, says: { kind: 'nack', reason: 'busy' } },
      { afterUs: 0, says: 'complete' },
    ];
    const b = scriptedRunner(clock, 'b', [ok()]);
    const search = createSearch(clock, [scriptedRunner(clock, 'a', [late]), b]);
    search.start();
    drain(clock);
    expect([search.error?.code, b.engaged.length]).toEqual(['not_placed', 0]);
  });

  it('passes over runners that are not ready without an attempt', () => {
    const clock = createVirtualClock();
    const [a, b] = [scriptedRunner(clock, 'a', [ok()]), scriptedRunner(clock, 'b', [ok()])];
    a.ready = false;
    const search = createSearch(clock, [a, b]);
    search.start();
    drain(clock);
    expect(a.engaged).toEqual([]);
    expect(search.words()[0]).toBe('skip a');
    expect(search.call.progress.attempts).toBe(1);
  });

  it('that polls pauses between two rounds and takes a fresh snapshot', () => {
    const clock = createVirtualClock();
    const a = scriptedRunner(clock, 'a', [nacks()]);
    const b = scriptedRunner(clock, 'b', [ok()]);
    let runners: readonly ScriptedRunner[] = [a];
    const search = createSearch(clock, () => runners, { options: { wait: 'poll' } });
    search.start();
    advance(clock, 2 * MS);
    runners = [b];
    drain(clock);
    expect(
      search
        .words()
        .filter((word) => !word.startsWith('runner'))
        .slice(0, 4),
    ).toEqual(['attempt 1 a', 'nack 1 a busy', 'round 1', 'attempt 2 b']);
    expect((b.engaged[0]?.at ?? 0) - (a.engaged[0]?.at ?? 0)).toBe(1 * MS + 10 * MS);
  });

  it('waits while the pool is empty and takes the first runner that joins', () => {
    const clock = createVirtualClock();
    const b = scriptedRunner(clock, 'b', [ok()]);
    let runners: readonly ScriptedRunner[] = [];
    const search = createSearch(clock, () => runners);
    search.start();
    advance(clock, SECOND);
    expect(search.error).toBe(undefined);
    runners = [b];
    drain(clock);
    expect([search.completed, b.engaged.length]).toEqual([true, 1]);
  });
});

const answers = {
  nack: nacks(),
  size: nacks('size'),
  ok: ok(),
  failed: says(failure(500)),
  'failed late': says(START, failure(503)),
  broke: breaks(),
  'broke late': breaks(START),
  hangs: hangs(START),
  silent: hangs(),
} as const;
type Answer = keyof typeof answers;

/** The grammar of a search, as its words' first letters (attempt-end is "e"). */
const GRAMMAR = /^(?:s|r|w|an|ae)*(?:ac?e)?(?:s|r|w)*$/;

describe('for any script of answers', () => {
  const answer = fc.constantFrom<Answer>(...(Object.keys(answers) as Answer[]));
  const mostlyNacks = fc.oneof({ weight: 3, arbitrary: fc.constant<Answer>('nack') }, answer);
  const fleet = fc.array(
    fc.record({
      ready: fc.boolean(),
      script: fc.array(mostlyNacks, { minLength: 1, maxLength: 4 }),
    }),
    { maxLength: 5 },
  );

  const waits = fc.constantFrom('room' as const, 'poll' as const);

  it('attempts are NACKs and kept ones, one commits at most, and nothing is left over', () => {
    fc.assert(
      fc.property(
        fleet,
        fc.boolean(),
        fc.nat(200),
        waits,
        (specs, idempotent, leaveAfterMs, wait) => {
          const clock = createVirtualClock();
          const runners = specs.map(({ ready, script }, index) => {
            const scripts = script.map((name) => answers[name]);
            return Object.assign(scriptedRunner(clock, `r${index}`, scripts), { ready });
          });
          const call = testCall(clock, { fn: { idempotent, timeoutMs: 200 } });
          const search = createSearch(clock, runners, { call, options: { wait } });
          search.start();
          advance(clock, leaveAfterMs * MS);
          search.stop();
          const count = (kind: string): number =>
            search.probed.filter((e) => e.kind === kind).length;
          const engaged = runners.flatMap((runner) => runner.engaged);
          const kept = count('attempt-end');
          expect(count('attempt')).toBe(count('nack') + kept);
          expect(engaged.length).toBe(count('attempt'));
          expect(call.progress.attempts).toBe(count('attempt'));
          expect(engaged.map((e) => e.attempt).sort((x, y) => x - y)).toEqual(
            engaged.map((_, index) => index + 1),
          );
          expect(count('commit')).toBeLessThanOrEqual(1);
          expect(kept).toBeLessThanOrEqual(idempotent ? 2 : 1);
          for (const e of engaged) expect(text(e.body)).toBe('ping');
          const letters = search.words().map((w) => (w.startsWith('attempt-end') ? 'e' : w[0]));
          expect(letters.join('')).toMatch(GRAMMAR);
          expect(search.error?.code).not.toBe('internal');
          expect(runners.reduce((sum, runner) => sum + runner.open, 0)).toBe(0);
          expect(clock.pending).toBe(0);
        },
      ),
    );
  });
});
