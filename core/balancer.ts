/**
 * The story of one call on one screen: gate → journey (lookup → body → placement, under one
 * deadline) → response → end. Each station is the file of its name; this one puts them in order.
 */
import { EMPTY, Observable, concat, defer, throwError } from 'rxjs';
import { createBudget } from './budget.js';
import type { Request } from './call.js';
import type { Clock } from './clock.js';
import { CallError } from './errors.js';
import { createGate, type Ticket } from './gate.js';
import { travel, type Life } from './journey.js';
import type { DataAccess } from './lookup.js';
import { resolveOptions, type BalancerOptions } from './options.js';
import { placerByName, type Placer } from './placer.js';
import type { Pool } from './pool.js';
import type { Probe } from './probe.js';
import { respond, type Verdict } from './response.js';
import type { Rng } from './rng.js';
import type { Sink } from './sink.js';
import { createValve } from './valve.js';

/** What a balancer is made of. */
export interface BalancerParts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly pool: Pool;
  readonly data: DataAccess;
  /** Default: naive, on the rng's stream "placer". */
  readonly placer?: Placer;
  /** Told what happens to every call; nothing is computed when there is none. */
  readonly probe?: Probe;
}

/** What a balancer holds for its calls. */
export interface Held {
  readonly calls: number;
  readonly bodyBytes: number;
  readonly responseBytes: number;
}

export interface Balancer {
  /**
   * Takes one call and writes its response to the sink. Cold: subscribe exactly once. Emits one
   * verdict and completes; never errors. Unsubscribe when the client leaves: that cancels the call,
   * all the way to the function.
   */
  handle(request: Request, sink: Sink): Observable<Verdict>;
  /** What is held right now: all zero when nothing is in flight. */
  readonly held: Held;
  /**
   * Refuses new calls from now on, waits for those in flight, forces them to end after
   * `closeGraceMs`, then closes the pool and completes. Idempotent; never errors.
   */
  close(): Observable<never>;
}

export function createBalancer(
  parts: BalancerParts,
  given: Partial<BalancerOptions> = {},
): Balancer {
  const options = resolveOptions(given);
  const { clock, pool, data, probe } = parts;
  const placer = parts.placer ?? placerByName.naive(parts.rng.split('placer'));
  const gate = createGate(clock, options.inFlightMax);
  const bodies = createBudget(options.bodiesMaxBytes);
  const responseParts = { clock, options, absorbed: createBudget(options.absorbTotalBytes) };
  const journeyParts = { clock, probe, pool, placer, options, data, bodies };
  let calls = 0;

  /** The end: nothing of the call is held any more when the probe is told. */
  function end(life: Life, ticket: Ticket | undefined, verdict: Verdict): void {
    const bytesIn = life.body?.bytes ?? 0;
    life.body?.release();
    ticket?.release();
    const { outcome, code, status, bytesOut } = verdict;
    const { attempts } = life.progress;
    const at = clock.now();
    probe?.({ kind: 'end', at, call: life.id, outcome, code, status, attempts, bytesIn, bytesOut });
  }

  function handle(request: Request, sink: Sink): Observable<Verdict> {
    return new Observable((out) => {
      calls += 1;
      const life = createLife(request.id ?? `${options.idPrefix}-${calls}`, clock.now());
      const { id, valve } = life;
      probe?.({ kind: 'arrive', at: life.arrivedAt, call: id, fn: request.fn });
      const admitted = gate.admit(() => life.force?.(closing(life)));
      const ticket = admitted instanceof CallError ? undefined : admitted;
      const events =
        admitted instanceof CallError
          ? throwError(() => admitted)
          : travel(journeyParts, request, life);
      const onHead = (status: number): void =>
        probe?.({ kind: 'head', at: clock.now(), call: id, status });
      let ended = false;
      const forcible = (force: (error: CallError) => void): void => void (life.force = force);
      const response = { callId: id, method: request.method, valve, sink, onHead, forcible };
      const responding = respond(responseParts, response, events).subscribe({
        next(verdict) {
          ended = true;
          end(life, ticket, verdict);
          out.next(verdict);
        },
        error: (error: unknown) => out.error(error),
        complete: () => out.complete(),
      });
      return () => {
        responding.unsubscribe();
        if (!ended) end(life, ticket, LEFT);
      };
    });
  }

  return {
    get held() {
      const responseBytes = responseParts.absorbed.used;
      return { calls: gate.inFlight, bodyBytes: bodies.used, responseBytes };
    },
    handle,
    close() {
      const closePool = defer(() => {
        pool.close();
        return EMPTY;
      });
      return concat(gate.close(options.closeGraceMs * 1000), closePool);
    },
  };
}

/** A client that left before it had its response. */
const LEFT: Verdict = Object.freeze({
  outcome: 'canceled',
  code: 'canceled',
  status: 499,
  bytesOut: 0,
});

function createLife(id: string, arrivedAt: number): Life {
  const progress = { attempts: 0, attemptOpen: false, committed: false, maybeExecuted: false };
  return { id, arrivedAt, valve: createValve(), progress, body: undefined, force: undefined };
}

/** What a client is told whose call is ended by close, by whether it can have been executed. */
function closing({ progress }: Life): CallError {
  const { attemptOpen, committed, maybeExecuted } = progress;
  const maybe = attemptOpen || committed || maybeExecuted;
  return new CallError(maybe ? 'aborted' : 'closed', 'the balancer was closed');
}
