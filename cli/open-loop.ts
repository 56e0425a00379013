/** The open-loop load of a gRPC flight: every call at its planned instant, however others do. */
import { seededRng, type Clock, type FlightEvent } from '../core/index.js';
import { createClients, planCalls, type Scenario, type Send } from '../sim/index.js';
import type { HttpClient } from './http-client.js';

/** After the last deadline, so long until a call counts as stuck. */
const PATIENCE_US = 10_000_000;

export interface Load {
  /** Every call is answered, or the last deadline is long past. */
  over(): boolean;
  sent(): number;
  /** Calls that were cut before they reached the balancer: at most one line. */
  lost(): string[];
  stop(): void;
}

/** What a load sees of the balancer. */
export interface Reached {
  /** It has seen the call. */
  has(call: string): boolean;
  /** No call is in flight: it has heard of every client that hung up. */
  idle(): boolean;
}

/** Starts sending. */
export function startLoad(
  scenario: Scenario,
  seed: number,
  clock: Clock,
  client: HttpClient,
  tell: (event: FlightEvent) => void,
  balancer: Reached,
): Load {
  const next = planCalls(scenario, seededRng(seed));
  const { retry } = scenario.clients;
  const startedAt = clock.now();
  let planned = next();
  let sent = 0;
  let answered = 0;
  let lost = 0;
  /** Hung up on, and not seen by the balancer at that time: it may see them yet. */
  const left = new Set<string>();
  let lastAt = startedAt;
  let timer: { cancel(): void } | undefined;

  const send: Send = (call, sentAt, told) => {
    sent += 1;
    lastAt = Math.max(lastAt, sentAt);
    return client.send(call, sentAt, (line) => {
      answered += 1;
      if (!balancer.has(call.id)) {
        if (line.how === 'cut') lost += 1;
        if (line.how === 'left') left.add(call.id);
      }
      tell(line);
      told(line);
    });
  };
  const clients = createClients(clock, retry, send);

  const sendDue = (): void => {
    while (planned !== undefined && startedAt + planned.atUs <= clock.now()) {
      clients.send(planned, startedAt + planned.atUs);
      planned = next();
    }
    if (planned === undefined) return;
    timer = clock.after(Math.max(0, startedAt + planned.atUs - clock.now()), sendDue);
  };
  sendDue();

  const longest = Math.max(...scenario.functions.map((fn) => fn.timeoutUs));
  const done = (): boolean => answered === sent && clients.pending === 0 && balancer.idle();
  const late = (): boolean =>
    clock.now() > lastAt + retry.times * retry.afterUs + longest + PATIENCE_US;
  const over = (): boolean => planned === undefined && (done() || late());
  return {
    over,
    sent: () => sent,
    lost() {
      const never = over() ? [...left].filter((call) => !balancer.has(call)).length : 0;
      const count = lost + never;
      if (count === 0) return [];
      return [
        `${count} of ${sent} calls were cut before they reached the balancer: no sockets left?`,
      ];
    },
    stop() {
      timer?.cancel();
      clients.stop();
    },
  };
}
