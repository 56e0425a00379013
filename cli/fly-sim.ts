/** A flight in the simulator, in slices, so that progress shows and a signal is heard. */
import { setImmediate } from 'node:timers/promises';
import type { FlightHeader } from '../core/record.js';
import type { Flight } from '../reports/index.js';
import { createWorld, type Scenario } from '../sim/index.js';
import type { Output } from './files.js';
import { createRecorder } from './flight.js';
import type { Interrupt } from './interrupt.js';
import { createProgress } from './progress.js';

/** Clock events between two looks at the world outside; about a tenth of a second. */
const SLICE = 10_000;

export async function flySim(
  scenario: Scenario,
  header: FlightHeader,
  record: Output | undefined,
  interrupt: Interrupt,
): Promise<Flight> {
  const startedAt = performance.now();
  const recorder = createRecorder(header, record, { executorsLog: true });
  const world = createWorld(scenario, { seed: header.seed, tell: recorder.tell });
  const progress = createProgress(scenario.name);
  try {
    while (world.fly(SLICE)) {
      await setImmediate();
      interrupt.check();
      const virtual = ((world.now - world.startedAt) / 1e6).toFixed(1);
      progress.update(world.offered, scenario.calls, `${virtual} s flown`);
    }
  } finally {
    progress.end();
  }
  const { broken } = world;
  const extra = broken === undefined ? world.held() : [broken.split('\n')[0] ?? broken];
  return recorder.land(
    {
      digest: world.digest,
      wallMs: Math.round(performance.now() - startedAt),
      virtualMs: (world.now - world.startedAt) / 1000,
    },
    extra,
  );
}
