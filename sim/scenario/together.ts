/**
 * Mistakes that take two fields to see: a fault on a runner that is not there, weights that are all
 * zero. It reads the plain value part by part, so that a mistake in one part hides none in others.
 */
import { z } from 'zod';
import { formatDuration, formatSize } from '../units.js';
import type { Path, Problem } from './document.js';
import { show } from './fields.js';
import { faultFile, sloFile, type ReadFault } from './format-faults.js';
import { TOTALS, fleetFile, scenarioFile, type ReadFleet, type ReadScenario } from './format.js';
import { fleetOf, numbered, rateOf, runnerIds, sloBound } from './resolve.js';
import { hint } from './suggest.js';

type Plain = Readonly<Record<string, unknown>>;
type Report = (path: Path, message: string) => void;

const parts = scenarioFile.shape;

/** Every such problem of a scenario, valid or not; `metrics` are those an SLO may name. */
export function judgeTogether(value: unknown, metrics?: readonly string[]): readonly Problem[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const plain = value as Plain;
  const problems: Problem[] = [];
  const report: Report = (path, message) => problems.push({ path, message });
  const ids = judgeFleet(plain, report);
  const endUs = judgeLoad(plain, ids !== undefined, report);
  judgeLimits(plain, report);
  judgeLb(plain, report);
  judgeFaults(plain, ids, endUs, report);
  judgeSlo(plain, metrics, report);
  return problems;
}

/** Returns the instant after which nothing can happen, if all it depends on is good. */
function judgeLoad(plain: Plain, fleetIsGood: boolean, report: Report): number | undefined {
  const functions = good(parts.functions, plain['functions']);
  const timeouts = judgeFunctions(functions, report);
  const arrivals = good(parts.arrivals, plain['arrivals']);
  if (arrivals === undefined) return undefined;
  if ((arrivals.rate === undefined) === (arrivals.load === undefined)) {
    const has = arrivals.rate === undefined ? 'neither' : 'both';
    report(['arrivals'], `needs either rate or load, has ${has}`);
    return undefined;
  }
  const calls = good(parts.calls, plain['calls']);
  const fleet = fleetIsGood ? good(parts.fleet, plain['fleet']) : undefined;
  const network = good(parts.network, plain['network']);
  const clients = good(parts.clients, plain['clients']);
  if (
    clients === undefined ||
    calls === undefined ||
    functions === undefined ||
    timeouts === undefined
  )
    return undefined;
  if (fleet === undefined || network === undefined) return undefined;

  const ratePerSec = rateOf(arrivals, fleetOf({ functions, fleet, network }));
  if (ratePerSec > TOTALS.ratePerSec) {
    report(['arrivals', 'load'], `is ${ratePerSec} calls/s here, over ${TOTALS.ratePerSec}`);
  }
  const arrivingUs = (calls / ratePerSec) * 1_000_000;
  if (arrivingUs > TOTALS.arrivalsUs) {
    const most = formatDuration(TOTALS.arrivalsUs);
    report(['calls'], `would take more than ${most} to arrive at this rate`);
  }
  const { times, after } = clients.retry;
  // Twice, for Poisson arrivals may well be late; then the last call may be sent again as often as
  // clients do, and use all of its timeout.
  return 2 * arrivingUs + times * after + Math.max(...timeouts);
}

/** Returns the timeouts of functions that are fit to fly. */
function judgeFunctions(
  functions: ReadScenario['functions'] | undefined,
  report: Report,
): readonly number[] | undefined {
  const listed = Object.values(functions ?? {});
  if (functions === undefined) return undefined;
  const total = listed.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) report(['functions'], 'must have at least 1 function');
  else if (total > TOTALS.functions) {
    report(['functions'], `has ${total} functions, more than ${TOTALS.functions}`);
  } else if (!judgeNames(functions, report)) return undefined;
  else if (listed.every(({ weight }) => weight === 0)) {
    report(['functions'], 'all weights are 0, so that no call has a function');
  } else return listed.map(({ timeout }) => timeout);
  return undefined;
}

/** Whether no two functions have one name once they are numbered. */
function judgeNames(functions: ReadScenario['functions'], report: Report): boolean {
  const owner = new Map<string, string>();
  let good = true;
  for (const [name, { count }] of Object.entries(functions)) {
    const names = numbered(name, count);
    const taken = names.find((one) => owner.has(one));
    if (taken !== undefined) {
      report(['functions', name], `function ${taken} is already in functions.${owner.get(taken)}`);
      good = false;
    }
    for (const one of names) owner.set(one, name);
  }
  return good;
}

function judgeLimits(plain: Plain, report: Report): void {
  const limits = good(parts.limits, plain['limits']);
  if (limits === undefined || limits.bodyTotal >= limits.requestBody) return;
  const [total, one] = [formatSize(limits.bodyTotal), formatSize(limits.requestBody)];
  report(['limits', 'bodyTotal'], `${total} is less than one requestBody of ${one}`);
}

function judgeLb(plain: Plain, report: Report): void {
  const lb = good(parts.lb, plain['lb']);
  if (lb === undefined || lb.late < lb.replicas) return;
  report(['lb', 'late'], `${lb.late} of ${lb.replicas} would leave nobody to begin with`);
}

/** Returns the ids, if all of the fleet is good enough to tell. */
function judgeFleet(plain: Plain, report: Report): readonly string[] | undefined {
  const groups = list(plain['fleet']).map((group) => good(fleetFile, group));
  const known = groups.filter((group): group is ReadFleet => group !== undefined);
  const total = known.reduce((sum, { count }) => sum + count, 0);
  if (total > TOTALS.runners) {
    report(['fleet'], `has ${total} runners, more than ${TOTALS.runners}`);
    return undefined;
  }
  const owner = new Map<string, number>();
  for (const [index, group] of groups.entries()) {
    const taken = (group === undefined ? [] : runnerIds(group)).find((id) => owner.has(id));
    if (taken !== undefined) {
      report(['fleet', index, 'name'], `runner ${taken} is already in fleet[${owner.get(taken)}]`);
    }
    if (group !== undefined) for (const id of runnerIds(group)) owner.set(id, index);
  }
  return known.length === groups.length && known.length > 0 ? [...owner.keys()] : undefined;
}

interface Spell {
  readonly from: number;
  readonly until: number;
  readonly index: number;
}

function judgeFaults(
  plain: Plain,
  ids: readonly string[] | undefined,
  endUs: number | undefined,
  report: Report,
): void {
  const known = new Set(ids);
  const spells = new Map<string, Spell[]>();
  let targets = 0;
  for (const [index, raw] of list(plain['faults']).slice(0, 1000).entries()) {
    const fault = good(faultFile, raw);
    if (fault === undefined) continue;
    const late = endUs === undefined ? undefined : lateWords(endUs);
    const begins = fault.at > (endUs ?? Infinity);
    if (begins) report(['faults', index, 'at'], `after the flight, ${late}`);
    if (ids === undefined) continue;
    const here = targetsOf(fault, ids, known, ['faults', index, 'runner'], report);
    targets += here.length;
    if (targets > TOTALS.faultTargets) {
      report(['faults'], `hit more than ${TOTALS.faultTargets} runners in all`);
      return;
    }
    if (!begins && beginOf(fault, here.length - 1) > (endUs ?? Infinity)) {
      const message = `the last of ${here.length} runners begins after the flight, ${late}`;
      report(['faults', index, 'rolling'], message);
    }
    judgeOverlap(fault, index, here, spells, report);
  }
}

const lateWords = (endUs: number): string =>
  `which is over by ${formatDuration(Math.ceil(endUs / 1_000_000) * 1_000_000)} at the latest`;

/** When a fault begins on its k-th target, from 0. */
const beginOf = (fault: ReadFault, k: number): number =>
  fault.at + (fault.kind === 'drain' ? k * fault.rolling : 0);

function targetsOf(
  { runner }: ReadFault,
  ids: readonly string[],
  known: ReadonlySet<string>,
  path: Path,
  report: Report,
): readonly string[] {
  if (runner === '*') return ids;
  const named = typeof runner === 'string' ? [runner] : runner;
  const found = new Set<string>();
  let unknown = 0;
  for (const [index, id] of named.entries()) {
    const here = typeof runner === 'string' ? path : [...path, index];
    if (found.has(id)) report(here, `runner ${show(id)} is in this list already`);
    else if (known.has(id)) found.add(id);
    else if (id === '*') report(here, '"*" stands alone, not in a list');
    // A guess looks at every id: after a hundred, nobody reads on.
    else if (unknown++ < 100) {
      report(here, `unknown runner ${show(id)}${hint(id, ids, 'there are')}`);
    }
  }
  return [...found];
}

/** Two faults of one kind on one runner at one time would have no meaning. */
function judgeOverlap(
  fault: ReadFault,
  index: number,
  targets: readonly string[],
  spells: Map<string, Spell[]>,
  report: Report,
): void {
  const lasts = fault.kind === 'stream-reset' ? 0 : (fault.for ?? Infinity);
  let clashed = false;
  for (const [k, id] of targets.entries()) {
    const from = beginOf(fault, k);
    const spell: Spell = { from, until: from + lasts, index };
    const key = `${fault.kind} ${id}`;
    const others = spells.get(key) ?? [];
    const clash = others.find(
      (other) => other.from === from || (other.from < spell.until && from < other.until),
    );
    if (clash !== undefined && !clashed) {
      const message = `overlaps faults[${clash.index}]: both are ${fault.kind} on ${id}`;
      report(['faults', index], message);
      clashed = true;
    }
    others.push(spell);
    spells.set(key, others);
  }
}

function judgeSlo(plain: Plain, metrics: readonly string[] | undefined, report: Report): void {
  for (const [index, raw] of list(plain['slo']).slice(0, 100).entries()) {
    const slo = good(sloFile, raw);
    if (slo === undefined) continue;
    const { metric, min, max } = slo;
    if (metrics !== undefined && !metrics.includes(metric)) {
      const guess = hint(metric, metrics, 'there are');
      report(['slo', index, 'metric'], `unknown metric ${show(metric)}${guess}`);
    }
    if ((min === undefined) === (max === undefined)) {
      const has = min === undefined ? 'neither' : 'both';
      report(['slo', index], `needs either min or max, has ${has}`);
    }
    for (const [side, bound] of Object.entries({ min, max })) {
      const reading = bound === undefined ? undefined : sloBound(metric, bound);
      if (reading !== undefined && !reading.ok) report(['slo', index, side], reading.why);
    }
  }
}

function good<S extends z.ZodType>(schema: S, value: unknown): z.output<S> | undefined {
  return schema.safeParse(value).data;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
