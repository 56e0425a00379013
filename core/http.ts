/**
 * The HTTP edge: `node:http` ⇄ Request and Sink. Rim: the one file in core that touches sockets.
 * It decides nothing; one subscription a request, and a client that leaves is an unsubscribe.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Observable } from 'rxjs';
import type { Balancer } from './balancer.js';
import type { Request } from './call.js';
import { CallError } from './errors.js';
import { errorResponse } from './head.js';
import type { Header } from './runner.js';
import type { Sink } from './sink.js';

export interface EdgeOptions {
  /**
   * A request header whose value becomes the call id, set by a trusted proxy in front. Default
   * none: the balancer makes ids up. A client that can choose ids can choose another call's.
   */
  readonly callIdHeader?: string;
  /** A request header whose value becomes the request id, which travels on. Default none. */
  readonly requestIdHeader?: string;
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
  return (incoming, outgoing) => {
    const request = readRequest(incoming, callIdHeader, requestIdHeader);
    if (request instanceof CallError) return refuse(createSink(incoming, outgoing), request);
    // A pipelined request waits for its turn: until then its answer could not be taken, and Node
    // does not say when its client leaves.
    if (outgoing.socket === null) outgoing.once('socket', () => serve(request, incoming, outgoing));
    else serve(request, incoming, outgoing);
  };

  function serve(request: Request, incoming: IncomingMessage, outgoing: ServerResponse): void {
    const sink = createSink(incoming, outgoing);
    const serving = balancer.handle(request, sink).subscribe({
      // `handle` never errors; if it does all the same, the client must not wait for ever.
      error: () => outgoing.destroy(),
    });
    outgoing.once('close', () => serving.unsubscribe());
  }
}

function readRequest(
  incoming: IncomingMessage,
  callIdHeader: string | undefined,
  requestIdHeader: string | undefined,
): Request | CallError {
  const url = (incoming.url ?? '/').replace(ORIGIN, '');
  const target = targetOf(url);
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
    method: incoming.method ?? 'GET',
    url,
    headers: pairs(incoming.rawHeaders),
    body: bodyOf(incoming),
  };
}

type Target = Pick<Request, 'fn' | 'route' | 'errorShape'>;

/** What a path asks for. */
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

function pairs(raw: readonly string[]): Header[] {
  const headers: Header[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2)
    headers.push([raw[i] as string, raw[i + 1] as string]);
  return headers;
}

/** The body as a cold stream. The cache behind it is bounded, so nothing here needs to pause. */
function bodyOf(incoming: IncomingMessage): Observable<Uint8Array> {
  return new Observable((out) => {
    const onData = (chunk: Buffer): void => out.next(chunk);
    const onEnd = (): void => out.complete();
    const onBroken = (): void => out.error(new Error('the connection closed within the body'));
    incoming.on('data', onData).once('end', onEnd).once('close', onBroken);
    // An error is followed by 'close', but unhandled it would end the process.
    incoming.on('error', onBroken);
    return () => {
      incoming.off('data', onData).off('end', onEnd).off('close', onBroken);
    };
  });
}

function createSink(incoming: IncomingMessage, outgoing: ServerResponse): Sink {
  let drain: () => void = () => undefined;
  outgoing.on('drain', () => drain());
  outgoing.on('error', () => outgoing.destroy());
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
    cut() {
      // Only where a body ends with its connection does a clean close look like a whole answer.
      if (incoming.httpVersion === '1.0') abort(incoming.socket);
      outgoing.destroy();
    },
  };
}

/** Resets a connection. What is no plain TCP can only be closed, TLS then without its goodbye. */
function abort(socket: Socket): void {
  try {
    socket.resetAndDestroy();
  } catch {
    socket.destroy();
  }
}

/** Whether so much of an upload may be to come that its connection is not worth the reading. */
function leavesMuch(incoming: IncomingMessage): boolean {
  if (incoming.complete) return false;
  if (incoming.headers['transfer-encoding'] !== undefined) return true;
  return Number(incoming.headers['content-length'] ?? 0) > DISCARD_MAX;
}

function refuse(sink: Sink, error: CallError): void {
  const { status, headers, body } = errorResponse(error, '', 'v2');
  sink.head(status, headers);
  sink.write(body);
  sink.end(() => undefined);
}
