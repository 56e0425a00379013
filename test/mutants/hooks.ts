/** The loader's side of a mutant: it serves one module's text, and everything else as it is. */
import type { InitializeHook, LoadHook } from 'node:module';

/** A module, and what to load in its place. */
export interface Served {
  readonly url: string;
  readonly source: string;
}

let served: Served | undefined;

export const initialize: InitializeHook<Served> = (data) => {
  served = data;
};

export const load: LoadHook = (url, context, next) =>
  url === served?.url
    ? { format: 'module', source: served.source, shortCircuit: true }
    : next(url, context);
