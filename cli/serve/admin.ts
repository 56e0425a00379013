/**
 * The listener for operators: metrics, health, and what the LB believes. It changes nothing, tells
 * no secret, and is on loopback unless the configuration says another place.
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import { textOf } from '../exit.js';
import { listening } from './listening.js';

/** What can be asked; each answer is made when it is. */
export interface AdminParts {
  readonly ready: () => boolean;
  readonly metrics: () => string;
  readonly metricsType: string;
  /** Of each runner what is believed, and of those that are not connected why. */
  readonly runners: () => Promise<unknown>;
  /** What is held, and what flies: counters, version, memory. */
  readonly state: () => unknown;
}

export interface Admin {
  readonly url: string;
  close(): Promise<void>;
}

const HELP = '/healthz /readyz /metrics /debug /debug/runners\n';

/** Rejects with an Error that names the address when it cannot be opened. */
export async function openAdmin(listen: string, parts: AdminParts): Promise<Admin> {
  const limits = { maxHeaderSize: 8192, headersTimeout: 5000, requestTimeout: 5000 };
  const server: Server = createServer(limits, (request, response) => {
    request.resume();
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return answer(response, 405, 'text/plain', 'only GET\n');
    }
    void respond((request.url ?? '/').replace(/\?.*$/s, ''), response, parts);
  });
  server.maxConnections = 100;
  const at = await listening(server, listen).catch((error: unknown) => {
    throw new Error(`admin ${textOf(error)}`);
  });
  return {
    url: `http://${at}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond(path: string, response: ServerResponse, parts: AdminParts): Promise<void> {
  const json = (value: unknown): void =>
    answer(response, 200, 'application/json', `${JSON.stringify(value, null, 2)}\n`);
  switch (path) {
    case '/healthz':
      return answer(response, 200, 'text/plain', 'ok\n');
    case '/readyz': {
      const ready = parts.ready();
      return answer(response, ready ? 200 : 503, 'text/plain', ready ? 'ready\n' : 'not ready\n');
    }
    case '/metrics':
      return answer(response, 200, parts.metricsType, parts.metrics());
    case '/debug':
      return json(parts.state());
    case '/debug/runners':
      return json(await parts.runners());
    default:
      return answer(response, 404, 'text/plain', HELP);
  }
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
