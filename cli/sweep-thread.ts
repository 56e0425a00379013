/** A thread of `sweep`: it flies one row after the other, once each, with all checkers on. */
import { workerData } from 'node:worker_threads';
import { createWorld, promisedBy, type Scenario } from '../sim/index.js';
import { answerJobs } from './answer-jobs.js';
import { exitOf, createRecorder } from './flight.js';
import { landSim } from './fly-sim.js';
import { headerOf } from './header.js';
import type { ExitCode } from './exit.js';
import type { SweepRow } from './sweep-file.js';

export interface SweepData {
  /** Each once, whatever the number of its seeds. */
  readonly cells: readonly SweepCell[];
}

export interface SweepCell {
  readonly file: string;
  readonly sets: readonly string[];
  /** Of those the ones that the sweep goes over. */
  readonly set: Readonly<Record<string, string>>;
  readonly scenario: Scenario;
}

export interface SweepJob {
  readonly index: number;
  readonly cell: number;
  readonly seed: number;
}

export interface SweepAnswer {
  readonly row: SweepRow;
  readonly exit: ExitCode;
  /** The first complaint, if there is one. */
  readonly complaint: string | undefined;
  readonly replay: string;
}

const { cells } = workerData as SweepData;

/** Events between two looks at nothing: a flight in a thread is not interrupted, but ended. */
const SLICE = 1_000_000;

answerJobs(({ index, cell, seed }: SweepJob): SweepAnswer => {
  const { file, sets, set, scenario } = cells[cell] as SweepCell;
  const wanted = { on: 'sim', placer: undefined, runners: [], dialect: 'head' } as const;
  const header = headerOf(scenario, { ...wanted, file, sets, seed });
  const recorder = createRecorder(header, {}, { promised: promisedBy(scenario) });
  const world = createWorld(scenario, { seed, tell: recorder.tell });
  while (world.fly(SLICE));
  const flight = landSim(world, recorder, 0);
  const { violations, stuck } = flight.trouble;
  const { scenario: name } = header;
  return {
    row: { index, scenario: name, set: { ...set }, seed, violations, stuck, result: flight.result },
    exit: exitOf(flight),
    complaint: flight.end.violations[0] ?? flight.end.stuck[0],
    replay: header.replay,
  };
});
