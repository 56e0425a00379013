/** One probe out of several, so that a record, metrics and spans can be told of the same calls. */
import type { Probe } from './probe.js';

/** Tells all in order. One probe is itself, and none is none: nothing is paid for the others. */
export function fanOut(given: Probe | readonly Probe[] | undefined): Probe | undefined {
  if (given === undefined || typeof given === 'function') return given;
  // A copy: what its owner does to the list later must not change what calls in flight are told.
  const probes = [...given];
  if (probes.length <= 1) return probes[0];
  return (event) => {
    for (const probe of probes) probe(event);
  };
}
