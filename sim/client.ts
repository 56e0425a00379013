/** Clients of a flight: what one sends, what it sees, and the simulated one as a Sink. */
import type { Clock } from '../core/clock.js';
import type { Request } from '../core/call.js';
import type { ClientLine } from '../core/record.js';
import type { Header } from '../core/runner.js';
import type { Sink } from '../core/sink.js';
import { EMPTY_HASH, hashBytes, requestContent } from './content.js';
import { hashMarks, markHeaders, marksIn, REQUEST_MARKS } from './marks.js';
import type { PlannedCall } from './plan.js';

/** What a client sends for a planned call. */
export function requestFor(planned: PlannedCall): Request & { readonly body: Uint8Array } {
  const { id, first, fn } = planned;
  return {
    id,
    fn: fn.name,
    method: 'POST',
    url: `/invoke/${fn.name}`,
    headers: HEADERS,
    body: requestContent(first, fn.requestBytes),
    contentLength: fn.requestBytes,
  };
}

const HEADERS: readonly Header[] = Object.freeze<Header[]>([
  ...markHeaders(REQUEST_MARKS),
  ['Content-Type', 'application/octet-stream'],
]);

const SENT_MARKS = hashMarks(REQUEST_MARKS);

/** What one client sees of its response, in either world, on its way to a ClientLine. */
export interface Witness {
  head(status: number, headers: readonly Header[]): void;
  take(bytes: Uint8Array): void;
  /** Tells the line, each time it is called. */
  over(how: ClientLine['how']): void;
}

export function createWitness(
  clock: Clock,
  planned: PlannedCall,
  request: { readonly body: Uint8Array },
  sentAt: number,
  tell: (line: ClientLine) => void,
): Witness {
  let status = 0;
  let marks = 0;
  let bytes = 0;
  let hash = EMPTY_HASH;
  return {
    head(received, headers) {
      status = received;
      marks = hashMarks(marksIn(headers));
    },
    take(chunk) {
      bytes += chunk.length;
      hash = hashBytes(hash, chunk);
    },
    over: (how) =>
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
        sentMarks: SENT_MARKS,
        bytes,
        hash,
        marks,
      }),
  };
}

/** A simulated client's receiving half: it takes everything at once. */
export function createClient(witness: Witness): Sink {
  return {
    head: (status, headers) => witness.head(status, headers),
    write(chunk) {
      witness.take(chunk);
      return true;
    },
    onDrain: () => undefined,
    end(ended) {
      // The call is over for the LB first: the probe's `end` comes before the client's line.
      ended();
      witness.over('ended');
    },
    cut: () => witness.over('cut'),
  };
}
