/** Calls as a balancer hands them to runners and placers, for laws that need one. */
import { cacheBody, type Body } from '../../core/body.js';
import { createBudget } from '../../core/budget.js';
import type { Call, FunctionInfo } from '../../core/call.js';
import type { Clock } from '../../core/clock.js';
import { NO_APP } from '../../core/data-access.js';
import { createValve } from '../../core/valve.js';

export interface CallGiven {
  readonly id?: string;
  /** Id of the function. */
  readonly fn?: string;
  readonly body?: readonly Uint8Array[];
  /** Arrival to deadline. */
  readonly timeoutMs?: number;
}

/** A call that has arrived just now, with its body cached. */
export function callOf(clock: Clock, given: CallGiven = {}): Call {
  const { id = 'call-1', fn: name = 'hello', body = [], timeoutMs = 30_000 } = given;
  const own = { timeoutMs, idempotent: false, memoryMb: 128, image: '', config: { A: '1' } };
  const fn: FunctionInfo = { id: name, name, appId: '', group: 'default', ...own };
  const headers = [['Content-Type', 'text/plain']] as const;
  const ids = { slotHashId: '6162', requestId: 'request-1' };
  const spec = { fn, app: NO_APP, headers, extensions: { a: 'b' }, ...ids, ...own };
  const arrivedAt = clock.now();
  return {
    id,
    fn,
    spec: { ...spec, group: 'default' },
    method: 'POST',
    url: `/invoke/${name}`,
    detached: false,
    body: cached(body),
    arrivedAt,
    deadline: arrivedAt + timeoutMs * 1000,
    placementUs: 15_000_000,
    createdWallMs: clock.wall(),
    valve: createValve(),
    progress: { attempts: 0, attemptOpen: false, committed: false, maybeExecuted: false },
  };
}

function cached(chunks: readonly Uint8Array[]): Body {
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const request = { fn: '', method: 'POST', url: '/', headers: [] };
  let body: Body | undefined;
  const made = cacheBody(
    { ...request, body: { bytes, chunks: () => chunks } },
    bytes,
    createBudget(bytes),
  );
  made.subscribe((ready) => (body = ready));
  if (body === undefined) throw new Error('no body came out of the cache');
  return body;
}
