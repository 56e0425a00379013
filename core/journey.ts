/**
 * The way of one call from its ticket to the events of the runner that takes it: lookup → draft →
 * body → listeners → placement, under one deadline.
 *
 * Hand-written, in the place of operators that every call would subscribe to (two concatMap, two
 * deadlines, one cut: measured at a third of a simulated call's memory).
 */
import { Observable, type Subscriber, type Subscription } from 'rxjs';
import { cacheBody, type Body } from './body.js';
import type { Budget } from './budget.js';
import type { Call, FunctionInfo, Progress, Request } from './call.js';
import type { Timer } from './clock.js';
import { NO_APP, type AppInfo, type DataAccess } from './data-access.js';
import { makeDraft, type Draft, type DraftRules } from './draft.js';
import { CallError } from './errors.js';
import { guarded } from './invariant.js';
import { before, type CallListener } from './listeners.js';
import { ask } from './lookup.js';
import { place, type PlacementParts } from './placement.js';
import type { RunnerEvent } from './runner.js';
import type { Valve } from './valve.js';

/** What all journeys of a balancer share. */
export interface JourneyParts extends PlacementParts {
  readonly data: DataAccess;
  readonly bodies: Budget;
  readonly rules: DraftRules;
  readonly listeners: readonly CallListener[];
}

/** What one call is known by before it is a Call; its balancer reads how far it came. */
export interface Life {
  readonly id: string;
  readonly arrivedAt: number;
  readonly valve: Valve;
  readonly progress: Progress;
  body: Body | undefined;
  /** Set once every listener has agreed to it: from then on it has an end. */
  call: Call | undefined;
  /** Ends what is left of the call, for a close that has lost its patience. */
  force: (() => void) | undefined;
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
  private deadline: Timer | undefined;
  private deadlineAt = Number.POSITIVE_INFINITY;
  private over = false;
  private readonly subscriptions: Subscription[] = [];

  constructor(
    private readonly parts: JourneyParts,
    private readonly request: Request,
    private readonly life: Life,
    private readonly out: Subscriber<RunnerEvent>,
  ) {}

  lookUp(): void {
    const { data, options, clock } = this.parts;
    const { fn, route } = this.request;
    const until = clock.now() + options.lookupMs * 1000;
    if (route !== undefined) {
      const { app: name, path } = route;
      this.ask(data.appByName(name), `app "${name}"`, until, (app) =>
        this.ask(data.functionByRoute(app.id, path), `route ${path}`, until, (found) =>
          this.draft(app, found),
        ),
      );
    } else if (fn === '') {
      this.fail(new CallError('no_request', 'no model or request provided for call'));
    } else {
      this.ask(data.functionById(fn), `function "${fn}"`, until, (found) => {
        if (found.appId === '') return this.draft(NO_APP, found);
        this.ask(data.appById(found.appId), `app "${found.appId}"`, until, (app) =>
          this.draft(app, found),
        );
      });
    }
  }

  /** One question of the lookup: `next` is called once, or the journey ends here. */
  private ask<T>(source: Observable<T>, what: string, until: number, next: (a: T) => void): void {
    let answered = false;
    this.follow(
      ask(this.parts.clock, source, what, until),
      (answer) => {
        answered = true;
        next(answer);
      },
      () => {
        if (answered) return;
        this.fail(new CallError('lookup_failed', `the lookup said nothing about ${what}`));
      },
    );
  }

  private draft(app: AppInfo, fn: FunctionInfo): void {
    const draft = makeDraft(this.parts.rules, this.request, app, fn);
    if (draft instanceof CallError) return this.fail(draft);
    this.cacheBody(draft);
  }

  private cacheBody(spec: Draft): void {
    const { clock, options, bodies } = this.parts;
    const { arrivedAt } = this.life;
    const detachedMs = options.detachedPlacementMs + options.detachedHeadroomMs;
    const extraMs = this.request.detached === true ? detachedMs : 0;
    const deadline = arrivedAt + (spec.timeoutMs + extraMs) * 1000;
    this.deadlineAt = deadline;
    const remaining = Math.max(0, deadline - clock.now());
    this.deadline = clock.after(remaining, () => this.fail(late(this.life)));
    this.follow(
      cacheBody(this.request, options.bodyMaxBytes, bodies),
      (body) => this.listen(spec, body, deadline),
      NOTHING,
    );
  }

  /** The call is complete: listeners may still refuse it. */
  private listen(spec: Draft, body: Body, deadline: number): void {
    const { parts, life } = this;
    const { method, url, detached = false } = this.request;
    const { id, arrivedAt, valve, progress } = life;
    const { clock, options, probe, listeners } = parts;
    life.body = body;
    probe?.({
      kind: 'cached',
      at: clock.now(),
      call: id,
      bytes: body.bytes,
      deadline,
      fn: spec.fn.id,
      app: spec.app.id,
      image: spec.image,
      group: spec.group,
      rid: spec.requestId,
    });
    const placementMs = detached ? options.detachedPlacementMs : options.placementMs;
    const call: Call = {
      id,
      fn: spec.fn,
      spec,
      method,
      url,
      body,
      detached,
      arrivedAt,
      deadline,
      placementUs: placementMs * 1000,
      createdWallMs: clock.wall(),
      valve,
      progress,
    };
    if (listeners.length === 0) return this.place(call);
    this.follow(before(listeners, call), NOTHING, () => {
      if (!this.over) this.place(call);
    });
  }

  private place(call: Call): void {
    this.life.call = call;
    this.follow(
      place(this.parts, call),
      (event) => this.out.next(event),
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
    // A socket that breaks at the deadline did so for the deadline.
    const broke = error.code === 'body_broken' && this.parts.clock.now() >= this.deadlineAt;
    const told = broke ? late(this.life) : error;
    this.stop();
    this.out.error(told);
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

const NOTHING = (): void => undefined;
