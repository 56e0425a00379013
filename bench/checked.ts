/** Flights of the trials and benchmarks: all checkers on, and nothing may be wrong with one. */
import type { MakePlacer } from '../core/index.js';
import {
  createCheckers,
  createWorld,
  parseScenario,
  promisedBy,
  type Scenario,
  type World,
  type WorldOptions,
} from '../sim/index.js';

export type Event = Parameters<WorldOptions['tell']>[0];

export interface Wanted {
  /** Says in an error which flight it was. */
  readonly what: string;
  readonly seed: number;
  readonly placer?: MakePlacer;
  /** Told every event, after the checkers were. */
  readonly see: (event: Event, world: World) => void;
}

/** A scenario from its text. Throws with all that is wrong with it. */
export function scenarioIn(text: string, file: string, sets: readonly string[] = []): Scenario {
  const parsed = parseScenario(text, file, sets);
  if (!parsed.ok) throw new Error(parsed.errors.join('\n'));
  return parsed.scenario;
}

/** Flies to the end. Throws where a law is broken, a call never ends, or something is held. */
export function flyChecked(scenario: Scenario, { what, see, ...wanted }: Wanted): World {
  const checkers = createCheckers({ promised: promisedBy(scenario) });
  const world: World = createWorld(scenario, {
    ...wanted,
    tell(event) {
      checkers.see(event);
      see(event, world);
    },
  });
  while (world.fly(100_000)) continue;
  const { violations, stuck } = checkers.land();
  const troubles = [world.broken, ...violations, ...stuck, ...world.held()];
  const trouble = troubles.find((line) => line !== undefined);
  if (trouble === undefined) return world;
  throw new Error(`${what}, seed ${wanted.seed}: ${trouble}`);
}
