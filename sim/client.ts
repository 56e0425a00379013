/** A simulated client: it sends one call, takes the response as a Sink, and says what it saw. */
import type { Clock } from '../core/clock.js';
import type { Request } from '../core/call.js';
import type { ClientLine } from '../core/record.js';
import type { Sink } from '../core/sink.js';
import { EMPTY_HASH, hashBytes, requestContent } from './content.js';
import type { PlannedCall } from './plan.js';

/** What a client sends for a planned call. */
export function requestFor(planned: PlannedCall): Request & { readonly body: Uint8Array } {
  const { id, fn } = planned;
  return {
    id,
    fn: fn.name,
    method: 'POST',
    url: `/invoke/${fn.name}`,
    headers: HEADERS,
    body: requestContent(id, fn.requestBytes),
    contentLength: fn.requestBytes,
  };
}

const HEADERS = Object.freeze([['Content-Type', 'application/octet-stream'] as const]);

/** The receiving half. `tell` gets the line when the response is over, however it ends. */
export function createClient(
  clock: Clock,
  planned: PlannedCall,
  request: { readonly body: Uint8Array },
  sentAt: number,
  tell: (line: ClientLine) => void,
): Sink {
  let status = 0;
  let bytes = 0;
  let hash = EMPTY_HASH;
  const over = (how: ClientLine['how']): void =>
    tell({
      kind: 'client',
      at: clock.now(),
      call: planned.id,
      sentAt,
      status,
      how,
      idempotent: planned.fn.idempotent,
      sentBytes: request.body.length,
      sentHash: hashBytes(EMPTY_HASH, request.body),
      bytes,
      hash,
    });
  return {
    head(received) {
      status = received;
    },
    write(chunk) {
      bytes += chunk.length;
      hash = hashBytes(hash, chunk);
      return true;
    },
    onDrain: () => undefined,
    end(ended) {
      // The call is over for the LB first: the probe's `end` comes before the client's line.
      ended();
      over('ended');
    },
    cut: () => over('cut'),
  };
}
