/**
 * A process that flies seeds of the swarm with one mutant in place, until a check catches it:
 * `node dist/test/mutants/fly.js NAME FIRST LAST [--unpatched]`. Prints its Sighting as JSON.
 */
import type { SeedVerdict } from '../../sim/index.js';
import { MARK, place } from './place.js';

/** What became of a mutant: the check that caught it in a flight, if one did. */
export interface Sighting {
  readonly check: string | undefined;
  /** The last seed that was flown. */
  readonly seed: number;
}

const [name, first, last, unpatched] = process.argv.slice(2);
const { file } = place(name, { patched: unpatched === undefined });

const { drawScenario, flyTwins } = await import('../../sim/index.js');
if (!(MARK in globalThis)) throw new Error(`mutant ${name}: no flight loads ${file}`);

/** The first thing that is wrong with a flight. */
function complaint({ violations, difference, stuck }: SeedVerdict): string | undefined {
  if (difference !== undefined) return `twins differ: ${difference}`;
  return violations[0] ?? (stuck[0] === undefined ? undefined : `stuck: ${stuck[0]}`);
}

let sighting: Sighting = { check: undefined, seed: 0 };
for (let seed = Number(first); seed <= Number(last) && sighting.check === undefined; seed++) {
  sighting = { check: complaint(flyTwins(drawScenario(seed).scenario, seed)), seed };
}
process.stdout.write(`${JSON.stringify(sighting)}\n`);
