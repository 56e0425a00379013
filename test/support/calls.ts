/** Calls as the stations behind the body see them, and bytes to put into them. */
import { from } from 'rxjs';
import { cacheBody, type Body } from '../../core/body.js';
import { createBudget, type Budget } from '../../core/budget.js';
import type { Call, FunctionInfo } from '../../core/call.js';
import type { Clock } from '../../core/clock.js';
import { NO_APP } from '../../core/data-access.js';
import type { Draft } from '../../core/draft.js';
import { createValve } from '../../core/valve.js';

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Chunks as one array. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(chunks));
}

export const FUNCTION: FunctionInfo = Object.freeze({
  id: 'hello',
  name: 'hello',
  appId: '',
  group: 'default',
  timeoutMs: 10_000,
  idempotent: false,
  memoryMb: 128,
  image: 'img',
  config: Object.freeze({ A: '1' }),
});

/** A cached body of these chunks. */
export function bodyOf(chunks: readonly Uint8Array[], budget: Budget = createBudget(1e9)): Body {
  let cached: Body | undefined;
  const request = { fn: '', method: 'POST', url: '/', headers: [], body: from(chunks) };
  cacheBody(request, 1e9, budget).subscribe({
    next: (ready) => (cached = ready),
    error: (error: unknown) => {
      throw error;
    },
  });
  if (cached === undefined) throw new Error('no body came out of the cache');
  return cached;
}

/** A function as a call sees it that changes nothing of it. */
function specOf(fn: FunctionInfo): Draft {
  const { config, timeoutMs, memoryMb, image, idempotent, group } = fn;
  const own = { headers: [['Content-Type', 'text/plain'] as const], config, extensions: {} };
  const ids = { slotHashId: '', requestId: '' };
  return { fn, app: NO_APP, ...own, ...ids, timeoutMs, memoryMb, image, idempotent, group };
}

/** A call that has just arrived. */
export function testCall(
  clock: Clock,
  given: {
    readonly fn?: Partial<FunctionInfo>;
    readonly id?: string;
    readonly body?: readonly Uint8Array[];
    readonly arrivedAt?: number;
    readonly placementMs?: number;
    readonly requestId?: string;
  } = {},
): Call {
  const fn = { ...FUNCTION, ...given.fn };
  const arrivedAt = given.arrivedAt ?? clock.now();
  return {
    id: given.id ?? 'call-1',
    fn,
    method: 'POST',
    url: '/invoke/hello',
    spec: { ...specOf(fn), requestId: given.requestId ?? '' },
    detached: false,
    body: bodyOf(given.body ?? [utf8('ping')]),
    arrivedAt,
    deadline: arrivedAt + fn.timeoutMs * 1000,
    placementUs: (given.placementMs ?? 15_000) * 1000,
    createdWallMs: clock.wall(),
    valve: createValve(),
    progress: { attempts: 0, attemptOpen: false, committed: false, maybeExecuted: false },
  };
}
