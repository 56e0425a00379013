/** Laws of the promise door in any order of writing, taking, leaving and ending. */
import fc from 'fast-check';
import { Observable, type Subscriber } from 'rxjs';
import { expect, it } from 'vitest';
import { turn } from '../test/conformance/law.js';
import type { Balancer } from './balancer.js';
import { call, type Answer } from './call-promise.js';
import type { Verdict } from './response.js';
import type { Sink } from './sink.js';

const HOLD_MAX_BYTES = 5;
const LARGEST = 4;
const why = new Error('why');

/** A balancer of one call whose every step the test takes. */
class Steps implements Pick<Balancer, 'handle'> {
  readonly written: number[] = [];
  readonly ends: ('end' | 'cut')[] = [];
  sink: Sink | undefined;
  out: Subscriber<Verdict> | undefined;
  left = false;
  blocked = false;
  ended = 0;

  handle(_request: unknown, sink: Sink): Observable<Verdict> {
    return new Observable((out) => {
      this.sink = sink;
      this.out = out;
      sink.onDrain(() => {
        expect(this.blocked).toBe(true);
        this.blocked = false;
      });
      sink.head(200, []);
      return () => (this.left = this.ends.length === 0);
    });
  }

  get open(): boolean {
    return this.out?.closed === false && this.ends.length === 0;
  }

  /** As far as a balancer may: not behind an end, nor where enough was said. */
  write(length: number): void {
    if (!this.open || this.blocked || this.sink === undefined) return;
    const from = this.written.length;
    const bytes = Uint8Array.from({ length }, (_, index) => from + index);
    this.written.push(...bytes);
    this.blocked = !this.sink.write(bytes);
  }

  end(): void {
    if (!this.open) return;
    this.ends.push('end');
    this.sink?.end(() => {
      this.ended += 1;
      this.over('ok');
    });
  }

  cut(): void {
    if (!this.open) return;
    this.ends.push('cut');
    this.sink?.cut('short');
    this.over('failed');
  }

  private over(outcome: 'ok' | 'failed'): void {
    this.out?.next({ outcome, code: '', status: 200, bytesOut: this.written.length });
    this.out?.complete();
  }
}

type Step =
  { kind: 'take' | 'end' | 'cut' | 'abort' | 'return' } | { kind: 'write'; bytes: number };
type Kind = 'take' | 'end' | 'cut' | 'abort' | 'return';

const step = (kind: Kind): fc.Arbitrary<Step> => fc.constant({ kind });
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: step('take') },
    { weight: 6, arbitrary: fc.nat(LARGEST).map((bytes): Step => ({ kind: 'write', bytes })) },
    ...(['end', 'cut', 'abort', 'return'] as const).map((kind) => ({
      weight: 1,
      arbitrary: step(kind),
    })),
  ),
  { maxLength: 30 },
);

type Took = { got: Uint8Array } | 'done' | { error: unknown } | undefined;

/** What became of one flight of steps. */
async function flown(plan: readonly Step[], turns: boolean) {
  const balancer = new Steps();
  const leaving = new AbortController();
  const options = { signal: leaving.signal, holdMaxBytes: HOLD_MAX_BYTES };
  const answer: Answer = await call(balancer, { fn: 'f' }, options);
  const body = answer.body[Symbol.asyncIterator]();
  const took: Took[] = [];
  let returned = false;
  let held = 0;
  const taken = (): number =>
    took.reduce(
      (sum, one) => sum + (typeof one === 'object' && 'got' in one ? one.got.length : 0),
      0,
    );
  for (const one of plan) {
    if (one.kind === 'write') balancer.write(one.bytes);
    else if (one.kind === 'take') {
      const at = took.push(undefined) - 1;
      body.next().then(
        (next) => (took[at] = next.done === true ? 'done' : { got: next.value }),
        (error: unknown) => (took[at] = { error }),
      );
    } else if (one.kind === 'abort') leaving.abort(why);
    else if (one.kind === 'return') {
      returned = true;
      await body.return?.();
    } else balancer[one.kind]();
    if (turns) await turn();
    if (turns) held = Math.max(held, balancer.written.length - taken());
  }
  await turn();
  let verdict: Verdict | undefined;
  void answer.verdict.then((told) => (verdict = told));
  await turn();
  return { balancer, took, returned, held, verdict, aborted: leaving.signal.aborted };
}

const always = (law: (flight: Awaited<ReturnType<typeof flown>>) => void): Promise<void> =>
  fc.assert(
    fc.asyncProperty(steps, fc.boolean(), async (plan, turns) => law(await flown(plan, turns))),
    { numRuns: 300 },
  );

const bytesOf = (took: readonly Took[]): number[] =>
  took.flatMap((one) => (typeof one === 'object' && 'got' in one ? [...one.got] : []));

it('what is taken is what was written, in order, from its beginning on', () =>
  always(({ balancer, took }) => {
    const bytes = bytesOf(took);
    expect(bytes).toEqual(balancer.written.slice(0, bytes.length));
  }));

it('only a whole body is done; behind a cut or an abort each take throws', () =>
  always(({ balancer, took, returned, aborted }) => {
    const whole = balancer.ended === 1 && bytesOf(took).length === balancer.written.length;
    if (took.includes('done') && !returned) expect(whole).toBe(true);
    const first = took.findIndex((one) => one === 'done' || (one !== undefined && 'error' in one));
    if (first < 0) return;
    const rest = took.slice(first);
    // A reader that left had takes waiting, which are done.
    if (!returned) expect(new Set(rest.map((one) => JSON.stringify(one))).size).toBe(1);
    const errors = rest.flatMap((one) => (typeof one === 'object' && 'error' in one ? [one] : []));
    const own = ['Error: why', 'Error: the reader left', 'Error: the answer was cut: short'];
    for (const { error } of errors) expect(own).toContain(String(error));
    if (errors.some(({ error }) => error === why)) expect(aborted).toBe(true);
  }));

it('no take waits for what is there: bytes, an end, or an error', () =>
  always(({ balancer, took }) => {
    if (!took.includes(undefined)) return;
    expect(bytesOf(took)).toEqual(balancer.written);
    expect([balancer.open, balancer.blocked]).toEqual([true, false]);
  }));

it('the end is told once, when everything is taken, and never behind a cut or a leaving', () =>
  always(({ balancer, took }) => {
    const all = bytesOf(took).length === balancer.written.length;
    const told = balancer.ends.includes('end') && all && !balancer.left;
    expect(balancer.ended).toBe(told ? 1 : 0);
  }));

it('whoever leaves a call that is open cancels it, and every verdict comes', () =>
  always(({ balancer, returned, aborted, verdict }) => {
    if (aborted || returned) expect(balancer.out?.closed).toBe(true);
    if (balancer.out?.closed !== true) expect(verdict).toBe(undefined);
    else {
      const outcome = balancer.ended === 1 ? 'ok' : balancer.ends.includes('cut') ? 'failed' : '';
      expect(verdict?.outcome).toBe(outcome === '' ? 'canceled' : outcome);
    }
  }));

it('a balancer that stops when it is told to leaves no more here than the bound and a chunk', () =>
  always(({ held }) => {
    expect(held).toBeLessThan(HOLD_MAX_BYTES + LARGEST);
  }));
