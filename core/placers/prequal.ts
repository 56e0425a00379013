/**
 * Probing for load: a pool of what random runners said of themselves a moment ago, and of those the
 * fastest that does not have too many calls. Good when there are many LBs, or antagonists on the
 * runners' machines, for it sees what others do there. Its assumption is that a probe is cheap
 * and true for a second: it costs three Status calls a call, and a liar is believed.
 *
 * Prequal (Wydrowski et al., NSDI 2024, arXiv 2312.10172): requests in flight (RIF) and latency,
 * the hot-cold rule, reuse and removal of probes; its numbers where not said otherwise.
 */
import type { Placer, PlacerParts } from '../placer.js';
import type { Rng } from '../rng.js';
import type { Standing } from '../standing.js';
import { Draw, Hands, type Choice } from './choose.js';
import { demand } from './p2c.js';
import { createProbing, type Probed, type Probing } from './probing.js';

/** Probes of each call. */
const PROBES_PER_CALL = 3;
/** A runner is hot above this quantile of the pool's RIFs, each for the runner's weight. */
const Q_RIF = 0.84;
/** Where nobody has executed anything yet, all are alike. */
const NOTHING_KNOWN_US = 1e6;
/** With fewer than this in the pool there is nothing to compare. */
const ENOUGH = 2;

export function prequal({ rng, clock }: PlacerParts): Placer {
  const probing = createProbing(clock);
  const choice: Choice = { score: demand, size: 2, chance: rng };
  return {
    order<S extends Standing>(_call: unknown, runners: readonly S[], now: number) {
      const known = probing.fresh(now).filter(({ standing }) => standing.usable(now));
      probe(probing, runners, rng, now);
      if (known.length < ENOUGH) return new Hands(choice, runners, now);
      const given: number[] = [];
      let rest: Hands<S> | undefined;
      const limit = hotAbove(known, now);
      const picked = take(known, now, limit);
      probing.used(picked, runners.length);
      let first: Probed | undefined = picked;
      return {
        next() {
          for (;;) {
            const probed: Probed | undefined = first ?? take(known, now, limit);
            first = undefined;
            if (probed === undefined) break;
            const index = runners.indexOf(probed.standing as S);
            // Of those in the pool some may have left the group since.
            if (index === -1) continue;
            given.push(index);
            return runners[index];
          }
          rest ??= new Hands(choice, runners, now, given);
          return rest.next();
        },
      };
    },
    close: () => probing.close(),
  };
}

/** Above this heat a runner is hot. */
function hotAbove(known: readonly Probed[], now: number): number {
  const heats = known.map((probed) => probed.heat(now)).sort((a, b) => a - b);
  return heats[Math.floor(Q_RIF * (heats.length - 1))] as number;
}

/**
 * Takes the best out: of the cold ones the fastest, where all are hot the one with fewest calls. A
 * runner that refuses has few calls and is fast: what it says is discounted by its acceptance
 * (the paper's "sinkholing"), and one without executions is as fast as the fastest that is known.
 */
function take(known: Probed[], now: number, limit: number): Probed | undefined {
  if (known.length === 0) return undefined;
  let fastestUs = Infinity;
  for (const { latencyUs } of known) if (latencyUs > 0) fastestUs = Math.min(fastestUs, latencyUs);
  const waitOf = ({ latencyUs, standing, growth }: Probed): number =>
    (growth * (latencyUs > 0 ? latencyUs : Math.min(fastestUs, NOTHING_KNOWN_US))) /
    standing.acceptance(now);
  let best = 0;
  for (let i = 1; i < known.length; i++) {
    if (better(known[i] as Probed, known[best] as Probed, now, limit, waitOf)) best = i;
  }
  return known.splice(best, 1)[0];
}

function better(
  one: Probed,
  other: Probed,
  now: number,
  limit: number,
  waitOf: (probed: Probed) => number,
): boolean {
  const [heat, otherHeat] = [one.heat(now), other.heat(now)];
  const [hot, otherHot] = [heat > limit, otherHeat > limit];
  if (hot !== otherHot) return otherHot;
  return hot ? heat < otherHeat : waitOf(one) < waitOf(other);
}

function probe(probing: Probing, runners: readonly Standing[], rng: Rng, now: number): void {
  const draw = new Draw(runners.length, rng);
  for (let asked = 0; asked < PROBES_PER_CALL;) {
    const index = draw.next();
    if (index === -1) return;
    const standing = runners[index] as Standing;
    if (!standing.usable(now)) continue;
    if (!probing.ask(standing)) return;
    asked += 1;
  }
}
