/**
 * `p99>+5%`: a condition on a metric of one side, or on its change from the base. Text → condition
 * → whether it holds, and whether that could be noise. It ends nothing; a command does.
 */
import { differenceOf, percentInterval, percentOf, type Side } from './difference.js';
import type { Interval } from './interval.js';
import { isMetric, metricNames } from './result.js';

export interface Condition {
  readonly metric: string;
  readonly above: boolean;
  /** The value itself, its change in its unit, or its change in percent of the base. */
  readonly of: 'value' | 'change' | 'percent';
  readonly limit: number;
}

export interface Judged {
  /** null where there is nothing to judge by. */
  readonly holds: boolean | null;
  /** What was held against the limit: infinite percent for something that was nothing before. */
  readonly value: number | null;
  readonly interval: Interval | null;
  /** The interval says that it might as well be otherwise; null without one. */
  readonly noise: boolean | null;
}

/** Short names, and what they stand for. */
const SHORT: Readonly<Record<string, string>> = {
  mean: 'latencyMs.mean',
  p50: 'latencyMs.p50',
  p90: 'latencyMs.p90',
  p99: 'latencyMs.p99',
  p999: 'latencyMs.p999',
  'p99.9': 'latencyMs.p999',
  max: 'latencyMs.max',
  offered: 'calls.offered',
  ok: 'okRatio',
  failed: 'calls.failed',
  refused: 'calls.refused',
  expired: 'calls.expired',
  canceled: 'calls.canceled',
  goodput: 'goodputPerSec',
  attempts: 'attempts.perCall',
};

const GRAMMAR = /^\s*([\w.]+)\s*([<>])\s*([+-]?)(\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*(%?)\s*$/;

/** All names that a condition may begin with. */
export function conditionMetrics(): readonly string[] {
  return [...Object.keys(SHORT), ...metricNames()];
}

/** @param hint What to say of a name that is none, such as a name near to it. */
export function parseCondition(
  text: string,
  hint: (name: string) => string,
): Condition | { readonly problem: string } {
  const match = GRAMMAR.exec(text);
  if (match === null) {
    return { problem: 'expected METRIC, > or <, and a number: p99>+5%, okRatio<-0.01, p99>300' };
  }
  const [, name = '', sign = '', plus = '', digits = '', percent = ''] = match;
  const metric = Object.hasOwn(SHORT, name) ? SHORT[name]! : name;
  if (!isMetric(metric)) return { problem: `unknown metric "${name}"${hint(name)}` };
  const size = Number(digits);
  if (!Number.isFinite(size)) return { problem: `${digits} is too large a number` };
  if (plus === '' && percent !== '') {
    return { problem: `a change in percent has a sign: ${name}${sign}+${digits}%` };
  }
  const of = plus === '' ? 'value' : percent === '' ? 'change' : 'percent';
  return { metric, above: sign === '>', of, limit: plus === '-' ? -size : size };
}

/** The text of a condition, with the metric's whole name. */
export function conditionText({ metric, above, of, limit }: Condition): string {
  const negative = limit < 0 || Object.is(limit, -0);
  const sign = of === 'value' ? '' : negative ? '-' : '+';
  return `${metric}${above ? '>' : '<'}${sign}${Math.abs(limit)}${of === 'percent' ? '%' : ''}`;
}

export function judgeCondition(condition: Condition, from: Side, to: Side): Judged {
  const { metric, above, of, limit } = condition;
  const difference = differenceOf(from, to, metric);
  const { change, from: base } = difference;
  if (of === 'value') {
    const { value, interval } = difference.to;
    return judged(condition, value, interval, interval && within(limit, interval));
  }
  const noise = difference.interval && (change === 0 || within(0, difference.interval));
  if (of === 'change') return judged(condition, change, difference.interval, noise);
  if (change !== null && base.value === 0) {
    // From nothing to something is more than any percentage, from nothing to nothing is none.
    const value = change === 0 ? 0 : change > 0 ? Infinity : -Infinity;
    return { holds: above ? value > limit : value < limit, value, interval: null, noise };
  }
  const percent = percentInterval(difference.interval, base);
  return judged(condition, percentOf(change, base), percent, noise);
}

function judged(
  { above, limit }: Condition,
  value: number | null,
  interval: Interval | null,
  noise: boolean | null,
): Judged {
  const holds = value === null ? null : above ? value > limit : value < limit;
  return { holds, value, interval, noise: value === null ? null : noise };
}

const within = (value: number, [low, high]: Interval): boolean => low <= value && value <= high;
