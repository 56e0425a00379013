/**
 * The way of one call from its ticket to the events of the runner that takes it: lookup → body →
 * placement, under one deadline.
 *
 * Hand-written, in the place of five operators that every call would subscribe to (two concatMap,
 * two deadlines, one cut: measured at a third of a simulated call's memory).
 */
import { Observable, type Subscriber, type Subscription } from 'rxjs';
import { cacheBody, type Body } from './body.js';
import type { Budget } from './budget.js';
import type { FunctionInfo, Progress, Request } from './call.js';
import type { Timer } from './clock.js';
import { CallError } from './errors.js';
import { guarded } from './invariant.js';
import { lookup, type DataAccess } from './lookup.js';
import { place, type PlacementParts } from './placement.js';
import type { RunnerEvent } from './runner.js';
import type { Valve } from './valve.js';

/** What all journeys of a balancer share. */
export interface JourneyParts extends PlacementParts {
  readonly data: DataAccess;
  readonly bodies: Budget;
}

/** What one call is known by before it is a Call; its balancer reads how far it came. */
export interface Life {
  readonly id: string;
  readonly arrivedAt: number;
  readonly valve: Valve;
  readonly progress: Progress;
  body: Body | undefined;
  /** Ends the call with an error from outside its own stream; given by the response. */
  force: ((error: CallError) => void) | undefined;
}

/** Emits what `place` emits. Errors with the code of the station where it ended. Cold. */
export function travel(parts: JourneyParts, request: Request, life: Life): Observable<RunnerEvent> {
  return new Observable((out) => {
    const journey = new Journey(parts, request, life, out);
    journey.lookUp();
    return () => journey.stop();
  });
}

class Journey {
  private station: 'lookup' | 'body' | 'placement' = 'lookup';
  private deadline: Timer | undefined;
  private over = false;
  private readonly subscriptions: Subscription[] = [];

  constructor(
    private readonly parts: JourneyParts,
    private readonly request: Request,
    private readonly life: Life,
    private readonly out: Subscriber<RunnerEvent>,
  ) {}

  lookUp(): void {
    const { clock, data, options } = this.parts;
    const known = lookup(clock, data, this.request.fn, options.lookupMs * 1000);
    const first = (fn: FunctionInfo): void => {
      if (this.station === 'lookup') this.cacheBody(fn);
    };
    this.follow(known, first, () => {
      if (this.station !== 'lookup') return;
      this.fail(new CallError('lookup_failed', 'the lookup said nothing'));
    });
  }

  private cacheBody(fn: FunctionInfo): void {
    const { clock, options, bodies } = this.parts;
    this.station = 'body';
    const deadline = this.life.arrivedAt + fn.timeoutMs * 1000;
    const remaining = Math.max(0, deadline - clock.now());
    this.deadline = clock.after(remaining, () => this.fail(late(this.life)));
    const cached = cacheBody(this.request, options.bodyMaxBytes, bodies);
    this.follow(
      cached,
      (body) => this.place(fn, body, deadline),
      () => undefined,
    );
  }

  private place(fn: FunctionInfo, body: Body, deadline: number): void {
    const { parts, life, out } = this;
    const { method, url, headers } = this.request;
    const { id, arrivedAt, valve, progress } = life;
    const now = parts.clock.now();
    this.station = 'placement';
    life.body = body;
    parts.probe?.({ kind: 'cached', at: now, call: id, bytes: body.bytes, deadline });
    const createdWallMs = parts.clock.wall();
    const at = { arrivedAt, deadline, createdWallMs };
    const call = { id, fn, method, url, headers, body, ...at, valve, progress };
    this.follow(
      place(parts, call),
      (event) => out.next(event),
      () => this.complete(),
    );
  }

  /** Subscribes to a station and keeps it until the end. */
  private follow<T>(source: Observable<T>, next: (value: T) => void, complete: () => void): void {
    const fail = (error: unknown): void => this.fail(CallError.from(error));
    const subscription = source.subscribe({
      next: (value) => guarded(() => next(value), fail),
      error: fail,
      complete,
    });
    if (this.over) subscription.unsubscribe();
    else this.subscriptions.push(subscription);
  }

  private complete(): void {
    this.deadline?.cancel();
    this.out.complete();
  }

  private fail(error: CallError): void {
    if (this.over) return;
    this.stop();
    this.out.error(error);
  }

  /** Lets go of every station; an open attempt is canceled by that. */
  stop(): void {
    this.over = true;
    this.deadline?.cancel();
    for (const subscription of this.subscriptions) subscription.unsubscribe();
  }
}

/** What it means that the deadline passed, by where the call stood. */
function late(life: Life): CallError {
  const { attempts, attemptOpen, maybeExecuted } = life.progress;
  if (life.body === undefined) return new CallError('body_late', 'still uploading at the deadline');
  if (attemptOpen || maybeExecuted) return new CallError('expired', `in attempt ${attempts}`);
  return new CallError('not_placed', `no runner by the deadline, ${attempts} attempts`);
}
