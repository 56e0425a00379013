/** Laws of service times. Every sample is rounded to whole µs right here, so that the last bits of
 * log and exp, which may differ between engines, cannot reach a digest. */
import type { Rng } from '../core/rng.js';

/** A law of durations, µs. */
export type Law =
  | { readonly kind: 'constant'; readonly valueUs: number }
  | { readonly kind: 'uniform'; readonly minUs: number; readonly maxUs: number }
  | { readonly kind: 'exponential'; readonly meanUs: number }
  | { readonly kind: 'lognormal'; readonly medianUs: number; readonly sigma: number };

/** One draw, in whole µs. */
export function draw(law: Law, rng: Rng): number {
  return Math.round(sample(law, rng));
}

function sample(law: Law, rng: Rng): number {
  switch (law.kind) {
    case 'constant':
      return law.valueUs;
    case 'uniform':
      return law.minUs + (law.maxUs - law.minUs) * rng.float();
    case 'exponential':
      // 1 - u is in (0, 1]: the logarithm is finite.
      return -law.meanUs * Math.log(1 - rng.float());
    case 'lognormal':
      return law.medianUs * Math.exp(law.sigma * normal(rng));
  }
}

/** A standard normal draw (Box and Muller, 1958), from two uniforms. */
function normal(rng: Rng): number {
  return Math.sqrt(-2 * Math.log(1 - rng.float())) * Math.cos(2 * Math.PI * rng.float());
}
