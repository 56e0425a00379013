/** Laws of pools of gRPC runners, over real sockets: unreachable, drained, twice the same. */
import { describe, expect, it } from 'vitest';
import { createSystemClock } from '../../core/clock.js';
import { createPool } from '../../core/pools.js';
import type { Runner, RunnerEvent } from '../../core/runner.js';
import { testCall } from '../../test/support/calls.js';
import type { ClientMessage, ServerWire } from '../wire.js';
import { after, freePort, OK, rig, told } from './grpc.test.rig.js';
import { grpcPool, grpcRunner } from './pool.js';

const clock = createSystemClock();
/** The end of a pool or a runner, as what it was: 'complete', or its error. */
const ended = (end: ReturnType<Runner['close']>): Promise<unknown> =>
  new Promise((resolve) => {
    end.subscribe({ complete: () => resolve('complete'), error: resolve });
  });
async function ready(runner: Runner): Promise<void> {
  while (!runner.ready) await new Promise((resolve) => setImmediate(resolve));
}
/** What a call on the runner was told, when it is over. */
function engaged(runner: Runner): Promise<readonly string[]> {
  const kinds: string[] = [];
  return new Promise((resolve) => {
    runner.engage(testCall(clock), 1).subscribe({
      next: (event: RunnerEvent) => void kinds.push(event.kind),
      error: (error: unknown) => resolve([...kinds, String(error)]),
      complete: () => resolve(kinds),
    });
  });
}
/** A server that answers when it is told to, and says when a call has come. */
async function answeringLater() {
  const wires: ServerWire[] = [];
  let came: (() => void) | undefined;
  const { port } = await rig((wire) => {
    wire.listen(
      told<ClientMessage>((message) => {
        if (message.kind !== 'data' || !message.eof) return;
        wires.push(wire);
        came?.();
      }),
    );
  });
  return {
    address: `127.0.0.1:${port}`,
    arrived: (): Promise<void> => new Promise((resolve) => (came = resolve)),
    answer: (): void => {
      for (const wire of wires.splice(0)) {
        wire.send({ kind: 'start', status: 200, headers: [] });
        wire.send(OK);
        wire.finish(0, '');
      }
    },
  };
}

describe('a pool of gRPC runners', () => {
  it('lists all, reachable or not, and closes', async () => {
    // TEST-NET-1: no host has these addresses.
    const addresses = ['192.0.2.1:9190', '192.0.2.2:9190', `127.0.0.1:${await freePort()}`];
    const pool = grpcPool(clock, addresses);
    expect(pool.snapshot('any').map(({ id }) => id)).toEqual(addresses);
    expect(await ended(pool.close())).toBe('complete');
    expect(pool.snapshot('any')).toEqual([]);
  });

  it('does not take an address twice', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    expect(() => grpcPool(clock, [address, address])).toThrow('Runner already exists');
  });

  it('lets calls end before it lets go of a removed runner', async () => {
    const { address, arrived, answer } = await answeringLater();
    const pool = createPool();
    after(() => pool.cut());
    const runner = grpcRunner(clock, address);
    pool.add(runner);
    await ready(runner);
    const here = arrived();
    const call = engaged(runner);
    await here;
    let gone = false;
    const removed = ended(pool.remove(address)).then(() => (gone = true));
    expect(await engaged(runner)).toEqual(['nack']);
    expect(gone).toBe(false);
    answer();
    expect(await call).toEqual(['start', 'finished']);
    await removed;
  });

  it('cut breaks the calls that are open, and its end does not wait for them', async () => {
    const { address, arrived } = await answeringLater();
    const runner = grpcRunner(clock, address);
    const pool = createPool();
    pool.add(runner);
    await ready(runner);
    const here = arrived();
    const call = engaged(runner);
    await here;
    const closed = ended(pool.close());
    pool.cut();
    expect(await closed).toBe('complete');
    expect(await call).toEqual([expect.stringContaining('was closed')]);
  });

  it('is not held up by attempts abandoned above the pace, and has them all stopped', async () => {
    const calls = 510;
    let [open, over] = [0, 0];
    const ears = told<ClientMessage>();
    const { port } = await rig((wire) => {
      open += 1;
      wire.listen({ ...ears, onMessage: () => ears.onDrain(), onEnd: () => (over += 1) });
      ears.onDrain();
    });
    const runner = grpcRunner(clock, `127.0.0.1:${port}`);
    await ready(runner);
    const subscriptions = Array.from({ length: calls }, () =>
      runner.engage(testCall(clock), 1).subscribe(),
    );
    await ears.until(() => open === calls);
    const closed = ended(runner.close());
    for (const one of subscriptions) one.unsubscribe();
    expect(runner.abandoned).toBeGreaterThan(0);
    expect(await closed).toBe('complete');
    while (over < calls || runner.abandoned > 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
});
