/**
 * What a runner says of itself: counters and recent latency as its sessions tell them, and a check
 * of itself that all who ask within a moment share. It opens nothing; the Status RPC reads it.
 */
import { Observable, Subscription, defer } from 'rxjs';
import { isoDate, type Clock } from '../core/clock.js';
import type { RunnerStatus, SelfTest } from '../core/runner.js';

/** What each session tells. Every engagement is received once, and then NACKed or handled once. */
export interface SessionCounter {
  onReceived(): void;
  /** It ended with a NACK. */
  onNacked(): void;
  /** It ended in any other way: verdict, breach of the protocol, or the LB has left. */
  onHandled(): void;
  /** A function that had begun has its verdict: µs since its offer came. */
  onLatency(us: number): void;
}

/** How a runner's check of itself went. */
export interface StatusCheck {
  readonly ok: boolean;
  readonly details: string;
  /** The code of a failure. Default 500. */
  readonly code?: number;
}

export interface StatusOptions {
  /**
   * Looks whether the runner can work at all; the first value counts, an error is a failure. It
   * runs when somebody asks, once for all who ask meanwhile, and whether or not they stay.
   */
  readonly check?: () => Observable<StatusCheck>;
}

export interface Status extends SessionCounter {
  /** Counters and latency as they are now. */
  now(): RunnerStatus;
  /** The same with the check's result, if there is a check. Cold; one value, never an error. */
  read(): Observable<RunnerStatus>;
}

/** A result of the check is told again for so long, as the original does. */
const CACHED_US = 1_500_000;
/** A check that takes longer has failed; the original's limit. */
const CHECK_US = 60_000_000;

/** What a failure without a code of its own says, and one that took too long. */
const FAILED = 500;
const LATE = 504;

export function createStatus(clock: Clock, options: StatusOptions = {}): Status {
  const latency = createLatency(clock);
  const checks = options.check === undefined ? undefined : createChecks(clock, options.check);
  let active = 0;
  let requestsReceived = 0;
  let requestsHandled = 0;
  const now = (): RunnerStatus => ({
    active,
    requestsReceived,
    requestsHandled,
    customStatus: latency.words(active),
  });
  return {
    onReceived() {
      active += 1;
      requestsReceived += 1;
    },
    onNacked() {
      active -= 1;
    },
    onHandled() {
      active -= 1;
      requestsHandled += 1;
    },
    onLatency: (us) => latency.add(us, active),
    now,
    read: () =>
      new Observable((out) => {
        // The check's result may be old; counters and latency are always those of this moment.
        const tell = (selfTest?: SelfTest): void => {
          out.next(selfTest === undefined ? now() : { ...now(), selfTest });
          out.complete();
        };
        return checks === undefined ? tell() : checks.ask(tell);
      }),
  };
}

/** Executions that the latency is taken from: the last of them, none older than the span. */
const WINDOW_MAX = 256;
const WINDOW_US = 60_000_000;

/** Executions that tell how long one takes at the load of now: those at the loads next to it. */
const NEAREST = 16;

/** Times of the last executions in rings, ranked only when somebody asks. */
function createLatency(clock: Clock) {
  const times = new Float64Array(WINDOW_MAX);
  const ends = new Float64Array(WINDOW_MAX);
  const loads = new Float64Array(WINDOW_MAX);
  let added = 0;
  return {
    /** `load`: engagements that were open, this one included. */
    add(us: number, load: number): void {
      times[added % WINDOW_MAX] = us;
      ends[added % WINDOW_MAX] = clock.now();
      loads[added % WINDOW_MAX] = load;
      added += 1;
    },
    words(load: number): Record<string, string> {
      const since = clock.now() - WINDOW_US;
      const recent: number[] = [];
      for (let age = 1; age <= Math.min(added, WINDOW_MAX); age++) {
        const index = (added - age) % WINDOW_MAX;
        if (ends[index]! > since) recent.push(index);
      }
      const words: Record<string, string> = { latency_count: String(recent.length) };
      if (recent.length === 0) return words;
      const all = Float64Array.from(recent, (index) => times[index]!).sort();
      words['latency_p50_us'] = String(rank(all, 50));
      words['latency_p99_us'] = String(rank(all, 99));
      // A stable sort: of executions at loads equally near the last ones count.
      recent.sort((a, b) => Math.abs(loads[a]! - load) - Math.abs(loads[b]! - load));
      const nearest = recent.slice(0, NEAREST).map((index) => times[index]!);
      words['latency_at_load_us'] = String(rank(Float64Array.from(nearest).sort(), 50));
      return words;
    },
  };
}

/** Nearest rank: the smallest value that so many percent do not exceed. */
function rank(sorted: Float64Array, percent: number): number {
  return sorted[Math.ceil((sorted.length * percent) / 100) - 1]!;
}

type Reader = (selfTest: SelfTest) => void;

/** Runs of the check, at most one at a time. Readers are bounded by the server's streams. */
function createChecks(clock: Clock, check: () => Observable<StatusCheck>) {
  const readers = new Set<Reader>();
  let running = false;
  let last: SelfTest | undefined;
  let lastAt = 0;
  let runs = 0;

  /** Whoever is the first to be told of a run has it fresh. */
  const tell = (reader: Reader, told: SelfTest): void => {
    last = told.cached ? told : { ...told, cached: true };
    reader(told);
  };

  const onResult = (result: SelfTest): void => {
    running = false;
    last = result;
    lastAt = clock.now();
    const waiting = [...readers];
    readers.clear();
    for (const reader of waiting) tell(reader, last);
  };

  return {
    /** Tells the reader once, unless it leaves before by calling what is returned. */
    ask(reader: Reader): () => void {
      if (!running && last !== undefined && clock.now() - lastAt < CACHED_US) {
        tell(reader, last);
        return () => undefined;
      }
      readers.add(reader);
      if (!running) {
        running = true;
        runs += 1;
        runOnce(clock, check, `status-${runs}`, onResult);
      }
      return () => void readers.delete(reader);
    },
  };
}

/** One run, to its result or its limit, whoever still waits for it. Told once. */
function runOnce(
  clock: Clock,
  check: () => Observable<StatusCheck>,
  id: string,
  onResult: (result: SelfTest) => void,
): void {
  const startedAt = clock.now();
  const started = isoDate(clock.wall());
  const checking = new Subscription();
  let over = false;

  const end = ({ ok, details, code = FAILED }: StatusCheck): void => {
    if (over) return;
    over = true;
    limit.cancel();
    checking.unsubscribe();
    onResult({
      ...UNREPORTED,
      failed: !ok,
      id,
      details,
      errorCode: ok ? 0 : code,
      errorStr: ok ? '' : details,
      createdAt: started,
      startedAt: started,
      completedAt: isoDate(clock.wall()),
      cached: false,
      executionUs: clock.now() - startedAt,
    });
  };
  const fail = (details: string, code = FAILED): void => end({ ok: false, details, code });

  const limit = clock.after(CHECK_US, () => fail('the check took longer than 60 s', LATE));
  // A check that throws before it is an Observable has failed like one that errs. One that has said
  // all within subscribe is let go of by being added.
  checking.add(
    defer(check).subscribe({
      next: end,
      error: (error: unknown) => fail(error instanceof Error ? error.message : 'error'),
      complete: () => fail('the check said nothing'),
    }),
  );
}

/** What a check that runs no container has nothing to say of. */
const UNREPORTED = {
  kdumpsOnDisk: 0,
  isNetworkDisabled: false,
  schedulerUs: 0,
  imagePullWaitUs: 0,
  ctrPrepUs: 0,
  ctrCreateUs: 0,
  initStartUs: 0,
} as const;
