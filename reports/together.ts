/**
 * How much the calls of a flight hang together. Those that wait for one another are late together,
 * so that many of them say little more than one. Measured by batch means: how far the means of
 * stretches of a flight lie apart, beside how far those of independent calls would (the "design
 * effect"; Law, Simulation Modeling and Analysis, 9.5.3).
 */
import { student } from './interval.js';

/** Latencies of a stretch of time. */
export interface Batch {
  readonly calls: number;
  readonly sum: number;
}

const BATCHES = 20;
/** Fewer batches say nothing of how far they lie apart. */
const BATCHES_MIN = 8;
/** Of 20 batches of independent calls one in twenty flights exceeds this (chi-squared, 19). */
const BY_CHANCE = 1.59;
/** Beyond this too few calls are left to count, and the stretches hang together as well. */
const TOGETHER_MAX = 10;

/**
 * By how much the variance of a mean is larger than that of independent calls: 1 where nothing
 * speaks against them, Infinity where one flight cannot tell. `squares` are those of the distances
 * of all calls from their mean.
 */
export function togetherness(bins: readonly Batch[], squares: number): number {
  const batches = inBatches(bins);
  const calls = batches.reduce((sum, batch) => sum + batch.calls, 0);
  if (batches.length < BATCHES_MIN || calls < 2 || squares === 0) return 1;
  const mean = batches.reduce((sum, batch) => sum + batch.sum, 0) / calls;
  const apart = batches.reduce((sum, batch) => sum + (batch.sum - mean * batch.calls) ** 2, 0);
  const ratio = (apart * batches.length * (calls - 1)) / (batches.length - 1) / calls / squares;
  if (ratio <= BY_CHANCE) return 1;
  // What few batches say is itself by chance.
  const effect = ratio * (student(batches.length - 1) / student(Infinity)) ** 2;
  return effect > TOGETHER_MAX ? Infinity : effect;
}

/** Neighbours as one, so that there are twenty at most. */
function inBatches(bins: readonly Batch[]): readonly Batch[] {
  const size = Math.ceil(bins.length / BATCHES);
  return Array.from({ length: Math.ceil(bins.length / Math.max(1, size)) }, (_, i) =>
    bins
      .slice(i * size, (i + 1) * size)
      .reduce((all, { calls, sum }) => ({ calls: all.calls + calls, sum: all.sum + sum }), {
        calls: 0,
        sum: 0,
      }),
  );
}
