import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExecEnded, ExecStarted } from '../core/record.js';
import type { Phases } from './flight.js';
import {
  LATE_MAX,
  createPhaseBook,
  createTrail,
  trailAttempted,
  trailEnded,
  trailNacked,
  type PhaseBook,
  type Trail,
} from './phases.js';

interface Told {
  readonly edge: number;
  readonly queue: number;
  readonly placement: number;
  readonly network: number;
  readonly execution: number;
}

const us = fc.integer({ min: 0, max: 4_000_000 });
const calls = fc.array(
  fc.record({ edge: us, queue: us, placement: us, network: us, execution: us }),
  { minLength: 1, maxLength: 60 },
);

function executed(call: string, from: number, lasted: number): [ExecStarted, ExecEnded] {
  const of = { runner: 'r1', call, attempt: 2 };
  const started = { active: 1, slots: 1, cold: false, remainingUs: -1 };
  const ended = { outcome: 'ok', bytes: 0, hash: 0, marks: 0 } as const;
  return [
    { kind: 'exec-start', at: from, ...of, ...started },
    { kind: 'exec-end', at: from + lasted, ...of, ...ended },
  ];
}

/** A call that was NACKed once and committed on its second attempt. */
function trailOf({ edge, queue, placement }: Told): Trail {
  const trail = createTrail(edge);
  trailAttempted(trail, 1, edge + queue);
  trailNacked(trail, 1);
  trailAttempted(trail, 2, edge + queue + placement);
  trail.committed = 2;
  return trail;
}

const totalOf = ({ edge, queue, placement, network, execution }: Told): number =>
  edge + queue + placement + network + execution;

/** With the executor's lines as early, late (as on gRPC) or never. */
function fly(list: readonly Told[], when: 'early' | 'late' | 'never'): Phases {
  const book = createPhaseBook();
  const late: (() => void)[] = [];
  list.forEach((told, i) => {
    const trail = trailOf(told);
    const at = told.edge + told.queue + told.placement + 1;
    const [started, ended] = executed(`c${i}`, at, told.execution);
    if (when === 'early') {
      trail.executions.push({ attempt: 2, startedAt: started.at, us: -1 });
      trailEnded(trail, ended);
    }
    book.settled(`c${i}`, trail, 0, totalOf(told));
    if (when === 'late') late.push(() => (book.started(started), book.ended(ended)));
  });
  for (const tell of late.reverse()) tell();
  return book.land();
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

describe('where the time went', () => {
  it('is, part by part, the time that the calls took, and every call is in one band', () => {
    fc.assert(
      fc.property(calls, (list) => {
        const { bands, n, executionTold } = fly(list, 'early');
        expect([n, executionTold]).toEqual([list.length, true]);
        expect(sum(bands.map((band) => band.n))).toBe(n);
        const all = (ms: (band: (typeof bands)[number]) => number): number =>
          sum(bands.map((band) => band.n * ms(band)));
        const truth = (part: (told: Told) => number): number => sum(list.map(part)) / 1000;
        expect(all((band) => band.totalMs)).toBeCloseTo(truth(totalOf), 1);
        expect(all((band) => band.queueMs)).toBeCloseTo(
          truth((told) => told.queue),
          1,
        );
        expect(all((band) => band.placementMs)).toBeCloseTo(
          truth((told) => told.placement),
          1,
        );
        expect(all((band) => band.networkMs!)).toBeCloseTo(
          truth((told) => told.edge + told.network),
          1,
        );
        expect(all((band) => band.executionMs)).toBeCloseTo(
          truth((told) => told.execution),
          1,
        );
        for (const { totalMs, queueMs, placementMs, networkMs, executionMs } of bands) {
          const parts = queueMs + placementMs + networkMs! + executionMs;
          expect(Math.abs(parts - totalMs)).toBeLessThan(0.001);
        }
      }),
    );
  });

  it('is the same whenever the executors tell, in any order', () => {
    fc.assert(
      fc.property(calls, (list) => {
        expect(fly(list, 'late')).toEqual(fly(list, 'early'));
      }),
    );
  });

  it('has the bands of an exact sort, and their means within the width of a bucket', () => {
    fc.assert(
      fc.property(calls, (list) => {
        const sorted = list.map(totalOf).sort((a, b) => a - b);
        for (const { from, to, n, totalMs } of fly(list, 'early').bands) {
          const rank = (percent: number): number =>
            Math.ceil((Math.round(percent * 10) * list.length) / 1000);
          const mine = sorted.slice(rank(from), rank(to));
          expect(n).toBe(mine.length);
          const truth = sum(mine) / n / 1000;
          expect(Math.abs(totalMs - truth)).toBeLessThanOrEqual(0.022 * truth + 0.002);
        }
      }),
    );
  });

  it('has network and execution in one where no executor told', () => {
    const told = { edge: 10_000, queue: 20_000, placement: 30_000, network: 5000, execution: 7000 };
    const { bands, executionTold, n } = fly([told], 'never');
    expect([n, executionTold]).toEqual([1, false]);
    expect(bands).toEqual([
      {
        from: 0,
        to: 50,
        n: 1,
        totalMs: 72,
        queueMs: 20,
        placementMs: 30,
        networkMs: null,
        executionMs: 22,
      },
    ]);
  });

  it('never says more than a client waited, however far the clocks are apart', () => {
    const book = createPhaseBook();
    const trail = createTrail(5000);
    trailAttempted(trail, 1, 900);
    trail.committed = 1;
    trail.executions.push({ attempt: 1, startedAt: 0, us: 99_000 });
    book.settled('c1', trail, 1000, 4000);
    const [band] = book.land().bands;
    expect(band).toMatchObject({ totalMs: 3, queueMs: 0, placementMs: 0, networkMs: 3 });
    expect(band?.executionMs).toBe(0);
  });

  it('takes the attempt that committed, not the hedge beside it', () => {
    const book = createPhaseBook();
    const trail = createTrail(0);
    trailAttempted(trail, 1, 1000);
    trailAttempted(trail, 2, 5000);
    trail.committed = 1;
    trail.executions.push({ attempt: 2, startedAt: 5500, us: 3000 });
    trail.executions.push({ attempt: 1, startedAt: 1500, us: 8000 });
    book.settled('c1', trail, 0, 10_000);
    const [band] = book.land().bands;
    expect(band).toMatchObject({ queueMs: 1, placementMs: 0, networkMs: 1, executionMs: 8 });
  });

  it('leaves out a call of which no attempt was told', () => {
    const book = createPhaseBook();
    book.settled('c1', createTrail(0), 0, 10_000);
    expect(book.land()).toEqual({ n: 0, executionTold: false, bands: [] });
  });
});

describe('what is kept for it', () => {
  it('grows neither with the NACKs of a call', () => {
    const trail = createTrail(0);
    for (let attempt = 1; attempt <= 10_000; attempt++) {
      trailAttempted(trail, attempt, attempt);
      trailNacked(trail, attempt);
    }
    expect(trail.open).toEqual([]);
    expect(trail.attemptedAt).toBe(1);
  });

  it('nor without end with the calls whose executors are late', () => {
    const book: PhaseBook = createPhaseBook();
    const told = { edge: 0, queue: 0, placement: 0, network: 1000, execution: 1000 };
    const many = LATE_MAX + 10;
    for (let i = 0; i < many; i++) book.settled(`c${i}`, trailOf(told), 0, 2000);
    for (let i = 0; i < many; i++) {
      const [started, ended] = executed(`c${i}`, 0, 1000);
      book.started(started);
      book.ended(ended);
    }
    expect(book.land().n).toBe(LATE_MAX);
  });
});
