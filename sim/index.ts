/** The public door of `windtunnel/sim`: scenarios, and flights of them in virtual time. */
export {
  describe,
  parseScenario,
  scenarioFromJson,
  scenarioJsonSchema,
  scenarioTemplate,
  type ParsedScenario,
  type Scenario,
  type ScenarioFunction,
} from './scenario.js';
export {
  count,
  duration,
  expected,
  hint,
  pathText,
  readStrict,
  real,
  size,
  word,
  type Problem,
  type Strict,
} from './scenario.js';
export {
  balancerOptions,
  createWorld,
  functionTable,
  stillHeld,
  type World,
  type WorldOptions,
} from './world.js';
export { drawScenario, type Drawn } from './swarm.js';
export { createTwins, flyTwins, type TwinOptions, type Twins } from './twins.js';
export { classOf, fingerprints, type SeedVerdict, type VerdictClass } from './verdict.js';
export {
  CAPSULE_VERSION,
  capsuleFromJson,
  complaintsOf,
  failureOf,
  flySortie,
  sortieOf,
  type Capsule,
  type Failure,
  type ParsedCapsule,
  type Sortie,
} from './capsule.js';
export { shrink, type ShrinkStep } from './shrink.js';
export { SOMETIMES, createCoverage, type Coverage, type Sometimes } from './sometimes.js';
export { createCheckers, type Checkers, type CheckersOptions } from './checkers.js';
export { promisedBy, type Promised } from './promised.js';
export { createDigest, type Digest } from './digest.js';
export { createVirtualClock, type VirtualClock } from './clock.js';

// Below: for those who fly something of their own.
export { createHost, type Host, type HostParts } from './host.js';
export { createLink, type Fate, type Link, type LinkOptions, type Rule } from './link.js';
export {
  createSimExecutor,
  type Bend,
  type SimExecutor,
  type SimExecutorParts,
} from './executor.js';
export { draw, type Law } from './laws.js';
export { planCalls, planOf, type Plan, type PlannedCall } from './plan.js';
export { createWitness, requestFor, type Witness } from './client.js';
export { MARK, REQUEST_MARKS } from './marks.js';
export { createClients, type Clients, type Patience, type Send } from './patience.js';
export { scheduleFaults, type Begin } from './faults.js';
export { EMPTY_HASH, hashBytes } from './content.js';
