/**
 * The HTTP edge: `node:http` ⇄ Request and Sink. Rim: the one file in core that touches sockets.
 * It decides nothing; one subscription a request, and a client that leaves is an unsubscribe.
 */
import { AsyncResource } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { Observable } from 'rxjs';
import type { Balancer } from './balancer.js';
import type { Request } from './call.js';
import { CallError } from './errors.js';
import { errorResponse } from './head.js';
import { requestHeaders } from './request-headers.js';
import type { Sink } from './sink.js';

/** What a path of one's own asks for: a function by its id, or a path of an app's routes. */
export type RouteTarget = { readonly fn: string } | { readonly app: string; readonly path: string };

export interface EdgeOptions {
  /**
   * Paths of one's own: asked first, with the url as the client sent it (path and query, escapes
   * and all) and the method. Undefined leaves it to the built-in paths. A CallError that it throws
   * is the answer, anything else that it throws is 500; neither is told to a probe, but to
   * `refused`. Default none.
   */
  readonly route?: (url: string, method: string) => RouteTarget | undefined;
  /** Told of each request that is refused before it is a call: no route, a bad id. Default none. */
  readonly refused?: (error: CallError) => void;
  /**
   * A request header whose value becomes the call id, set by a trusted proxy in front. Default
   * none: the balancer makes ids up. A client that can choose ids can choose another call's.
   */
  readonly callIdHeader?: string;
  /** A request header whose value becomes the request id, which travels on. Default none. */
  readonly requestIdHeader?: string;
  /**
   * How long a client may go on after the last answer of its connection, to read it, while what it
   * still sends is thrown away. Default 2000 ms: some round trips on a bad line, and a connection
   * held no longer than that by a client that never stops.
   */
  readonly lingerMs?: number;
}

/**
 * The original's paths: `/invoke/:fnID` of its newer revision, `/t/:app/*source` of triggers, and
 * `/r/:app/*route` of the older one, whose clients read the older error body.
 */
const INVOKE = /^\/invoke\/([^/?#]+)\/?(?:[?#]|$)/;
const ROUTED = /^\/([rt])\/([^/?#]+)(\/[^?#]*)?(?:[?#]|$)/;

/** What a client that takes us for its proxy writes before the path. */
const ORIGIN = /^https?:\/\/[^/?#]*/i;

/** The header, and its value, by which the original's clients ask for a detached call. */
const INVOKE_TYPE = 'fn-invoke-type';
const DETACHED = 'detached';

/** Bytes of a refused upload that Node reads and throws away, so that its connection lives on. */
const DISCARD_MAX = 64 * 1024;

/** What a call id from a header must look like. */
const CALL_ID = /^[\w.:-]{1,128}$/;

/**
 * A handler for `http.createServer`.
 * @example
 * createServer(nodeHandler(balancer)).listen(8080);
 */
export function nodeHandler(
  balancer: Balancer,
  options: EdgeOptions = {},
): (request: IncomingMessage, response: ServerResponse) => void {
  const callIdHeader = options.callIdHeader?.toLowerCase();
  const requestIdHeader = options.requestIdHeader?.toLowerCase();
  const lingerMs = options.lingerMs ?? 2000;
  return (incoming, outgoing) => {
    if (incoming.httpVersionMajor === 1) lingers(incoming.socket, lingerMs);
    // Read behind an answer that ends the connection: it can have none, and its client sends it
    // again elsewhere (RFC 9112, 9.6). Node hands it over all the same.
    if (incoming.socket.writableEnded) return;
    if (incoming.httpVersionMajor === 1) return take(incoming, outgoing);
    // Who opens a stream only to reset it says both in one breath: that is no call.
    setImmediate(() => (wasReset(incoming) ? undefined : take(incoming, outgoing)));
  };

  function take(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const request = readRequest(incoming, options.route, callIdHeader, requestIdHeader);
    if (request instanceof CallError) {
      options.refused?.(request);
      return refuse(createSink(incoming, outgoing), request);
    }
    // A pipelined request waits for its turn: until then its answer could not be taken, and Node
    // does not say when its client leaves. Its turn is told by the answer before it, in whose async
    // context, and so in whose trace, it does not belong.
    if (outgoing.socket === null) {
      outgoing.once(
        'socket',
        AsyncResource.bind(() => serve(request, incoming, outgoing)),
      );
    } else serve(request, incoming, outgoing);
  }

  function serve(request: Request, incoming: IncomingMessage, outgoing: ServerResponse): void {
    const sink = createSink(incoming, outgoing);
    const serving = balancer.handle(request, sink).subscribe({
      // `handle` never errors; if it does all the same, the client must not wait for ever.
      error: () => breakOff(incoming, outgoing),
    });
    outgoing.once('close', () => serving.unsubscribe());
  }
}

function readRequest(
  incoming: IncomingMessage,
  route: EdgeOptions['route'],
  callIdHeader: string | undefined,
  requestIdHeader: string | undefined,
): Request | CallError {
  const url = (incoming.url ?? '/').replace(ORIGIN, '');
  const method = incoming.method ?? 'GET';
  const target = routed(route, url, method) ?? targetOf(url);
  if (target instanceof CallError) return target;
  const { headers } = incoming;
  const length = headers['content-length'];
  const id = idFrom(headers, callIdHeader);
  const requestId = idFrom(headers, requestIdHeader);
  if (id === BAD || requestId === BAD) return new CallError('bad_request', 'bad id in a header');
  return {
    ...(id === undefined ? {} : { id }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(length === undefined ? {} : { contentLength: Number(length) }),
    ...target,
    detached: headers[INVOKE_TYPE] === DETACHED,
    method,
    url,
    headers: requestHeaders(incoming.rawHeaders),
    body: bodyOf(incoming),
  };
}

type Target = Pick<Request, 'fn' | 'route' | 'errorShape'>;

/** What a path asks for by a mapping of one's own, whose bugs end no process. */
function routed(
  route: EdgeOptions['route'],
  url: string,
  method: string,
): Target | CallError | undefined {
  try {
    const target = route?.(url, method);
    if (target === undefined) return undefined;
    if ('fn' in target) return { fn: target.fn };
    if ('app' in target) return { fn: '', route: { app: target.app, path: target.path } };
    throw new TypeError('a route is a function, or an app and a path');
  } catch (thrown) {
    return CallError.from(thrown);
  }
}

/** What a built-in path asks for. */
function targetOf(url: string): Target | CallError {
  const invoked = INVOKE.exec(url)?.[1];
  if (invoked !== undefined) {
    const fn = decoded(invoked);
    return fn === undefined ? new CallError('bad_request', `bad escape in ${url}`) : { fn };
  }
  const [, kind, app = '', path = '/'] = ROUTED.exec(url) ?? [];
  if (kind === undefined) return new CallError('unknown_function', `no route for ${url}`);
  const name = decoded(app);
  if (name === undefined) return new CallError('bad_request', `bad escape in ${url}`);
  return { fn: '', route: { app: name, path }, errorShape: kind === 'r' ? 'v1' : 'v2' };
}

const BAD = Symbol('a header that holds no id');

/** The id in a header, if one is named and there. */
function idFrom(
  headers: IncomingMessage['headers'],
  name: string | undefined,
): string | undefined | typeof BAD {
  const given = name === undefined ? undefined : headers[name];
  if (typeof given !== 'string' || given === '') return undefined;
  return CALL_ID.test(given) ? given : BAD;
}

function decoded(name: string): string | undefined {
  try {
    return decodeURIComponent(name);
  } catch {
    return undefined;
  }
}

/** The body as a cold stream. The cache behind it is bounded, so nothing here needs to pause. */
function bodyOf(incoming: IncomingMessage): Observable<Uint8Array> {
  return new Observable((out) => {
    const onData = (chunk: Buffer): void => out.next(chunk);
    const onBroken = (): void => out.error(new Error('the connection closed within the body'));
    const onEnd = (): void => (wasReset(incoming) ? onBroken() : out.complete());
    incoming.on('data', onData).once('end', onEnd).once('close', onBroken);
    // An error is followed by 'close', but unhandled it would end the process.
    incoming.on('error', onBroken);
    return () => {
      incoming.off('data', onData).off('end', onEnd).off('close', onBroken);
    };
  });
}

/** Over HTTP/2 the body of a stream that was reset with NO_ERROR ends as if it were whole. */
const wasReset = (incoming: object): boolean => streamOf(incoming)?.aborted === true;

/** The stream of a request or an answer over HTTP/2. */
const streamOf = (of: object): ServerHttp2Stream | undefined =>
  (of as { readonly stream?: ServerHttp2Stream }).stream;

function createSink(incoming: IncomingMessage, outgoing: ServerResponse): Sink {
  let drain: () => void = () => undefined;
  outgoing.on('drain', () => drain());
  outgoing.on('error', () => breakOff(incoming, outgoing));
  return {
    head(status, headers) {
      const flat = headers.flatMap(([name, value]) => [name, value]);
      if (incoming.httpVersionMajor === 1 && leavesMuch(incoming)) flat.push('Connection', 'close');
      outgoing.writeHead(status, flat);
    },
    write: (bytes) => outgoing.write(bytes),
    onDrain(listener) {
      drain = listener;
    },
    end(ended) {
      outgoing.end(ended);
    },
    cut: () => breakOff(incoming, outgoing),
  };
}

/** Ends an answer so that its client can see that it is not whole. */
function breakOff(incoming: IncomingMessage, outgoing: ServerResponse): void {
  // Where a body ends with its connection a clean close looks like a whole answer, and over HTTP/2
  // a reset with NO_ERROR, which is what `destroy` makes of a stream: curl ends with 0 then.
  if (incoming.httpVersion === '1.0') abort(incoming.socket);
  streamOf(outgoing)?.close(constants.NGHTTP2_INTERNAL_ERROR);
  outgoing.destroy();
}

/** Resets a connection. What is no plain TCP can only be closed, TLS then without its goodbye. */
function abort(socket: Socket): void {
  try {
    socket.resetAndDestroy();
  } catch {
    socket.destroy();
  }
}

/** The sockets that close as `lingers` says. */
const lingering = new WeakSet<Socket>();

/**
 * How a connection closes behind its last answer. To close it with bytes unread is to reset it,
 * and a reset takes from the client what it has not read, earlier answers too. So only our side
 * ends, and the rest is read and thrown away, until the client leaves or its time is over
 * (RFC 9112, 9.6).
 */
function lingers(socket: Socket, ms: number): void {
  if (lingering.has(socket)) return;
  lingering.add(socket);
  const close = (): void => {
    const timer = setTimeout(() => socket.destroy(), ms).unref();
    socket.once('close', () => clearTimeout(timer)).end();
  };
  socket.destroySoon = close;
}

/** Whether so much of an upload may be to come that its connection is not worth the reading. */
function leavesMuch(incoming: IncomingMessage): boolean {
  if (incoming.complete) return false;
  // Who waits for a 100 that did not come may send the body or leave it out: nobody can tell what
  // the next bytes of the connection are (RFC 9110, 10.1.1).
  if (incoming.headers.expect !== undefined) return true;
  if (incoming.headers['transfer-encoding'] !== undefined) return true;
  return Number(incoming.headers['content-length'] ?? 0) > DISCARD_MAX;
}

function refuse(sink: Sink, error: CallError): void {
  const { status, headers, body } = errorResponse(error, '', 'v2');
  sink.head(status, headers);
  sink.write(body);
  sink.end(() => undefined);
}
