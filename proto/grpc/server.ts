/**
 * The runner's end of the wire: a gRPC server that turns each Engage stream into a ServerWire. It
 * runs nothing and judges nothing; `session.ts` does.
 */
import { constants, type ServerHttp2Stream } from 'node:http2';
import {
  Server,
  ServerCredentials,
  status as grpcStatus,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerOptions,
  type ServerUnaryCall,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { defer, isObservable, of, take, throwIfEmpty, type Observable } from 'rxjs';
import type { RunnerStatus } from '../../core/runner.js';
import {
  decodeClientMessage,
  encodeRunnerMessage,
  encodeRunnerStatus,
  METHODS,
  type Dialect,
} from '../codec.js';
import type { ClientMessage, ServerWire, WireListener } from '../wire.js';
import { asBuffer, fromGrpcMetadata, same, toGrpcMetadata } from './bytes.js';

export interface GrpcServerLimits {
  /** Open streams of one connection. Above it an LB's library queues without telling the LB. */
  readonly maxStreams: number;
  /** The largest message in either direction. */
  readonly maxMessageBytes: number;
  /** A ping after so long without frames; a dead LB holds its slots no longer than that. */
  readonly keepaliveMs: number;
  readonly keepaliveTimeoutMs: number;
}

export const defaultGrpcServerLimits: GrpcServerLimits = Object.freeze({
  // Far above any runner's slots: the runner's own NACK has to speak first.
  maxStreams: 10_000,
  // The original's library takes no larger ones.
  maxMessageBytes: 4 * 1024 * 1024,
  keepaliveMs: 10_000,
  keepaliveTimeoutMs: 5000,
});

export interface GrpcServerParts {
  /** A stream has come. The wire buffers until its `listen`, which must come soon. */
  readonly onEngage: (wire: ServerWire) => void;
  /** The answer to the Status RPC: at hand, or the first one that comes. */
  readonly status: () => RunnerStatus | Observable<RunnerStatus>;
  /** What the LBs of this runner understand. */
  readonly dialect: Dialect;
  readonly limits: GrpcServerLimits;
  /** TLS or not; plaintext when left out. */
  readonly credentials?: ServerCredentials;
}

export interface GrpcServer {
  /** `address` is `host:port`; port 0 takes a free one. Told once: the port, or why not. */
  listen(address: string, done: (result: number | Error) => void): void;
  /** GOAWAY; open streams may end for so long, then the rest breaks. Told once. */
  close(graceMs: number, done: () => void): void;
  /** Breaks every connection at once. */
  forceClose(): void;
  /** Fault injection: resets every open Engage stream with RST_STREAM; returns how many. */
  resetStreams(): number;
}

type EngageStream = ServerDuplexStream<Buffer, Buffer>;

export function createGrpcServer(parts: GrpcServerParts): GrpcServer {
  const streams = new Set<EngageStream>();
  const server = new Server(serverOptions(parts.limits));
  server.addService(SERVICE, {
    Engage: (stream: EngageStream) => {
      streams.add(stream);
      stream.once('close', () => streams.delete(stream));
      parts.onEngage(createServerWire(stream, parts.dialect));
    },
    Status: (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
      answerStatus(parts.status, call, answer);
    },
  });

  return {
    listen(address, done) {
      const how = parts.credentials ?? ServerCredentials.createInsecure();
      server.bindAsync(address, how, (error, port) => done(error ?? port));
    },
    close(graceMs, done) {
      const grace = setTimeout(() => server.forceShutdown(), graceMs);
      server.tryShutdown(() => {
        clearTimeout(grace);
        done();
      });
    },
    forceClose: () => server.forceShutdown(),
    resetStreams() {
      const open = [...streams];
      for (const stream of open) resetStream(stream, constants.NGHTTP2_INTERNAL_ERROR);
      return open.length;
    },
  };
}

/** Answers once; who has left waits for nothing any more. */
function answerStatus(
  status: GrpcServerParts['status'],
  call: ServerUnaryCall<Buffer, Buffer>,
  answer: sendUnaryData<Buffer>,
): void {
  const asked = defer(() => {
    const said = status();
    return isObservable(said) ? said : of(said);
  }).pipe(
    take(1),
    throwIfEmpty(() => new Error('the runner has no status')),
  );
  const asking = asked.subscribe({
    next: (said) => answer(null, asBuffer(encodeRunnerStatus(said))),
    error: (error: unknown) =>
      answer({ code: grpcStatus.INTERNAL, details: error instanceof Error ? error.message : '' }),
  });
  call.once('cancelled', () => asking.unsubscribe());
}

function serverOptions(limits: GrpcServerLimits): ServerOptions {
  return {
    'grpc.max_concurrent_streams': limits.maxStreams,
    'grpc.max_receive_message_length': limits.maxMessageBytes,
    'grpc.max_send_message_length': limits.maxMessageBytes,
    'grpc.keepalive_time_ms': limits.keepaliveMs,
    'grpc.keepalive_timeout_ms': limits.keepaliveTimeoutMs,
    // No idle and no age limit: an LB keeps its connection READY, idle or not. Channelz stays on:
    // without it forceShutdown (1.14) finds no connection to break.
  };
}

const bytes = {
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
};
const SERVICE: ServiceDefinition = {
  Engage: { path: METHODS.engage, requestStream: true, responseStream: true, ...bytes },
  Status: { path: METHODS.status, requestStream: false, responseStream: false, ...bytes },
};

/**
 * The one hack of this adapter: the library has no way to reset a stream (its errors travel as
 * trailers), so we take the HTTP/2 stream out of its call, where 1.14 keeps it privately. Without
 * interceptors, and we install none, the call is the one that owns the stream.
 */
function resetStream(stream: EngageStream, code: number): void {
  const { call } = stream as unknown as { call?: { stream?: ServerHttp2Stream } };
  if (call?.stream === undefined) throw new Error('grpc-js has moved its HTTP/2 stream');
  call.stream.close(code);
}

function createServerWire(stream: EngageStream, dialect: Dialect): ServerWire {
  const metadata = fromGrpcMetadata(stream.metadata);
  const remainingUs = remaining(stream);
  let listener: WireListener<ClientMessage> | undefined;
  let gone = false;
  /** We have finished or canceled: nothing is told or sent any more. */
  let over = false;

  const tellGone = (cause: string): void => {
    if (over) return;
    gone = true;
    if (listener === undefined) return;
    over = true;
    listener.onEnd({ kind: 'lost', cause });
  };
  const finish = (code: number, message: string): void => {
    if (over || gone) return;
    over = true;
    if (code === grpcStatus.OK) stream.end();
    // A lone surrogate would throw deep in the library; the round trip replaces it.
    else stream.emit('error', { code, details: Buffer.from(message).toString(), message });
  };
  // Also told after our own status, and when the library enforces the deadline.
  stream.on('cancelled', () => tellGone(GONE));
  // The library listens too, but an 'error' event without a listener of ours is one change away.
  stream.on('error', () => {});

  return {
    metadata,
    remainingUs,
    listen(to) {
      listener = to;
      if (gone) return process.nextTick(() => tellGone(GONE));
      stream.on('drain', () => (over ? undefined : to.onDrain()));
      // A half-close says nothing, like an empty message; after eof nobody minds either.
      stream.on('end', () => (over || gone ? undefined : to.onMessage({ kind: 'unknown' })));
      stream.on('data', (data: Buffer) => {
        if (over) return;
        let message: ClientMessage;
        try {
          message = decodeClientMessage(data);
        } catch (error) {
          finish(grpcStatus.INTERNAL, String(error));
          return to.onEnd({ kind: 'lost', cause: String(error) });
        }
        to.onMessage(message);
      });
    },
    sendMetadata: (sent) => stream.sendMetadata(toGrpcMetadata(sent)),
    send: (message) =>
      !over && !gone && stream.write(asBuffer(encodeRunnerMessage(message, dialect))),
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
    finish,
    cancel() {
      if (over || gone) return;
      over = true;
      resetStream(stream, constants.NGHTTP2_CANCEL);
    },
  };
}

const GONE = 'the load balancer has canceled or is gone';

/**
 * The library takes `grpc-timeout` out of the metadata, keeps it as an instant on the wall clock in
 * ms, and ends the stream with status 4 when it passes: our session must be done before.
 */
function remaining(stream: EngageStream): number | undefined {
  const deadline = Number(stream.getDeadline());
  return Number.isFinite(deadline) ? Math.max(0, deadline - Date.now()) * 1000 : undefined;
}
