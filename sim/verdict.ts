/** What a seed's flight showed, and what makes two failures the same one. */
import type { FlightEvent } from '../core/record.js';

/** What a seed showed. All is well: empty lists, no difference, nothing inconclusive. */
export interface SeedVerdict {
  readonly seed: number;
  readonly digest: string;
  readonly calls: number;
  /** Broken laws. */
  readonly violations: readonly string[];
  /** Calls that never ended. */
  readonly stuck: readonly string[];
  /** The first differing event, both sides; undefined when the twins agree. */
  readonly difference: string | undefined;
  /** Why nothing can be said of it; undefined when something can. */
  readonly inconclusive: string | undefined;
  /** The last events up to the first broken law, or up to the end. */
  readonly tail: readonly FlightEvent[];
}

/** Classes of verdicts, worst first: an end that never came may be due to a broken law. */
export type VerdictClass = 'broken' | 'different' | 'stuck' | 'inconclusive' | 'pass';

export function classOf(verdict: SeedVerdict): VerdictClass {
  if (verdict.violations.length > 0) return 'broken';
  if (verdict.difference !== undefined) return 'different';
  if (verdict.stuck.length > 0) return 'stuck';
  return verdict.inconclusive === undefined ? 'pass' : 'inconclusive';
}

/**
 * What each complaint of a verdict says with its numbers and names of calls taken out, the first
 * first: two flights fail in the same way if they share one. Empty for a verdict that is no
 * failure.
 */
export function fingerprints(verdict: SeedVerdict): readonly string[] {
  const { violations, difference, stuck } = verdict;
  const all = [
    ...violations.map((line) => `broken: ${plain(line)}`),
    ...(difference === undefined ? [] : [`different: ${kindsOf(difference)}`]),
    ...stuck.map((line) => `stuck: ${plain(line)}`),
  ];
  return [...new Set(all)].filter((line) => !/: \.\.\. /.test(line));
}

/**
 * First line only: below it may stand where something was thrown. Files are named from the root of
 * the package, wherever that is, and runners not at all.
 */
const plain = (line: string): string =>
  (line.split('\n')[0] ?? '')
    .replace(/ \(call .*$/, '')
    .replace(/file:\/\/\S*\/(?=(?:dist\/)?(?:core|proto|sim|cli)\/)/g, '')
    .replace(/\bof runner \S+/g, 'of a runner')
    .replace(/^runner \S+ never/, 'a runner never')
    .replace(/ may use \([^)]*\)/, ' may use')
    .replace(/\bcall \S+/g, 'a call')
    .replace(/\d+/g, '#')
    .slice(0, 200);

/** Which kinds of events differ, as the rest is what the flight was. */
const kindsOf = (difference: string): string =>
  [...difference.matchAll(/"kind":"([a-z-]+)"/g)].map(([, kind]) => kind).join(' and ') ||
  'in their ends';
