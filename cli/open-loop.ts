/** The open-loop load of a gRPC flight: every call at its planned instant, however others do. */
import { seededRng, type ClientLine, type Clock, type FlightEvent } from '../core/index.js';
import { createClients, planCalls, type Scenario, type Send } from '../sim/index.js';
import type { HttpClient } from './http-client.js';

/** After the last deadline, so long until a call counts as stuck. */
const PATIENCE_US = 10_000_000;

/** A call that was hung up on is on its way to the balancer for no longer than that. */
const ON_ITS_WAY_US = 1_000_000;

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
  /** Hung up on before the balancer saw them: told of when it does, for an arrival comes first. */
  const left = new Map<string, ClientLine>();
  let leftAt = startedAt;
  let lastAt = startedAt;
  let timer: { cancel(): void } | undefined;

  const send: Send = (call, sentAt, told) => {
    sent += 1;
    lastAt = Math.max(lastAt, sentAt);
    return client.send(call, sentAt, (line) => {
      answered += 1;
      const unseen = !balancer.has(call.id);
      if (unseen && line.how === 'cut') lost += 1;
      if (unseen && line.how === 'left') {
        left.set(call.id, line);
        leftAt = clock.now();
      } else tell(line);
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
  const tellOfLeft = (): void => {
    for (const [call, line] of left) {
      if (!balancer.has(call)) continue;
      left.delete(call);
      tell(line);
    }
  };
  const settled = (): boolean => {
    tellOfLeft();
    return balancer.idle() && (left.size === 0 || clock.now() > leftAt + ON_ITS_WAY_US);
  };
  const done = (): boolean => answered === sent && clients.pending === 0 && settled();
  const late = (): boolean =>
    clock.now() > lastAt + retry.times * retry.afterUs + longest + PATIENCE_US;
  const over = (): boolean => planned === undefined && (done() || late());
  return {
    over,
    sent: () => sent,
    lost() {
      const count = lost + (over() ? left.size : 0);
      if (count === 0) return [];
      return [
        `${count} of ${sent} calls were cut before they reached the balancer: no sockets left?`,
      ];
    },
    stop() {
      timer?.cancel();
      clients.stop();
      tellOfLeft();
      for (const line of left.values()) tell(line);
    },
  };
}
