/**
 * The public door of `windtunnel/conformance`: the laws of the ports, for those who implement one.
 * They know no test runner: each law is a name and a function of what makes the implementation.
 *
 * @example
 * for (const law of placerLaws) test(law.name, () => law.run((parts) => myPlacer(parts)));
 */
export { realPatience, virtualPatience, type Law, type Make, type Patience } from './law.js';
export type { Rig, Runnable } from './law.js';
export { clockLaws, type ClockRig } from './clock.js';
export { dataAccessLaws, type DataRig } from './data-access.js';
export { executorLaws, type ExecutorRig } from './executor.js';
export type { MakePlacer } from '../../core/placer.js';
export { placerLaws } from './placer.js';
export { standingOf, type Belief } from './standing.js';
export { dynamicPoolLaws, poolLaws, type MakeDynamicPool, type MakePool } from './pool.js';
export { rngLaws, type MakeRng } from './rng.js';
export { runnerLaws, type RunnerRig } from './runner.js';
export { sinkLaws, type Got, type SinkRig } from './sink.js';
export { wireLaws, type WireRig } from './wire.js';
