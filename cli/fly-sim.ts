/** A flight in the simulator, in slices, so that progress shows and a signal is heard. */
import type { FlightHeader } from '../core/record.js';
import type { Flight } from '../reports/index.js';
import {
  createWorld,
  promisedBy,
  type Scenario,
  type World,
  type WorldOptions,
} from '../sim/index.js';
import { createRecorder, type Listeners, type Recorder } from './flight.js';
import type { Interrupt } from './interrupt.js';
import { createProgress } from './progress.js';

/** Clock events between two looks at the world outside; about a tenth of a second. */
const SLICE = 10_000;

export async function flySim(
  scenario: Scenario,
  header: FlightHeader,
  listeners: Listeners,
  interrupt: Interrupt,
  sortie: Pick<WorldOptions, 'plan' | 'explore'> = {},
): Promise<Flight> {
  const startedAt = performance.now();
  const recorder = createRecorder(header, listeners, { promised: promisedBy(scenario) });
  const world = createWorld(scenario, { ...sortie, seed: header.seed, tell: recorder.tell });
  const progress = createProgress(scenario.name);
  try {
    while (world.fly(SLICE)) {
      await interrupt.turn();
      const virtual = ((world.now - world.startedAt) / 1e6).toFixed(1);
      progress.update(world.offered, scenario.calls, `${virtual} s flown`);
    }
  } finally {
    progress.end();
  }
  return landSim(world, recorder, Math.round(performance.now() - startedAt));
}

/** Lands a simulated flight: with what broke it, or what it still holds. */
export function landSim(world: World, recorder: Recorder, wallMs: number): Flight {
  const { broken } = world;
  const extra = broken === undefined ? world.held() : [broken.split('\n')[0] ?? broken];
  const virtualMs = (world.now - world.startedAt) / 1000;
  return recorder.land({ digest: world.digest, wallMs, virtualMs }, extra);
}
