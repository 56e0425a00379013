/** Trials in which half of the fleet is lost for a while: is anybody left out when it is back? */
import type { Flown } from './flown.js';
import type { Column, Trial } from './trial.js';

const SECOND = 1_000_000;
/** Back at 10 s, and a slow start of 10 s. */
const EVEN_FROM = 21 * SECOND;
/** The second ejection, up to 3 s, begins by 9 s. */
const EVEN_AFTER_EJECTION_FROM = 23 * SECOND;

/** Executions that started from then on, by runner. */
function startsFrom({ starts }: Flown, fromUs: number): Map<string, number> {
  return new Map([...starts].map(([id, at]) => [id, at.filter((us) => us >= fromUs).length]));
}

function columns(evenFrom: number): readonly Column[] {
  return [
    {
      name: `share of the ten, from ${evenFrom / SECOND} s on`,
      of: (flown) => {
        const counts = [...startsFrom(flown, evenFrom)];
        const sum = (of: typeof counts): number => of.reduce((all, [, count]) => all + count, 0);
        return (100 * sum(counts.filter(([id]) => id.startsWith('gone')))) / sum(counts);
      },
      digits: 1,
      unit: ' %',
      must: ({ min, max }) => min >= 45 && max <= 55,
    },
    {
      name: 'fewest ÷ mean',
      of: (flown) => {
        const counts = [...startsFrom(flown, evenFrom).values()];
        return (Math.min(...counts) * 20) / counts.reduce((all, count) => all + count, 0);
      },
      digits: 2,
      must: ({ min }) => min > 0.5,
    },
    {
      name: 'left out',
      of: ({ lost }) => lost.length,
      digits: 0,
      must: ({ max }) => max === 0,
    },
    { name: 'not ok', of: ({ ended, offered }) => offered - ended.ok, digits: 0 },
  ];
}

const rows = (sets: readonly string[]): Trial['rows'] =>
  ['naive', 'least', 'p2c', 'ewma', 'prequal'].map((name) => ({
    name,
    scenario: 'half-gone',
    sets: [`placement.placer=${name}`, ...sets],
    held: name !== 'prequal',
  }));

export const halfGone: Trial = {
  title: 'Half of the fleet gone, and back',
  about:
    '`scenarios/half-gone.yaml`: ten of twenty runners die at 5 s and are back at 10 s, load 40 %. ' +
    'From 21 s on, when the slow start is over, the ten have half of the executions, give or take ' +
    'five points, and nobody that was ejected is left out. Prequal evens out latency and not calls: ' +
    'where runners are alike and mostly idle it leaves some of them out, so it is not held to that. ' +
    'A connection that is down is not tried, so nobody is ejected here.',
  rows: rows([]),
  columns: columns(EVEN_FROM),
};

export const halfSilent: Trial = {
  title: 'Half of the fleet silent, and back',
  about:
    'The same fleet and load, but from 5 s to 10 s nothing that is sent to or by the ten arrives, on ' +
    'connections that look up, and calls have a timeout of 1 s. Who is silent is ejected, as far as ' +
    'the floor allows it (half of the fleet), and comes back slowly.',
  rows: rows(['faults[0].kind=half-open', 'functions.hello.timeout=1s']),
  columns: [
    {
      name: 'ejections',
      of: ({ ejections }) => ejections,
      digits: 0,
      must: ({ min }) => min >= 10,
    },
    ...columns(EVEN_AFTER_EJECTION_FROM),
  ],
};
