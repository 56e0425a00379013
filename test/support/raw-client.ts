/** A gRPC client that sends whatever bytes it is given to a real runner, and hears what comes. */
import { Client, Metadata, credentials, type ClientDuplexStream } from '@grpc/grpc-js';
import { createRunnerDecoder, METHODS } from '../../proto/codec.js';
import { same } from '../../proto/grpc/bytes.js';
import type { RunnerMessage } from '../../proto/wire.js';
import type { SimExecutor } from '../../sim/executor.js';
import { oneRunner, serveRunner } from './served-runner.js';

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
  const { address, executor, kill } = await serveRunner({
    ...oneRunner('{ service: 1ms, response: 1KiB }', slots),
    machine: { memoryMb: 4096, cpuMilli: 8000 },
    bodyMaxBytes: BODY_MAX,
  });
  const options = { 'grpc.enable_retries': 0, 'grpc.max_send_message_length': -1 };
  const client = new Client(address, credentials.createInsecure(), options);
  return {
    executor,
    open: (metadata = {}) => open(client, metadata),
    close() {
      client.close();
      kill();
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
