/** The programs of docs/examples that embed the balancer, with a real gRPC runner behind. */
import { Observable } from 'rxjs';
import { afterEach, describe, expect, test } from 'vitest';
import type { RunnerEvent } from '../core/index.js';
import type { Executor } from '../proto/index.js';
import { turn } from './conformance/law.js';
import {
  serveExecutor,
  startProgram,
  type Program,
  type ServedExecutor,
} from './support/program.js';

const EXAMPLES = new URL('../docs/examples/', import.meta.url).pathname;

/** What asks for no word at all. */
const MUTE = '{}';

/**
 * Says "begun" and what it read, when `go` is called the rest; a call that is let go of before is
 * counted as canceled.
 */
class Stepwise implements Executor {
  begun = 0;
  canceled = 0;
  private readonly waiting = new Set<() => void>();

  execute({ body }: Parameters<Executor['execute']>[0]): Observable<RunnerEvent> {
    return new Observable((out) => {
      const said = (text: string): void => out.next({ kind: 'data', bytes: Buffer.from(text) });
      const rest = (): void => {
        this.waiting.delete(rest);
        said(', done');
        out.next({ kind: 'finished', success: true, code: 0, message: '', userError: false });
        out.complete();
      };
      let read = '';
      const reading = body.subscribe({
        next: (bytes) => (read += Buffer.from(bytes).toString()),
        error: (error: unknown) => out.error(error),
        complete: () => {
          this.begun += 1;
          this.waiting.add(rest);
          if (read === MUTE) return;
          out.next({ kind: 'start', status: 201, headers: [['Content-Type', 'text/plain']] });
          said(`begun, read ${read}`);
        },
      });
      return () => {
        reading.unsubscribe();
        if (this.waiting.delete(rest)) this.canceled += 1;
      };
    });
  }

  go(): void {
    for (const rest of [...this.waiting]) rest();
  }
}

/** Looks again until it holds; the test's own time is the limit. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await turn();
}

let program: Program | undefined;
let runner: ServedExecutor | undefined;
afterEach(() => {
  program?.signal('SIGKILL');
  runner?.kill();
});

describe.each(['node-http.mjs', 'fastify.mjs', 'express.mjs'])('%s', (name) => {
  test('streams, cancels whom its client left, and answers what is in flight at its end', async () => {
    const executor = new Stepwise();
    runner = await serveExecutor(executor);
    program = await startProgram(`${EXAMPLES}${name}`, runner.address);
    const url = `http://127.0.0.1:${program.port}/fn/hello`;
    expect(program.said).toBe(`${url}\n`);
    // A type that parsers know: had one eaten the body, nothing of it would be read here.
    // A name that may repeat comes as a list.
    const headers = { 'Content-Type': 'application/json', 'Set-Cookie': 'a=1' };
    const asked = { method: 'POST', headers, body: '{"a":1}' };

    const response = await fetch(url, asked);
    expect([response.status, response.headers.get('Content-Type')]).toEqual([201, 'text/plain']);
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(Buffer.from(first?.value ?? []).toString()).toBe('begun, read {"a":1}');
    executor.go();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe(', done');
    expect((await reader?.read())?.done).toBe(true);

    const leaving = new AbortController();
    const left = await fetch(url, { ...asked, signal: leaving.signal });
    expect([left.status, executor.canceled]).toEqual([201, 0]);
    leaving.abort();
    await until(() => executor.canceled === 1);

    const early = new AbortController();
    const mute = fetch(url, { ...asked, body: MUTE, signal: early.signal });
    await until(() => executor.begun === 3);
    early.abort();
    await expect(mute).rejects.toThrow('aborted');
    await until(() => executor.canceled === 2);

    const inFlight = fetch(url, asked);
    await until(() => executor.begun === 4);
    program.signal('SIGTERM');
    // By now it is told: it refuses what is new.
    await until(async () => (await fetch(url, asked)).status === 503);
    executor.go();
    const last = await inFlight;
    expect([last.status, await last.text()]).toEqual([201, 'begun, read {"a":1}, done']);
    expect(await program.ended).toEqual([0, null]);
    expect(executor.canceled).toBe(2);
  });
});
