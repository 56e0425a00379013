/** A flight of any number of calls, told to a collector call by call, so that none is kept. */
import type { FlightEvent } from '../core/record.js';
import { createCollector } from './collector.js';
import type { Flight } from './flight.js';
import { chance, sampleEnd, sampleHeader } from './sample.test-support.js';

const [RUNNERS, SLOTS, GAP_US] = [20, 8, 500];
const BYTES = { bytesIn: 512, bytesOut: 64 } as const;
const SEEN = { sentBytes: 512, sentHash: 1, sentMarks: 0, bytes: 64, hash: 2, marks: 0 } as const;
const EXEC = { active: 1, slots: SLOTS, cold: false, remainingUs: -1 } as const;

/** One call in a hundred fails, one in twenty is NACKed once. */
export function flyMany(calls: number): Flight {
  const runners = Array.from({ length: RUNNERS }, (_, i) => ({ id: `r${i + 1}`, slots: SLOTS }));
  const collector = createCollector(sampleHeader({ calls, runners, words: [] }));
  const random = chance(11);
  for (let n = 0; n < calls; n++) {
    for (const event of oneCall(`c${n}`, n * GAP_US, random)) collector.event(event);
  }
  return collector.land(sampleEnd({ virtualMs: (calls * GAP_US) / 1000 }));
}

function oneCall(call: string, at: number, random: () => number): readonly FlightEvent[] {
  const events: FlightEvent[] = [{ kind: 'arrive', lb: 'lb0', at, call, fn: 'f' }];
  const some = (): string => `r${1 + Math.floor(random() * RUNNERS)}`;
  let [attempt, now] = [1, at];
  if (random() < 0.05) {
    const of = { call, runner: some(), attempt: attempt++ };
    events.push({ kind: 'attempt', hedge: false, token: false, at, ...of });
    events.push({ kind: 'nack', at: (now += 1000), ...of, reason: 'busy' });
  }
  const of = { call, runner: some(), attempt };
  const failed = random() < 0.01;
  const doneAt = now + Math.round(8000 * Math.exp(2 * random() * random()));
  const outcome = failed ? 'failed' : 'ok';
  const status = failed ? 502 : 200;
  events.push(
    { kind: 'attempt', hedge: false, token: false, at: now, ...of },
    { kind: 'exec-start', at: now + 500, ...of, ...EXEC },
    { kind: 'exec-end', at: doneAt, ...of, outcome: 'ok', bytes: 64, hash: 2, marks: 0 },
    { kind: 'commit', at: doneAt + 500, ...of },
    {
      kind: 'end',
      at: doneAt + 500,
      call,
      outcome,
      code: '',
      status,
      attempts: attempt,
      ...BYTES,
      callEnd: false,
    },
    {
      kind: 'client',
      at: doneAt + 1000,
      call,
      sentAt: at,
      status,
      how: 'ended',
      idempotent: false,
      ...SEEN,
    },
  );
  return events;
}
