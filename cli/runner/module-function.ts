/**
 * Functions that are a handler of a JavaScript module, in threads: a call has a thread of its own
 * while it runs, so that it may compute for as long as it has time without slowing others, and can
 * be stopped in the middle. `handler.ts` has the shape of a handler.
 */
import type { Subscription } from 'rxjs';
import type { Clock, Finished, Nack, Timer } from '../../core/index.js';
import type { CallModel, Offer } from '../../proto/index.js';
import { CliError } from '../exit.js';
import { DONE, failed, NOT_NOW, STOPPED, type FunctionKind, type Told } from './function-kind.js';
import type { HandlerRequest } from './handler.js';
import { endToEnd, headersOf } from './hop-headers.js';
import type { FromThread } from './module-thread.js';
import { createThreads, type Thread, type Threads, type ThreadUser } from './module-threads.js';

/** How long a handler may take to notice that it is canceled, before its thread is ended. */
const NOTICE_US = 100_000;
/** How long a module may take to load when the runner starts: a call's own time bounds it later. */
const LOAD_US = 30_000_000;

/**
 * Loads the module once, into the first thread: a module that cannot be loaded is an error of the
 * command line. Rejects with a CliError then.
 * @param file as it was given, for people
 * @param url of the module
 */
export async function loadModuleFunction(
  clock: Clock,
  file: string,
  url: string,
  say: (text: string) => void,
): Promise<FunctionKind> {
  const threads = createThreads(url, say);
  await firstLoad(clock, threads, file);
  return {
    words: `module ${file}`,
    run(offer, told) {
      const turn = new Turn(clock, threads, offer, told);
      turn.open();
      return () => turn.stop();
    },
    close: () => threads.close(),
  };
}

function firstLoad(clock: Clock, threads: Threads, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      timer.cancel();
      threads.close();
      reject(new CliError([`${file}: ${why}`]));
    };
    const timer = clock.after(LOAD_US, () => fail('it takes too long to load'));
    const thread = threads.take({
      onLoaded() {
        timer.cancel();
        thread.leave();
        resolve();
      },
      onMessage: () => undefined,
      onDead: fail,
    });
  });
}

/** One call: its body is read, then it has a thread. */
class Turn implements ThreadUser {
  private readonly chunks: Uint8Array[] = [];
  private reading: Subscription | undefined;
  private thread: Thread | undefined;
  private notice: Timer | undefined;
  /** The handler has the call. */
  private posted = false;
  private stopped = false;
  /** A piece is out, and the next one was not asked for. */
  private owed = false;

  constructor(
    private readonly clock: Clock,
    private readonly threads: Threads,
    private readonly offer: Offer,
    private readonly told: Told,
  ) {}

  open(): void {
    this.reading = this.offer.body.subscribe({
      next: (bytes) => this.chunks.push(bytes),
      error: () => this.told.end(failed(400, 'request body broke off')),
      complete: () => this.seat(),
    });
  }

  private seat(): void {
    if (this.stopped) return;
    try {
      this.thread = this.threads.take(this);
    } catch {
      // The system gives no more threads; another machine may.
      return this.told.end(NOT_NOW);
    }
    if (this.thread.loaded) this.onLoaded();
  }

  stop(): void {
    this.stopped = true;
    this.reading?.unsubscribe();
    const { thread } = this;
    if (thread === undefined) return this.told.end(STOPPED);
    if (!this.posted) return thread.terminate();
    thread.post({ kind: 'cancel' });
    this.notice = this.clock.after(NOTICE_US, () => thread.terminate());
  }

  onLoaded(): void {
    const { thread, told, offer } = this;
    if (thread === undefined || this.stopped) return;
    if (!told.begin()) return this.leave(thread, NOT_NOW);
    const request = requestOf(offer.model, this.chunks);
    this.posted = true;
    thread.post({ kind: 'call', request }, [request.body.buffer]);
    offer.valve.bind(() => this.more());
  }

  onMessage(message: FromThread): void {
    const { thread, told } = this;
    if (thread === undefined) return;
    if (message.kind === 'done') this.leave(thread, DONE);
    else if (message.kind === 'failed') this.leave(thread, failed(502, message.why));
    else if (message.kind === 'start') told.output(message);
    else if (message.kind === 'data') {
      this.owed = true;
      told.output(message);
      this.more();
    }
  }

  onDead(why: string): void {
    this.notice?.cancel();
    this.told.end(this.stopped ? STOPPED : failed(502, `the thread of the call died: ${why}`));
  }

  private more(): void {
    if (!this.owed || this.stopped || !this.offer.valve.open) return;
    this.owed = false;
    this.thread?.post({ kind: 'more' });
  }

  private leave(thread: Thread, how: Finished | Nack): void {
    this.notice?.cancel();
    thread.leave();
    this.told.end(this.stopped ? STOPPED : how);
  }
}

type Posted = Omit<HandlerRequest, 'signal'> & { readonly body: Uint8Array<ArrayBuffer> };

function requestOf(model: CallModel, chunks: readonly Uint8Array[]): Posted {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of endToEnd(headersOf(model.headers))) {
    const key = name.toLowerCase();
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`;
  }
  const body = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return { id: model.id, method: model.method, url: model.url, headers, body };
}
