/** The clients of a gRPC flight: one HTTP request a planned call, and the line of what it saw. */
import { Agent, request as httpRequest } from 'node:http';
import type { Clock } from '../core/index.js';
import type { ClientLine } from '../core/index.js';
import { EMPTY_HASH, hashBytes, requestFor, type PlannedCall } from '../sim/index.js';

/** The header that carries a planned call's id through the edge. */
export const CALL_ID_HEADER = 'x-windtunnel-call';

export interface HttpClient {
  /** Sends a call now; `sentAt` is when it was meant to be sent. */
  send(planned: PlannedCall, sentAt: number, tell: (line: ClientLine) => void): void;
  close(): void;
}

export function createHttpClient(clock: Clock, port: number): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  return {
    send(planned, sentAt, tell) {
      const { id, fn } = planned;
      const { body, method, url } = requestFor(planned);
      let status = 0;
      let bytes = 0;
      let hash = EMPTY_HASH;
      let told = false;
      const over = (how: ClientLine['how']): void => {
        if (told) return;
        told = true;
        tell({
          kind: 'client',
          at: clock.now(),
          call: id,
          sentAt,
          status,
          how,
          idempotent: fn.idempotent,
          sentBytes: body.length,
          sentHash: hashBytes(EMPTY_HASH, body),
          bytes,
          hash,
        });
      };
      const headers = { 'content-length': body.length, [CALL_ID_HEADER]: id };
      const request = httpRequest({ host: '127.0.0.1', port, agent, method, path: url, headers });
      request.on('error', () => over('cut'));
      request.on('response', (response) => {
        status = response.statusCode ?? 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          hash = hashBytes(hash, chunk);
        });
        response.on('error', () => over('cut'));
        response.on('end', () => over('ended'));
        response.on('close', () => over('cut'));
      });
      request.end(body);
    },
    close: () => agent.destroy(),
  };
}
