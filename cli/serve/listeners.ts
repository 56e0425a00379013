/**
 * What clients connect to: HTTP/1.1, and over TLS HTTP/2 as well, with finite limits on everything
 * that a client can take its time with. A listener is opened, and drained; it knows no call.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  constants,
  createSecureServer,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { Clock } from '../../core/index.js';
import { createPace, watchCertificates, type Certificates, type Pems } from '../../proto/index.js';
import type { ServeConfig } from './config.js';
import { listening } from './listening.js';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;
type Settings = ServeConfig['listeners'][number];
type Edge = ServeConfig['edge'];

export interface Listener {
  /** Where it is, such as `https://127.0.0.1:8443`, with the port that it got. */
  readonly url: string;
  readonly connections: number;
  /** From now on each answer over HTTP/1.1 is the last of its connection. */
  wane(): void;
  /**
   * Takes no new connection, ends idle ones, sends GOAWAY over HTTP/2, and resolves when all are
   * gone: when they have their answers or, after so many ms, by force.
   */
  drain(graceMs: number): Promise<void>;
}

export interface ListenerParts {
  readonly settings: Settings;
  readonly edge: Edge;
  readonly handler: Handler;
  readonly clock: Clock;
  /** Told of what is wrong with a certificate, or with who wants to connect. */
  readonly problem: (text: string) => void;
  /** Told of each session that is cut off for its resets. */
  readonly cutOff: () => void;
}

/**
 * Streams that a client resets before their answer is out: so many at once, then so many a second,
 * and its session is cut off. Node 20 takes options for that and does not heed them: it lets 1000
 * go by, measured.
 */
const RESET_BURST = 200;
const RESETS_PER_SECOND = 20;

/** Rejects with an Error that names the address when it cannot be opened. */
export async function openListener(parts: ListenerParts): Promise<Listener> {
  const { settings, edge, handler, problem } = parts;
  const { listen, tls } = settings;
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  const answering = new Set<ServerResponse>();
  let waning = false;
  let certificates: Certificates | undefined;
  let closing = false;
  const wane = (): void => {
    waning = true;
    // On the wire that is `Connection: close`.
    for (const response of answering) response.shouldKeepAlive = false;
  };
  const handle: Handler = (request, response) => {
    if (request.httpVersionMajor === 1) {
      answering.add(response);
      if (waning) response.shouldKeepAlive = false;
      response.once('close', () => {
        answering.delete(response);
        // Its head was out before it could say that it is the last.
        if (closing) setImmediate(() => server.closeIdleConnections());
      });
    } else if (sizeOf(request.rawHeaders) > edge.headersMax) {
      // Over HTTP/2 Node tells clients of the limit, and takes up to 64 KiB all the same.
      return void response.writeHead(431).end();
    }
    handler(request, response);
  };
  const server = ((): Server => {
    if (tls === undefined || tls === 'off') return createServer(http1(edge), handle);
    const { cert, key, clientCa: ca } = tls;
    certificates = watchCertificates({ ca, cert, key }, { problem });
    return secure(certificates, edge, handle, (session) => {
      sessions.add(session);
      session.once('close', () => sessions.delete(session));
      disciplined(session, parts);
      endsIdle(session, edge);
    });
  })();
  // Behind TLS its server takes them for HTTP/1.1 as properties only.
  Object.assign(server, http1(edge), { maxConnections: edge.connectionsMax });
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    continues(request, response);
    handle(request, response);
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', (error: Error) =>
    problem(`${listen}: TLS refused, ${error.message}`),
  );

  const at = await listening(server, listen);
  server.on('error', (error) => problem(`${listen}: ${error.message}`));

  return {
    url: `${certificates === undefined ? 'http' : 'https'}://${at}`,
    get connections() {
      return sockets.size;
    },
    wane,
    async drain(graceMs) {
      wane();
      closing = true;
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const session of sessions) session.close();
      server.closeIdleConnections();
      const force = setTimeout(() => {
        for (const session of sessions) session.destroy();
        for (const socket of sockets) socket.destroy();
      }, graceMs);
      await ended;
      clearTimeout(force);
      certificates?.close();
    },
  };
}

/**
 * A client that asks before it uploads (`Expect: 100-continue`) is told to go on when its body is
 * read for the first time. One that is refused before has its status instead, and uploads nothing.
 */
function continues(request: IncomingMessage, response: ServerResponse): void {
  // Behind the answer Node reads what is left as well, to throw it away.
  request.once('resume', () => {
    if (!response.headersSent && !response.destroyed) response.writeContinue();
  });
}

/** What a client of HTTP/1.1 has to keep to; Node parses strictly. */
const http1 = (edge: Edge) => ({
  maxHeaderSize: edge.headersMax,
  headersTimeout: edge.headersTimeout,
  requestTimeout: edge.requestTimeout,
  keepAliveTimeout: edge.keepAlive,
  connectionsCheckingInterval: Math.min(1000, edge.headersTimeout),
  insecureHTTPParser: false,
  requireHostHeader: true,
});

function secure(
  certificates: Certificates,
  edge: Edge,
  handle: Handler,
  onSession: (session: ServerHttp2Session) => void,
): Server {
  const context = ({ ca, cert, key }: Pems) => ({ ca, cert, key, minVersion: 'TLSv1.2' as const });
  const server = createSecureServer({
    ...http1(edge),
    ...context(certificates.now),
    // By default it has two minutes.
    handshakeTimeout: edge.headersTimeout,
    requestCert: certificates.now.ca !== undefined,
    rejectUnauthorized: true,
    allowHTTP1: true,
    // As many as over HTTP/1.1: the bytes of them are what is limited. A browser sends each cookie
    // as a header of its own.
    maxHeaderListPairs: 2000,
    settings: { maxConcurrentStreams: edge.streamsMax, maxHeaderListSize: edge.headersMax },
    maxSessionMemory: 10,
  });
  server.on('request', handle as never);
  server.on('session', onSession);
  const changing = certificates.changes.subscribe({
    next: (pems) => server.setSecureContext(context(pems)),
    error: () => undefined,
  });
  server.once('close', () => changing.unsubscribe());
  return server as unknown as Server;
}

/**
 * Cuts a session off that resets more of its streams than anybody needs to: it opens no other one,
 * and has the linger to read why, and the answers that it still waits for. Destroyed at once it
 * would hear nothing, and Node's own client then waits for ever.
 */
function disciplined(session: ServerHttp2Session, { clock, cutOff, edge }: ListenerParts): void {
  const pace = createPace(clock, RESET_BURST, RESETS_PER_SECOND);
  session.on('stream', (stream: ServerHttp2Stream) => {
    stream.once('aborted', () => {
      // Also told of an answer that we have cut: that is not the client's doing.
      if (stream.headersSent && stream.rstCode === constants.NGHTTP2_INTERNAL_ERROR) return;
      if (session.closed || session.destroyed || pace.take()) return;
      cutOff();
      session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, stream.id);
      session.close();
      const force = setTimeout(() => session.destroy(), edge.linger);
      session.once('close', () => clearTimeout(force));
    });
  });
}

/**
 * As `Connection: keep-alive` has its end: a session that has no stream is idle, whatever it sends,
 * pings and headers that come a byte at a time among it, which to Node's timeout are activity.
 */
function endsIdle(session: ServerHttp2Session, edge: Edge): void {
  let streams = 0;
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    timer = setTimeout(() => {
      session.close();
      timer = setTimeout(() => session.destroy(), edge.linger);
    }, edge.keepAlive);
  };
  wait();
  session.on('stream', (stream: ServerHttp2Stream) => {
    streams += 1;
    clearTimeout(timer);
    stopsLate(stream, edge);
    stream.once('close', () => {
      streams -= 1;
      if (streams === 0 && !session.destroyed) wait();
    });
  });
  session.once('close', () => clearTimeout(timer));
}

/** Of headers as HTTP/1.1 would have them. */
const sizeOf = (raw: readonly string[]): number =>
  raw.reduce((sum, text) => sum + text.length + 2, 0);

/** An upload that goes on behind its answer ends when the linger is over. */
function stopsLate(stream: ServerHttp2Stream, edge: Edge): void {
  stream.once('finish', () => {
    if (stream.endAfterHeaders || stream.readableEnded) return;
    const timer = setTimeout(() => stream.close(), edge.linger);
    stream.once('close', () => clearTimeout(timer));
  });
}
