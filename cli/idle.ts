/** What the wire costs by itself: calls one after the other to a function that takes no time. */
import type { ClientLine, Clock } from '../core/index.js';
import type { PlannedCall, ScenarioFunction } from '../sim/index.js';
import type { HttpClient } from './http-client.js';
import type { Interrupt } from './interrupt.js';

/** Known to the runner processes of a flight beside the scenario's own functions. */
export const idleFunction: ScenarioFunction = Object.freeze({
  name: 'windtunnel-idle',
  weight: 0,
  service: { kind: 'constant', valueUs: 0 } as const,
  coldStartUs: 0,
  timeoutUs: 30_000_000,
  requestBytes: 256,
  responseBytes: 256,
  idempotent: false,
  head: 'late' as const,
  memoryMb: 1,
});

const WARM_UP = 100;
const MEASURED = 200;

const PREFIX = 'idle-';
export const isIdle = (call: string): boolean => call.startsWith(PREFIX);

const said = ({ how, status }: ClientLine): string =>
  how === 'ended' ? `answered with ${status}` : how;

/**
 * One line: the median and the p90 of what client, edge, core, wire and runner add to a call; or
 * that it could not be measured, for the limits of the scenario or a runner that is gone.
 */
export async function measureIdle(
  clock: Clock,
  client: HttpClient,
  interrupt: Interrupt,
): Promise<string> {
  const tookUs: number[] = [];
  for (let index = 0; index < WARM_UP + MEASURED; index++) {
    const id = `${PREFIX}${index}`;
    const planned: PlannedCall = { id, first: id, atUs: 0, fn: idleFunction, lb: 0 };
    const sentAt = clock.now();
    const line = await new Promise<ClientLine>((resolve) => client.send(planned, sentAt, resolve));
    interrupt.check();
    if (line.how !== 'ended' || line.status !== 200) {
      return `idle overhead of the wire: not measured, a call was ${said(line)}\n`;
    }
    if (index >= WARM_UP) tookUs.push(clock.now() - sentAt);
  }
  tookUs.sort((a, b) => a - b);
  const at = (share: number): string =>
    ((tookUs[Math.ceil(share * MEASURED) - 1] ?? 0) / 1000).toFixed(2);
  return `idle overhead of the wire: p50 ${at(0.5)} ms, p90 ${at(0.9)} ms (${MEASURED} calls)\n`;
}
