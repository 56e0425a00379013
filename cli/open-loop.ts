/** The open-loop load of a gRPC flight: every call at its planned instant, however others do. */
import { seededRng, type Clock, type FlightEvent } from '../core/index.js';
import { planCalls, type Scenario } from '../sim/index.js';
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

/**
 * Starts sending.
 * @param arrived whether the balancer has seen a call.
 */
export function startLoad(
  scenario: Scenario,
  seed: number,
  clock: Clock,
  client: HttpClient,
  tell: (event: FlightEvent) => void,
  arrived: (call: string) => boolean,
): Load {
  const next = planCalls(scenario, seededRng(seed));
  const startedAt = clock.now();
  let planned = next();
  let sent = 0;
  let answered = 0;
  let lost = 0;
  let lastAt = startedAt;
  let timer: { cancel(): void } | undefined;
  const sendDue = (): void => {
    while (planned !== undefined && startedAt + planned.atUs <= clock.now()) {
      const { id, atUs } = planned;
      lastAt = startedAt + atUs;
      client.send(planned, lastAt, (line) => {
        answered += 1;
        if (line.how === 'cut' && !arrived(id)) lost += 1;
        tell(line);
      });
      sent += 1;
      planned = next();
    }
    if (planned === undefined) return;
    timer = clock.after(Math.max(0, startedAt + planned.atUs - clock.now()), sendDue);
  };
  sendDue();
  const longest = Math.max(...scenario.functions.map((fn) => fn.timeoutUs));
  return {
    over: () =>
      planned === undefined && (answered === sent || clock.now() > lastAt + longest + PATIENCE_US),
    sent: () => sent,
    lost: () =>
      lost === 0
        ? []
        : [`${lost} of ${sent} calls were cut before they reached the balancer: no sockets left?`],
    stop: () => timer?.cancel(),
  };
}
