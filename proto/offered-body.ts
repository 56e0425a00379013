/**
 * The body of an offer on its way from the wire to the executor. What comes before it is read is
 * kept; the session bounds how much that can be.
 */
import { Observable, type Subscriber } from 'rxjs';

/** A class, since there is one a session. */
export class OfferedBody {
  /** The whole body has come. */
  eof = false;
  private early: Uint8Array[] = [];
  private reader: Subscriber<Uint8Array> | undefined;
  /** The executor has read and does not any more: what comes is thrown away. */
  private unread = false;

  /** One piece off the wire. False when nobody reads any more. */
  push(bytes: Uint8Array, eof: boolean): boolean {
    this.eof = eof;
    if (this.unread) return false;
    if (this.reader === undefined) {
      if (bytes.length > 0) this.early.push(bytes);
      return true;
    }
    if (bytes.length > 0) this.reader.next(bytes);
    if (eof) this.reader?.complete();
    return true;
  }

  /** The body as the executor reads it, once. */
  read(): Observable<Uint8Array> {
    return new Observable((reader) => {
      const { early } = this;
      this.early = [];
      for (const bytes of early) reader.next(bytes);
      if (this.eof) return reader.complete();
      this.reader = reader;
      return () => {
        this.reader = undefined;
        this.unread = true;
      };
    });
  }

  letGo(): void {
    this.early = [];
    this.reader = undefined;
  }
}
