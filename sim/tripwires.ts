/**
 * Tripwires on the real world: while a slice of a flight runs, globals that read real time or real
 * chance throw, and a promise that is created is recorded with its stack. Slices are synchronous,
 * so nobody else runs meanwhile; the flight is judged after each event.
 */
import { promiseHooks } from 'node:v8';

export interface Tripwires {
  /** What was touched, with the first line of our stack; undefined while nothing was. */
  readonly tripped: string | undefined;
  /** Runs `work` with the wires up. */
  during<T>(work: () => T): T;
}

/** Every door to real time and chance: the object that holds it, and its name. */
const WIRES: readonly (readonly [holder: object, name: string])[] = [
  [globalThis, 'setTimeout'],
  [globalThis, 'setInterval'],
  [globalThis, 'setImmediate'],
  [globalThis, 'queueMicrotask'],
  [globalThis, 'Date'],
  [Math, 'random'],
  [globalThis.performance, 'now'],
  [process, 'hrtime'],
  [process, 'nextTick'],
  [globalThis.crypto, 'randomUUID'],
  [globalThis.crypto, 'getRandomValues'],
];

export function createTripwires(): Tripwires {
  let tripped: string | undefined;

  const trip = (what: string): void => {
    // A trap inside a trap must not hide the first.
    tripped ??= `${what} was used in a flight, ${callSite(new Error().stack)}`;
  };

  return {
    get tripped() {
      return tripped;
    },
    during(work) {
      const saved = WIRES.map(([holder, name]) => Object.getOwnPropertyDescriptor(holder, name));
      WIRES.forEach(([holder, name]) => {
        const value = function forbidden(): never {
          trip(name);
          throw new Error(`${name} was used in a flight`);
        };
        Object.defineProperty(holder, name, { configurable: true, writable: true, value });
      });
      // A throw inside this hook would end the process: it only takes a note.
      const unhook = promiseHooks.onInit(() => trip('a promise')) as () => void;
      try {
        return work();
      } finally {
        unhook();
        WIRES.forEach(([holder, name], index) => {
          const before = saved[index];
          if (before !== undefined) Object.defineProperty(holder, name, before);
          else Reflect.deleteProperty(holder, name);
        });
      }
    },
  };
}

/** The first line of a stack that is not this file's. */
function callSite(stack: string | undefined): string {
  const lines = (stack ?? '').split('\n').slice(1);
  const ours = lines.find((line) => !/tripwires\.[jt]s|node:internal/.test(line));
  return (ours ?? 'at an unknown place').trim();
}
