/** A client's side of a response that remembers what came, and takes as much as it is told to. */
import type { Header } from '../../core/runner.js';
import type { Sink } from '../../core/sink.js';
import { joined } from './calls.js';

export interface ScriptedSink extends Sink {
  /** Everything that happened, in order, as words. */
  readonly log: string[];
  status: number | undefined;
  headers: readonly Header[];
  /** What the client got so far. */
  readonly body: Uint8Array;
  /** `cut` is the reason it was cut for. */
  ended: boolean;
  cutFor: string | undefined;
  /** Says "go on" after a write that returned false. */
  drain(): void;
  /** The client has taken everything after `end`; only where `slowEnd` is set. */
  taken(): void;
  /** Value of the one header of that name; undefined for none. */
  header(name: string): string | undefined;
}

export interface SinkScript {
  /** What each write answers; default: always true. */
  readonly takes?: (bytes: Uint8Array) => boolean;
  /** `end` is not answered at once but by `taken()`. */
  readonly slowEnd?: boolean;
}

/**
 * Throws where the port's rules are broken: a second head, bytes before it, anything after the end.
 */
export function scriptedSink(script: SinkScript = {}): ScriptedSink {
  const chunks: Uint8Array[] = [];
  let listener: (() => void) | undefined;
  let ended: (() => void) | undefined;
  const rule = (holds: boolean, what: string): void => {
    if (!holds) throw new Error(`sink: ${what}`);
  };
  return {
    log: [],
    status: undefined,
    headers: [],
    ended: false,
    cutFor: undefined,
    get body() {
      return joined(chunks);
    },
    head(status, headers) {
      rule(this.status === undefined, 'a second head');
      rule(this.cutFor === undefined, 'a head after the cut');
      this.status = status;
      this.headers = headers;
      this.log.push(`head ${status}`);
    },
    write(bytes) {
      rule(this.status !== undefined, 'bytes before the head');
      rule(!this.ended && this.cutFor === undefined, 'bytes after the end');
      chunks.push(bytes.slice());
      this.log.push(`write ${bytes.length}`);
      return script.takes?.(bytes) ?? true;
    },
    onDrain(next) {
      listener = next;
    },
    end(done) {
      rule(this.status !== undefined, 'an end before the head');
      rule(!this.ended && this.cutFor === undefined, 'a second end');
      this.ended = true;
      this.log.push('end');
      if (script.slowEnd === true) ended = done;
      else done();
    },
    cut(reason) {
      rule(this.cutFor === undefined, 'a second cut');
      this.cutFor = reason;
      this.log.push('cut');
    },
    drain: () => listener?.(),
    taken: () => ended?.(),
    header(name) {
      const values = this.headers.filter(([n]) => n.toLowerCase() === name.toLowerCase());
      return values.length === 1 ? values[0]?.[1] : undefined;
    },
  };
}
