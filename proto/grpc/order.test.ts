/**
 * Laws of calls over real gRPC in whatever order things happen: offers, what functions say,
 * cancels, resets, a close. Scripted peers at both ends, and turns that fast-check draws.
 */
import fc from 'fast-check';
import { Observable, type Subscription } from 'rxjs';
import { expect, test } from 'vitest';
import { createSystemClock, type Clock, type Timer } from '../../core/clock.js';
import { CallError } from '../../core/errors.js';
import type { RunnerEvent } from '../../core/runner.js';
import { testCall } from '../../test/support/calls.js';
import { drawnTurns } from '../../test/support/drawn-turns.js';
import { data, DONE, failure, START } from '../../test/support/scripted-runner.js';
import type { Executor } from '../executor.js';
import { createRunner } from '../runner.js';
import { serve } from '../session.js';
import { createGrpcChannel } from './channel.js';
import { untilReady } from './grpc.test.rig.js';
import { createGrpcServer, defaultGrpcServerLimits } from './server.js';

/** Above a window, so that it is sent in pieces as the other end reads. */
const BIG = data(new Uint8Array(100_000).fill(7));
/** What functions say, by names that a failure is read by. */
const SCRIPTS = {
  short: [START, data('pong'), DONE],
  long: [START, BIG, BIG, DONE],
  nack: [{ kind: 'nack', reason: 'size' }],
  failure: [failure(500)],
  'fails late': [START, data('half'), failure(502)],
  hangs: [],
  'hangs at half': [START, BIG],
} satisfies Record<string, readonly RunnerEvent[]>;
type Name = keyof typeof SCRIPTS;

/** An execution: the truth about what ran. */
interface Execution {
  readonly call: string;
  begun: boolean;
  open: boolean;
  bytes: number;
}

interface Function {
  readonly says: Name;
  /** It says nothing before it has read its request. */
  readonly reads: boolean;
}

/** Functions that say their script, one thing a turn. */
function scriptedExecutor(clock: Clock, functionOf: (call: string) => Function) {
  const executions: Execution[] = [];
  const executor: Executor = {
    execute: ({ model, begin, body }) =>
      new Observable((out) => {
        const execution = { call: model.id, begun: false, open: true, bytes: 0 };
        executions.push(execution);
        const { says, reads } = functionOf(model.id);
        const script: readonly RunnerEvent[] = SCRIPTS[says];
        let timer: Timer | undefined;
        const say = (index: number): void => {
          timer = clock.after(0, () => {
            const event = script[index];
            if (event?.kind !== 'nack' && !execution.begun) {
              execution.begun = true;
              begin();
            }
            if (event === undefined) return;
            out.next(event);
            if (event.kind === 'nack' || event.kind === 'finished') out.complete();
            else say(index + 1);
          });
        };
        if (!reads) say(0);
        const reading = body.subscribe({
          next: (bytes) => (execution.bytes += bytes.length),
          complete: () => (reads ? say(0) : undefined),
        });
        return () => {
          execution.open = false;
          timer?.cancel();
          reading.unsubscribe();
        };
      }),
  };
  return { executor, executions };
}

const ends: readonly Name[] = ['short', 'long', 'nack', 'failure', 'fails late'];
const staying = fc.record({ says: fc.constantFrom(...ends), leaves: fc.constant(undefined) });
const leaving = fc.record({
  says: fc.constantFrom<Name>(...ends, 'hangs', 'hangs', 'hangs at half'),
  leaves: fc.constantFrom('at once' as const, 'later' as const),
});
const call = fc
  .tuple(fc.oneof(staying, leaving), fc.boolean(), fc.constantFrom(0, 10, 500_000))
  .map(([of, reads, bodyBytes]) => ({ ...of, reads, bodyBytes }));
const plan = fc.record({
  calls: fc.array(call, { minLength: 1, maxLength: 4 }),
  /** The runner resets all streams. */
  resets: fc.nat(3).map((n) => n === 0),
  closes: fc.constantFrom(undefined, undefined, 'close' as const, 'cut' as const),
  loops: fc.nat(4),
  scheduler: fc.scheduler(),
});
type Plan = typeof plan extends fc.Arbitrary<infer P> ? P : never;

/** A call as its caller sees it. */
interface Seen {
  readonly events: RunnerEvent[];
  /** Told at the end; twice would show. */
  readonly ends: ('complete' | CallError)[];
  left: boolean;
  subscription: Subscription | undefined;
}

async function play({ calls, resets, closes, loops, scheduler }: Plan) {
  const turns = drawnTurns(scheduler, loops);
  const clock = createSystemClock();
  const { executor, executions } = scriptedExecutor(
    turns.clock,
    (id) => calls[Number(id)] ?? { says: 'hangs', reads: false },
  );
  const limits = { bodyMaxBytes: 1_000_000, responseMaxBytes: 1_000_000 };
  const server = createGrpcServer({
    onEngage: (wire) => serve({ clock, executor, ...limits }, wire),
    status: () => ({ active: 0, requestsReceived: 0, requestsHandled: 0 }),
    dialect: 'head',
    limits: defaultGrpcServerLimits,
  });
  const port = await new Promise<number | Error>((told) => server.listen('127.0.0.1:0', told));
  const channel = createGrpcChannel(`127.0.0.1:${String(port)}`);
  await untilReady(channel, true);
  const runner = createRunner(clock, 'r', channel);

  const seen = calls.map(({ leaves, bodyBytes }, index): Seen => {
    const one: Seen = { events: [], ends: [], left: false, subscription: undefined };
    const call = testCall(clock, { id: String(index), body: [new Uint8Array(bodyBytes)] });
    const engage = (): void => {
      one.subscription = runner.engage(call, 1).subscribe({
        next: (event) => one.events.push(event),
        error: (error: unknown) => one.ends.push(CallError.from(error)),
        complete: () => one.ends.push('complete'),
      });
    };
    const leave = (): void => {
      one.left = one.ends.length === 0;
      one.subscription?.unsubscribe();
    };
    const atOnce = (): void => {
      engage();
      leave();
    };
    const steps = leaves === undefined ? [engage] : [engage, leave];
    turns.peer(`call ${index}`, leaves === 'at once' ? [atOnce] : steps);
    return one;
  });
  if (resets) turns.peer('reset', [() => void server.resetStreams()]);
  let closed = false;
  const close = (): void => void runner.close().subscribe({ complete: () => (closed = true) });
  if (closes === 'cut') turns.peer('cut', [() => runner.cut()]);
  if (closes === 'close') turns.peer('close', [close]);
  try {
    const over = ({ left, ends: told }: Seen): boolean => left || told.length > 0;
    await turns.until(() => seen.every(over) && executions.every(({ open }) => !open));
    // What has ended on either side holds no connection, and no server.
    close();
    await turns.until(() => closed);
    let stopped = false;
    server.close(60_000, () => (stopped = true));
    await turns.until(() => stopped);
    return { seen, executions, abandoned: runner.abandoned };
  } finally {
    runner.cut();
    server.forceClose();
  }
}

/** The grammar of an engagement (`core/runner.ts`). */
const WHOLE = /^(?:nack|(?:start (?:data )*)?finished) complete$/;
const BROKEN = /^(?:start (?:data )*)?broken$/;
/** What was said, pieces of a body as one. */
function told(events: readonly RunnerEvent[]): unknown[] {
  const bytes = events.reduce((sum, one) => sum + (one.kind === 'data' ? one.bytes.length : 0), 0);
  const rest = events.filter(({ kind }) => kind !== 'data');
  return [bytes, ...rest.map((one) => ('code' in one ? `${one.kind} ${one.code}` : one.kind))];
}

test('calls end once, cancels arrive, nothing runs twice and nothing is held', async () => {
  await fc.assert(
    fc.asyncProperty(plan, async (given) => {
      const { seen, executions, abandoned } = await play(given);
      expect(abandoned).toBe(0);
      for (const [index, { events, ends: endings, left }] of seen.entries()) {
        const ran = executions.filter(({ call }) => call === String(index));
        expect(ran.length).toBeLessThanOrEqual(1);
        const { says = 'hangs', reads, bodyBytes = 0 } = given.calls[index] ?? {};
        expect(ran[0]?.bytes ?? 0).toBeLessThanOrEqual(bodyBytes);
        if (reads === true && ran[0]?.begun === true) expect(ran[0].bytes).toBe(bodyBytes);
        // A NACK is a promise.
        if (events[0]?.kind === 'nack') expect(ran[0]?.begun ?? false).toBe(false);
        if (left) {
          expect(endings).toEqual([]);
          continue;
        }
        expect(endings).toHaveLength(1);
        const [end] = endings;
        const story = events.map(({ kind }) => `${kind} `).join('');
        if (end !== 'complete') {
          expect(given.resets || given.closes === 'cut').toBe(true);
          expect(`${story}${end?.code}`).toMatch(BROKEN);
          continue;
        }
        expect(`${story}complete`).toMatch(WHOLE);
        // Without a stream of its own it was never there.
        if (ran.length > 0) expect(told(events)).toEqual(told(SCRIPTS[says]));
      }
    }),
    { numRuns: 100 },
  );
});
