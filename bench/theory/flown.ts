/** One flight of the suite: what its clients saw. All checkers are on, identities among them. */
import type { MakePlacer } from '../../core/index.js';
import { flyChecked, scenarioIn } from '../checked.js';

export interface Flown {
  /** Time in the system of each ok call that came after the warm-up, µs, by arrival. */
  readonly sojournsUs: Float64Array;
  /** Of the calls after the warm-up. */
  readonly offered: number;
  readonly ok: number;
  readonly refused: number;
  readonly attempts: number;
  /** Ok answers by the second in which they came. */
  readonly okPerSecond: readonly number[];
  /** Most of one LB's calls on a runner beside what bounded loads allow there, over the flight. */
  readonly aboveBound: number;
}

export interface Wanted {
  /** YAML. Its placement, budget and limits are as large as they can be, unless it says. */
  readonly scenario: string;
  readonly calls: number;
  readonly seed: number;
  readonly placer?: MakePlacer;
  /** Share of the calls that only warm up. Default: a tenth. */
  readonly warmUp?: number;
  /** ε of bounded loads, to be held to. */
  readonly epsilon?: number;
}

/** Throws where a law is broken, or something is held at the end. */
export function fly(wanted: Wanted): Flown {
  const { calls, seed, placer, epsilon = Infinity, warmUp = 0.1 } = wanted;
  const text = `version: 1\nname: theory\ncalls: ${calls}\n${wanted.scenario}`;
  const scenario = scenarioIn(text, 'theory');
  let arrived = 0;
  const counted = { offered: 0, ok: 0, refused: 0, attempts: 0 };
  const sojourns: number[] = [];
  const okPerSecond: number[] = [];
  const warm = new Set<string>();
  const inFlight = new Map(scenario.runners.map(({ id }) => [id, 0]));
  let aboveBound = 0;
  let all = 0;
  flyChecked(scenario, {
    what: text,
    seed,
    ...(placer === undefined ? {} : { placer }),
    see(event, { startedAt }) {
      switch (event.kind) {
        case 'arrive':
          arrived += 1;
          if (arrived <= calls * warmUp) return void warm.add(event.call);
          counted.offered += 1;
          return;
        case 'attempt': {
          all += 1;
          const here = (inFlight.get(event.runner) ?? 0) + 1;
          inFlight.set(event.runner, here);
          const most = Math.ceil(((1 + epsilon) * all) / inFlight.size);
          aboveBound = Math.max(aboveBound, here - most);
          if (!warm.has(event.call)) counted.attempts += 1;
          return;
        }
        case 'nack':
        case 'attempt-end':
          all -= 1;
          inFlight.set(event.runner, (inFlight.get(event.runner) ?? 0) - 1);
          return;
        case 'end':
          if (event.outcome === 'ok') {
            const second = Math.floor((event.at - startedAt) / 1_000_000);
            okPerSecond[second] = (okPerSecond[second] ?? 0) + 1;
          }
          if (warm.has(event.call)) return;
          if (event.outcome === 'ok') counted.ok += 1;
          if (event.outcome === 'refused') counted.refused += 1;
          return;
        case 'client':
          if (event.how === 'ended' && event.status === 200 && !warm.has(event.call)) {
            sojourns.push(event.at - event.sentAt);
          }
          return;
        default:
          return;
      }
    },
  });
  const seconds = Array.from(okPerSecond, (count: number | undefined) => count ?? 0);
  return { ...counted, sojournsUs: Float64Array.from(sojourns), okPerSecond: seconds, aboveBound };
}
