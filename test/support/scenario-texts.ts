/** Scenarios as text: the shipped ones, small ones, and what is said of wrong ones. */
import { readFileSync, readdirSync } from 'node:fs';
import { parseScenario } from '../../sim/scenario.js';

const folder = new URL('../../scenarios/', import.meta.url);
export const shipped = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
export const textOf = (name: string): string => readFileSync(new URL(name, folder), 'utf8');

export const smallest = `version: 1
name: smallest
calls: 10
arrivals: { kind: constant, rate: 10/s }
fleet: [{ name: r, slots: 1 }]
`;

/** A valid scenario with more lines after it. */
export function withLines(...lines: readonly string[]): string {
  return ['version: 1', 'name: a', 'calls: 10', ...lines].join('\n');
}
export const fleet = 'fleet: [{ name: r, count: 50, slots: 4 }]';
export const arrivals = 'arrivals: { kind: poisson, rate: 10/s }';
export const good = withLines(arrivals, fleet);

/** All errors, a line each; `valid` for none. */
export function errorsOf(
  text: string,
  sets: readonly string[] = [],
  metrics?: readonly string[],
): string {
  const parsed = parseScenario(text, 's.yaml', sets, metrics);
  return parsed.ok ? 'valid' : `\n${parsed.errors.join('\n')}\n`;
}
