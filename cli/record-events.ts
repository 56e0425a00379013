/**
 * Events of a record as they are read back: a cheap check, by hand, of what a collector reads of
 * each, as a record has many millions. It says nothing of whether a flight could have gone so.
 */
import type { FlightEvent } from '../core/record.js';
import { hint } from '../sim/index.js';

type Check = (value: unknown) => boolean;

/** 142 years in µs: sums of two instants are still whole. */
const INSTANT_MAX = 2 ** 52;
/** No runner has so many slots, and no call so many attempts. */
const COUNT_MAX = 1_000_000_000;
/** A name; a longer one is no name. */
const TEXT_MAX = 1024 * 1024;

const whole = (value: unknown, max: number): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max;
const instant: Check = (value) => whole(value, INSTANT_MAX);
const until: Check = (value) => instant(value) || value === Number.MAX_SAFE_INTEGER;
const count: Check = (value) => whole(value, COUNT_MAX);
const text: Check = (value) => typeof value === 'string' && value.length <= TEXT_MAX;
/** −1 and other words for "unknown" included. */
const amount: Check = (value) => Number.isFinite(value);
const flag: Check = (value) => typeof value === 'boolean';
const oneOf = (...words: readonly string[]): Check => {
  return (value) => typeof value === 'string' && words.includes(value);
};

const ofCall = { at: instant, call: text };
const ofAttempt = { ...ofCall, runner: text, attempt: count };

/** Every field of each kind that an instant, a count or a text of the report is made of. */
const FIELDS: Readonly<Record<FlightEvent['kind'], Readonly<Record<string, Check>>>> = {
  arrive: { ...ofCall, fn: text, lb: text },
  cached: { ...ofCall, bytes: amount, deadline: until, fn: text, app: text, group: text },
  skip: { ...ofCall, runner: text },
  round: { ...ofCall, round: count, runners: count },
  wait: { ...ofCall, lb: text, group: text, runners: count, waiting: count },
  runner: { ...ofCall, lb: text, group: text, runner: text, change: text },
  'over-budget': { ...ofCall, what: oneOf('hedge', 'second-chance') },
  attempt: { ...ofAttempt, hedge: flag, token: flag },
  nack: { ...ofAttempt, reason: text },
  commit: ofAttempt,
  'attempt-end': {
    ...ofAttempt,
    outcome: oneOf('ok', 'failed', 'broken', 'expired', 'canceled'),
    ...{ cause: text, message: text, userError: flag, schedulerUs: amount, executionUs: amount },
  },
  head: { ...ofCall, status: count },
  end: {
    ...ofCall,
    outcome: oneOf('ok', 'failed', 'refused', 'expired', 'canceled'),
    ...{ code: text, status: count, attempts: count, bytesOut: amount },
  },
  'call-end': ofCall,
  'exec-start': { ...ofAttempt, active: count, slots: count, cold: flag, remainingUs: amount },
  'exec-read': { ...ofAttempt, bytes: amount },
  'exec-end': { ...ofAttempt, outcome: oneOf('ok', 'expired', 'canceled'), bytes: amount },
  'exec-nack': { ...ofAttempt, reason: text },
  client: { ...ofCall, sentAt: instant, status: count, how: oneOf('ended', 'cut', 'left') },
  fault: { at: instant, until, fault: text, target: text },
};
const CHECKS = new Map(
  Object.entries(FIELDS).map(([kind, fields]) => [kind, Object.entries(fields)]),
);

/** What is wrong with an event, or undefined. */
export function problemOf(event: Readonly<Record<string, unknown>>): string | undefined {
  const { kind } = event;
  if (typeof kind !== 'string') return 'no event: it has no kind';
  const checks = CHECKS.get(kind);
  if (checks === undefined) {
    const shown = kind.slice(0, 40);
    return `unknown kind "${shown}"${hint(shown, [...CHECKS.keys()], 'known:')}`;
  }
  for (const [field, holds] of checks) {
    const value = event[field];
    if (holds(value)) continue;
    const shown = value === undefined ? 'is missing' : `cannot be ${showValue(value)}`;
    return `${kind}: ${field} ${shown}`;
  }
  return undefined;
}

function showValue(value: unknown): string {
  const json = JSON.stringify(value) ?? 'that';
  return json.length > 40 ? `${json.slice(0, 40)}…` : json;
}
