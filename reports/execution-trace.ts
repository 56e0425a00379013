/**
 * What runners executed, as slices of a trace: one process a runner. Executors may tell late,
 * runner by runner; a runner that crashed tells no ends.
 */
import type { ExecEnded, ExecStarted } from '../core/record.js';
import type { Lane, TraceProcess } from './trace.js';

export interface Executions {
  take(line: ExecStarted | ExecEnded): void;
  /** These runners are gone from here on. */
  crashed(runners: readonly string[], at: number): void;
  /** Draws what nobody told the end of: up to its runner's crash, or to the last event. */
  land(last: number): void;
}

/** Of one runner; a plan has a few. */
const CRASHES_MAX = 1000;

interface Running {
  readonly line: ExecStarted;
  readonly lane: Lane;
}

interface Runner {
  readonly process: TraceProcess;
  readonly running: Map<string, Running>;
}

const keyOf = ({ call, attempt }: ExecStarted | ExecEnded): string => `${attempt} ${call}`;

export function createExecutions(processOf: (runner: string) => TraceProcess): Executions {
  const runners = new Map<string, Runner>();
  const crashes = new Map<string, number[]>();

  const runnerOf = (id: string): Runner => {
    let runner = runners.get(id);
    if (runner === undefined) {
      runner = { process: processOf(id), running: new Map() };
      runners.set(id, runner);
    }
    return runner;
  };
  const draw = ({ line, lane }: Running, until: number, end: string): void => {
    const { call, attempt, at, active, slots, cold } = line;
    const args = { call, attempt, end, active, slots, cold };
    const name = end === 'ok' ? call : `${call}: ${end}`;
    const last = Math.max(at, until);
    lane.slice({ name, category: 'run', from: at, until: last, args });
    lane.free(last);
  };
  const crashAfter = (id: string, at: number): number | undefined =>
    crashes.get(id)?.find((crash) => crash >= at);
  /** What ran on a runner when it crashed is over before anything starts there again. */
  const sweep = (id: string, { running }: Runner, now: number): void => {
    if (!crashes.has(id)) return;
    for (const [key, run] of running) {
      const crash = crashAfter(id, run.line.at);
      if (crash === undefined || crash > now) continue;
      running.delete(key);
      draw(run, crash, 'its runner crashed');
    }
  };

  return {
    take(line) {
      const runner = runnerOf(line.runner);
      const { running, process } = runner;
      const key = keyOf(line);
      if (line.kind === 'exec-end') {
        const run = running.get(key);
        if (run === undefined) return;
        running.delete(key);
        return draw(run, line.at, line.outcome);
      }
      sweep(line.runner, runner, line.at);
      if (!running.has(key)) running.set(key, { line, lane: process.lane(line.at) });
    },
    crashed(ids, at) {
      for (const id of ids.map((one) => one.trim())) {
        const known = crashes.get(id) ?? [];
        if (known.length < CRASHES_MAX) crashes.set(id, inOrder([...known, at]));
      }
    },
    land(last) {
      for (const [id, { running }] of runners) {
        for (const run of running.values()) {
          const crash = crashAfter(id, run.line.at);
          if (crash === undefined) draw(run, last, 'end not told');
          else draw(run, crash, 'its runner crashed');
        }
      }
    },
  };
}

const inOrder = (instants: number[]): number[] => instants.sort((a, b) => a - b);
