/** The public door of `windtunnel`: the balancer core, its HTTP edge, and its ports. */
export { createBalancer, type Balancer, type BalancerParts, type Held } from './balancer.js';
export { balancerDefaults, type BalancerOptions } from './options.js';
export { createSystemClock, asScheduler, type Clock, type Timer } from './clock.js';
export { seededRng, type Rng } from './rng.js';
export type { DynamicPool, Pool } from './pool.js';
export { createPool, PoolError, staticPool, type PoolOptions } from './pools.js';
export { followTargets, type Follower, type Target } from './discovery.js';
export {
  staticApps,
  staticFunctions,
  type AppInfo,
  type DataAccess,
  type FunctionOptions,
  type StaticApp,
} from './data-access.js';
export { cachedData, cachedDataDefaults, type CachedDataOptions } from './cached-data.js';
export type { Belief } from './belief.js';
export type { CallOption, Draft } from './draft.js';
export type { CallListener } from './listeners.js';
export { nodeHandler, type EdgeOptions, type RouteTarget } from './http.js';
export { call, type Answer, type CallOptions, type CallRequest } from './call-promise.js';
export { CallError, type ErrorCode } from './errors.js';
export {
  fnNames,
  readFnConfig,
  type FnConfig,
  type FnConfigResult,
  type FnEnvironment,
  type FnName,
} from './fn-config.js';
export type {
  BodyFactory,
  ErrorShape,
  FunctionInfo,
  Outcome,
  Request,
  RequestBody,
} from './call.js';
export type { Verdict } from './response.js';
export type { Probe, ProbeEvent } from './probe.js';
export {
  createMetrics,
  metricsDefaults,
  type Metrics,
  type MetricsOptions,
} from './metrics/metrics.js';
export { createSpans, type Spans } from './metrics/spans.js';
export type { TraceOf } from './attempt-trace.js';

// Below: for those who write a runner, a placer, a sink or a checker.
export { readAddress, type Address } from './address.js';
export { connectionNames, HOP_BY_HOP } from './hop-headers.js';
export {
  placerByName,
  type MakePlacer,
  type Order,
  type Placer,
  type PlacerName,
  type PlacerParts,
} from './placer.js';
export type { Standing } from './standing.js';
export { createCapacity, type Capacity, type CapacityOptions, type Place } from './capacity.js';
export { InvariantError } from './invariant.js';
export type { AttemptOutcome, Call, Progress } from './call.js';
export type { Body } from './body.js';
export type { Sink } from './sink.js';
export { createValve, type Valve } from './valve.js';
export type {
  Data,
  Finished,
  Header,
  Nack,
  NackReason,
  Runner,
  RunnerEvent,
  RunnerStatus,
  SelfTest,
  Start,
} from './runner.js';
export type {
  ClientLine,
  ExecutorLine,
  FaultLine,
  FlightEnd,
  FlightEvent,
  FlightHeader,
  Slo,
} from './record.js';
