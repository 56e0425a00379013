/** The faults of a scenario, done to real runner processes; and which of them cannot be. */
import type { Begin, Scenario } from '../sim/index.js';
import type { Fleet } from './fleet.js';

type Fault = Scenario['faults'][number];

/** Kinds that exist on real processes and sockets. */
const REAL: readonly Fault['kind'][] = ['crash', 'pause', 'slow', 'nack-storm', 'stream-reset'];

export const isReal = (fault: Fault): boolean => REAL.includes(fault.kind);

/**
 * What faults do to real runners. A restart that fails is told to `failed`: the flight is then not
 * the one that was asked for.
 */
export function realFaults(fleet: Fleet, failed: (error: unknown) => void): Begin {
  return (fault, id) => {
    switch (fault.kind) {
      case 'crash':
        fleet.kill(id);
        return () => void fleet.restart(id).catch(failed);
      case 'pause':
        fleet.pause(id);
        return () => fleet.resume(id);
      case 'slow':
        fleet.bend(id, (bend) => ({
          ...bend,
          slow: bend.slow * fault.factor,
          addUs: bend.addUs + fault.addUs,
        }));
        return () =>
          fleet.bend(id, (bend) => ({
            ...bend,
            slow: bend.slow / fault.factor,
            addUs: bend.addUs - fault.addUs,
          }));
      case 'nack-storm':
        fleet.bend(id, (bend) => ({ ...bend, nack: fault.probability }));
        return () => fleet.bend(id, (bend) => ({ ...bend, nack: 0 }));
      case 'stream-reset':
        fleet.reset(id);
        return () => undefined;
      case 'drain':
      case 'half-open':
      case 'response-lost':
        throw new Error(`a ${fault.kind} cannot be done to a real runner`);
    }
  };
}
