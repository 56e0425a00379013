/** Our own implementations of the ports, held to the suites that others can hold theirs to. */
import { describe, test } from 'vitest';
import type { Law } from './conformance/law.js';
import { wireLaws, type WireRig } from './conformance/wire.js';
import { CARRIERS, STATUS, carriers, type CarrierName } from './support/carriers.js';

/** Runs a suite as the laws of one implementation. */
function obey<Make>(name: string, laws: readonly Law<Make>[], make: Make): void {
  describe(name, () => {
    test.each(laws.map((law) => ({ law, name: law.name })))('$name', ({ law }) => law.run(make));
  });
}

async function wireRig(name: CarrierName): Promise<WireRig> {
  const carrier = carriers[name]();
  return { ...carrier, ...(await carrier.line()), status: STATUS };
}

describe('Wire', () => {
  for (const name of CARRIERS) obey(name, wireLaws, () => wireRig(name));
});
