/** The steps of a story in words: what happened, and why. It measures nothing and draws nothing. */
import type { Outcome } from '../core/call.js';
import type {
  AttemptEnded,
  AttemptOpened,
  Ended,
  OverBudget,
  RoundOver,
  Waiting,
} from '../core/probe.js';
import type { ClientLine, ExecEnded, ExecStarted } from '../core/record.js';
import { isolated, shorten } from './escape.js';
import { formatCount, formatMs } from './format.js';
import { plural } from './verdict.js';

/** A step's own words. */
export interface Words {
  readonly what: string;
  /** What came of it, and why. */
  readonly why: string;
}

/** Longer names and reasons are cut: a step is a line. */
const NAME_MAX = 60;
const REASON_MAX = 120;
/** Runners named in one step; the others are counted. */
const RUNNERS_MAX = 4;

const bytes = (n: number): string => (n === 1 ? '1 byte' : `${formatCount(n)} bytes`);

export const name = (text: string): string => isolated(shorten(text, NAME_MAX));

/** `r1, r2 and 3 more`. */
export function names(all: readonly string[]): string {
  const shown = all.slice(0, RUNNERS_MAX).map(name).join(', ');
  const rest = all.length - RUNNERS_MAX;
  return rest > 0 ? `${shown} and ${formatCount(rest)} more` : shown;
}

export const intakeText = (size: number): Words => ({
  what: 'taken in',
  why: `looked up, its body read: ${bytes(size)}`,
});

export const skippedText = (runners: readonly string[]): Words => ({
  what: 'passed over',
  why: `not ready: ${names(runners)}`,
});

export const budgetText = (what: OverBudget['what']): Words => ({
  what: what === 'hedge' ? 'no hedge' : 'no second chance',
  why: 'the retry budget is spent',
});

export function waitText(event: RoundOver | Waiting): Words {
  const runners = plural(event.runners, 'runner');
  if (event.kind === 'round') {
    return { what: 'paused', why: `round ${event.round} over ${runners} found none` };
  }
  const before = event.waiting - 1;
  const others = before === 1 ? '1 other waits' : `${formatCount(before)} others wait`;
  return { what: 'waited', why: `no room on ${runners}${before > 0 ? `, ${others}` : ''}` };
}

export function openedText({ attempt, hedge, token }: AttemptOpened): Words {
  const how = hedge ? ', a hedge' : token ? ', called up' : '';
  return { what: `attempt ${attempt}${how}`, why: 'nobody told its end' };
}

/**
 * @param acceptedMs From its opening to the runner's first word.
 * @param seen The executor told itself how long it ran.
 */
export function attemptEnd(
  event: AttemptEnded,
  acceptedMs: number | undefined,
  seen: boolean,
): string {
  const { schedulerUs, executionUs } = event;
  const accepted = acceptedMs === undefined ? '' : `first word after ${formatMs(acceptedMs)}`;
  const queued = schedulerUs > 0 ? `queued there ${formatMs(schedulerUs / 1000)}` : '';
  const ran =
    executionUs > 0 && !seen ? `ran ${formatMs(executionUs / 1000)} by its runner's word` : '';
  return [endOf(event), accepted, queued, ran].filter(Boolean).join(', ');
}

function endOf({ outcome, cause, message, userError }: AttemptEnded): string {
  const why = shorten([cause, message].filter(Boolean).join(' '), REASON_MAX);
  switch (outcome) {
    case 'ok':
      return 'ok';
    case 'failed':
      return `failed${userError ? ' by the function' : ''}${why === '' ? '' : `, ${why}`}`;
    case 'broken':
      return `broke${why === '' ? '' : `, ${why}`}`;
    case 'expired':
      return why === '' ? 'the deadline passed' : `the runner's deadline passed, ${why}`;
    case 'canceled':
      return 'canceled by the balancer';
    default:
      return outcome satisfies never;
  }
}

export function ranText(line: ExecStarted, outcome: ExecEnded['outcome'] | undefined): Words {
  const { active, slots, cold } = line;
  const end = outcome === undefined ? 'nobody told its end' : outcome === 'ok' ? '' : outcome;
  const why = [cold ? 'cold start' : '', `${active} of ${slots} slots taken`, end];
  return { what: 'ran', why: why.filter(Boolean).join(', ') };
}

export const responseText = (size: number): Words => ({
  what: 'answered',
  why: `${bytes(size)} streamed`,
});

/** How a call ended, for the balancer: `refused (not_placed, 503)`. */
export function outcomeText(outcome: Outcome, code: string, status: number): string {
  const why = [code === outcome ? '' : name(code), status > 0 ? String(status) : ''];
  const shown = why.filter(Boolean).join(', ');
  return shown === '' ? outcome : `${outcome} (${shown})`;
}

export const endText = ({ outcome, code, status }: Ended): Words => ({
  what: 'over',
  why: `${outcomeText(outcome, code, status)} for the balancer`,
});

export function clientText({ how, status }: ClientLine): Words {
  if (how === 'left') return { what: 'its client', why: 'left' };
  const saw = status === 0 ? 'saw no status' : `saw status ${status}`;
  return { what: 'its client', why: how === 'cut' ? `${saw}, then a cut` : saw };
}
