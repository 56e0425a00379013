/** PORT Sink: where a response goes. `node:http` and the simulated clients implement it. */
import type { Header } from './runner.js';

export interface Sink {
  /** Status line and headers; once, before any write. Header names may repeat. */
  head(status: number, headers: readonly Header[]): void;
  /** Takes a chunk; false means "enough for now", and the drain listener is told when not. */
  write(bytes: Uint8Array): boolean;
  /** Sets the one drain listener. */
  onDrain(listener: () => void): void;
  /** Clean end. `ended` is told once the peer's side has taken everything; may be at once. */
  end(ended: () => void): void;
  /** Breaks the connection so that the client cannot take what it got for the whole. */
  cut(reason: string): void;
}
