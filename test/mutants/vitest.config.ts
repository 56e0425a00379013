/** The tests with the mutant in place that the variable MUTANT names; see `npm run mutants`. */
import { defineConfig, mergeConfig, type Plugin } from 'vitest/config';
import config from '../vitest.config.js';
import { mutants } from './catalogue.js';
import { mutated } from './mutant.js';

const { MUTANT = '' } = process.env;
const mutant = mutants.find(({ name }) => name === MUTANT);
if (mutant === undefined) throw new Error(`no mutant is named "${MUTANT}"`);
const ROOT = new URL('../../', import.meta.url).pathname;

const plugin: Plugin = {
  name: 'mutant',
  // Before anything else has changed the text.
  enforce: 'pre',
  transform: (code, id) => (id === `${ROOT}${mutant.file}` ? mutated(mutant, code) : undefined),
};

export default mergeConfig(config, defineConfig({ plugins: [plugin] }));
