/**
 * A connection to one runner over HTTP/2 (the LB's end of the wire). It reports facts: whether a
 * stream was created, what came, how it ended. What a fact means for the call is decided above.
 */
import {
  Client,
  connectivityState,
  credentials,
  Metadata as GrpcMetadata,
  type ChannelCredentials,
  type ChannelOptions,
} from '@grpc/grpc-js';
import { decodeRunnerStatus, METHODS } from '../codec.js';
import type { Channel } from '../wire.js';
import { same } from './bytes.js';
import { createClientWire, type OpenWire } from './client-wire.js';
import { grpcTimeout, LONGEST_TIMEOUT_MS } from './timeout.js';

export interface GrpcChannelOptions {
  /** TLS or not. */
  readonly credentials: ChannelCredentials;
  /** The name that the runner's certificate must have; '' : the host of its address. */
  readonly tlsName: string;
  /** Wait before the second dial; a restarted runner is back after about that. */
  readonly reconnectMinMs: number;
  /** The longest wait between dials. The original's 120 s hides a recovered runner for minutes. */
  readonly reconnectMaxMs: number;
  /** A ping after so long without frames, also when idle; 0 never pings. */
  readonly keepaliveMs: number;
  /** The connection is dead when a ping has no answer for so long. */
  readonly keepaliveTimeoutMs: number;
  /** The largest message in either direction. */
  readonly maxMessageBytes: number;
}

export const defaultGrpcChannelOptions: GrpcChannelOptions = Object.freeze({
  credentials: credentials.createInsecure(),
  tlsName: '',
  reconnectMinMs: 100,
  reconnectMaxMs: 1000,
  // The original's runner (HEAD) takes a ping every 5 s; one of revision S wants 0 here, because
  // its library drops clients that ping more than once in 5 minutes.
  keepaliveMs: 10_000,
  keepaliveTimeoutMs: 5000,
  // The limit of the original's library, which runners have too.
  maxMessageBytes: 4 * 1024 * 1024,
});

/** `address` is `host:port`. Dials at once and for ever, until `close`. */
export function createGrpcChannel(
  address: string,
  options: Partial<GrpcChannelOptions> = {},
): Channel {
  const resolved = { ...defaultGrpcChannelOptions, ...options };
  const client = new Client(address, resolved.credentials, channelOptions(resolved));
  const open = new Set<OpenWire>();
  const watchers = new Set<(ready: boolean) => void>();
  let ready = false;
  let closed = false;

  const become = (now: boolean): void => {
    if (now === ready) return;
    ready = now;
    for (const told of watchers) told(now);
  };
  const watch = (): void => {
    if (closed) return;
    // `true` dials when the connection is idle, which it is after every loss and every GOAWAY.
    const state = client.getChannel().getConnectivityState(true);
    become(state === connectivityState.READY);
    client.getChannel().watchConnectivityState(state, Infinity, watch);
  };
  watch();

  return {
    get ready() {
      return ready;
    },
    watch(told) {
      watchers.add(told);
      return () => watchers.delete(told);
    },
    wire: () => createClientWire({ client, open, ready: () => ready, address }),
    status(remainingUs, done) {
      if (closed) return later(() => done(`${address} is closed`));
      return askStatus(client, remainingUs, done);
    },
    close() {
      if (closed) return;
      closed = true;
      become(false);
      for (const wire of open) wire.abandon(`${address} was closed`);
      client.close();
    },
  };
}

function channelOptions(options: GrpcChannelOptions): ChannelOptions {
  const pings = {
    'grpc.keepalive_time_ms': options.keepaliveMs,
    'grpc.keepalive_timeout_ms': options.keepaliveTimeoutMs,
    'grpc.keepalive_permit_without_calls': 1,
  };
  return {
    // Else the library opens a second stream by itself, and a call may run twice.
    'grpc.enable_retries': 0,
    'grpc.initial_reconnect_backoff_ms': options.reconnectMinMs,
    'grpc.max_reconnect_backoff_ms': options.reconnectMaxMs,
    'grpc.max_receive_message_length': options.maxMessageBytes,
    'grpc.max_send_message_length': options.maxMessageBytes,
    ...(options.keepaliveMs > 0 ? pings : {}),
    ...(options.tlsName === '' ? {} : { 'grpc.ssl_target_name_override': options.tlsName }),
    // One connection per channel: channels of one process to one address would share it.
    'grpc.use_local_subchannel_pool': 1,
    // No policy from DNS records and no proxy from the environment between an LB and its runners.
    'grpc.service_config_disable_resolution': 1,
    'grpc.enable_http_proxy': 0,
    'grpc.enable_channelz': 0,
  };
}

/** Runs `work` after this turn, unless canceled; returns the cancel. */
function later(work: () => void): () => void {
  let canceled = false;
  process.nextTick(() => {
    if (!canceled) work();
  });
  return () => {
    canceled = true;
  };
}

function askStatus(
  client: Client,
  remainingUs: number,
  done: Parameters<Channel['status']>[1],
): () => void {
  const metadata = new GrpcMetadata();
  metadata.set('grpc-timeout', grpcTimeout(remainingUs));
  let told = false;
  const finish = (answer: Parameters<typeof done>[0]): void => {
    if (told) return;
    told = true;
    clearTimeout(timer);
    done(answer);
  };
  const call = client.makeUnaryRequest(
    METHODS.status,
    same,
    same,
    Buffer.alloc(0),
    metadata,
    (error, bytes) => {
      if (error !== null) return finish(`${error.code}: ${error.details}`);
      try {
        finish(decodeRunnerStatus(bytes ?? Buffer.alloc(0)));
      } catch (cause) {
        finish(String(cause));
      }
    },
  );
  const cancel = (): void => {
    told = true;
    clearTimeout(timer);
    call.cancel();
  };
  // The header asks the runner to keep the time; a runner that is gone cannot.
  const timer = setTimeout(
    () => {
      if (told) return;
      cancel();
      done(`no answer in ${Math.round(remainingUs / 1000)} ms`);
    },
    Math.min(Math.ceil(remainingUs / 1000), LONGEST_TIMEOUT_MS),
  );
  return cancel;
}
