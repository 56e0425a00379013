/**
 * `MUTANT=name node --import ./dist/test/mutants/register.js dist/cli/index.js …`: the whole
 * program, its threads too, with a mutant in place.
 */
import { place } from './place.js';

place(process.env['MUTANT'], { patched: true });
