/** The faults of a scenario, put into effect on the simulated hosts at their times. */
import type { Clock } from '../core/clock.js';
import type { FaultLine } from '../core/record.js';
import type { Rng } from '../core/rng.js';
import type { Host } from './host.js';
import type { Rule } from './link.js';
import type { ScenarioFault } from './scenario.js';

/** Schedules every fault, `startUs` being the flight's first instant. */
export function scheduleFaults(
  clock: Clock,
  rng: Rng,
  faults: readonly ScenarioFault[],
  hosts: ReadonlyMap<string, Host>,
  tell: (line: FaultLine) => void,
): void {
  const startUs = clock.now();
  faults.forEach((fault, index) => {
    const chance = rng.split(`fault/${index}`);
    clock.after(fault.atUs, () => {
      const until = fault.untilUs === null ? Number.MAX_SAFE_INTEGER : startUs + fault.untilUs;
      const target = fault.runners.join(',');
      tell({ kind: 'fault', at: clock.now(), until, fault: fault.kind, target });
      const undo = fault.runners.map((id) => apply(fault, hosts.get(id) as Host, chance));
      if (fault.untilUs === null || fault.kind === 'stream-reset') return;
      clock.after(fault.untilUs - fault.atUs, () => undo.forEach((heal) => heal()));
    });
  });
}

/** Puts a fault into effect on one host; returns what ends it. */
function apply(fault: ScenarioFault, host: Host, chance: Rng): () => void {
  switch (fault.kind) {
    case 'crash':
      host.crash();
      return () => host.restart();
    case 'pause':
      host.pause();
      return () => host.resume();
    case 'slow':
      host.executor.bend.slow *= fault.factor;
      return () => (host.executor.bend.slow /= fault.factor);
    case 'nack-storm':
      host.executor.bend.nack = fault.probability;
      return () => (host.executor.bend.nack = 0);
    case 'stream-reset':
      host.link.resetStreams();
      return () => undefined;
    case 'half-open':
      return withRule(host, () => 'drop');
    case 'response-lost':
      return withRule(host, (passing) =>
        passing.verdict && chance.float() < fault.probability ? 'break' : 'pass',
      );
  }
}

function withRule(host: Host, rule: Rule): () => void {
  host.link.rules.add(rule);
  return () => host.link.rules.delete(rule);
}
