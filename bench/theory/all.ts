/** Every law of the suite. */
import { balancing } from './balancing.js';
import { queues } from './queues.js';
import { retrying } from './retrying.js';
import type { Law } from './row.js';

export const all: readonly Law[] = [...queues, ...balancing, ...retrying];
