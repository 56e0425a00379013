/**
 * The faults of a scenario at their times: when each begins and heals, in either world, and what it
 * does to the simulated hosts.
 */
import type { Clock, Timer } from '../core/clock.js';
import type { FaultLine } from '../core/record.js';
import type { Rng } from '../core/rng.js';
import type { Host } from './host.js';
import type { Rule } from './link.js';
import type { ScenarioFault } from './scenario.js';

/** Puts a fault into effect on one runner; returns what ends it. */
export type Begin = (fault: ScenarioFault, runner: string) => () => void;

/**
 * Tells of every fault and begins it at its time, now being the flight's first instant, and heals
 * it at its end, if it has one. Returns what calls the rest off.
 */
export function scheduleFaults(
  clock: Clock,
  faults: readonly ScenarioFault[],
  begin: Begin,
  tell: (line: FaultLine) => void,
): () => void {
  const startUs = clock.now();
  const timers = new Set<Timer>();
  const at = (us: number, work: () => void): void => {
    timers.add(clock.after(Math.max(0, startUs + us - clock.now()), work));
  };
  const schedule = (fault: ScenarioFault, wave: Wave): void => {
    const { atUs, untilUs, runners } = wave;
    const { kind } = fault;
    at(atUs, () => {
      const until = untilUs === null ? Number.MAX_SAFE_INTEGER : startUs + untilUs;
      tell({ kind: 'fault', at: clock.now(), until, fault: kind, target: runners.join(',') });
      const heals = runners.map((id) => begin(fault, id));
      if (untilUs === null || kind === 'stream-reset') return;
      at(untilUs, () => heals.forEach((heal) => heal()));
    });
  };
  for (const fault of faults) {
    for (const wave of wavesOf(fault)) schedule(fault, wave);
  }
  return () => {
    for (const timer of timers) timer.cancel();
  };
}

/** What of a fault begins at once. */
type Wave = Pick<ScenarioFault, 'atUs' | 'untilUs' | 'runners'>;

/** All of it, or one runner after the other. */
function wavesOf(fault: ScenarioFault): readonly Wave[] {
  if (fault.kind !== 'drain' || fault.rollingUs === 0) return [fault];
  const { atUs, untilUs, rollingUs } = fault;
  return fault.runners.map((id, index) => {
    const later = index * rollingUs;
    const until = untilUs === null ? null : untilUs + later;
    return { atUs: atUs + later, untilUs: until, runners: [id] };
  });
}

/** What faults do to simulated hosts. */
export function simulatedFaults(rng: Rng, hosts: ReadonlyMap<string, Host>): Begin {
  // A stream by what it is, not by its number: what is left of a flight keeps its chances.
  return (fault, id) =>
    apply(fault, hosts.get(id) as Host, rng.split(`fault/${fault.kind}/${id}/${fault.atUs}`));
}

/** Puts a fault into effect on one host; returns what ends it. */
function apply(fault: ScenarioFault, host: Host, chance: Rng): () => void {
  switch (fault.kind) {
    case 'crash':
      host.crash();
      return () => host.restart();
    case 'drain':
      return host.drain();
    case 'pause':
      host.pause();
      return () => host.resume();
    case 'slow':
      host.executor.bend.slow *= fault.factor;
      host.executor.bend.addUs += fault.addUs;
      return () => {
        host.executor.bend.slow /= fault.factor;
        host.executor.bend.addUs -= fault.addUs;
      };
    case 'nack-storm':
      host.executor.bend.nack = fault.probability;
      return () => (host.executor.bend.nack = 0);
    case 'stream-reset':
      for (const link of host.links) link.resetStreams();
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
  for (const { rules } of host.links) rules.add(rule);
  return () => host.links.forEach(({ rules }) => rules.delete(rule));
}
