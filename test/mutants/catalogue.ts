/** All mutants, by where they are. */
import { answering } from './answering.js';
import { entering } from './entering.js';
import type { Mutant } from './mutant.js';
import { placing } from './placing.js';
import { protocol } from './protocol.js';
import { simulator } from './simulator.js';
import { waiting } from './waiting.js';

export const mutants: readonly Mutant[] = [
  ...placing,
  ...waiting,
  ...entering,
  ...answering,
  ...protocol,
  ...simulator,
];

/** The original's defects that no patch can bring back, by their numbers in docs/CONTRACT.md. */
export const ruledOut: Readonly<Record<string, string>> = {
  B2: 'one thread: nothing is read while something else writes it',
  B12: 'one thread and one order of events: what comes at one instant does not race',
  B18: 'a call without a sink is no program',
  B20: 'no socket is opened here: grpc-js owns them',
  B26: 'the core has no log to flood',
};
