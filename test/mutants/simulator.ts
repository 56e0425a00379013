/** Faults of the simulated fleet, where the checkers are what guards it. */
import type { Mutant } from './mutant.js';

export const simulator: readonly Mutant[] = [
  {
    name: 'nacks-what-it-runs',
    file: 'sim/executor.ts',
    find: "    this.over = true;\n    const { at, runner, call, attempt } = this.line();\n    this.parts.log({ kind: 'exec-nack'",
    replace:
      "    this.over = true;\n    this.run();\n    const { at, runner, call, attempt } = this.line();\n    this.parts.log({ kind: 'exec-nack'",
    breaks: 'a runner NACKs a call and executes it all the same',
  },
  {
    name: 'execution-keeps-its-slot',
    file: 'sim/executor.ts',
    find: '    // The slot is free before the LB can know, so its next offer finds it.\n    this.leave();',
    replace: '',
    breaks: 'an execution that is over holds its slot',
  },
  {
    name: 'cancel-overtaken',
    file: 'sim/stream.ts',
    find: "    up.push(new Signal(undefined, { kind: 'lost', cause: 'canceled' }));\n",
    replace: '',
    breaks: 'a cancel does not leave the LB',
  },
  {
    name: 'jitter-overtakes',
    file: 'sim/pipe.ts',
    find: 'this.lastArrival = Math.max(this.lastArrival, now + this.delay());',
    replace: 'this.lastArrival = now + this.delay();',
    breaks: 'a later message of a stream overtakes an earlier one',
    test: { file: 'sim/pipe.test.ts', why: 'messages of one stream leave farther apart' },
  },
  {
    name: 'chance-of-the-machine',
    file: 'sim/link.ts',
    find: 'options.oneWayUs + rng.int(options.jitterUs + 1);',
    replace: 'options.oneWayUs + Math.floor(Math.random() * (options.jitterUs + 1));',
    breaks: 'a flight depends on more than its seed',
  },
];
