/** Puts a mutant in the place of its module, for all that this thread imports from now on. */
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { mutants } from './catalogue.js';
import type { Served } from './hooks.js';
import { mutated, transpiled, type Mutant } from './mutant.js';

/** Set by the module that was served: proof that it was loaded. */
export const MARK = 'windtunnelMutant';

const ROOT = new URL('../../../', import.meta.url);

/** Throws where no mutant has that name. `patched: false` serves the source as it is. */
export function place(
  name: string | undefined,
  { patched }: { readonly patched: boolean },
): Mutant {
  const mutant = mutants.find((one) => one.name === name);
  if (mutant === undefined) throw new Error(`no mutant is named ${name}`);
  const { file } = mutant;
  const source = readFileSync(new URL(file, ROOT), 'utf8');
  const text = patched ? mutated(mutant, source) : source;
  const data: Served = {
    url: new URL(`dist/${file.replace(/\.ts$/, '.js')}`, ROOT).href,
    source: `${transpiled(file, text)}\nglobalThis.${MARK} = true;\n`,
  };
  register(new URL('dist/test/mutants/hooks.js', ROOT), { data });
  return mutant;
}
