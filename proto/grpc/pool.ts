/** Runners at fixed addresses: the pool of a production balancer. */
import type { Clock } from '../../core/clock.js';
import type { Pool } from '../../core/pool.js';
import { staticPool } from '../../core/pools.js';
import { createRunner, type RunnerOptions, type WireRunner } from '../runner.js';
import { createGrpcChannel, type GrpcChannelOptions } from './channel.js';

/** Of the connection, and of the runner behind it. */
export type GrpcRunnerOptions = GrpcChannelOptions & RunnerOptions;

/** A runner at `host:port`, which is its id as well. Dials at once, and again after every loss. */
export function grpcRunner(
  clock: Clock,
  address: string,
  options: Partial<GrpcRunnerOptions> = {},
): WireRunner {
  const { weight = 1, streamsMax, ...channel } = options;
  const own = streamsMax === undefined ? { weight } : { weight, streamsMax };
  return createRunner(clock, address, createGrpcChannel(address, channel), own);
}

/**
 * A fixed pool of gRPC runners, reachable or not. An address that stands there twice is an error
 * ("Runner already exists"): it would get twice its share of the calls. For a fleet that changes,
 * `createPool()` and `pool.add(grpcRunner(clock, address))`.
 * @example
 * const pool = grpcPool(clock, ['10.0.0.1:9190', '10.0.0.2:9190']);
 */
export function grpcPool(
  clock: Clock,
  addresses: readonly string[],
  options: Partial<GrpcRunnerOptions> = {},
): Pool {
  return staticPool(addresses.map((address) => grpcRunner(clock, address, options)));
}
