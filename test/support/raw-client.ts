/** A gRPC client that sends whatever bytes it is given to a real runner, and hears what comes. */
import { Client, Metadata, credentials, type ClientDuplexStream } from '@grpc/grpc-js';
import { createSystemClock } from '../../core/clock.js';
import { seededRng } from '../../core/rng.js';
import { createRunnerDecoder, METHODS } from '../../proto/codec.js';
import { same } from '../../proto/grpc/bytes.js';
import { createGrpcServer, defaultGrpcServerLimits } from '../../proto/grpc/server.js';
import { serve } from '../../proto/session.js';
import type { RunnerMessage } from '../../proto/wire.js';
import { createSimExecutor, type SimExecutor } from '../../sim/executor.js';
import { scenarioOf } from './fly.js';

/** A message that pretends to be a ClientMsg. */
export const raw = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

/** How an engagement went that a raw client had. */
export interface Answer {
  readonly messages: readonly RunnerMessage[];
  readonly code: number;
  readonly text: string;
}

export interface Raw {
  readonly stream: ClientDuplexStream<Buffer, Buffer>;
  write(bytes: Uint8Array): void;
  readonly answer: Promise<Answer>;
}

/** A real runner of `slots` with one function `a`, and a client on one connection to it. */
export interface RawRig {
  readonly executor: SimExecutor;
  /** Opens an engagement. */
  open(metadata?: Readonly<Record<string, string>>): Raw;
  close(): void;
}

export const BODY_MAX = 100_000;

export async function createRawRig(slots: number): Promise<RawRig> {
  const { runners, functions } = scenarioOf(`
version: 1
name: served
calls: 1
arrivals: { kind: constant, rate: 1/s }
functions: { a: { service: 1ms, response: 1KiB } }
fleet: [{ name: r, count: 1, slots: ${slots} }]`);
  const [runner] = runners;
  if (runner === undefined) throw new Error('no runner');
  const clock = createSystemClock();
  const rng = seededRng(1);
  const parts = { clock, service: rng, chance: rng, runner, functions, log: () => undefined };
  const executor = createSimExecutor({ ...parts, machine: { memoryMb: 4096, cpuMilli: 8000 } });
  const limits = { bodyMaxBytes: BODY_MAX, responseMaxBytes: 1_000_000 };
  const server = createGrpcServer({
    onEngage: (wire) => serve({ clock, executor, ...limits }, wire),
    status: () => ({ active: executor.active, requestsReceived: 0, requestsHandled: 0 }),
    dialect: 'head',
    limits: defaultGrpcServerLimits,
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.listen('127.0.0.1:0', (told) => (told instanceof Error ? reject(told) : resolve(told)));
  });
  const options = { 'grpc.enable_retries': 0, 'grpc.max_send_message_length': -1 };
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options);
  return {
    executor,
    open: (metadata = {}) => open(client, metadata),
    close() {
      client.close();
      server.forceClose();
    },
  };
}

function open(client: Client, given: Readonly<Record<string, string>>): Raw {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(given)) metadata.set(name, value);
  const stream = client.makeBidiStreamRequest(METHODS.engage, same, same, metadata);
  const messages: RunnerMessage[] = [];
  const decode = createRunnerDecoder();
  stream.on('data', (bytes: Buffer) => messages.push(decode(bytes)));
  stream.on('error', () => undefined);
  return {
    stream,
    write: (bytes) => void stream.write(Buffer.from(bytes)),
    answer: new Promise((resolve) => {
      stream.on('status', ({ code, details }) => resolve({ messages, code, text: details }));
    }),
  };
}
