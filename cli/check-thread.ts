/** A thread of `check`: it flies seeds, and says what it found. */
import { workerData } from 'node:worker_threads';
import {
  classOf,
  createCoverage,
  complaintsOf,
  drawScenario,
  failureOf,
  flyTwins,
  sortieOf,
  type Failure,
  type Scenario,
  type Sometimes,
  type Sortie,
  type VerdictClass,
} from '../sim/index.js';
import { answerJobs } from './answer-jobs.js';

/** What all seeds have in common. */
export interface CheckData {
  /** Undefined: each seed draws its own. */
  readonly scenario: Scenario | undefined;
  readonly explore: boolean;
  /** Whether to say what was seen: it costs a look at every event. */
  readonly coverage: boolean;
}

/** What became of a seed. */
export interface SeedReport {
  readonly seed: number;
  readonly calls: number;
  readonly class: VerdictClass;
  readonly complaints: readonly string[];
  /** What happened that must happen sometimes; empty where nobody asked. */
  readonly seen: readonly Sometimes[];
  /** Of a seed that failed: what to put in its capsule. */
  readonly failed: { readonly sortie: Sortie; readonly failure: Failure } | undefined;
}

const { scenario: fixed, explore, coverage: asked } = workerData as CheckData;

answerJobs((seed: number): SeedReport => {
  const scenario = fixed ?? drawScenario(seed).scenario;
  const coverage = asked ? createCoverage() : undefined;
  const verdict = flyTwins(scenario, seed, { explore, tell: (event) => coverage?.see(event) });
  const failure = failureOf(verdict);
  return {
    seed,
    calls: verdict.calls,
    class: classOf(verdict),
    complaints: complaintsOf(verdict),
    seen: [...(coverage?.seen ?? [])],
    failed:
      failure === undefined ? undefined : { sortie: sortieOf(scenario, seed, explore), failure },
  };
});
