/** A scenario in words, for the first lines of a flight and of its report. Nothing reads them. */
import { formatDuration, formatNumber, formatRate, formatSize } from '../units.js';
import { capacityPerSec } from './capacity.js';
import { TOTALS } from './format.js';
import type {
  Scenario,
  ScenarioFault,
  ScenarioFunction,
  ScenarioRunner,
  ServiceLaw,
} from './resolved.js';

/** Load, fleet, functions, network, policy, limits, faults, objectives: a sentence each. */
export function describe(scenario: Scenario): string[] {
  return [
    loadWords(scenario),
    fleetWords(scenario),
    ...functionsWords(scenario.functions),
    networkWords(scenario),
    placementWords(scenario),
    ...lbWords(scenario),
    limitWords(scenario),
    ...several(scenario.faults, (fault) => faultWords(fault, scenario), 'faults'),
    ...(scenario.slo.length === 0 ? [] : [sloWords(scenario)]),
  ];
}

/** Lines that nobody reads hide those that somebody should. */
const MOST_LINES = 12;

function several<T>(
  items: readonly T[],
  words: (item: T) => string,
  what: string,
): readonly string[] {
  const lines = items.slice(0, MOST_LINES).map(words);
  const more = items.length - lines.length;
  return more === 0 ? lines : [...lines, `and ${formatNumber(more)} more ${what}`];
}

function time(us: number): string {
  return formatDuration(Math.round(us), ' ');
}

function loadWords({ calls, arrivals, clients }: Scenario): string {
  const seconds = calls / arrivals.ratePerSec;
  const lasting =
    seconds < 600 ? `${seconds.toFixed(1)} s` : `${formatNumber(seconds / 60, 1)} minutes`;
  const rate = formatRate(arrivals.ratePerSec);
  const { times, afterUs } = clients.retry;
  const often = times === 1 ? 'once' : `up to ${times} times`;
  const again =
    times === 0 ? '' : `, each sent again ${often} after ${time(afterUs)} without answer`;
  return `${plural(calls, 'call')}, ${arrivals.kind} ${rate} for about ${lasting}${again}`;
}

function fleetWords(scenario: Scenario): string {
  const groups: { like: string; count: number }[] = [];
  for (const runner of scenario.runners) {
    const like = runnerWords(runner);
    const last = groups.at(-1);
    if (last?.like === like) last.count++;
    else groups.push({ like, count: 1 });
  }
  const words = groups
    .slice(0, MOST_LINES)
    .map(({ like, count }) => `${plural(count, 'runner')} × ${like}`);
  const more = groups.length - words.length;
  const capacity = capacityPerSec(scenario);
  const load = formatNumber((scenario.arrivals.ratePerSec / capacity) * 100);
  const summary = `capacity ${formatRate(capacity)}, load ${load} %`;
  return `${words.join(', ')}${more > 0 ? `, and ${more} more groups` : ''} (${summary})`;
}

function runnerWords(runner: ScenarioRunner): string {
  const { slots, queue, speed, cores, antagonist, memoryMb, warm, cancel } = runner;
  const places = queue === 0 ? '' : ` + ${formatNumber(queue)} queue places`;
  const noun = cores === 1 ? 'core' : 'cores';
  const shared = cores === null ? '' : ` sharing ${formatNumber(cores, 3)} ${noun}`;
  const fast = speed === 1 ? '' : ` at speed ${speed}`;
  const others = antagonist === null ? '' : othersWords(antagonist);
  const memory = memoryMb === null ? '' : ` with ${formatNumber(memoryMb)} MB`;
  const held = warm === TOTALS.functions ? '' : ` holding ${plural(warm, 'function')} warm`;
  const deaf = cancel === 'ignore' ? ' ignoring cancels' : '';
  return `${plural(slots, 'slot')}${places}${shared}${others}${fast}${memory}${held}${deaf}`;
}

function othersWords({
  share,
  busyUs,
  quietUs,
}: NonNullable<ScenarioRunner['antagonist']>): string {
  const part = `${formatNumber(share * 100, 2)} %`;
  return ` of which others take ${part} for ${time(busyUs)} every ${time(busyUs + quietUs)}`;
}

/** A line each, and one for all that were written as one with a count. */
function functionsWords(all: Scenario['functions']): readonly string[] {
  const total = all.reduce((sum, { weight }) => sum + weight, 0);
  const groups: { readonly words: string; readonly of: ScenarioFunction[] }[] = [];
  for (const fn of all) {
    const words = functionWords(fn);
    const last = groups.at(-1);
    if (last?.words === words && follows(fn.name, last.of.at(-1)?.name ?? '')) last.of.push(fn);
    else groups.push({ words, of: [fn] });
  }
  const line = ({ words, of }: { words: string; of: readonly ScenarioFunction[] }): string => {
    const names = of.length === 1 ? of[0]?.name : `${of[0]?.name} to ${of.at(-1)?.name}`;
    const weight = of.reduce((sum, one) => sum + one.weight, 0);
    const share = all.length === 1 ? '' : `${percentOf(weight, total)} of calls, `;
    return `${names}: ${share}${falls(of, total)}${words}`;
  };
  return several(groups, line, 'functions');
}

/** `fn8` follows `fn7`. */
function follows(name: string, before: string): boolean {
  const [, stem, number] = /^(.*?)([0-9]+)$/.exec(before) ?? [];
  return stem !== undefined && name === `${stem}${Number(number) + 1}`;
}

/** How the shares of several differ. */
function falls(of: readonly ScenarioFunction[], total: number): string {
  const [first, last] = [of[0]?.weight ?? 0, of.at(-1)?.weight ?? 0];
  if (first === last) return '';
  return `from ${percentOf(first, total)} to ${percentOf(last, total)}, `;
}

const percentOf = (part: number, whole: number): string =>
  `${formatNumber((part / whole) * 100, 1)} %`;

function functionWords(fn: ScenarioFunction): string {
  const bodies = `${formatSize(fn.requestBytes, ' ')} in, ${formatSize(fn.responseBytes, ' ')} out`;
  const head = fn.head === 'early' ? 'head at the start' : 'head with the answer';
  const twice = fn.idempotent ? 'idempotent' : 'not idempotent';
  const limit = `timeout ${time(fn.timeoutUs)}`;
  const memory = `${formatNumber(fn.memoryMb)} MB`;
  const cold = fn.coldStartUs === 0 ? [] : [`cold ${time(fn.coldStartUs)} longer`];
  return [lawWords(fn.service), ...cold, bodies, limit, head, twice, memory].join(', ');
}

function lawWords(law: ServiceLaw): string {
  switch (law.kind) {
    case 'constant':
      return `always ${time(law.valueUs)}`;
    case 'uniform':
      return `uniform ${time(law.minUs)} to ${time(law.maxUs)}`;
    case 'exponential':
      return `exponential, mean ${time(law.meanUs)}`;
    case 'lognormal':
      return `lognormal, median ${time(law.medianUs)}, sigma ${law.sigma}`;
    default:
      return law satisfies never;
  }
}

function networkWords({ network }: Scenario): string {
  const jitter = network.jitterUs === 0 ? 'no jitter' : `jitter up to ${time(network.jitterUs)}`;
  const trip = `round trip ${time(network.roundTripUs)}`;
  return `${trip}, ${jitter}, reconnects after ${time(network.reconnectUs)}`;
}

function placementWords({ placement }: Scenario): string {
  const { placer, retry, pauseUs, budgetUs, wait, hedge } = placement;
  const hedges = hedge ? ', hedges' : '';
  if (!retry) return `${placer} placer, a NACK is final (retry off)${hedges}`;
  const none =
    wait === 'room' ? 'none → waits for one' : `none → asks all again in ${time(pauseUs)}`;
  return `${placer} placer, NACK → next runner, ${none}, looks for at most ${time(budgetUs)}${hedges}`;
}

/** Nothing of a single load balancer that is there from the beginning. */
function lbWords({ lb }: Scenario): readonly string[] {
  if (lb.replicas === 1) return [];
  const late = lb.late === 0 ? '' : `, ${lb.late} of them from ${time(lb.joinAfterUs)} on`;
  return [`${lb.replicas} load balancers that share the fleet${late}`];
}

function limitWords({ limits }: Scenario): string {
  const request = formatSize(limits.requestBodyBytes, ' ');
  const response = formatSize(limits.responseBodyBytes, ' ');
  const total = formatSize(limits.bodyTotalBytes, ' ');
  const calls = `at most ${formatNumber(limits.inFlight)} calls in flight`;
  return `${calls}, bodies of ${request} in (${total} in all) and ${response} out`;
}

function faultWords(fault: ScenarioFault, { runners }: Scenario): string {
  const all = fault.runners.length === runners.length;
  const shown = fault.runners.slice(0, 5).join(', ');
  const more = fault.runners.length - 5;
  const some = more > 0 ? `${shown} and ${formatNumber(more)} more` : shown;
  const who = all ? `all ${plural(runners.length, 'runner')}` : some;
  const lasting = fault.untilUs === null ? 'for ever' : `for ${time(fault.untilUs - fault.atUs)}`;
  const how = fault.kind === 'stream-reset' ? '' : ` ${lasting}`;
  const step = fault.kind === 'drain' && fault.rollingUs > 0 ? fault.rollingUs : undefined;
  const rolling = step === undefined ? '' : `, one every ${time(step)}`;
  return `at ${time(fault.atUs)}: ${whatHappens(fault)}${how} on ${who}${rolling}`;
}

function whatHappens(fault: ScenarioFault): string {
  switch (fault.kind) {
    case 'crash':
    case 'drain':
    case 'pause':
    case 'half-open':
      return fault.kind;
    case 'slow':
      return `slow ×${fault.factor}${fault.addUs === 0 ? '' : ` + ${time(fault.addUs)}`}`;
    case 'stream-reset':
      return 'all open streams reset';
    case 'nack-storm':
      return fault.probability === 1 ? 'NACK storm' : `NACK storm (${chance(fault.probability)})`;
    case 'response-lost':
      return fault.probability === 1
        ? 'responses lost'
        : `responses lost (${chance(fault.probability)})`;
    default:
      return fault satisfies never;
  }
}

function chance(probability: number): string {
  return `${formatNumber(probability * 100, 4)} % of calls`;
}

function sloWords({ slo }: Scenario): string {
  const words = slo
    .slice(0, MOST_LINES)
    .map((one) => ('min' in one ? `${one.metric} ≥ ${one.min}` : `${one.metric} ≤ ${one.max}`));
  const more = slo.length - words.length;
  return `must hold: ${words.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function plural(count: number, noun: string): string {
  return `${formatNumber(count)} ${noun}${count === 1 ? '' : 's'}`;
}
