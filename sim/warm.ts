/** Which functions a runner holds warm: those it used last, as many as it has room for. */
import { Roster, type Listed } from '../core/roster.js';

export interface Warm {
  /** Uses a function, which is warm from then on. Whether it was before. */
  use(fn: string): boolean;
}

interface Held extends Listed<Held> {
  readonly fn: string;
}

export function createWarm(room: number): Warm {
  const held = new Map<string, Held>();
  /** The least recently used first. */
  const used = new Roster<Held>();
  return {
    use(fn) {
      const known = held.get(fn);
      if (known !== undefined) {
        used.leave(known);
        used.join(known);
        return true;
      }
      const { first } = used;
      if (first !== undefined && used.size >= room) {
        used.leave(first);
        held.delete(first.fn);
      }
      const added: Held = { fn, earlier: undefined, later: undefined };
      held.set(fn, added);
      used.join(added);
      return false;
    },
  };
}
