/** The faults of a scenario, done to real runner processes; and which of them cannot be. */
import type { Clock, FaultLine } from '../core/index.js';
import type { Scenario } from '../sim/index.js';
import type { Fleet } from './fleet.js';

type Fault = Scenario['faults'][number];

/** Kinds that exist on real processes and sockets. */
const REAL: readonly Fault['kind'][] = ['crash', 'pause', 'slow', 'nack-storm', 'stream-reset'];

export const isReal = (fault: Fault): boolean => REAL.includes(fault.kind);

/**
 * Schedules what can be done, from now on. Returns what calls the rest off. A restart that fails
 * is told to `failed`: the flight is then not the one that was asked for.
 */
export function scheduleRealFaults(
  clock: Clock,
  faults: readonly Fault[],
  fleet: Fleet,
  tell: (line: FaultLine) => void,
  failed: (error: unknown) => void,
): () => void {
  const startUs = clock.now();
  const timers = new Set<{ cancel(): void }>();
  const at = (us: number, work: () => void): void => {
    timers.add(clock.after(Math.max(0, startUs + us - clock.now()), work));
  };
  for (const fault of faults.filter(isReal)) {
    const { atUs, untilUs, runners } = fault;
    at(atUs, () => {
      const until = untilUs === null ? Number.MAX_SAFE_INTEGER : startUs + untilUs;
      tell({ kind: 'fault', at: clock.now(), until, fault: fault.kind, target: runners.join(',') });
      for (const id of runners) begin(fault, id, fleet);
      if (untilUs === null || fault.kind === 'stream-reset') return;
      at(untilUs, () => {
        for (const id of runners) Promise.resolve(end(fault, id, fleet)).catch(failed);
      });
    });
  }
  return () => {
    for (const timer of timers) timer.cancel();
  };
}

function begin(fault: Fault, id: string, fleet: Fleet): void {
  if (fault.kind === 'crash') fleet.kill(id);
  if (fault.kind === 'pause') fleet.signal(id, 'SIGSTOP');
  if (fault.kind === 'slow')
    fleet.bend(id, (bend) => ({ ...bend, slow: bend.slow * fault.factor }));
  if (fault.kind === 'nack-storm') fleet.bend(id, (bend) => ({ ...bend, nack: fault.probability }));
  if (fault.kind === 'stream-reset') fleet.reset(id);
}

function end(fault: Fault, id: string, fleet: Fleet): Promise<void> | undefined {
  if (fault.kind === 'crash') return fleet.restart(id);
  if (fault.kind === 'pause') fleet.signal(id, 'SIGCONT');
  if (fault.kind === 'slow')
    fleet.bend(id, (bend) => ({ ...bend, slow: bend.slow / fault.factor }));
  if (fault.kind === 'nack-storm') fleet.bend(id, (bend) => ({ ...bend, nack: 0 }));
  return undefined;
}
