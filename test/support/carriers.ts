/**
 * Every way a wire is carried between an LB and a runner, behind one shape: the simulated link with
 * objects or with the bytes of either dialect, and real gRPC on the loopback in either dialect.
 */
import { createSystemClock, type Clock } from '../../core/clock.js';
import { seededRng } from '../../core/rng.js';
import type { Dialect } from '../../proto/codec.js';
import { createGrpcChannel } from '../../proto/grpc/channel.js';
import { createGrpcServer, defaultGrpcServerLimits } from '../../proto/grpc/server.js';
import type { Channel, ServerWire } from '../../proto/wire.js';
import { createLink } from '../../sim/link.js';
import { createTranscode } from '../../sim/transcode.js';
import { realPatience, turn, virtualPatience, type Rig } from '../conformance/law.js';
import { createVirtualClock } from './virtual.js';

export const STATUS = { active: 2, requestsReceived: 5, requestsHandled: 3 };

/** One connected channel and the runner's side of it. */
export interface Line {
  readonly channel: Channel;
  accept(taker: (wire: ServerWire) => void): void;
  resetStreams(): void;
  /** The runner's process dies. */
  crash(): void;
}

/** A world with a clock, in which lines can be had. */
export interface Carrier extends Rig {
  readonly clock: Clock;
  line(): Promise<Line>;
  /** Streams open at the runners' ends of all lines. */
  open(): number;
}

export type CarrierName = 'sim, objects' | 'sim, bytes of s' | 'sim, bytes of head' | GrpcName;
type GrpcName = 'gRPC, s' | 'gRPC, head';

export const carriers: Readonly<Record<CarrierName, () => Carrier>> = {
  'sim, objects': () => simulated(undefined),
  'sim, bytes of s': () => simulated('s'),
  'sim, bytes of head': () => simulated('head'),
  'gRPC, s': () => overGrpc('s'),
  'gRPC, head': () => overGrpc('head'),
};

export const CARRIERS = Object.keys(carriers) as readonly CarrierName[];

function simulated(dialect: Dialect | undefined): Carrier {
  const clock = createVirtualClock();
  const links: { readonly open: number }[] = [];
  const options = {
    oneWayUs: 200,
    jitterUs: 0,
    reconnectUs: 1000,
    transcode: dialect === undefined ? undefined : createTranscode(dialect),
  };
  return {
    clock,
    ...virtualPatience(clock),
    line() {
      const state = { alive: true, taker: (wire: ServerWire): void => wire.cancel() };
      const link = createLink(clock, seededRng(1), options, {
        get alive() {
          return state.alive;
        },
        awake: (work) => work(),
        accept: (wire) => state.taker(wire),
        status: () => STATUS,
      });
      links.push(link);
      return Promise.resolve({
        channel: link.channel,
        accept: (taker: (wire: ServerWire) => void) => void (state.taker = taker),
        resetStreams: () => link.resetStreams(),
        crash() {
          state.alive = false;
          link.serverDied();
        },
      });
    },
    open: () => links.reduce((sum, link) => sum + link.open, 0),
    close: () => undefined,
  };
}

/** Round trips on one connection after which what was under way has come: 3 were enough. */
const TRIPS = 20;

function overGrpc(dialect: Dialect): Carrier {
  const clock = createSystemClock();
  const channels: Channel[] = [];
  const undo: (() => void)[] = [];
  let open = 0;
  const settle = async (): Promise<void> => {
    for (let trip = 0; trip < TRIPS; trip += 1) {
      await Promise.all(channels.map(roundTrip));
      await turn();
    }
  };
  return {
    clock,
    ...realPatience(settle),
    async line() {
      let taker = (wire: ServerWire): void => wire.cancel();
      const server = createGrpcServer({
        onEngage: (wire) => taker(counted(wire, (change) => (open += change))),
        status: () => STATUS,
        dialect,
        limits: defaultGrpcServerLimits,
      });
      const port = await new Promise<number>((resolve, reject) => {
        server.listen('127.0.0.1:0', (got) => (got instanceof Error ? reject(got) : resolve(got)));
      });
      const channel = createGrpcChannel(`127.0.0.1:${port}`);
      channels.push(channel);
      undo.push(() => {
        channel.close();
        server.forceClose();
      });
      await realPatience(settle).until(() => channel.ready);
      return {
        channel,
        accept: (next: (wire: ServerWire) => void) => void (taker = next),
        resetStreams: () => void server.resetStreams(),
        crash: () => server.forceClose(),
      };
    },
    open: () => open,
    close() {
      for (const work of undo) work();
    },
  };
}

/** The answer of the Status RPC, or why there was none. */
export function roundTrip(channel: Channel): Promise<unknown> {
  return new Promise((resolve) => channel.status(5_000_000, resolve));
}

/** The wire, with its beginning and its end told: +1, and -1 however it ends. */
function counted(wire: ServerWire, count: (change: 1 | -1) => void): ServerWire {
  let over = false;
  const end = (): void => {
    if (!over) count(-1);
    over = true;
  };
  count(1);
  return {
    metadata: wire.metadata,
    remainingUs: wire.remainingUs,
    listen: (listener) =>
      wire.listen({
        onMetadata: (metadata) => listener.onMetadata(metadata),
        onMessage: (message) => listener.onMessage(message),
        onDrain: () => listener.onDrain(),
        onEnd(told) {
          end();
          listener.onEnd(told);
        },
      }),
    sendMetadata: (metadata) => wire.sendMetadata(metadata),
    send: (message) => wire.send(message),
    pause: () => wire.pause(),
    resume: () => wire.resume(),
    cancel() {
      end();
      wire.cancel();
    },
    finish(code, message) {
      end();
      wire.finish(code, message);
    },
  };
}
