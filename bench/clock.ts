/**
 * The virtual clock alone: each event sets a deadline, cancels it, and schedules the next event.
 */
import { createVirtualClock } from '../sim/index.js';
import type { Row } from './row.js';

export function runClock(pending: number, events: number): Row {
  const clock = createVirtualClock();
  let left = events;
  let hash = 0;
  const tick = (period: number): void => {
    if (left === 0) return;
    left -= 1;
    hash = (Math.imul(hash, 31) + clock.now()) | 0;
    clock.after(30_000_000, () => undefined).cancel();
    clock.after(period, () => tick(period));
  };
  for (let i = 0; i < pending; i++) clock.after(i, () => tick(1_000 + i));
  const startedAt = performance.now();
  while (left > 0) clock.run(100_000);
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    name: `${pending} pending`,
    figures: {
      events: String(events),
      'events/s': Math.round(events / seconds).toString(),
      'ns an event': ((seconds * 1e9) / events).toFixed(0),
      hash: (hash >>> 0).toString(16),
    },
  };
}
