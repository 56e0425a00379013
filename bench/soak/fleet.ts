/** What trials share: runners behind one LB, half of the load that they can do, and their books. */
import type { Lb } from '../../test/support/lb.js';
import {
  balancer,
  serveFunction,
  SLOTS,
  station,
  WORK_MS,
  type LbGiven,
  type Station,
} from './platform.js';
import type { Stage } from './trial.js';

export const RUNNERS = 3;
/** Half of what their slots can do, calls a second. */
export const HALF_LOAD = (0.5 * RUNNERS * SLOTS * 1000) / WORK_MS;

export async function fleetOf(stage: Stage, runners: number, slots = SLOTS): Promise<Station[]> {
  const served = await serveFunction();
  stage.onEnd(() => served.kill());
  const { url } = served;
  const names = Array.from({ length: runners }, (_, index) => `r${index}`);
  const fleet = await Promise.all(names.map((name) => station(stage.folder, name, url, slots)));
  stage.onEnd(() => fleet.forEach(({ running }) => running.child.kill('SIGKILL')));
  return fleet;
}

/** An LB in front of the fleet, and the file of its configuration. */
export async function lbOf(
  stage: Stage,
  fleet: readonly { readonly address: string }[],
  given?: LbGiven,
): Promise<{ readonly lb: Lb; readonly file: string }> {
  const file = `${stage.folder}/lb.yaml`;
  const lb = await balancer(
    file,
    fleet.map(({ address }) => address),
    given,
  );
  stage.onEnd(() => lb.running.child.kill('SIGKILL'));
  return { lb, file };
}

/** What the runners' logs say of all calls, by their ids. */
export interface Books {
  /** When each began, µs of the machine's clock. */
  readonly starts: ReadonlyMap<string, number>;
  readonly twice: number;
  /** Began, and never ended. */
  readonly cut: ReadonlySet<string>;
}

export function booksOf(fleet: readonly Station[]): Books {
  const starts = new Map<string, number>();
  const cut = new Set<string>();
  let twice = 0;
  for (const line of fleet.flatMap((one) => one.log())) {
    if (line.kind === 'exec-end') {
      cut.delete(line.call);
      continue;
    }
    if (starts.has(line.call)) twice += 1;
    starts.set(line.call, line.at);
    cut.add(line.call);
  }
  return { starts, twice, cut };
}
