/** Figures of flights: of one, and over the seeds of a trial. */
import { capacityPerSec } from '../../sim/scenario/capacity.js';
import type { Flown } from './flown.js';

/** Seeds of every trial. */
export const SEEDS = [1, 2, 3, 4, 5];

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** Nearest rank, of ok calls sent from `fromUs` to `untilUs`, ms. NaN of none. */
export function latencyMs(
  { answers }: Flown,
  share: number,
  fromUs = 0,
  untilUs = Infinity,
): number {
  const took = answers
    .filter(({ ok, sentAt }) => ok && sentAt >= fromUs && sentAt < untilUs)
    .map(({ at, sentAt }) => at - sentAt);
  return (sorted(took)[Math.ceil(share * took.length) - 1] ?? Number.NaN) / 1000;
}

/** Ok answers a second from `fromUs` to `untilUs`. */
export function goodput({ answers }: Flown, fromUs: number, untilUs: number): number {
  const ok = answers.filter((one) => one.ok && one.at >= fromUs && one.at < untilUs).length;
  return ok / ((untilUs - fromUs) / 1_000_000);
}

/** From when a tenth of the calls were sent until the last was. */
export function loadedSpan({ answers }: Flown): [fromUs: number, untilUs: number] {
  const sent = sorted(answers.map(({ sentAt }) => sentAt));
  return [sent[Math.floor(sent.length / 10)] as number, sent.at(-1) as number];
}

export interface Figure {
  readonly mean: number;
  readonly min: number;
  readonly max: number;
}

export function figure(values: readonly number[]): Figure {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, min: Math.min(...values), max: Math.max(...values) };
}

/** Mean and range. */
export function show({ mean, min, max }: Figure, digits: number, unit = ''): string {
  const [at, from, to] = [mean, min, max].map((value) => value.toFixed(digits));
  return from === to ? `${at}${unit}` : `${at}${unit} (${from}–${to})`;
}

/** Calls a second when every slot is always busy: slots ÷ (mean service time + round trip). */
export const capacityOf = ({ scenario }: Flown): number => capacityPerSec(scenario);
