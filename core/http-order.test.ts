/**
 * Laws of the HTTP edge in whatever order things happen: uploads, answers, a client that leaves or
 * does not read, a close. Real sockets, scripted peers, and turns that fast-check draws.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { text } from '../test/support/calls.js';
import { drawnTurns } from '../test/support/drawn-turns.js';
import { byCall } from '../test/support/fly.js';
import { answersOf } from '../test/support/http-answers.js';
import {
  breaks,
  data,
  DONE,
  failure,
  hangs,
  nacks,
  ok,
  says,
  scriptedRunner,
  START,
} from '../test/support/scripted-runner.js';
import { inOrder } from '../test/support/search.js';
import { createBalancer } from './balancer.js';
import { createSystemClock } from './clock.js';
import { staticFunctions } from './data-access.js';
import { nodeHandler } from './http.js';
import { staticPool } from './pools.js';
import type { ProbeEvent } from './probe.js';
import { seededRng } from './rng.js';

const BIG = 'x'.repeat(200_000);
const HALF = data(BIG.slice(0, 20_000));
/** What runners say, by names that a failure is read by. */
const SCRIPTS = {
  short: ok(),
  /** Longer than what sockets and the balancer take from a runner whose client does not read. */
  long: says(START, data(BIG), data(BIG), data(BIG), DONE),
  nack: nacks(),
  silent: breaks(),
  half: breaks(START, HALF),
  failure: says(failure(500)),
  hangs: hangs(),
  'hangs at half': hangs(START, HALF),
};
type Name = keyof typeof SCRIPTS;
const BODIES = ['pong', BIG.repeat(3)];
const NOTHING = { calls: 0, waiting: 0, attempts: 0, callEnds: 0, bodyBytes: 0, responseBytes: 0 };

const script = (...names: readonly Name[]) =>
  fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 });
const ends: readonly Name[] = ['short', 'short', 'long', 'nack', 'silent', 'half', 'failure'];
/** Sizes of the chunks of each request; the later ones are pipelined where turns are such. */
const requests = fc.array(fc.array(fc.integer({ min: 1, max: 3000 }), { maxLength: 3 }), {
  minLength: 1,
  maxLength: 3,
});
const planOf = <Leaves>(scripts: fc.Arbitrary<Name[]>, leaves: fc.Arbitrary<Leaves>) =>
  fc.record({
    requests,
    runners: fc.tuple(scripts, scripts),
    /** How the client leaves, if it does. */
    leaves,
    /** It does not read for a while. */
    stops: fc.boolean(),
    /** The balancer is closed. */
    closes: fc.nat(3).map((n) => n === 0),
    loops: fc.nat(4),
    scheduler: fc.scheduler(),
  });
const staying = planOf(script(...ends), fc.constant(undefined));
const leaving = planOf(
  script(...ends, 'hangs', 'hangs at half'),
  fc.constantFrom('destroy' as const, 'resetAndDestroy' as const),
);
type Plan = typeof staying | typeof leaving extends fc.Arbitrary<infer P> ? P : never;

const HEAD = 'POST /invoke/hello HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
const bodyOf = (sizes: readonly number[]): string => sizes.map((n) => 'y'.repeat(n)).join('');
const chunk = (size: number): string => `${size.toString(16)}\r\n${'y'.repeat(size)}\r\n`;
const writes = (sizes: readonly number[]): string[] => [HEAD, ...sizes.map(chunk), '0\r\n\r\n'];

type Played = Awaited<ReturnType<typeof play>>;

async function play(plan: Plan) {
  const turns = drawnTurns(plan.scheduler, plan.loops);
  const runners = plan.runners.map((names, index) =>
    scriptedRunner(
      turns.clock,
      `r${index}`,
      names.map((name) => SCRIPTS[name]),
    ),
  );
  const probed: ProbeEvent[] = [];
  const data = staticFunctions({ hello: { timeoutMs: 30_000 } });
  const [clock, rng, pool] = [createSystemClock(), seededRng(1), staticPool(runners)];
  const probe = (event: ProbeEvent): void => void probed.push(event);
  const balancer = createBalancer(
    { clock, rng, pool, data, placer: inOrder, probe },
    { absorbMaxBytes: 100_000, placementMs: 50, bodyMaxBytes: 5_000 },
  );
  const server = createServer(nodeHandler(balancer)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  let got = '';
  let gone = false;
  let closed = !plan.closes;
  socket.on('data', (bytes: Buffer) => (got += bytes.toString('latin1')));
  socket.on('error', () => undefined).once('close', () => (gone = true));

  const { leaves } = plan;
  turns.peer(
    'upload',
    plan.requests.flatMap(writes).map((bytes) => () => void socket.write(bytes)),
    () => socket.destroyed,
  );
  if (plan.stops) turns.peer('read', [() => socket.pause(), () => socket.resume()]);
  if (leaves !== undefined) turns.peer('leave', [() => socket[leaves]()]);
  const close = (): void => void balancer.close().subscribe({ complete: () => (closed = true) });
  if (plan.closes) turns.peer('close', [close]);

  const told = (kind: ProbeEvent['kind']): number =>
    probed.filter((event) => event.kind === kind).length;
  const whole = (): number => answersOf(got).filter((answer) => answer.whole).length;
  try {
    await turns.until(
      () =>
        closed &&
        (gone || whole() === plan.requests.length) &&
        told('arrive') === told('end') &&
        runners.every(({ open }) => open === 0),
    );
    return {
      answers: answersOf(got),
      gone,
      calls: [...byCall(probed)],
      runners,
      held: balancer.held,
    };
  } finally {
    socket.destroy();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
}

/** A client that stays has one answer to each request that was taken up, in their order. */
function holdsForClient({ leaves, requests: asked }: Plan, { answers, gone, calls }: Played): void {
  // What is cut goes with its connection, and what the client has not read by then as well.
  const last = calls[calls.length - 1]?.[1].find(({ kind }) => kind === 'end');
  const cut = last?.kind === 'end' && last.code !== '' && last.status === 200;
  const expected = gone ? calls.length : asked.length;
  if (leaves === undefined && !cut) expect(answers).toHaveLength(expected);
  // Nothing is taken up behind the end of a connection, and what is cut is such an end.
  const ends = answers.findIndex(({ last: closes }) => closes);
  if (ends !== -1) expect(calls).toHaveLength(ends + 1);
  expect(answers.slice(0, -1).every(({ whole }) => whole)).toBe(true);
  for (const [index, [, events]] of calls.entries()) {
    const end = events[events.length - 1];
    const answer = answers[index];
    if (end?.kind !== 'end' || answer === undefined) continue;
    if (leaves === undefined && end.outcome === 'ok') expect(answer.whole).toBe(true);
    if (!answer.whole) continue;
    expect(answer.status).toBe(end.status);
    expect(end.outcome === 'ok' ? BODIES.includes(answer.body) : true).toBe(true);
  }
}

/** A call ends once, and nothing happens to it afterwards. */
function holdsForCall(events: readonly ProbeEvent[]): void {
  const kinds = events.map(({ kind }) => kind);
  const times = (kind: ProbeEvent['kind']): number => kinds.filter((one) => one === kind).length;
  expect([kinds[0], kinds[kinds.length - 1]]).toEqual(['arrive', 'end']);
  expect([times('arrive'), times('end')]).toEqual([1, 1]);
  expect([times('head') > 1, times('commit') > 1]).toEqual([false, false]);
}

/** Whoever was offered a call was given all of it, and only one runner did not refuse it. */
function holdsForRunners(plan: Plan, { calls, runners }: Played): void {
  for (const [index, [id]] of calls.entries()) {
    const sent = bodyOf(plan.requests[index] ?? []);
    let executed = 0;
    for (const [at, { engaged }] of runners.entries()) {
      const names = plan.runners[at] ?? [];
      for (const [nth, { call, body }] of engaged.entries()) {
        if (call !== id) continue;
        expect(text(body) === sent).toBe(true);
        if (names[Math.min(nth, names.length - 1)] !== 'nack') executed += 1;
      }
    }
    expect(executed).toBeLessThanOrEqual(1);
  }
}

test('an answer once, nothing held, no call left on a runner, none executed twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(staying, leaving), async (plan) => {
      const played = await play(plan);
      expect(played.held).toEqual(NOTHING);
      holdsForClient(plan, played);
      holdsForRunners(plan, played);
      for (const [, events] of played.calls) holdsForCall(events);
    }),
    { numRuns: 200 },
  );
});
