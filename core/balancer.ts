/**
 * The story of one call on one screen: gate → journey (lookup → body → placement, under one
 * deadline) → response → end. Each station is the file of its name; this one puts them in order.
 */
import { Observable, Subject, concat, defer, finalize, throwError } from 'rxjs';
import type { TraceOf } from './attempt-trace.js';
import type { Belief } from './belief.js';
import { createBudget } from './budget.js';
import { endCall } from './call-end.js';
import type { Request } from './call.js';
import type { Clock } from './clock.js';
import type { DataAccess } from './data-access.js';
import { runDetached } from './detached.js';
import type { CallOption } from './draft.js';
import { CallError } from './errors.js';
import { fanOut } from './fan-out.js';
import { createGate, type Ticket } from './gate.js';
import { createGroups } from './groups.js';
import { createHedgeDelays } from './hedge-delay.js';
import { travel, type Life } from './journey.js';
import { createLag } from './lag.js';
import type { CallListener } from './listeners.js';
import { resolveOptions, type BalancerOptions } from './options.js';
import type { MakePlacer } from './placer.js';
import type { Pool } from './pool.js';
import type { Probe } from './probe.js';
import { respond, type Verdict } from './response.js';
import { createRetryBudget } from './retry-budget.js';
import type { Rng } from './rng.js';
import type { RunnerEvent } from './runner.js';
import type { Sink } from './sink.js';
import { createValve } from './valve.js';

/** What a balancer is made of. */
export interface BalancerParts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly pool: Pool;
  readonly data: DataAccess;
  /** Makes the policy of a group, one a group. Default naive. */
  readonly placer?: MakePlacer;
  /** Policies of their own, by group. */
  readonly placers?: Readonly<Record<string, MakePlacer>>;
  /**
   * Told what happens to every call: one, or several in this order, such as a probe of your own,
   * `createMetrics().probe` and `createSpans()`. Nothing is computed when there is none. One that
   * throws breaks the call that it was told of.
   */
  readonly probe?: Probe | readonly Probe[];
  /** Trace context for runners, such as `traceOf` of the spans above. Default: the client's own. */
  readonly trace?: TraceOf;
  /** Changes to every call, after the request's own. Default none. */
  readonly callOptions?: readonly CallOption[];
  /** The last to change a call, for instance to set its extensions. Default none. */
  readonly overrider?: CallOption;
  /** Told before a call is placed and after its end, in this order. Default none. */
  readonly listeners?: readonly CallListener[];
}

/** What a balancer holds for its calls. */
export interface Held {
  readonly calls: number;
  /** Of these, calls that wait for a runner. */
  readonly waiting: number;
  /** Attempts that are open on the pool's runners, by what its placers are told. */
  readonly attempts: number;
  /** Calls that are responded to and whose end is not over. */
  readonly callEnds: number;
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
  /** What it believes of each runner of the groups that calls have come for: a look, for people. */
  beliefs(): readonly Belief[];
  /**
   * Refuses new calls from now on, waits for those in flight, forces them to end after
   * `closeGraceMs`, then closes the pool and completes. Idempotent; errors with the first
   * failure of a runner to close, once all of them have settled.
   */
  close(): Observable<never>;
}

export function createBalancer(
  parts: BalancerParts,
  given: Partial<BalancerOptions> = {},
): Balancer {
  const options = resolveOptions(given);
  const { clock, pool, data, callOptions = [], listeners = [], overrider } = parts;
  const probe = fanOut(parts.probe);
  const { rng, placer, placers, trace } = parts;
  const groups = createGroups({ clock, probe, pool, options, rng, placer, placers });
  const budget = createRetryBudget(clock, options);
  const gate = createGate(clock, options);
  const bodies = createBudget(options.bodiesMaxBytes);
  const responding = { clock, options, absorbed: createBudget(options.absorbTotalBytes) };
  const rules = {
    callOptions,
    overrider,
    idempotentHeader: options.idempotentHeader.toLowerCase(),
  };
  const placing = { clock, probe, trace, options, groups, budget };
  const looking = { lag: createLag(clock), hedges: createHedgeDelays() };
  const traveling = { ...placing, ...looking, data, bodies, rules, listeners };
  let calls = 0;

  /** The response is over: only the call's end holds anything of it when the probe is told. */
  function end(life: Life, ticket: Ticket | undefined, verdict: Verdict): void {
    const bytesIn = life.body?.bytes ?? 0;
    life.body?.release();
    life.force = undefined;
    ticket?.responded();
    const { call } = life;
    const ends = ticket !== undefined && call !== undefined && listeners.length > 0;
    if (!ends) ticket?.release();
    const { outcome, code, status, bytesOut } = verdict;
    const { attempts } = life.progress;
    const at = clock.now();
    probe?.({
      kind: 'end',
      at,
      call: life.id,
      outcome,
      code,
      status,
      attempts,
      bytesIn,
      bytesOut,
      callEnd: ends,
    });
    if (!ends) return;
    const limitUs = options.callEndTimeoutMs * 1000;
    const done = (): void => {
      probe?.({ kind: 'call-end', at: clock.now(), call: life.id });
      ticket.release();
    };
    life.force = endCall(clock, listeners, call, verdict, limitUs, done);
    if (gate.impatient) life.force();
  }

  /** A synchronous call: the events of its journey are its response. */
  function answered(request: Request, life: Life, ticket: Ticket | undefined): Response {
    let ended = false;
    const finish = (verdict: Verdict): void => {
      if (ended) return;
      ended = true;
      end(life, ticket, verdict);
    };
    const forcible = (force: (error: CallError) => void): void => {
      const forced = (): void => force(closing(life));
      life.force = forced;
    };
    const events = travel(traveling, request, life);
    return { events, forcible, over: finish, left: () => finish(LEFT) };
  }

  /** A detached call: the run is the gate's, and the client only waits for its beginning. */
  function accepted(request: Request, life: Life, ticket: Ticket): Response {
    const run = runDetached(travel(traveling, request, life), (verdict) =>
      end(life, ticket, verdict),
    );
    const forced = (): void => run.force(closing(life));
    life.force = forced;
    return { events: run.answer, forcible: NOTHING, over: NOTHING, left: NOTHING };
  }

  function handle(request: Request, sink: Sink): Observable<Verdict> {
    return new Observable((out) => {
      calls += 1;
      const life = createLife(request.id ?? `${options.idPrefix}-${calls}`, clock.now());
      const { id, valve } = life;
      const lb = options.idPrefix;
      probe?.({ kind: 'arrive', at: life.arrivedAt, call: id, fn: nameOf(request), lb });
      budget.arrived();
      const ticket = gate.admit(() => life.force?.());
      const response = respondWith(request, life, ticket);
      const { events, forcible, over, left } = response;
      const onHead = (status: number): void =>
        probe?.({ kind: 'head', at: clock.now(), call: id, status });
      const { method, errorShape = 'v2' } = request;
      const of = { callId: id, method, errorShape, valve, sink, onHead, forcible };
      const responded = respond(responding, of, events).subscribe({
        next(verdict) {
          over(verdict);
          out.next(verdict);
        },
        error: (error: unknown) => out.error(error),
        complete: () => out.complete(),
      });
      return () => {
        responded.unsubscribe();
        left();
      };
    });
  }

  function respondWith(request: Request, life: Life, ticket: Ticket | CallError): Response {
    if (ticket instanceof CallError) {
      const refused = answered(request, life, undefined);
      return { ...refused, events: throwError(() => ticket) };
    }
    if (request.detached === true) return accepted(request, life, ticket);
    return answered(request, life, ticket);
  }

  return {
    get held() {
      const { inFlight, ending } = gate;
      const responseBytes = responding.absorbed.used;
      const { waiting, attempts } = groups;
      const bodyBytes = bodies.used;
      return { calls: inFlight, waiting, attempts, callEnds: ending, bodyBytes, responseBytes };
    },
    beliefs: () => groups.beliefs(),
    handle,
    close() {
      const closePool = defer(() => {
        groups.dispose();
        // No call of ours is open by now; what still holds a runner is cut.
        const patience = clock.after(options.closeGraceMs * 1000, () => pool.cut());
        return pool.close().pipe(finalize(() => patience.cancel()));
      });
      // At once and to its end, whether or not anybody waits for it.
      const ended = new Subject<never>();
      concat(gate.close(options.closeGraceMs * 1000), closePool).subscribe(ended);
      return ended.asObservable();
    },
  };
}

/** What is written to a client, and who is told of its end. */
interface Response {
  readonly events: Observable<RunnerEvent>;
  readonly forcible: (force: (error: CallError) => void) => void;
  /** The response is complete. */
  readonly over: (verdict: Verdict) => void;
  /** The client left, before or after that. */
  readonly left: () => void;
}

const NOTHING = (): void => undefined;

/** What a request asks for, in words. */
const nameOf = ({ fn, route }: Request): string =>
  route === undefined ? fn : `${route.app}${route.path}`;

/** A client that left before it had its response. */
export const LEFT: Verdict = Object.freeze({
  outcome: 'canceled',
  code: 'canceled',
  status: 499,
  bytesOut: 0,
});

function createLife(id: string, arrivedAt: number): Life {
  const progress = { attempts: 0, attemptOpen: false, committed: false, maybeExecuted: false };
  return {
    id,
    arrivedAt,
    valve: createValve(),
    progress,
    body: undefined,
    call: undefined,
    force: undefined,
  };
}

/** What a client is told whose call is ended by close, by whether it can have been executed. */
function closing({ progress }: Life): CallError {
  const { attemptOpen, committed, maybeExecuted } = progress;
  const maybe = attemptOpen || committed || maybeExecuted;
  return new CallError(maybe ? 'aborted' : 'closed', 'the balancer was closed');
}
