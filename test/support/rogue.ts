/**
 * A runner that answers with whatever bytes it is told to, below gRPC: a bare HTTP/2 server. And
 * our whole load balancer before it, with its HTTP edge, on one connection to the rogue.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import {
  createServer as createHttp2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createBalancer, type Balancer } from '../../core/balancer.js';
import { createSystemClock } from '../../core/clock.js';
import { staticFunctions } from '../../core/data-access.js';
import { nodeHandler } from '../../core/http.js';
import { staticPool } from '../../core/pools.js';
import type { ProbeEvent } from '../../core/probe.js';
import { seededRng } from '../../core/rng.js';
import { METHODS } from '../../proto/codec.js';
import { grpcRunner } from '../../proto/grpc/pool.js';
import type { WireRunner } from '../../proto/runner.js';
import { realPatience, turn } from '../conformance/law.js';

const { until } = realPatience(turn);

/** Plays the runner's end of one engagement, on the bare stream. */
export type Rogue = (stream: ServerHttp2Stream) => void;

export interface RogueHouse {
  /** Has the functions `hello` (10 s) and `brief` (300 ms). */
  readonly balancer: Balancer;
  readonly runner: WireRunner;
  readonly probed: ProbeEvent[];
  /** Port of the HTTP edge. */
  readonly port: number;
  /** Connections that the rogue has had. */
  readonly connections: number;
  /** Says how the next engagements are answered. */
  plays(rogue: Rogue): void;
  close(): Promise<void>;
}

export interface RoguePeer {
  /** `host:port`. */
  readonly address: string;
  readonly connections: number;
  /** Engagements that it was offered. */
  readonly asked: number;
  plays(rogue: Rogue): void;
  close(): void;
}

/** The rogue alone. */
export async function createRoguePeer(): Promise<RoguePeer> {
  let rogue: Rogue = (stream) => stream.close();
  let connections = 0;
  let asked = 0;
  const sessions = new Set<ServerHttp2Session>();
  const peer = createHttp2Server();
  peer.on('session', (session) => {
    connections += 1;
    sessions.add(session);
    session.on('error', () => undefined).once('close', () => sessions.delete(session));
  });
  peer.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    // What is sent is read, or the connection's window runs out.
    stream.resume();
    if (headers[':path'] !== METHODS.engage) return stream.close();
    asked += 1;
    rogue(stream);
  });
  await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(peer.address() as AddressInfo).port}`,
    get connections() {
      return connections;
    },
    get asked() {
      return asked;
    },
    plays: (next) => void (rogue = next),
    close() {
      peer.close();
      for (const session of sessions) session.destroy();
    },
  };
}

export async function createRogueHouse(): Promise<RogueHouse> {
  const peer = await createRoguePeer();
  const clock = createSystemClock();
  const runner = grpcRunner(clock, peer.address);
  await until(() => runner.ready);
  const probed: ProbeEvent[] = [];
  const balancer = createBalancer(
    {
      clock,
      rng: seededRng(1),
      pool: staticPool([runner]),
      data: staticFunctions({ hello: { timeoutMs: 10_000 }, brief: { timeoutMs: 300 } }),
      probe: (event) => probed.push(event),
    },
    { placementMs: 300 },
  );
  const edge = createServer(nodeHandler(balancer)).listen(0, '127.0.0.1');
  await once(edge, 'listening');
  return {
    balancer,
    runner,
    probed,
    port: (edge.address() as AddressInfo).port,
    get connections() {
      return peer.connections;
    },
    plays: (next) => peer.plays(next),
    async close() {
      runner.cut();
      peer.close();
      edge.closeAllConnections();
      edge.close();
      await once(edge, 'close');
    },
  };
}

const GRPC = { ':status': 200, 'content-type': 'application/grpc' };

/** A message with gRPC's five bytes before it. */
export function framed(message: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** Sends these bytes as the body of a response, then these trailers. */
export const sends =
  (
    bytes: Uint8Array,
    trailers: Readonly<Record<string, string>> = { 'grpc-status': '0' },
    headers: Readonly<Record<string, string | number>> = GRPC,
  ): Rogue =>
  (stream) => {
    stream.respond(headers, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    stream.end(bytes);
  };
