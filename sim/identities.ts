/**
 * What is exact in every flight in virtual time, whatever is random in it. Little's law as
 * integers: the time integral of the calls in flight, by what LBs told, is the sum of the times
 * that clients saw. And what came in went out: attempts are NACKs and other ends, and no execution
 * ended that had not begun.
 */
import type { FlightEvent } from '../core/record.js';

export interface Identities {
  see(event: FlightEvent): void;
  /** Those that do not hold, once everything is over; of a flight that was stopped, none. */
  land(): string[];
}

export function createIdentities(): Identities {
  let arrived = 0;
  let ended = 0;
  let told = 0;
  let attempts = 0;
  let nacks = 0;
  let attemptEnds = 0;
  let starts = 0;
  let executionEnds = 0;
  let inFlightUs = 0;
  let sojournUs = 0;
  let lastAt = 0;
  const moved = (at: number): void => {
    inFlightUs += (arrived - ended) * (at - lastAt);
    lastAt = at;
  };
  return {
    see(event) {
      switch (event.kind) {
        case 'arrive':
          moved(event.at);
          arrived += 1;
          return;
        case 'end':
          moved(event.at);
          ended += 1;
          return;
        case 'client':
          told += 1;
          sojournUs += event.at - event.sentAt;
          return;
        case 'attempt':
          attempts += 1;
          return;
        case 'nack':
          nacks += 1;
          return;
        case 'attempt-end':
          attemptEnds += 1;
          return;
        case 'exec-start':
          starts += 1;
          return;
        case 'exec-end':
          executionEnds += 1;
          return;
        default:
          return;
      }
    },
    land() {
      // Calls without an end are told of by themselves.
      if (ended < arrived || told < arrived) return [];
      const laws: readonly [boolean, string][] = [
        [inFlightUs === sojournUs, `L = λW: ${inFlightUs} µs in flight, ${sojournUs} µs seen`],
        [
          arrived === ended && arrived === told,
          `${arrived} calls came, ${ended} ended, ${told} told`,
        ],
        [attempts === nacks + attemptEnds, `${attempts} attempts, ${nacks} + ${attemptEnds} ended`],
        [starts >= executionEnds, `${starts} executions began, ${executionEnds} ended`],
      ];
      return laws.flatMap(([holds, line]) => (holds ? [] : [line]));
    },
  };
}
