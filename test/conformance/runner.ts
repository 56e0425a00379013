/** The laws of PORT Runner. */
import type { Law, Make } from './law.js';
import { runnerCloseLaws } from './runner-close.js';
import { runnerEngageLaws } from './runner-engage.js';
import type { RunnerRig } from './runner-rig.js';

export type { RunnerRig } from './runner-rig.js';

export const runnerLaws: readonly Law<Make<RunnerRig>>[] = [
  ...runnerEngageLaws,
  ...runnerCloseLaws,
];
