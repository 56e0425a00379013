/** One flight of a trial, and what the trials measure of it. All checkers are on. */
import { readFileSync } from 'node:fs';
import type { MakePlacer, Outcome } from '../../core/index.js';
import type { Scenario } from '../../sim/index.js';
import { flyChecked, scenarioIn, type Event } from '../checked.js';

/** What became of one call, as its client saw it. Instants in µs since the first event. */
export interface Answer {
  readonly sentAt: number;
  readonly at: number;
  readonly ok: boolean;
}

export interface Flown {
  readonly scenario: Scenario;
  readonly offered: number;
  readonly ended: Readonly<Record<Outcome, number>>;
  readonly attempts: number;
  readonly nacks: number;
  /** Attempts a runner, and when executions started there, µs since the first event. */
  readonly offers: ReadonlyMap<string, number>;
  readonly starts: ReadonlyMap<string, readonly number[]>;
  readonly executions: number;
  /** Of these, such that found their function cold. */
  readonly coldStarts: number;
  readonly answers: readonly Answer[];
  /** The longest from arrival to the end of a call that was refused, µs. */
  readonly refusedAfterUs: number;
  /** Ok share of each load balancer, and of each function. */
  readonly okByLb: ReadonlyMap<string, number>;
  readonly okByFn: ReadonlyMap<string, number>;
  readonly ejections: number;
  /** Ejected runners that had no call after that. */
  readonly lost: readonly string[];
}

/** Flies a scenario of the tree. Throws where a law is broken or something is held at the end. */
export function fly(
  name: string,
  sets: readonly string[],
  seed: number,
  placer?: MakePlacer,
): Flown {
  const file = `scenarios/${name}.yaml`;
  const scenario = scenarioIn(readFileSync(file, 'utf8'), file, sets);
  const seen = createMeasures();
  const { startedAt } = flyChecked(scenario, {
    what: `${file} ${sets.join(' ')}`,
    seed,
    ...(placer === undefined ? {} : { placer }),
    see: seen.see,
  });
  return { scenario, ...seen.land(startedAt) };
}

class Tally {
  offered = 0;
  ok = 0;
}

function createMeasures() {
  const ended = { ok: 0, failed: 0, refused: 0, expired: 0, canceled: 0 };
  const open = new Map<string, { at: number; lb: Tally; fn: Tally }>();
  const lbs = new Map<string, Tally>();
  const fns = new Map<string, Tally>();
  const offers = new Map<string, number>();
  const starts = new Map<string, number[]>();
  const ejected = new Map<string, boolean>();
  const answers: Answer[] = [];
  const counts = {
    offered: 0,
    attempts: 0,
    nacks: 0,
    coldStarts: 0,
    executions: 0,
    ejections: 0,
    refusedAfterUs: 0,
  };
  const tally = (of: Map<string, Tally>, key: string): Tally => {
    const known = of.get(key) ?? new Tally();
    of.set(key, known);
    return known;
  };

  const see = (event: Event): void => {
    switch (event.kind) {
      case 'arrive': {
        const [lb, fn] = [tally(lbs, event.lb), tally(fns, event.fn)];
        counts.offered += 1;
        lb.offered += 1;
        fn.offered += 1;
        open.set(event.call, { at: event.at, lb, fn });
        return;
      }
      case 'attempt':
        counts.attempts += 1;
        offers.set(event.runner, (offers.get(event.runner) ?? 0) + 1);
        if (ejected.has(event.runner)) ejected.set(event.runner, true);
        return;
      case 'nack':
        counts.nacks += 1;
        return;
      case 'runner':
        if (event.change !== 'ejected') return;
        counts.ejections += 1;
        ejected.set(event.runner, false);
        return;
      case 'exec-start': {
        const of = starts.get(event.runner) ?? [];
        starts.set(event.runner, of);
        of.push(event.at);
        if (event.cold) counts.coldStarts += 1;
        counts.executions += 1;
        return;
      }
      case 'end': {
        const call = open.get(event.call);
        open.delete(event.call);
        ended[event.outcome] += 1;
        if (call === undefined) return;
        if (event.outcome === 'ok') {
          call.lb.ok += 1;
          call.fn.ok += 1;
        } else if (event.outcome === 'refused') {
          counts.refusedAfterUs = Math.max(counts.refusedAfterUs, event.at - call.at);
        }
        return;
      }
      case 'client': {
        const ok = event.how === 'ended' && event.status === 200;
        answers.push({ sentAt: event.sentAt, at: event.at, ok });
        return;
      }
      default:
        return;
    }
  };

  const shares = (of: Map<string, Tally>): Map<string, number> =>
    new Map([...of].map(([key, { ok, offered }]) => [key, ok / offered]));

  return {
    see,
    land: (startedAt: number) => ({
      ended,
      ...counts,
      offers,
      starts: new Map([...starts].map(([id, ats]) => [id, ats.map((at) => at - startedAt)])),
      answers: answers.map(({ sentAt, at, ok }) => ({
        sentAt: sentAt - startedAt,
        at: at - startedAt,
        ok,
      })),
      okByLb: shares(lbs),
      okByFn: shares(fns),
      lost: [...ejected].filter(([, back]) => !back).map(([runner]) => runner),
    }),
  };
}
