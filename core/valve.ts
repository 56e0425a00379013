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
  return new OpenValve();
}

/** A class, since there are two a call. */
class OpenValve implements Valve {
  open = true;
  private listener: ((open: boolean) => void) | undefined;

  set(open: boolean): void {
    if (open === this.open) return;
    this.open = open;
    this.listener?.(open);
  }

  bind(listener: (open: boolean) => void): void {
    this.listener = listener;
    if (!this.open) listener(false);
  }
}
