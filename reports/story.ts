/**
 * What happened to one call, in order: waits, attempts with their ends and reasons, executions, and
 * what its client saw. It folds the events of that one call; which calls are worth it is decided in
 * `stories.ts`, and how it looks in `waterfall.ts`.
 */
import type { Outcome } from '../core/call.js';
import type { AttemptEnded, AttemptOpened, Ended, RoundOver, Waiting } from '../core/probe.js';
import type { ClientLine, ExecStarted, FlightEvent } from '../core/record.js';
import { roundTo } from './result.js';
import {
  attemptEnd,
  budgetText,
  clientText,
  endText,
  intakeText,
  openedText,
  ranText,
  responseText,
  skippedText,
  waitText,
} from './story-words.js';

export type Phase =
  'way' | 'intake' | 'skip' | 'wait' | 'attempt' | 'run' | 'budget' | 'response' | 'end' | 'client';

/** How a step looks: `nack` is asked elsewhere, `bad` is the end of it, `idle` is nobody's work. */
export type Tone = 'plain' | 'idle' | 'work' | 'good' | 'nack' | 'bad';

export interface Step {
  readonly phase: Phase;
  readonly tone: Tone;
  /** Since the story began. */
  readonly fromMs: number;
  /** null where nobody told its end; an instant ends where it begins. */
  readonly untilMs: number | null;
  /** '' where there is none. */
  readonly runner: string;
  readonly what: string;
  /** What came of it, and why; '' where that is all. */
  readonly why: string;
}

export interface Story {
  readonly call: string;
  readonly fn: string;
  readonly lb: string;
  /** When it began, since the first event of the flight. */
  readonly atMs: number;
  /** Sent to answered; without a client's word arrival to end. */
  readonly tookMs: number;
  /** null: it never ended. */
  readonly outcome: Outcome | null;
  readonly code: string;
  readonly status: number;
  readonly attempts: number;
  readonly nacks: number;
  /** Reasons of its NACKs, each once. */
  readonly reasons: readonly string[];
  /** In the waiting room, and between rounds. */
  readonly waitedMs: number;
  readonly steps: readonly Step[];
  /** Attempts, and other events, that are counted but have no step. */
  readonly omitted: { readonly attempts: number; readonly others: number };
}

/** An event that belongs to a call. */
export type CallEvent = Exclude<FlightEvent, { readonly kind: 'fault' | 'runner' }>;

/** What was gathered of a call. */
export interface Gathered {
  readonly call: string;
  /** As they were told; the fold sorts them by their instants. */
  readonly events: readonly CallEvent[];
  readonly attempts: number;
  readonly nacks: number;
  readonly waitedUs: number;
  readonly omitted: Story['omitted'];
}

type Draft = { -readonly [Key in keyof Step]: Step[Key] };

/** A story in the making; instants are µs since it began. */
interface Fold {
  readonly startedAt: number;
  readonly steps: Draft[];
  /** The wait that goes on, with nothing to end it yet. */
  waiting: Draft | undefined;
  /** Runners passed over since the last step. */
  skipped: string[];
  readonly attempts: Map<number, { readonly step: Draft; committedMs: number | undefined }>;
  readonly runs: Map<number, { readonly step: Draft; readonly line: ExecStarted }>;
  readonly reasons: Set<string>;
  headMs: number | undefined;
}

const toMs = (us: number): number => roundTo(us / 1000, 3);

/** @param origin Instant of the first event of the flight, µs. */
export function foldStory(gathered: Gathered, origin: number): Story {
  const { call, attempts, nacks, waitedUs, omitted } = gathered;
  // Executors of a real flight tell last; the sort is stable, so one instant keeps its order.
  const events = [...gathered.events].sort((a, b) => a.at - b.at);
  const find = <K extends CallEvent['kind']>(
    kind: K,
  ): Extract<CallEvent, { kind: K }> | undefined =>
    events.find((event): event is Extract<CallEvent, { kind: K }> => event.kind === kind);
  const [arrived, ended, client] = [find('arrive'), find('end'), find('client')];
  const startedAt = client?.sentAt ?? arrived?.at ?? events[0]?.at ?? origin;
  const doneAt = client?.at ?? ended?.at ?? events.at(-1)?.at ?? startedAt;
  const fold: Fold = {
    startedAt,
    steps: [],
    waiting: undefined,
    skipped: [],
    attempts: new Map(),
    runs: new Map(),
    reasons: new Set(),
    headMs: undefined,
  };
  if (arrived !== undefined && arrived.at > startedAt) {
    const words = { what: 'on its way', why: 'to the balancer' };
    step(fold, { phase: 'way', tone: 'idle', at: startedAt, until: arrived.at, ...words });
  }
  for (const event of events) take(fold, event, arrived?.at ?? startedAt);
  if (client !== undefined) clientSaw(fold, client, ended);
  return {
    call,
    fn: arrived?.fn ?? '',
    lb: arrived?.lb ?? '',
    atMs: toMs(startedAt - origin),
    tookMs: toMs(Math.max(0, doneAt - startedAt)),
    outcome: ended?.outcome ?? null,
    code: ended?.code ?? '',
    status: ended?.status ?? client?.status ?? 0,
    attempts,
    nacks,
    reasons: [...fold.reasons],
    waitedMs: toMs(waitedUs),
    steps: fold.steps,
    omitted,
  };
}

interface NewStep {
  readonly phase: Phase;
  readonly tone: Tone;
  readonly at: number;
  /** An instant has the same as `at`. */
  readonly until?: number;
  readonly runner?: string;
  readonly what: string;
  readonly why: string;
}

function step(fold: Fold, { phase, tone, at, until, runner = '', what, why }: NewStep): Draft {
  flushSkipped(fold, at);
  const fromMs = toMs(at - fold.startedAt);
  const untilMs = until === undefined ? null : toMs(until - fold.startedAt);
  const draft = { phase, tone, fromMs, untilMs, runner, what, why };
  fold.steps.push(draft);
  return draft;
}

/** Runners passed over one after the other are one step. */
function flushSkipped(fold: Fold, at: number): void {
  const { skipped } = fold;
  if (skipped.length === 0) return;
  fold.skipped = [];
  step(fold, { phase: 'skip', tone: 'idle', at, until: at, ...skippedText(skipped) });
}

function endWait(fold: Fold, at: number): void {
  if (fold.waiting !== undefined) fold.waiting.untilMs = toMs(at - fold.startedAt);
  fold.waiting = undefined;
}

function take(fold: Fold, event: CallEvent, arrivedAt: number): void {
  const { at } = event;
  const sinceMs = toMs(at - fold.startedAt);
  switch (event.kind) {
    case 'cached': {
      if (at <= arrivedAt) return;
      const words = intakeText(event.bytes);
      step(fold, { phase: 'intake', tone: 'plain', at: arrivedAt, until: at, ...words });
      return;
    }
    case 'skip':
      fold.skipped.push(event.runner);
      return;
    case 'round':
    case 'wait':
      return wait(fold, event);
    case 'over-budget': {
      const words = budgetText(event.what);
      step(fold, { phase: 'budget', tone: 'nack', at, until: at, ...words });
      return;
    }
    case 'attempt':
      return open(fold, event);
    case 'nack':
      fold.reasons.add(event.reason);
      return close(fold, event.attempt, sinceMs, `NACKed: ${event.reason}`, 'nack');
    case 'commit': {
      const attempt = fold.attempts.get(event.attempt);
      if (attempt !== undefined) attempt.committedMs ??= sinceMs;
      return;
    }
    case 'attempt-end':
      return over(fold, event, sinceMs);
    case 'exec-start': {
      const { runner } = event;
      const words = ranText(event, undefined);
      const run = step(fold, { phase: 'run', tone: 'work', at, runner, ...words });
      fold.runs.set(event.attempt, { step: run, line: event });
      return;
    }
    case 'exec-end': {
      const run = fold.runs.get(event.attempt);
      if (run === undefined) return;
      run.step.untilMs = Math.max(run.step.fromMs, sinceMs);
      run.step.why = ranText(run.line, event.outcome).why;
      return;
    }
    case 'head':
      fold.headMs = sinceMs;
      return;
    case 'end':
      return end(fold, event, sinceMs);
    // The LB's word for a NACK stands at the attempt; a client's word is the last step.
    case 'exec-nack':
    case 'exec-read':
    case 'arrive':
    case 'call-end':
    case 'client':
      return;
    default:
      event satisfies never;
  }
}

function wait(fold: Fold, event: RoundOver | Waiting): void {
  endWait(fold, event.at);
  const { at } = event;
  fold.waiting = step(fold, { phase: 'wait', tone: 'idle', at, ...waitText(event) });
}

function open(fold: Fold, event: AttemptOpened): void {
  endWait(fold, event.at);
  const { at, attempt, runner } = event;
  const words = openedText(event);
  const opened = step(fold, { phase: 'attempt', tone: 'plain', at, runner, ...words });
  fold.attempts.set(attempt, { step: opened, committedMs: undefined });
}

function over(fold: Fold, event: AttemptEnded, sinceMs: number): void {
  const attempt = fold.attempts.get(event.attempt);
  if (attempt === undefined) return;
  const committed = attempt.committedMs;
  const acceptedMs =
    committed === undefined ? undefined : roundTo(committed - attempt.step.fromMs, 3);
  const tone = event.outcome === 'ok' ? 'good' : event.outcome === 'canceled' ? 'idle' : 'bad';
  const seen = fold.runs.has(event.attempt);
  close(fold, event.attempt, sinceMs, attemptEnd(event, acceptedMs, seen), tone);
}

function close(fold: Fold, n: number, sinceMs: number, why: string, tone: Tone): void {
  const attempt = fold.attempts.get(n);
  if (attempt === undefined) return;
  const { step } = attempt;
  step.untilMs = Math.max(step.fromMs, sinceMs);
  step.why = why;
  step.tone = tone;
}

function end(fold: Fold, event: Ended, sinceMs: number): void {
  endWait(fold, event.at);
  if (fold.headMs !== undefined && sinceMs > fold.headMs && event.outcome === 'ok') {
    const at = fold.startedAt + fold.headMs * 1000;
    const words = responseText(event.bytesOut);
    step(fold, { phase: 'response', tone: 'plain', at, until: event.at, ...words });
  }
  const tone = event.outcome === 'ok' ? 'good' : 'bad';
  step(fold, { phase: 'end', tone, at: event.at, until: event.at, ...endText(event) });
}

function clientSaw(fold: Fold, client: ClientLine, ended: Ended | undefined): void {
  const from = ended === undefined ? client.at : Math.min(ended.at, client.at);
  const tone = client.how === 'ended' && client.status < 400 ? 'good' : 'bad';
  const words = clientText(client);
  step(fold, { phase: 'client', tone, at: from, until: client.at, ...words });
}
