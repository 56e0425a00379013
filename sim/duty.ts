/**
 * What an LB owes: it refuses no call that it could have taken, and looks for a runner for as long
 * as it may. Without these laws one that refuses everything would break none. Exact in virtual
 * time.
 */
import type { ProbeEvent } from '../core/probe.js';
import type { Promised } from './promised.js';

export interface Duty {
  see(event: ProbeEvent): void;
}

interface Owed {
  readonly lb: Map<string, Owed>;
  readonly arrivedAt: number;
  /** Calls that its LB had when it came, those among them that it was about to refuse. */
  readonly others: number;
  cachedAt: number;
  deadline: number;
  headAt: number;
}

export function createDuty(
  { inFlightMax, placementUs, retry }: Promised,
  breaks: (law: string, call: string, at: number) => void,
): Duty {
  const calls = new Map<string, Owed>();
  const lbs = new Map<string, Map<string, Owed>>();

  const judge = (call: string, code: string, owed: Owed): void => {
    const { others, arrivedAt, cachedAt, deadline, headAt } = owed;
    if (code === 'full' && others < inFlightMax) {
      breaks('a call is refused as one too many only where that many are', call, arrivedAt);
    }
    if (code !== 'not_placed' || !retry || cachedAt < 0) return;
    const half = arrivedAt + Math.floor((deadline - arrivedAt) / 2);
    if (headAt >= Math.min(half, cachedAt + placementUs)) return;
    breaks('a runner is looked for as long as it may be', call, headAt);
  };

  return {
    see(event) {
      if (event.kind === 'arrive') {
        let lb = lbs.get(event.lb);
        if (lb === undefined) lbs.set(event.lb, (lb = new Map<string, Owed>()));
        const others = lb.size;
        const owed = { lb, arrivedAt: event.at, others, cachedAt: -1, deadline: 0, headAt: 0 };
        calls.set(event.call, owed);
        lb.set(event.call, owed);
        return;
      }
      const owed = calls.get(event.call);
      if (owed === undefined) return;
      if (event.kind === 'cached') {
        owed.cachedAt = event.at;
        owed.deadline = event.deadline;
      } else if (event.kind === 'head') owed.headAt = event.at;
      else if (event.kind === 'end') {
        calls.delete(event.call);
        owed.lb.delete(event.call);
        judge(event.call, event.code, owed);
      }
    },
  };
}
