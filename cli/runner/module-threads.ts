/** The threads of a module: started when none is idle, used again, and each with one user. */
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { textOf } from '../exit.js';
import type { FromThread, ThreadData, ToThread } from './module-thread.js';

/** Whoever has a thread now. */
export interface ThreadUser {
  /** The module is loaded: a call may be posted. Not told of a thread that was taken loaded. */
  onLoaded(): void;
  onMessage(message: FromThread): void;
  /** It is no more, and never idle again. */
  onDead(why: string): void;
}

export interface Thread {
  /** The module is there. */
  readonly loaded: boolean;
  post(message: ToThread, moved?: ArrayBuffer[]): void;
  /** Its user is done with it, the call it was posted as well: the next one may have it. */
  leave(): void;
  /** Ends it in the middle of whatever it does; `onDead` follows. */
  terminate(): void;
}

export interface Threads {
  /** An idle thread, or a new one. As many as there are users at once. */
  take(user: ThreadUser): Thread;
  /** Ends all. Their users are not told. */
  close(): void;
}

/** `say` is told of a thread that dies idle, where no call tells of it. */
export function createThreads(module: string, say: (text: string) => void): Threads {
  const all = new Set<ModuleThread>();
  const idle: ModuleThread[] = [];
  return {
    take(user) {
      const thread = idle.pop() ?? new ModuleThread(module, all, idle, say);
      thread.user = user;
      return thread;
    },
    close() {
      for (const thread of all) thread.terminate();
      all.clear();
    },
  };
}

class ModuleThread implements Thread {
  user: ThreadUser | undefined;
  loaded = false;
  private readonly worker: Worker;
  private readonly port: MessagePort;
  private why = '';

  constructor(
    module: string,
    private readonly all: Set<ModuleThread>,
    private readonly idle: ModuleThread[],
    private readonly say: (text: string) => void,
  ) {
    // Not the thread's own port: a module may post there what it likes.
    const { port1, port2 } = new MessageChannel();
    const workerData: ThreadData = { module, port: port2 };
    const thread = new URL('module-thread.js', import.meta.url);
    this.worker = new Worker(thread, { workerData, transferList: [port2] });
    this.port = port1;
    all.add(this);
    port1.on('message', (message: FromThread) => this.onMessage(message));
    // It is followed by 'exit'.
    this.worker.on('error', (error: unknown) => (this.why = textOf(error)));
    this.worker.once('exit', (code) => this.onExit(code));
  }

  post(message: ToThread, moved: ArrayBuffer[] = []): void {
    this.port.postMessage(message, moved);
  }

  leave(): void {
    this.user = undefined;
    if (this.all.has(this)) this.idle.push(this);
  }

  terminate(): void {
    void this.worker.terminate();
  }

  private onMessage(message: FromThread): void {
    if (message.kind !== 'loaded') return this.user?.onMessage(message);
    this.loaded = true;
    this.user?.onLoaded();
  }

  private onExit(code: number): void {
    const { user } = this;
    const known = this.all.delete(this);
    this.port.close();
    this.user = undefined;
    const at = this.idle.indexOf(this);
    if (at !== -1) this.idle.splice(at, 1);
    if (!known) return;
    const why = this.why === '' ? `exit code ${code}` : this.why;
    if (user !== undefined) user.onDead(why);
    else this.say(`an idle thread of the module died: ${why}`);
  }
}
