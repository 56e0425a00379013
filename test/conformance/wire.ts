/** The laws of PORT Wire: a channel, the LB's end of a stream, and the runner's. */
import type { Law, Make } from './law.js';
import { wireEndLaws } from './wire-end.js';
import type { WireRig } from './wire-rig.js';
import { wireTalkLaws } from './wire-talk.js';

export type { WireRig } from './wire-rig.js';

export const wireLaws: readonly Law<Make<WireRig>>[] = [...wireTalkLaws, ...wireEndLaws];
