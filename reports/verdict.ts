/** What a flight comes to, in one line. It only reads; the SLO was judged at landing. */
import type { Flight } from './flight.js';

/** Worst first: what broke a law is not a mere missed limit. */
export interface Verdict {
  readonly kind: 'broken' | 'stuck' | 'missed' | 'met' | 'unjudged';
  readonly mark: '✗' | '✓' | '○';
  readonly text: string;
}

export function verdictOf(flight: Flight): Verdict {
  const { trouble, result } = flight;
  if (trouble.violations > 0) {
    const text = `Broken: ${plural(trouble.violations, 'law')} violated`;
    return { kind: 'broken', mark: '✗', text };
  }
  if (trouble.stuck > 0) {
    return {
      kind: 'stuck',
      mark: '✗',
      text: `Stuck: ${plural(trouble.stuck, 'call')} never ended`,
    };
  }
  if (result.slo.length === 0) {
    return { kind: 'unjudged', mark: '○', text: 'Flew without an SLO' };
  }
  const missed = result.slo.filter((line) => !line.ok).map((line) => line.metric);
  if (missed.length > 0) {
    return { kind: 'missed', mark: '✗', text: `SLO missed: ${missed.join(', ')}` };
  }
  const count = result.slo.length;
  return { kind: 'met', mark: '✓', text: count === 1 ? 'SLO met' : `All ${count} SLOs met` };
}

export function plural(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** Below so many values a p99, or a p99.9, is the slowest call. */
const [FEW, FEW_FOR_P999] = [100, 1000] as const;

/** A warning to stand beside percentiles of so few calls, or ''. */
export function fewSamples(n: number): string {
  if (n >= FEW_FOR_P999) return '';
  if (n === 0) return 'Few samples (0): no call was ok, so there are no percentiles.';
  const so = n < FEW ? 'high percentiles are single calls' : 'p99.9 is the slowest call';
  return `Few samples (${n}): ${so}.`;
}
