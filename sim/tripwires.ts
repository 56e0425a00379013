/**
 * Tripwires on the real world: while a slice of a flight runs, what reads real time or real chance
 * throws, and whatever would go on after the slice (a promise, a timer, a socket) is recorded, both
 * with their place. Slices are synchronous, so nobody else runs meanwhile; the flight is judged
 * after each event. Printing is let through: it changes nothing.
 */
import { createHook } from 'node:async_hooks';
import nodeCrypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

export interface Tripwires {
  /** What was touched, with the first line of our stack; undefined while nothing was. */
  readonly tripped: string | undefined;
  /** Runs `work` with the wires up. */
  during<T>(work: () => T): T;
}

/** Every door to real time and chance: what it is called, the object that holds it, its name. */
const WIRES: readonly (readonly [shown: string, holder: object, name: string])[] = [
  ['setTimeout', globalThis, 'setTimeout'],
  ['setInterval', globalThis, 'setInterval'],
  ['setImmediate', globalThis, 'setImmediate'],
  ['queueMicrotask', globalThis, 'queueMicrotask'],
  ['process.nextTick', process, 'nextTick'],
  ['Date', globalThis, 'Date'],
  ['Intl.DateTimeFormat', Intl, 'DateTimeFormat'],
  // Events carry the time of their making.
  ['Event', globalThis, 'Event'],
  ['performance.now', globalThis.performance, 'now'],
  ['process.hrtime', process, 'hrtime'],
  ['process.uptime', process, 'uptime'],
  ['Math.random', Math, 'random'],
  ...['randomUUID', 'getRandomValues'].map(
    (name) => [`crypto.${name}`, globalThis.crypto, name] as const,
  ),
  ...['randomUUID', 'randomInt', 'randomBytes', 'randomFillSync'].map(
    (name) => [`crypto.${name}`, nodeCrypto, name] as const,
  ),
];

export function createTripwires(): Tripwires {
  let tripped: string | undefined;
  // What Node itself does while the wires go up and down is not the flight's.
  let armed = false;

  /** False: somebody only prints. */
  const trip = (what: string): boolean => {
    if (!armed) return false;
    const stack = deepStack();
    if (stack.some((line) => line.includes('node:internal/console'))) return false;
    // A trap inside a trap must not hide the first.
    tripped ??= `${what} was used in a flight, ${callSite(stack)}`;
    return true;
  };

  // A throw inside this hook would end the process: it only takes a note.
  const hook = createHook({
    init: (_id, type) => void trip(type === 'PROMISE' ? 'a promise' : `what goes on (${type})`),
  });

  /** The door, closed: calling it, or what it holds, throws. */
  const closed = (shown: string, open: object): object =>
    new Proxy(open, {
      apply(target, self, args) {
        if (trip(shown)) throw new Error(`${shown} was used in a flight`);
        return Reflect.apply(target as () => unknown, self, args) as unknown;
      },
      construct(target, args, self) {
        if (trip(shown)) throw new Error(`${shown} was used in a flight`);
        return Reflect.construct(target as new () => object, args, self) as object;
      },
      get(target, name) {
        const held: unknown = Reflect.get(target, name);
        if (typeof held !== 'function' || typeof name === 'symbol') return held;
        return closed(`${shown}.${name}`, held);
      },
    });

  return {
    get tripped() {
      return tripped;
    },
    during(work) {
      const saved = WIRES.map(([, holder, name]) => Object.getOwnPropertyDescriptor(holder, name));
      try {
        WIRES.forEach(([shown, holder, name]) => {
          const value = closed(shown, Reflect.get(holder, name) as object);
          Object.defineProperty(holder, name, { configurable: true, writable: true, value });
        });
        // Whoever has imported them by name has them closed too.
        syncBuiltinESMExports();
        hook.enable();
        armed = true;
        return work();
      } finally {
        armed = false;
        hook.disable();
        WIRES.forEach(([, holder, name], index) => {
          const before = saved[index];
          if (before !== undefined) Object.defineProperty(holder, name, before);
          else Reflect.deleteProperty(holder, name);
        });
        syncBuiltinESMExports();
      }
    },
  };
}

/** Deep enough to show who prints. */
const STACK_LINES = 40;

function deepStack(): string[] {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = STACK_LINES;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = before;
  return stack.split('\n').slice(1);
}

/** The first line of a stack that is neither this file's, nor Node's, nor without a place. */
function callSite(stack: readonly string[]): string {
  const ours = stack.find((line) => !/tripwires\.[jt]s|node:|<anonymous>\)$/.test(line));
  return (ours ?? 'at an unknown place').trim();
}
