/** Flies a scenario given as YAML in the simulator and keeps all that it told. */
import type { FlightEvent } from '../../core/record.js';
import { createCheckers } from '../../sim/checkers.js';
import { promisedBy } from '../../sim/promised.js';
import { parseScenario, type Scenario } from '../../sim/scenario.js';
import { createWorld, type WorldOptions } from '../../sim/world.js';

export function scenarioOf(text: string, sets: readonly string[] = []): Scenario {
  const parsed = parseScenario(text, 'test.yaml', sets);
  if (!parsed.ok) throw new Error(parsed.errors.join('\n'));
  return parsed.scenario;
}

export interface Flown {
  readonly events: readonly FlightEvent[];
  readonly digest: string;
  /** Broken laws, calls that never ended, what is still held, what broke the flight. */
  readonly problems: readonly string[];
}

export function flown(
  scenario: Scenario,
  options: Partial<WorldOptions> & { readonly seed: number },
): Flown {
  const events: FlightEvent[] = [];
  const checkers = createCheckers({ promised: promisedBy(scenario) });
  const world = createWorld(scenario, {
    ...options,
    tell(event) {
      events.push(event);
      checkers.see(event);
    },
  });
  while (world.fly(10_000)) continue;
  const { violations, stuck } = checkers.land();
  const broken = world.broken === undefined ? [] : [world.broken];
  const problems = [...broken, ...violations, ...stuck, ...world.held()];
  return { events, digest: world.digest, problems };
}

/** The events of one kind, typed. */
export function only<K extends FlightEvent['kind']>(
  events: readonly FlightEvent[],
  kind: K,
): Extract<FlightEvent, { kind: K }>[] {
  return events.filter((event): event is Extract<FlightEvent, { kind: K }> => event.kind === kind);
}

/** Events by call id. What happens to a runner, and so to no call, is in none of them. */
export function byCall<E extends { readonly call: string }>(
  events: readonly E[],
): Map<string, E[]> {
  const calls = new Map<string, E[]>();
  for (const event of events) {
    if (event.call === '') continue;
    const of = calls.get(event.call);
    if (of === undefined) calls.set(event.call, [event]);
    else of.push(event);
  }
  return calls;
}
