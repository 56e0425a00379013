/** README.md's program: it is what is printed there, and it serves calls and closes cleanly. */
import { readFileSync } from 'node:fs';
import { of } from 'rxjs';
import { afterEach, expect, test } from 'vitest';
import type { RunnerEvent } from '../core/index.js';
import type { Executor } from '../proto/index.js';
import {
  serveExecutor,
  startProgram,
  type Program,
  type ServedExecutor,
} from './support/program.js';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

let program: Program | undefined;
let runner: ServedExecutor | undefined;
afterEach(() => {
  program?.signal('SIGKILL');
  runner?.kill();
});

/** Answers every call with one greeting. */
const greeter: Executor = {
  execute: ({ model }) =>
    of<RunnerEvent[]>(
      { kind: 'start', status: 200, headers: [['Content-Type', 'text/plain']] },
      { kind: 'data', bytes: Buffer.from(`hello from ${model.fn_id}`) },
      { kind: 'finished', success: true, code: 0, message: '', userError: false },
    ),
};

test('the program in README.md is the one that is tested', () => {
  const [, printed] = /```ts\n([^]*?)```/.exec(read('../README.md')) ?? [];
  expect(printed).toBe(read('embed-example.ts').replace(/^\/\*\*.*\n/, ''));
});

test('it places a call on a gRPC runner, and ends by itself when told to', async () => {
  runner = await serveExecutor(greeter);
  const entry = new URL('../dist/test/embed-example.js', import.meta.url).pathname;
  program = await startProgram(entry, runner.address);
  const { port } = program;
  expect(program.said).toBe(`POST http://127.0.0.1:${port}/invoke/hello\n`);

  const response = await fetch(`http://127.0.0.1:${port}/invoke/hello`, { method: 'POST' });
  expect(response.status).toBe(200);
  expect(response.headers.get('Fn-Call-Id')).toBe('lb0-1');
  expect(await response.text()).toBe('hello from hello');

  program.signal('SIGTERM');
  expect(await program.ended).toEqual([0, null]);
});
