/**
 * Cancels are paced: thousands of clients that leave at once, or calls that expire at once, fail no
 * other call on their connection. Over real HTTP/2, whose servers drop a connection with too many
 * resets: the last test shows that this one does.
 */
import { Observable, type Subscriber, type Subscription } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBalancer, type Balancer } from '../core/balancer.js';
import type { Request } from '../core/call.js';
import { staticFunctions } from '../core/data-access.js';
import { staticPool } from '../core/pools.js';
import type { Verdict } from '../core/response.js';
import { seededRng } from '../core/rng.js';
import type { RunnerEvent } from '../core/runner.js';
import type { Executor } from '../proto/executor.js';
import { engage } from '../proto/engagement.js';
import { createRunner, type WireRunner } from '../proto/runner.js';
import { serve } from '../proto/session.js';
import { testCall } from './support/calls.js';
import { carriers, type Carrier, type Line } from './support/carriers.js';
import { scriptedSink, type ScriptedSink } from './support/scripted-sink.js';
import { DONE, START, data } from './support/scripted-runner.js';

/** Twice of what Node's servers let go by. */
const MANY = 2000;
const INNOCENT = 100;
const SECOND_MS = 1000;

/** What the pace lets go at once, and what it may let go in the seconds of these tests. */
const BURST = 500;
const PER_SECOND = 25;

/** Resets that the pace has allowed since then: however slow the machine, fewer than are wanted. */
const paced = (sinceMs: number): number =>
  BURST + ((Date.now() - sinceMs) / SECOND_MS) * PER_SECOND;

/** A call that a client has in flight. */
interface Visit {
  readonly sink: ScriptedSink;
  verdict: Verdict | undefined;
  readonly serving: Subscription;
}

interface Flight {
  readonly carrier: Carrier;
  readonly line: Line;
  readonly runner: WireRunner;
  readonly balancer: Balancer;
  /** Functions that have begun and have not been stopped. */
  readonly running: Set<Subscriber<RunnerEvent>>;
  /** Has the runner serve its functions, as it does when a test begins. */
  serves(): void;
  call(request?: Partial<Request>): Visit;
  /** Calls that are at work on the runner, their heads sent. */
  started(count: number): Promise<Visit[]>;
}

let flight: Flight;

/** A runner whose functions work until they are told, behind a whole balancer. */
async function takeOff(): Promise<Flight> {
  const carrier = carriers['gRPC, head']();
  const { clock } = carrier;
  const line = await carrier.line();
  const running = new Set<Subscriber<RunnerEvent>>();
  const executor: Executor = {
    execute: () =>
      new Observable((out) => {
        running.add(out);
        return () => running.delete(out);
      }),
  };
  const limits = { bodyMaxBytes: 1_000_000, responseMaxBytes: 1_000_000 };
  const serves = (): void => line.accept((wire) => serve({ clock, executor, ...limits }, wire));
  serves();
  const runner = createRunner(clock, 'a', line.channel);
  const balancer = createBalancer({
    clock,
    rng: seededRng(1),
    pool: staticPool([runner]),
    data: staticFunctions({ hello: { timeoutMs: 60_000 } }),
  });
  const call = (request: Partial<Request> = {}): Visit => {
    const sink = scriptedSink();
    const whole = { fn: 'hello', method: 'POST', url: '/invoke/hello', headers: [] };
    const body = new Uint8Array(10);
    const visit: { verdict: Verdict | undefined } = { verdict: undefined };
    const serving = balancer
      .handle({ ...whole, body, ...request }, sink)
      .subscribe((verdict) => (visit.verdict = verdict));
    return Object.assign(visit, { sink, serving });
  };
  return {
    carrier,
    line,
    runner,
    balancer,
    running,
    serves,
    call,
    async started(count) {
      const before = running.size;
      const visits = Array.from({ length: count }, () => call());
      await carrier.until(() => running.size === before + count);
      return visits;
    },
  };
}

beforeEach(async () => {
  flight = await takeOff();
});
afterEach(() => flight.carrier.close());

/** Has every function of these answer, and says how the calls ended. */
async function answers(functions: Iterable<Subscriber<RunnerEvent>>, visits: Visit[]) {
  for (const out of [...functions]) {
    for (const event of [START, data('pong'), DONE]) out.next(event);
    out.complete();
  }
  await flight.carrier.until(() => visits.every(({ verdict }) => verdict !== undefined));
  return visits.map(({ verdict, sink }) => `${verdict?.outcome} ${sink.status} ${sink.ended}`);
}

const allFine = Array.from({ length: INNOCENT }, () => 'ok 200 true');

/** The innocent calls end well, so does a new one on the same connection, and nothing is held. */
async function unharmed(innocent: Visit[], functions: readonly Subscriber<RunnerEvent>[]) {
  const { runner, running, balancer, carrier } = flight;
  expect(await answers(functions, innocent)).toEqual(allFine);
  expect(runner.ready).toBe(true);
  const before = new Set(running);
  const late = flight.call();
  await carrier.until(() => [...running].some((one) => !before.has(one)));
  const fresh = [...running].filter((one) => !before.has(one));
  expect(await answers(fresh, [late])).toEqual(['ok 200 true']);
  expect(balancer.held).toMatchObject({ calls: 0, bodyBytes: 0, responseBytes: 0 });
}

describe(`${MANY} calls given up at once on one connection`, () => {
  it('by their clients fail no other call', { timeout: 60_000 }, async () => {
    const { runner, carrier } = flight;
    const innocent = await flight.started(INNOCENT);
    const functions = [...flight.running];
    const doomed = await flight.started(MANY);
    const startedAt = Date.now();
    for (const { serving } of doomed) serving.unsubscribe();
    expect(paced(startedAt)).toBeLessThan(MANY);
    expect(runner.abandoned).toBeGreaterThan(MANY - BURST - 10 * PER_SECOND);
    // Reset or told by a message, their functions stop, and are forgotten.
    await carrier.until(() => runner.abandoned === 0 && flight.running.size === INNOCENT);
    await unharmed(innocent, functions);
  });

  it('by their deadline fail no other call', { timeout: 120_000 }, async () => {
    const { carrier, line, runner } = flight;
    const begunAt = Date.now();
    const innocent = await flight.started(INNOCENT);
    // As fast as this machine is at the moment, with time to spare.
    const takeMs = (1.5 * MANY * (Date.now() - begunAt)) / INNOCENT;
    const functions = [...flight.running];
    // A runner that heeds no deadline and says nothing: only the load balancer ends these.
    let silent = 0;
    const heedless = { onMetadata: none, onMessage: none, onDrain: none, onEnd: none };
    line.accept((wire) => {
      silent += 1;
      wire.listen(heedless);
    });
    const endAt = Date.now() + Math.min(9 * SECOND_MS, Math.max(5 * SECOND_MS, takeMs));
    const doomed = Array.from({ length: MANY }, () =>
      flight.call({ options: [(draft) => void (draft.timeoutMs = endAt - Date.now())] }),
    );
    await carrier.until(() => silent === MANY);
    expect(Date.now()).toBeLessThan(endAt);
    await carrier.until(() => doomed.every(({ verdict }) => verdict !== undefined));
    expect(paced(endAt)).toBeLessThan(MANY);
    expect(new Set(doomed.map(({ verdict }) => verdict?.outcome))).toEqual(new Set(['expired']));
    await carrier.until(() => runner.abandoned === 0);
    flight.serves();
    await unharmed(innocent, functions);
  });
});

it('unpaced, the same cancels break innocent calls: the peer’s limit is real', async () => {
  const { carrier, line } = flight;
  const { clock } = carrier;
  const innocent = await flight.started(INNOCENT);
  const wire = () => line.channel.wire();
  const parts = { clock, wire, mayCancel: () => true, onAbandoned: none };
  const before = flight.running.size;
  const doomed = Array.from({ length: MANY }, () =>
    engage(parts, testCall(clock), 1).subscribe({ error: none }),
  );
  await carrier.until(() => flight.running.size === before + MANY);
  for (const subscription of doomed) subscription.unsubscribe();
  await carrier.until(() => innocent.every(({ verdict }) => verdict !== undefined));
  expect(innocent.map(({ verdict }) => verdict?.code)).toContain('broken');
});

function none(): void {
  // Nobody listens.
}
