/** What an LB in service tells operators beside its calls: gauges, beliefs, and what is held. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { firstValueFrom } from 'rxjs';
import type { Balancer, Belief, CallError, Held, Pool } from '../../core/index.js';

/** What is counted here and nowhere else. */
export interface Counts {
  /** Of the configuration that is in use, from 1. */
  version: number;
  /** Configurations that were refused since the start. */
  refused: number;
}

/** How long a runner that is not connected may take to say why, ms. */
const ASKING_MS = 500;
/** How often the event loop is looked at. */
const LOOK_MS = 10;
const NO_HELD: Held = {
  calls: 0,
  waiting: 0,
  attempts: 0,
  callEnds: 0,
  bodyBytes: 0,
  responseBytes: 0,
};

/** All that several balancers hold. */
export function heldBy(balancers: readonly Balancer[]): Held {
  const sum = { ...NO_HELD };
  for (const { held } of balancers) {
    for (const name of Object.keys(sum) as (keyof Held)[]) sum[name] += held[name];
  }
  return sum;
}

/** What is believed of each runner of the groups; of one that is not connected also why. */
export async function believed(
  balancer: Balancer,
  pool: Pool,
  groups: readonly string[],
): Promise<unknown[]> {
  const known = new Map<string, Belief>(balancer.beliefs().map((one) => [one.runner, one]));
  const asked = groups.flatMap((group) =>
    pool.snapshot(group).map(async (runner) => {
      // Of a group without calls nothing is believed yet.
      const said = known.get(runner.id) ?? {
        group,
        runner: runner.id,
        state: runner.ready ? 'open' : 'unready',
      };
      if (runner.ready) return said;
      return { ...said, why: await whyNot(runner) };
    }),
  );
  return Promise.all(asked);
}

async function whyNot(runner: ReturnType<Pool['snapshot']>[number]): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('not connected, and no answer'), ASKING_MS);
  });
  const status = firstValueFrom(runner.status(), { defaultValue: undefined }).then(
    () => 'not connected a moment ago',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  const why = await Promise.race([status, late]);
  clearTimeout(timer);
  return why;
}

/** Gauges in Prometheus' text format; the event loop's lag is of the time since the last look. */
export function createGauges(): { render(now: Readonly<Record<string, number>>): string } {
  const delay = monitorEventLoopDelay({ resolution: LOOK_MS });
  delay.enable();
  return {
    render(now) {
      // It measures from look to look: the lag is what is beyond that.
      const ms = (ns: number): number => (ns > 0 ? Math.max(0, ns / 1e6 - LOOK_MS) : 0);
      const all = {
        ...now,
        event_loop_lag_p99_ms: ms(delay.percentile(99)),
        event_loop_lag_max_ms: ms(delay.max),
        memory_bytes: process.memoryUsage.rss(),
      };
      delay.reset();
      return Object.entries(all)
        .map(([name, value]) => `# TYPE windtunnel_${name} gauge\nwindtunnel_${name} ${value}\n`)
        .join('');
    },
  };
}

export interface Refusals {
  count(error: CallError): void;
  render(): string;
}

/** Requests that never were a call, by the code of the answer: a counter in Prometheus' format. */
export function createRefusals(): Refusals {
  // Those that the built-in paths lead to are there from the start, so that a rate can be had.
  const counts = new Map<CallError['code'], number>([
    ['unknown_function', 0],
    ['bad_request', 0],
  ]);
  const name = 'windtunnel_no_call_total';
  return {
    count: ({ code }) => void counts.set(code, (counts.get(code) ?? 0) + 1),
    render: () =>
      [`# TYPE ${name} counter`, ...[...counts].map(([code, n]) => `${name}{code="${code}"} ${n}`)]
        .map((line) => `${line}\n`)
        .join(''),
  };
}
