/**
 * How busy the machine was: on gRPC the client, the edges, the core and all runners share it, and
 * once it is full the latencies are its queue's and no longer those of the balancer.
 */
import { cpus } from 'node:os';

/** Above this share of all cores, waiting for a core shows in the latencies. */
const FULL = 0.85;

export interface CoreTimes {
  /** Since the machine came up, summed over its cores, in ms. */
  readonly idleMs: number;
  readonly allMs: number;
}

function coreTimes(): CoreTimes {
  let [idleMs, allMs] = [0, 0];
  for (const { times } of cpus()) {
    idleMs += times.idle;
    allMs += times.idle + times.user + times.nice + times.sys + times.irq;
  }
  return { idleMs, allMs };
}

/** Watches from now on; call the result for one line on the time since, `''` where no core told. */
export function watchMachine(read: () => CoreTimes = coreTimes, cores = cpus().length) {
  const from = read();
  return (): string => {
    const to = read();
    const allMs = to.allMs - from.allMs;
    if (!(allMs > 0)) return '';
    const busy = Math.min(1, Math.max(0, 1 - (to.idleMs - from.idleMs) / allMs));
    const full = busy > FULL ? ': its latencies are those of a machine that is too small' : '';
    return `machine: ${cores} cores, ${(busy * 100).toFixed(0)} % busy${full}\n`;
  };
}
