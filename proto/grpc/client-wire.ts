/**
 * One Engage stream, as the LB's end sees it: what came, whether a stream was created, how it
 * ended. What that means for the call is decided in `engagement.ts`.
 */
import { constants, type ClientHttp2Stream } from 'node:http2';
import {
  status as grpcStatus,
  type Client,
  type ClientDuplexStream,
  type StatusObject,
} from '@grpc/grpc-js';
import { createRunnerDecoder, encodeClientMessage, METHODS } from '../codec.js';
import type {
  ClientMessage,
  ClientWire,
  Metadata,
  RunnerMessage,
  WireEnd,
  WireListener,
} from '../wire.js';
import { asBuffer, fromGrpcMetadata, same, toGrpcMetadata } from './bytes.js';
import { grpcTimeout } from './timeout.js';

/** What a channel may do to its open wires. */
export interface OpenWire {
  /** Resets the stream; the wire ends `lost` for the cause. */
  abandon(cause: string): void;
}

/** What the wires of one channel share. */
export interface ClientWireParts {
  readonly client: Client;
  readonly address: string;
  readonly ready: () => boolean;
  /** The wires that are open; each enters and leaves by itself. */
  readonly open: Set<OpenWire>;
}

export function createClientWire(parts: ClientWireParts): ClientWire {
  return new GrpcClientWire(parts);
}

type Stream = ClientDuplexStream<Buffer, Buffer>;

/** A class, because there is one for every attempt. */
class GrpcClientWire implements ClientWire, OpenWire {
  private readonly decode = createRunnerDecoder();
  private stream: Stream | undefined;
  private listener: WireListener<RunnerMessage> | undefined;
  private paused = false;
  /** How it ended; known before the last messages are read. */
  private end: WireEnd | undefined;
  private allRead = false;
  /** The head of a response has come. */
  private answered = false;

  constructor(private readonly parts: ClientWireParts) {}

  open(metadata: Metadata, remainingUs: number, listener: WireListener<RunnerMessage>): void {
    const { client, address, open, ready } = this.parts;
    this.listener = listener;
    // While it dials the library would queue the call; while it waits it would refuse it.
    if (!ready()) return this.refuse(`${address} is not connected`);
    const sent = toGrpcMetadata(metadata);
    sent.set('grpc-timeout', grpcTimeout(remainingUs));
    const stream = client.makeBidiStreamRequest(METHODS.engage, same, same, sent);
    this.stream = stream;
    open.add(this);
    stream.on('metadata', (received) => {
      this.answered = true;
      keepStatus(stream);
      this.listener?.onMetadata(fromGrpcMetadata(received));
    });
    stream.on('data', (bytes: Buffer) => this.onBytes(bytes));
    stream.on('drain', () => this.listener?.onDrain());
    stream.on('status', (status) => this.onStatus(stream, status));
    stream.on('end', () => {
      this.allRead = true;
      this.settle();
    });
    // The status says the same; without a listener the process would end here.
    stream.on('error', () => {});
    if (this.paused) stream.pause();
  }

  /** Once it has ended nothing drains any more: what is sent until that is told goes nowhere. */
  send(message: ClientMessage): boolean {
    if (this.stream === undefined || this.end !== undefined) return false;
    return this.stream.write(asBuffer(encodeClientMessage(message)));
  }

  pause(): void {
    this.paused = true;
    this.stream?.pause();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.stream?.resume();
    if (this.end !== undefined) process.nextTick(() => this.settle());
  }

  cancel(): void {
    this.listener = undefined;
    this.parts.open.delete(this);
    this.reset();
    this.stream = undefined;
  }

  abandon(cause: string): void {
    this.end ??= { kind: 'lost', cause };
    this.reset();
  }

  /**
   * A turn later: the library (1.14) loses a cancel that comes before it has created the stream,
   * creates it all the same, and the function runs on with nobody to stop it: measured.
   */
  private reset(): void {
    const { stream } = this;
    if (stream !== undefined) setImmediate(() => stream.cancel());
  }

  private refuse(cause: string): void {
    this.end = { kind: 'refused', cause };
    this.allRead = true;
    process.nextTick(() => this.settle());
  }

  private onBytes(bytes: Buffer): void {
    if (this.listener === undefined) return;
    let message: RunnerMessage;
    try {
      message = this.decode(bytes);
    } catch (error) {
      message = {
        kind: 'unreadable',
        cause: error instanceof Error ? error.message : String(error),
      };
    }
    this.listener.onMessage(message);
  }

  /** Told by the library while messages are unread; `end` comes after the last of them. */
  private onStatus(stream: Stream, status: StatusObject): void {
    this.parts.open.delete(this);
    // Measured: the peer is the target's name exactly when no stream was ever created.
    const created = stream.getPeer() !== this.parts.client.getChannel().getTarget();
    const unread = created && !this.answered && turnedAway(stream);
    this.end ??= unread ? refusedBy(status) : wireEnd(status, created);
    this.settle();
  }

  private settle(): void {
    if (this.end === undefined || !this.allRead || this.paused) return;
    const told = this.listener;
    this.listener = undefined;
    told?.onEnd(this.end);
  }
}

/**
 * Codes that the library itself gives a stream that broke: canceled, too large, reset, dropped. It
 * does not say whether it or the peer made them up; a runner of the original sends none of them.
 */
const BROKEN: ReadonlySet<number> = new Set([
  grpcStatus.CANCELLED,
  grpcStatus.RESOURCE_EXHAUSTED,
  grpcStatus.INTERNAL,
  grpcStatus.UNAVAILABLE,
]);

function wireEnd({ code, details }: StatusObject, created: boolean): WireEnd {
  if (!created) return { kind: 'refused', cause: `${code}: ${details}` };
  if (BROKEN.has(code)) return { kind: 'lost', cause: `${code}: ${details}` };
  return { kind: 'status', code, message: details };
}

const refusedBy = ({ code, details }: StatusObject): WireEnd => ({
  kind: 'refused',
  cause: `${code}: ${details}`,
  byPeer: true,
});

/**
 * The peer has reset the stream with REFUSED_STREAM, or a GOAWAY of it has left the stream out. The
 * library calls that UNAVAILABLE, as it does a connection that drops in the middle.
 */
const turnedAway = (stream: Stream): boolean =>
  innermostOf(stream)?.http2Stream?.rstCode === constants.NGHTTP2_REFUSED_STREAM;

/** The library's own view of an HTTP/2 stream, as 1.14 keeps it: the parts that we touch. */
interface Innermost {
  readonly http2Stream?: ClientHttp2Stream;
  /** How the peer has ended the stream; null until then. */
  finalStatus: { readonly code: number } | null;
  endCall(status: object): void;
  sendMessageWithContext(context: object, message: Buffer): void;
}
interface Innards {
  call?: { call?: { child?: { underlyingCalls?: { call?: { child?: Innermost } }[] } } };
}

function innermostOf(stream: Stream): Innermost | undefined {
  const calls = (stream as unknown as Innards).call?.call?.child?.underlyingCalls;
  return calls?.[0]?.call?.child;
}

/**
 * The one hack of this file. When a write fails after the peer has ended the stream with OK (normal
 * while an upload is under way), the library forgets the OK and drops the messages that are not
 * read yet, verdicts and NACKs among them: measured. So we take the innermost call, write nothing
 * to a stream that has ended, and turn away the failures of writes that were under way: they are
 * the only statuses with `rstCode` that can follow an OK. It has to be done here, at the head of
 * the response: before it there is no such call, and nothing to lose.
 */
function keepStatus(stream: Stream): void {
  const innermost = innermostOf(stream);
  if (innermost === undefined) return;
  const send = innermost.sendMessageWithContext.bind(innermost);
  const endCall = innermost.endCall.bind(innermost);
  const sendUnlessEnded: Innermost['sendMessageWithContext'] = (context, message) => {
    if (innermost.finalStatus === null) send(context, message);
  };
  const endOnce: Innermost['endCall'] = (status) => {
    const lateWrite = innermost.finalStatus?.code === grpcStatus.OK && 'rstCode' in status;
    if (!lateWrite) endCall(status);
  };
  innermost.sendMessageWithContext = sendUnlessEnded;
  innermost.endCall = endOnce;
}
