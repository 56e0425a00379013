/** The clients of a gRPC flight: one HTTP request a planned call, and the line of what it saw. */
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import type { ClientLine, Clock, Header } from '../core/index.js';
import { MARK, REQUEST_MARKS, createWitness, requestFor, type Send } from '../sim/index.js';

/** The header that carries a planned call's id through the edge. */
export const CALL_ID_HEADER = 'x-windtunnel-call';

export interface HttpClient {
  /** Sends a call now; `sentAt` is when it was meant to be sent. Hanging up cuts its connection. */
  readonly send: Send;
  close(): void;
}

/** `ports`: of the load balancers' edges on loopback, by their number. */
export function createHttpClient(clock: Clock, ports: readonly number[]): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  return {
    send(planned, sentAt, tell) {
      const sent = requestFor(planned);
      const { body, method, url } = sent;
      const witness = createWitness(clock, planned, sent, sentAt, tell);
      let told = false;
      // A request and its response can both say that they broke.
      const over = (how: ClientLine['how']): void => {
        if (told) return;
        told = true;
        witness.over(how);
      };
      const headers = {
        'content-length': body.length,
        [CALL_ID_HEADER]: planned.id,
        [MARK]: [...REQUEST_MARKS],
      };
      const port = ports[planned.lb];
      const request = httpRequest({ host: '127.0.0.1', port, agent, method, path: url, headers });
      request.on('error', () => over('cut'));
      request.on('response', (response) => {
        witness.head(response.statusCode ?? 0, pairs(response.headersDistinct));
        response.on('data', (chunk: Buffer) => witness.take(chunk));
        response.on('error', () => over('cut'));
        response.on('end', () => over('ended'));
        response.on('close', () => over('cut'));
      });
      request.end(body);
      return () => {
        over('left');
        request.destroy();
      };
    },
    close: () => agent.destroy(),
  };
}

const pairs = (headers: IncomingMessage['headersDistinct']): Header[] =>
  Object.entries(headers).flatMap(([name, values = []]) =>
    values.map((value): Header => [name, value]),
  );
