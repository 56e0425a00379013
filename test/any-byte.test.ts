/**
 * The laws of retries on the real wire, whatever breaks at whatever byte: any body in any chunks,
 * runners that NACK, connections that are reset or fall silent at any byte of either direction.
 */
import fc from 'fast-check';
import { Observable, lastValueFrom } from 'rxjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBalancer } from '../core/balancer.js';
import { createSystemClock } from '../core/clock.js';
import { staticFunctions } from '../core/data-access.js';
import { naive } from '../core/placers/naive.js';
import { staticPool } from '../core/pools.js';
import type { FlightEvent } from '../core/record.js';
import { seededRng } from '../core/rng.js';
import { createGrpcChannel } from '../proto/grpc/channel.js';
import { createRunner } from '../proto/runner.js';
import { createCheckers } from '../sim/checkers.js';
import { markHeaders, REQUEST_MARKS } from '../sim/marks.js';
import { createClient, createWitness } from '../sim/client.js';
import { stillHeld } from '../sim/world.js';
import { realPatience, turn } from './conformance/law.js';
import { createCutProxy, type Cut } from './support/cut-proxy.js';
import { only, scenarioOf } from './support/fly.js';
import { serveRunner, type ServedRunner } from './support/served-runner.js';

const RUNNERS = 3;
const BODY_MAX = 200_000;

const { runners, functions } = scenarioOf(`
version: 1
name: cut
calls: 1
arrivals: { kind: constant, rate: 1/s }
functions:
  none: { service: 1ms, response: 0B, timeout: 400ms }
  short: { service: 1ms, response: 100B, timeout: 400ms }
  long: { service: 1ms, response: 60KiB, head: early, timeout: 400ms }
  twice: { service: 1ms, response: 20KiB, timeout: 400ms, idempotent: true }
fleet: [{ name: r, count: ${RUNNERS}, slots: 8 }]`);

const clock = createSystemClock();
const { until } = realPatience(turn);
/** What completes without a word is no error. */
const NOTHING = { defaultValue: undefined };
let log: (event: FlightEvent) => void = () => undefined;

let served: readonly ServedRunner[] = [];

beforeAll(async () => {
  const serving = { clock, functions, bodyMaxBytes: BODY_MAX };
  served = await Promise.all(
    runners.map((runner, index) => {
      const dialect = index === 0 ? 's' : 'head';
      return serveRunner({ ...serving, runner, dialect, log: (line) => log(line) });
    }),
  );
});
afterAll(() => {
  for (const { kill } of served) kill();
});

interface Drawn {
  readonly fn: string;
  readonly chunks: readonly Uint8Array[];
  readonly nacks: readonly boolean[];
  readonly cuts: readonly (Cut | undefined)[];
}

const chunk = fc
  .tuple(fc.constantFrom(0, 1, 7, 1000, 10_240, 10_241, 40_000), fc.nat(255))
  .map(([length, first]) => Uint8Array.from({ length }, (_, index) => (first + index * 31) & 255));

const cut: fc.Arbitrary<Cut> = fc.record({
  toRunner: fc.boolean(),
  // Often within the first frames and messages, sometimes far into a body.
  after: fc.oneof(fc.nat(400), fc.nat(3_000), fc.nat(150_000)),
  how: fc.constantFrom('reset', 'reset', 'stall'),
});

const drawn: fc.Arbitrary<Drawn> = fc.record({
  fn: fc.constantFrom('none', 'short', 'long', 'twice'),
  chunks: fc.array(chunk, { maxLength: 4 }),
  nacks: fc.array(fc.boolean(), { minLength: RUNNERS, maxLength: RUNNERS }),
  cuts: fc.array(fc.option(cut, { nil: undefined }), { minLength: RUNNERS, maxLength: RUNNERS }),
});

const everyRunner = <T>(one: T) => Array.from({ length: RUNNERS }, () => one);

/** Every way that a call can go, whatever is drawn beside: answered, refused by all, cut short. */
const SURE: [Drawn][] = [
  [{ fn: 'short', chunks: [], nacks: everyRunner(false), cuts: everyRunner(undefined) }],
  [{ fn: 'short', chunks: [], nacks: everyRunner(true), cuts: everyRunner(undefined) }],
  [
    {
      fn: 'long',
      chunks: [],
      nacks: everyRunner(false),
      cuts: everyRunner({ toRunner: false, after: 40_000, how: 'reset' }),
    },
  ],
];

/** One call over fresh connections; what all sides say of it. */
async function call({ fn: name, chunks, nacks, cuts }: Drawn): Promise<{
  events: readonly FlightEvent[];
  problems: readonly string[];
}> {
  const events: FlightEvent[] = [];
  const checkers = createCheckers();
  log = (event) => {
    events.push(event);
    checkers.see(event);
  };
  const proxies = await Promise.all(served.map(({ address }) => createCutProxy(address)));
  const pool = staticPool(
    proxies.map(({ address }, index) =>
      createRunner(clock, runners[index]?.id ?? '', createGrpcChannel(address)),
    ),
  );
  await until(() => pool.snapshot('default').every((runner) => runner.ready));
  served.forEach(({ executor }, index) => (executor.bend.nack = nacks[index] === true ? 1 : 0));
  proxies.forEach((proxy, index) => (proxy.cut = cuts[index]));

  const fn = functions.find((one) => one.name === name);
  if (fn === undefined) throw new Error(name);
  const idempotent = fn.idempotent;
  const balancer = createBalancer(
    {
      clock,
      rng: seededRng(1),
      pool,
      data: staticFunctions({ [name]: { timeoutMs: fn.timeoutUs / 1000, idempotent } }),
      placer: naive,
      probe: (event) => log(event),
    },
    { placementMs: 150, closeGraceMs: 1000, bodyMaxBytes: BODY_MAX },
  );
  const body = Buffer.concat(chunks);
  const planned = { id: 'c', first: 'c', atUs: 0, fn, lb: 0 };
  const witness = createWitness(clock, planned, { body }, clock.now(), (line) => log(line));
  const source = new Observable<Uint8Array>((out) => {
    chunks.forEach((one) => out.next(one));
    out.complete();
  });
  const headers = markHeaders(REQUEST_MARKS);
  const request = { id: 'c', fn: name, method: 'POST', url: '/', headers, body: source };
  await lastValueFrom(balancer.handle(request, createClient(witness)), NOTHING);
  await lastValueFrom(balancer.close(), NOTHING);
  for (const proxy of proxies) proxy.close();
  // Executions whose connection has gone end by themselves, and say so.
  await until(() => served.every(({ executor }) => executor.active === 0));
  const { violations, stuck } = checkers.land();
  const held = stillHeld(Object.entries(balancer.held));
  return { events, problems: [...violations, ...stuck, ...held] };
}

test('whatever breaks at whatever byte, no law of a call does', { timeout: 90_000 }, async () => {
  const seen = { nacked: 0, broken: 0, cut: 0, ok: 0 };
  await fc.assert(
    fc.asyncProperty(drawn, async (given) => {
      const { events, problems } = await call(given);
      expect(problems).toEqual([]);
      const [end] = only(events, 'end');
      const [client] = only(events, 'client');
      if (only(events, 'nack').length > 0) seen.nacked += 1;
      if (only(events, 'attempt-end').some(({ outcome }) => outcome === 'broken')) seen.broken += 1;
      if (client?.how === 'cut') seen.cut += 1;
      if (end?.outcome === 'ok') seen.ok += 1;
    }),
    { numRuns: 50, examples: SURE },
  );
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
});
