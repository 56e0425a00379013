/**
 * The HTTP edge: `node:http` ⇄ Request and Sink. Rim: the one file in core that touches sockets.
 * It decides nothing; one subscription a request, and a client that leaves is an unsubscribe.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
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
}

/** `POST /invoke/:function`, as the original routes it. */
const ROUTE = /^\/invoke\/([^/?#]+)(?:[/?#]|$)/;

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
  const idHeader = options.callIdHeader?.toLowerCase();
  return (incoming, outgoing) => {
    const request = readRequest(incoming, idHeader);
    if (request instanceof CallError) return refuse(createSink(incoming, outgoing), request);
    const sink = createSink(incoming, outgoing);
    const serving = balancer.handle(request, sink).subscribe({
      // `handle` never errors; if it does all the same, the client must not wait for ever.
      error: () => outgoing.destroy(),
    });
    outgoing.once('close', () => serving.unsubscribe());
  };
}

function readRequest(incoming: IncomingMessage, idHeader: string | undefined): Request | CallError {
  const url = incoming.url ?? '/';
  const name = ROUTE.exec(url)?.[1];
  if (name === undefined) return new CallError('unknown_function', `no route for ${url}`);
  const fn = decoded(name);
  if (fn === undefined) return new CallError('bad_request', `bad escape in ${url}`);
  const length = incoming.headers['content-length'];
  const given = idHeader === undefined ? undefined : incoming.headers[idHeader];
  if (typeof given === 'string' && !CALL_ID.test(given)) {
    return new CallError('bad_request', 'bad call id');
  }
  return {
    ...(typeof given === 'string' ? { id: given } : {}),
    ...(length === undefined ? {} : { contentLength: Number(length) }),
    fn,
    method: incoming.method ?? 'GET',
    url,
    headers: pairs(incoming.rawHeaders),
    body: bodyOf(incoming),
  };
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
    cut: () => outgoing.destroy(),
  };
}

/** Whether so much of an upload may be to come that its connection is not worth the reading. */
function leavesMuch(incoming: IncomingMessage): boolean {
  if (incoming.complete) return false;
  if (incoming.headers['transfer-encoding'] !== undefined) return true;
  return Number(incoming.headers['content-length'] ?? 0) > DISCARD_MAX;
}

function refuse(sink: Sink, error: CallError): void {
  const { status, headers, body } = errorResponse(error, '');
  sink.head(status, headers);
  sink.write(body);
  sink.end(() => undefined);
}
