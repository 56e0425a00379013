/** A balancer over scripted runners, with scripted clients, in virtual time. */
import type { Subscription } from 'rxjs';
import { createBalancer, type Balancer, type BalancerParts } from '../../core/balancer.js';
import type { Request } from '../../core/call.js';
import { staticFunctions, type DataAccess, type FunctionOptions } from '../../core/data-access.js';
import type { BalancerOptions } from '../../core/options.js';
import { staticPool } from '../../core/pools.js';
import type { ProbeEvent } from '../../core/probe.js';
import type { Verdict } from '../../core/response.js';
import { seededRng } from '../../core/rng.js';
import { utf8 } from './calls.js';
import { scriptedRunner, type Script, type ScriptedRunner } from './scripted-runner.js';
import { scriptedSink, type ScriptedSink, type SinkScript } from './scripted-sink.js';
import { inOrder } from './search.js';
import { createVirtualClock, type VirtualClock } from './virtual.js';

/** One client's call: what it sent, what it got. */
export interface Visit {
  readonly sink: ScriptedSink;
  verdict: Verdict | undefined;
  completed: boolean;
  leave(): void;
}

export interface Service {
  readonly clock: VirtualClock;
  readonly balancer: Balancer;
  readonly runners: readonly ScriptedRunner[];
  readonly probed: ProbeEvent[];
  call(request?: Partial<Request>, sink?: SinkScript): Visit;
  /** Kinds of the probe's events, with what an end says. */
  story(): string;
  /** Whether anything at all is still held: calls, bytes, timers, engagements. */
  idle(): boolean;
}

/** Runners a, b, … with a script list each; functions `hello` (10 s) and those given. */
export function createService(
  given: {
    readonly runners?: readonly (readonly Script[])[];
    readonly options?: Partial<BalancerOptions>;
    readonly functions?: Readonly<Record<string, FunctionOptions>>;
    readonly data?: DataAccess;
    /** Anything else a balancer can be made of. */
    readonly parts?: Partial<BalancerParts>;
  } = {},
): Service {
  const clock = createVirtualClock();
  const runners = (given.runners ?? []).map((scripts, index) =>
    scriptedRunner(clock, String.fromCharCode(97 + index), scripts),
  );
  const probed: ProbeEvent[] = [];
  const functions = { hello: { timeoutMs: 10_000 }, ...given.functions };
  const balancer = createBalancer(
    {
      clock,
      rng: seededRng(1),
      pool: staticPool(runners),
      data: given.data ?? staticFunctions(functions),
      placer: inOrder,
      probe: (event) => probed.push(event),
      ...given.parts,
    },
    given.options,
  );
  return {
    clock,
    balancer,
    runners,
    probed,
    call(request = {}, script = {}) {
      const sink = scriptedSink(script);
      let serving: Subscription | undefined = undefined;
      const visit: Visit = {
        sink,
        verdict: undefined,
        completed: false,
        leave: () => serving?.unsubscribe(),
      };
      const whole = { fn: 'hello', method: 'POST', url: '/invoke/hello', headers: [] };
      serving = balancer.handle({ ...whole, body: utf8('ping'), ...request }, sink).subscribe({
        next(verdict) {
          if (visit.verdict !== undefined) throw new Error('two verdicts');
          visit.verdict = verdict;
        },
        error: (error: unknown) => {
          throw error;
        },
        complete: () => (visit.completed = true),
      });
      return visit;
    },
    story: () =>
      probed
        .map((event) => (event.kind === 'end' ? `end:${event.outcome}:${event.code}` : event.kind))
        .join(' '),
    idle() {
      const { calls, callEnds, bodyBytes, responseBytes } = balancer.held;
      const open = runners.reduce((sum, runner) => sum + runner.open, 0);
      return calls + callEnds + bodyBytes + responseBytes + open + clock.pending === 0;
    },
  };
}
