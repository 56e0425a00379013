/** A simulated link with a test at both ends: it opens streams, and takes what arrives. */
import { seededRng } from '../../core/rng.js';
import type { ClientMessage, ServerWire } from '../../proto/wire.js';
import { createLink, type Link, type LinkOptions } from '../../sim/link.js';
import { ENOUGH_US, TRY, ear, type Ear, type Opened } from '../conformance/wire-rig.js';
import { createVirtualClock, type VirtualClock } from './virtual.js';

export const ONE_WAY_US = 200;
export const RECONNECT_US = 1000;

/** The runner's end of a stream, and what it is told. */
export interface Taken {
  readonly wire: ServerWire;
  readonly ear: Ear<ClientMessage>;
}

export interface LinkEnds {
  readonly clock: VirtualClock;
  readonly link: Link;
  /** µs since the beginning. */
  now(): number;
  /** In the order they came. */
  readonly taken: Taken[];
  /** Opens a stream, and offers a call on it. */
  open(): Opened;
  /** kill -9, and a new process. */
  crash(): void;
  back(): void;
  /** SIGSTOP and SIGCONT. */
  stop(): void;
  go(): void;
}

export function linkEnds(given: Partial<LinkOptions> = {}): LinkEnds {
  const clock = createVirtualClock();
  const startedAt = clock.now();
  const taken: Taken[] = [];
  let alive = true;
  let overdue: (() => void)[] | undefined;
  const link = createLink(
    clock,
    seededRng(1),
    {
      oneWayUs: ONE_WAY_US,
      jitterUs: 0,
      reconnectUs: RECONNECT_US,
      transcode: undefined,
      ...given,
    },
    {
      get alive() {
        return alive;
      },
      awake(work) {
        if (overdue === undefined) work();
        else overdue.push(work);
      },
      accept(wire) {
        const one = { wire, ear: ear<ClientMessage>() };
        taken.push(one);
        wire.listen(one.ear);
      },
      status: () => ({ active: 0, requestsReceived: 1, requestsHandled: 2 }),
    },
  );
  return {
    clock,
    link,
    taken,
    now: () => clock.now() - startedAt,
    open() {
      const opened = { wire: link.channel.wire(), ear: ear<Opened['ear']['messages'][number]>() };
      opened.wire.open({ a: '1' }, ENOUGH_US, opened.ear);
      opened.wire.send(TRY);
      return opened;
    },
    crash() {
      alive = false;
      overdue = undefined;
      link.serverDied();
    },
    back() {
      alive = true;
      link.serverBack();
    },
    stop: () => (overdue ??= []),
    go() {
      const works = overdue ?? [];
      overdue = undefined;
      for (const work of works) work();
    },
  };
}
