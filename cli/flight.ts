/** What both worlds share: where a flight's events go, and how it lands. */
import type { FlightEnd, FlightEvent, FlightHeader } from '../core/record.js';
import { createCollector, type CallTrace, type Flight } from '../reports/index.js';
import { createCheckers, type CheckersOptions } from '../sim/index.js';
import { EXIT, type ExitCode } from './exit.js';
import type { Output } from './files.js';

export interface Recorder {
  readonly tell: (event: FlightEvent) => void;
  land(end: Omit<FlightEnd, 'kind' | 'violations' | 'stuck'>, extra: readonly string[]): Flight;
}

/** Where the events of a flight go beside its result, each only if it is wanted. */
export interface Listeners {
  readonly record?: Output | undefined;
  readonly trace?: CallTrace | undefined;
  /** Somebody will look at single calls. */
  readonly report?: unknown;
}

/** Characters of record text held before they are written. */
const BUFFER = 64 * 1024;

/** Feeds checkers, collector and record file, each only if it is wanted. */
export function createRecorder(
  header: FlightHeader,
  { record, trace, report }: Listeners,
  options: CheckersOptions,
): Recorder {
  const checkers = createCheckers(options);
  const collector = createCollector(header, { stories: report !== undefined });
  const traced = trace?.fly(header);
  let lines = '';
  const write = (line: unknown): void => {
    if (record === undefined) return;
    lines += `${JSON.stringify(line)}\n`;
    if (lines.length < BUFFER) return;
    record.write(lines);
    lines = '';
  };
  write(header);
  return {
    tell(event) {
      checkers.see(event);
      collector.event(event);
      traced?.event(event);
      write(event);
    },
    land(end, extra) {
      const { violations, stuck } = checkers.land();
      const landed: FlightEnd = {
        kind: 'landed',
        ...end,
        violations: [...extra, ...violations],
        stuck,
      };
      write(landed);
      record?.write(lines);
      traced?.land();
      return collector.land(landed);
    },
  };
}

/** The code that a flight ends the program with. */
export function exitOf(flight: Flight): ExitCode {
  if (flight.end.violations.length > 0) return EXIT.invariant;
  if (flight.end.stuck.length > 0) return EXIT.liveness;
  return flight.result.slo.every((line) => line.ok) ? EXIT.fine : EXIT.slo;
}

/** Worst first, for several flights: a broken law outweighs a missed limit. */
const SEVERITY: readonly ExitCode[] = [
  EXIT.internal,
  EXIT.invariant,
  EXIT.liveness,
  EXIT.deterministic,
  EXIT.inconclusive,
  EXIT.slo,
  EXIT.fine,
];

export const worst = (codes: readonly ExitCode[]): ExitCode =>
  SEVERITY.find((code) => codes.includes(code)) ?? EXIT.fine;
