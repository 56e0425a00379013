/**
 * Functions behind a local HTTP server: each call is one request on a connection of its own. A kept
 * one may be closed by the server at the moment it is used: then nobody knows what was executed.
 *
 * Connected first, begun then: as long as there is no connection, no byte of the call has left, so
 * a server that is down is a NACK. Whatever breaks later may have been executed and is a failure.
 */
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Subscription } from 'rxjs';
import type { Clock, Finished, Header, Nack, Timer } from '../../core/index.js';
import type { Offer } from '../../proto/index.js';
import { reason, textOf } from '../exit.js';
import { DONE, failed, NOT_NOW, STOPPED, type FunctionKind, type Told } from './function-kind.js';
import { endToEnd, headersOf } from './hop-headers.js';

/** Where the server is. */
export interface HttpTarget {
  /** As it was given. */
  readonly words: string;
  /** For node:http: host and port, or a socket's path. */
  readonly at: { readonly host: string; readonly port: number } | { readonly socketPath: string };
  /** Stands before the path of each call; '' for none. */
  readonly prefix: string;
}

/** A local server takes a connection at once, or its backlog is full. */
const CONNECT_US = 1_000_000;

/** No server that is down is up again sooner. */
const DOWN: Nack = Object.freeze({ kind: 'nack', reason: 'busy', retryAfterUs: 1_000_000 });

/** A little more than a balancer takes, so that it is the one to refuse them. */
const HEAD_MAX_BYTES = 64 * 1024;

/** `say` is told once when the server cannot be reached, and again only after it could. */
export function createHttpFunction(
  clock: Clock,
  target: HttpTarget,
  say: (text: string) => void,
): FunctionKind {
  let down = false;
  const onConnect = (error?: unknown): void => {
    if (error !== undefined && !down) say(`cannot connect to ${target.words}, ${reason(error)}`);
    down = error !== undefined;
  };
  return {
    words: target.words,
    run(offer, told) {
      const exchange = new Exchange(target, offer, told, onConnect);
      exchange.open(clock);
      return () => exchange.stop();
    },
    // Its connections end with the process.
    close: () => undefined,
  };
}

class Exchange {
  private asking: ClientRequest | undefined;
  private connecting: Timer | undefined;
  private reading: Subscription | undefined;
  private response: IncomingMessage | undefined;
  private connected = false;
  private closed = false;
  private how: Finished | Nack | undefined;
  private why: unknown;
  /** Bytes of the body that were announced; undefined for chunks. */
  private declared: number | undefined;
  private written = 0;

  constructor(
    private readonly target: HttpTarget,
    private readonly offer: Offer,
    private readonly told: Told,
    private readonly onConnect: (error?: unknown) => void,
  ) {}

  open(clock: Clock): void {
    let asking: ClientRequest;
    try {
      asking = this.makeRequest();
    } catch (thrown) {
      return this.told.end(failed(400, `no HTTP request: ${textOf(thrown)}`));
    }
    this.asking = asking;
    this.connecting = clock.after(CONNECT_US, () => asking.destroy(new Error('no connection yet')));
    // Nothing is sent before something is written, connected or not.
    asking.once('socket', (socket) => {
      if (!socket.connecting) this.begin(asking);
      else socket.once('connect', () => this.begin(asking));
    });
    asking.once('response', (response) => this.onResponse(response));
    asking.on('error', (error) => (this.why ??= error));
    asking.once('close', () => this.onClose());
  }

  stop(): void {
    this.finish(STOPPED);
  }

  private makeRequest(): ClientRequest {
    const { model } = this.offer;
    const asking = request({
      ...this.target.at,
      agent: false,
      maxHeaderSize: HEAD_MAX_BYTES,
      method: model.method === '' ? 'GET' : model.method,
      path: this.target.prefix + pathOf(model.url),
    });
    asking.on('error', () => undefined);
    try {
      for (const [name, values] of grouped(endToEnd(headersOf(model.headers)))) {
        if (name !== 'content-length') asking.setHeader(name, values);
        else if (/^\d{1,15}$/.test(values[0] ?? '')) this.declared = Number(values[0]);
      }
      asking.setHeader('fn-call-id', model.id);
    } catch (thrown) {
      asking.destroy();
      throw thrown;
    }
    return asking;
  }

  private begin(asking: ClientRequest): void {
    this.connected = true;
    this.connecting?.cancel();
    this.onConnect();
    if (this.how !== undefined) return;
    if (!this.told.begin()) return this.finish(NOT_NOW);
    this.reading = this.offer.body.subscribe({
      next: (bytes) => this.write(asking, bytes),
      error: (error: unknown) => this.finish(failed(502, textOf(error))),
      complete: () => {
        if (this.declared !== undefined && this.written < this.declared) return this.mismatch();
        asking.end();
      },
    });
  }

  /** Not more than the runner takes of a body waits here for a server that does not read. */
  private write(asking: ClientRequest, bytes: Uint8Array): void {
    if (this.how !== undefined) return;
    if (this.written === 0) {
      if (this.declared === undefined) asking.setHeader('transfer-encoding', 'chunked');
      else asking.setHeader('content-length', String(this.declared));
    }
    this.written += bytes.length;
    if (this.declared !== undefined && this.written > this.declared) return this.mismatch();
    asking.write(bytes);
  }

  private mismatch(): void {
    this.finish(failed(400, `the body is not of the ${this.declared} bytes it is said to have`));
  }

  private onResponse(response: IncomingMessage): void {
    const { told, offer } = this;
    this.response = response;
    response.on('error', (error) => (this.why ??= error));
    response.on('data', (bytes: Buffer) => told.output({ kind: 'data', bytes }));
    // Told of a whole response only: one that broke off has an error instead.
    response.once('end', () => this.finish(DONE));
    const headers = endToEnd(pairs(response.rawHeaders));
    told.output({ kind: 'start', status: response.statusCode ?? 200, headers });
    offer.valve.bind((open) => (open ? response.resume() : response.pause()));
  }

  /** Settles how it went, which is told when the connection is gone. */
  private finish(how: Finished | Nack): void {
    if (this.how !== undefined) return;
    this.how = how;
    this.reading?.unsubscribe();
    if (this.closed) this.told.end(how);
    else this.asking?.destroy();
  }

  private onClose(): void {
    this.closed = true;
    this.connecting?.cancel();
    const { how, response, why } = this;
    if (how !== undefined) return this.told.end(how);
    // The whole response is here, and its end comes when a slow client has let us read it.
    if (response?.complete === true && !response.readableEnded) return;
    const error = why ?? new Error('it closed the connection');
    if (this.connected) return this.finish(failed(502, `the HTTP server: ${reason(error)}`));
    this.onConnect(error);
    this.finish(DOWN);
  }
}

/** What a request line takes of a URL: path and query, without an origin or a fragment. */
function pathOf(url: string): string {
  const path = url.replace(/^[a-z][\w+.-]*:\/\/[^/?#]*/i, '').replace(/#.*$/s, '');
  return path.startsWith('/') ? path : `/${path}`;
}

/** Values by lower-case name. */
function grouped(headers: readonly Header[]): Map<string, string[]> {
  const byName = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    byName.set(key, [...(byName.get(key) ?? []), value]);
  }
  return byName;
}

function pairs(raw: readonly string[]): Header[] {
  return raw.flatMap((name, index): Header[] => (index % 2 === 0 ? [[name, raw[index + 1]!]] : []));
}
