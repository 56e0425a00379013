/** SIGINT, SIGTERM and SIGHUP: the command in hand is told, tidies up, and ends with 130. */
import { setImmediate } from 'node:timers/promises';
import { CliError, EXIT } from './exit.js';

export interface Interrupt {
  /** Throws once a signal has come. */
  check(): void;
  /** Lets the world outside have its turn, then checks. */
  turn(): Promise<void>;
  /** Told at once when a signal comes. Returns how to be told no more. */
  on(listener: () => void): () => void;
}

export function createInterrupt(): Interrupt {
  let signal: NodeJS.Signals | undefined;
  const listeners = new Set<() => void>();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      // A second signal is for somebody who cannot wait: what must not stay is removed on exit.
      if (signal !== undefined) process.exit(EXIT.interrupted);
      signal = name;
      for (const listener of listeners) listener();
    });
  }
  const check = (): void => {
    if (signal !== undefined) throw new CliError([`interrupted by ${signal}`], EXIT.interrupted);
  };
  return {
    check,
    async turn() {
      await setImmediate();
      check();
    },
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
