/**
 * A simulated runner process: an executor, the sessions it serves, a link to each LB in front of
 * it, and what can happen to a process: killed, started again, stopped and continued, deployed.
 */
import type { Clock } from '../core/clock.js';
import type { ExecutorLine } from '../core/record.js';
import type { Rng } from '../core/rng.js';
import { serve } from '../proto/session.js';
import { createStatus } from '../proto/status.js';
import { createSimExecutor, type SimExecutor } from './executor.js';
import { createLink, type Link, type LinkOptions, type LinkServer } from './link.js';
import type { Scenario, ScenarioRunner } from './scenario.js';

export interface HostParts {
  readonly clock: Clock;
  /** The flight's stream; split by the runner's id. */
  readonly rng: Rng;
  readonly scenario: Scenario;
  readonly runner: ScenarioRunner;
  readonly link: LinkOptions;
  /** Load balancers that are connected to it. */
  readonly lbs: number;
  readonly log: (line: ExecutorLine) => void;
}

export interface Host {
  readonly id: string;
  /** One a load balancer, by its number. */
  readonly links: readonly Link[];
  readonly executor: SimExecutor;
  /** Stopped, and not continued yet. */
  readonly stopped: boolean;
  /** kill -9: nothing is written any more, the kernel resets its streams. */
  crash(): void;
  restart(): void;
  /**
   * SIGTERM: it takes nothing new, finishes what it has, and ends. What is returned starts it
   * again, once it has ended.
   */
  drain(): () => void;
  /** SIGSTOP: timers and messages wait; SIGCONT runs what is overdue, in order. */
  pause(): void;
  resume(): void;
}

/** A process that is replaced by a new one. */
interface Deploy {
  /** The LB knows, and has no stream open. */
  empty: boolean;
  ended: boolean;
  /** The new one may start. */
  wanted: boolean;
}

export function createHost(parts: HostParts): Host {
  const { clock, runner, scenario } = parts;
  const { requestBodyBytes: bodyMaxBytes, responseBodyBytes: responseMaxBytes } = scenario.limits;
  const rng = parts.rng.split(`runner/${runner.id}`);
  let alive = true;
  let stopped = false;
  let overdue: (() => void)[] = [];
  /** The deploy that is under way. */
  let deploy: Deploy | undefined;

  const awake = (work: () => void): void => {
    if (stopped) overdue.push(work);
    else work();
  };

  /** The process's own view of time: a stopped process runs nothing, however due it is. */
  const own: Clock = {
    now: () => clock.now(),
    wall: () => clock.wall(),
    after(us, work) {
      let canceled = false;
      const timer = clock.after(us, () =>
        awake(() => {
          if (!canceled) work();
        }),
      );
      return {
        cancel() {
          canceled = true;
          timer.cancel();
        },
      };
    },
  };

  const createExecutor = (): SimExecutor =>
    createSimExecutor({
      clock: own,
      service: parts.rng.split('service'),
      chance: rng.split('nack'),
      antagonist: rng.split('antagonist'),
      runner,
      functions: scenario.functions,
      log: (line) => {
        if (alive) parts.log(line);
      },
    });
  let executor = createExecutor();
  let status = createStatus(own);

  const server: LinkServer = {
    get alive() {
      return alive;
    },
    awake,
    accept(wire) {
      serve({ clock: own, executor, bodyMaxBytes, responseMaxBytes, counter: status }, wire);
    },
    status: () => status.now(),
  };
  const links = Array.from({ length: parts.lbs }, (_, lb) =>
    createLink(clock, rng.split(lb === 0 ? 'link' : `link/${lb}`), parts.link, server),
  );

  const die = (): void => {
    alive = false;
    stopped = false;
    overdue = [];
    for (const link of links) link.serverDied();
    executor.halt();
  };

  const restart = (): void => {
    if (alive) return;
    deploy = undefined;
    const { bend } = executor;
    executor = createExecutor();
    Object.assign(executor.bend, bend);
    // A new process has seen nothing yet; what is left of the old one counts with itself.
    status = createStatus(own);
    alive = true;
    for (const link of links) link.serverBack();
  };

  /** Ends the process that is being replaced, if it has nothing left to do. */
  const settle = (of: Deploy): void => {
    if (deploy !== of || !of.empty || executor.active > 0) return;
    of.ended = true;
    die();
    if (of.wanted) restart();
  };

  return {
    id: runner.id,
    links,
    get executor() {
      return executor;
    },
    get stopped() {
      return stopped;
    },
    crash() {
      if (!alive) return;
      deploy = undefined;
      die();
    },
    restart,
    drain() {
      const of: Deploy = { empty: false, ended: false, wanted: false };
      if (alive) {
        deploy = of;
        awake(() => {
          executor.drain(() => settle(of));
          let open = links.length;
          for (const link of links) {
            link.goAway(() =>
              awake(() => {
                open -= 1;
                of.empty = open === 0;
                settle(of);
              }),
            );
          }
        });
      }
      return () => {
        of.wanted = true;
        if (deploy === of && of.ended) restart();
      };
    },
    pause() {
      if (alive) stopped = true;
    },
    resume() {
      if (!stopped) return;
      stopped = false;
      const due = overdue;
      overdue = [];
      for (const work of due) awake(work);
    },
  };
}
