/**
 * A handle that carries back-pressure from the client to the runner: the response closes it, the
 * engagement that is bound to it pauses its wire. Not a queue: what is in flight still arrives.
 */
export interface Valve {
  readonly open: boolean;
  set(open: boolean): void;
  /** Binds the one current listener; it is told at once if the valve is closed. */
  bind(listener: (open: boolean) => void): void;
}

export function createValve(): Valve {
  let open = true;
  let listener: ((open: boolean) => void) | undefined;
  return {
    get open() {
      return open;
    },
    set(next) {
      if (next === open) return;
      open = next;
      listener?.(open);
    },
    bind(next) {
      listener = next;
      if (!open) next(open);
    },
  };
}
