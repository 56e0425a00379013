/**
 * A whole balancer before two runners, over any carrier: `a` is played message by message by a row
 * of the commit table, `b` answers every call, so that whoever is offered elsewhere ends well.
 */
import type { Subscription } from 'rxjs';
import { createBalancer, type Balancer } from '../../core/balancer.js';
import type { Request } from '../../core/call.js';
import { staticFunctions } from '../../core/data-access.js';
import { staticPool } from '../../core/pools.js';
import type { Ended, ProbeEvent } from '../../core/probe.js';
import { seededRng } from '../../core/rng.js';
import { createRunner } from '../../proto/runner.js';
import type { Channel, ServerWire } from '../../proto/wire.js';
import { OK, START, piece } from '../conformance/wire-rig.js';
import { utf8 } from './calls.js';
import type { Carrier, Line } from './carriers.js';
import { scriptedSink, type ScriptedSink, type SinkScript } from './scripted-sink.js';
import { inOrder } from './search.js';

/** Runner a as a row plays it, once it has the try. */
export interface Peer {
  readonly wire: ServerWire;
  /** Runs the work when the client has the head of its response. */
  onHead(work: () => void): void;
  /** The process of runner a dies. */
  crash(): void;
  /** The client leaves. */
  leave(): void;
}

export interface Stage {
  readonly a: Line;
  readonly balancer: Balancer;
  readonly probed: ProbeEvent[];
  readonly sink: ScriptedSink;
  /** Offers that have arrived at each runner. */
  readonly tries: { a: number; b: number };
  /** The call's end, when it is told. */
  readonly end: Ended | undefined;
  call(request: Partial<Request>): void;
}

export async function createStage(
  carrier: Carrier,
  given: {
    readonly does: (peer: Peer) => void;
    readonly timeoutMs: number;
    readonly sink?: SinkScript;
    /** What stands between the balancer and runner a. */
    readonly channel?: (channel: Channel) => Channel;
  },
): Promise<Stage> {
  const { clock } = carrier;
  const [a, b] = [await carrier.line(), await carrier.line()];
  const tries = { a: 0, b: 0 };
  const heads: (() => void)[] = [];
  const probed: ProbeEvent[] = [];
  let serving: Subscription | undefined;
  let left = false;
  const leave = (): void => {
    left = true;
    serving?.unsubscribe();
  };
  a.accept((wire) => {
    const peer = {
      wire,
      onHead: (work: () => void) => void heads.push(work),
      crash: () => a.crash(),
      leave,
    };
    onTry(wire, () => {
      tries.a += 1;
      given.does(peer);
    });
  });
  b.accept((wire) =>
    onTry(wire, () => {
      tries.b += 1;
      for (const message of [START, piece(utf8('b')), OK]) wire.send(message);
      wire.finish(0, '');
    }),
  );
  const { channel = (one: Channel) => one } = given;
  const runners = [
    createRunner(clock, 'a', channel(a.channel)),
    createRunner(clock, 'b', b.channel),
  ];
  const balancer = createBalancer({
    clock,
    rng: seededRng(1),
    pool: staticPool(runners),
    data: staticFunctions({ hello: { timeoutMs: given.timeoutMs } }),
    placer: inOrder,
    probe: (event) => probed.push(event),
  });
  const sink = scriptedSink(given.sink);
  const { head } = sink;
  Object.assign(sink, {
    head(...told: Parameters<typeof head>) {
      head.apply(sink, told);
      for (const work of heads) work();
    },
  });
  return {
    a,
    balancer,
    probed,
    sink,
    tries,
    get end() {
      return probed.find((event): event is Ended => event.kind === 'end');
    },
    call(request) {
      const whole = { fn: 'hello', method: 'POST', url: '/invoke/hello', headers: [] };
      serving = balancer.handle({ ...whole, body: utf8('ping'), ...request }, sink).subscribe({
        error: (error: unknown) => {
          throw error;
        },
      });
      if (left) serving.unsubscribe();
    },
  };
}

/** Listens, and says when the first try has come. */
function onTry(wire: ServerWire, work: () => void): void {
  let tried = false;
  wire.listen({
    onMetadata: () => undefined,
    onDrain: () => undefined,
    onEnd: () => undefined,
    onMessage(message) {
      if (message.kind !== 'try' || tried) return;
      tried = true;
      work();
    },
  });
}
