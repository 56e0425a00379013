/** A real gRPC runner in the test's own process, with one function `a` behind it. */
import { createSystemClock } from '../../core/clock.js';
import { seededRng } from '../../core/rng.js';
import { createGrpcServer, defaultGrpcServerLimits } from '../../proto/grpc/server.js';
import { serve } from '../../proto/session.js';
import { createSimExecutor } from '../../sim/executor.js';
import { scenarioOf } from './fly.js';

export async function serveRunner(): Promise<{ address: string; close(): Promise<void> }> {
  const { runners, functions } = scenarioOf(`
version: 1
name: served
calls: 1
arrivals: { kind: constant, rate: 1/s }
functions: { a: { service: 5ms, request: 20KiB, response: 20KiB } }
fleet: [{ name: r, count: 1, slots: 64 }]`);
  const [runner] = runners;
  if (runner === undefined) throw new Error('no runner');
  const clock = createSystemClock();
  const rng = seededRng(1);
  const parts = { clock, service: rng, chance: rng, runner, functions, log: () => undefined };
  const executor = createSimExecutor(parts);
  const limits = { bodyMaxBytes: 1_000_000, responseMaxBytes: 1_000_000 };
  const server = createGrpcServer({
    onEngage: (wire) => serve({ clock, executor, ...limits }, wire),
    status: () => ({ active: executor.active, requestsReceived: 0, requestsHandled: 0 }),
    dialect: 'head',
    limits: defaultGrpcServerLimits,
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.listen('127.0.0.1:0', (told) => (told instanceof Error ? reject(told) : resolve(told)));
  });
  return {
    address: `127.0.0.1:${port}`,
    close: () => new Promise((resolve) => server.close(1_000, () => resolve())),
  };
}
