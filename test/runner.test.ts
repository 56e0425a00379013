/** `windtunnel runner` as its users meet it: three kinds of functions, limits, bad arguments. */
import type { RequestListener } from 'node:http';
import { describe, expect, test } from 'vitest';
import { processesLeft, windtunnel } from './support/cli.js';
import { createStage, until } from './support/real-runner.js';

const { file, runner, front, server } = createStage();

const echo: RequestListener = (request, response) => {
  response.writeHead(201, { 'X-Saw': `${request.method} ${request.url}`, 'X-Two': ['a', 'b'] });
  request.pipe(response);
};

const CONTENT = 'hello, '.repeat(30_000);

describe('a command', () => {
  test('reads the body and writes the answer; each start and end is in the log', async () => {
    const one = await runner('--command', 'tr a-z A-Z', '--slots', '2');
    const { ask } = await front([one]);
    const answer = await ask({ body: CONTENT });
    expect([answer.status, answer.body === CONTENT.toUpperCase()]).toEqual([200, true]);
    const call = answer.headers['fn-call-id'];
    expect(one.log()).toMatchObject([
      { kind: 'exec-start', runner: one.address, call, attempt: 1, active: 1, slots: 2 },
      { kind: 'exec-end', call, attempt: 1, outcome: 'ok', bytes: CONTENT.length },
    ]);
  });

  test('knows its call; one without input or output is an answer too', async () => {
    const { ask } = await front([await runner('--command', 'echo "$FN_METHOD $FN_REQUEST_URL"')]);
    const told = await ask({ method: 'PUT', path: '/invoke/f?a=1', body: CONTENT });
    expect(told.body).toBe('PUT /invoke/f?a=1\n');
    const silent = await front([await runner('--command', 'true')]);
    expect(await silent.ask()).toMatchObject({ status: 200, body: '' });
  });

  test('that fails is a 502 with its last words, and what it left behind is killed', async () => {
    const command = 'sleep 1000 & echo no such luck >&2; exit 3';
    const one = await runner('--command', command);
    const { ask } = await front([one]);
    const answer = await ask();
    expect(answer.status).toBe(502);
    expect(JSON.parse(answer.body)).toEqual({
      message: 'the command: exit code 3: no such luck',
    });
    expect(one.log().at(-1)).toMatchObject({ kind: 'exec-end', outcome: 'failed' });
    await until(() => processesLeft().length === 1);
  });
});

describe('a module', () => {
  test('the example echoes, in its thread', async () => {
    const one = await runner('--module', 'docs/examples/echo.mjs');
    const { ask } = await front([one]);
    const answers = [
      await ask({ body: CONTENT, headers: { 'Content-Type': 'text/x' } }),
      await ask({ body: '' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers[0]?.body === CONTENT).toBe(true);
    expect(answers[0]?.headers).toMatchObject({ 'content-type': 'text/x', 'x-echo-of': 'lb0-1' });
  });

  test('status, headers, pieces and what it saw of the call', async () => {
    const module = file(
      '.mjs',
      `export async function handler({ method, url, headers }) {
        async function* body() { yield method; yield new TextEncoder().encode(url); yield ''; }
        return { status: 207, headers: { 'X-A': headers['x-a'], 'X-Two': ['1', '2'] }, body: body() };
      }`,
    );
    const { ask } = await front([await runner('--module', module)]);
    const answer = await ask({ method: 'PUT', path: '/invoke/f?q', headers: { 'X-A': 'yes' } });
    expect(answer).toMatchObject({ status: 207, body: 'PUT/invoke/f?q' });
    expect(answer.headers).toMatchObject({ 'x-a': 'yes', 'x-two': '1, 2' });
  });

  test.each([
    ['throw new Error("no luck")', 'no luck'],
    ['return 7', 'the handler returned number, not a text, a Uint8Array or { body }'],
    ['return { status: 99 }', 'the handler returned the status 99'],
  ])('%s: a 502, and the thread goes on', async (does, message) => {
    const module = file(
      '.mjs',
      `let calls = 0;
      export default ({ body }) => { calls += 1; if (body.length > 0) { ${does} } return String(calls); }`,
    );
    const { ask } = await front([await runner('--module', module, '--slots', '1')]);
    expect((await ask({ body: '' })).body).toBe('1');
    const answer = await ask({ body: 'x' });
    expect([answer.status, JSON.parse(answer.body)]).toEqual([502, { message }]);
    expect((await ask({ body: '' })).body).toBe('3');
  });
});

describe('an HTTP server', () => {
  test('gets method, path and headers; its status, headers and body come back', async () => {
    const url = await server(echo);
    const { ask } = await front([await runner('--http', `${url}/base/`)]);
    const answer = await ask({ method: 'PUT', path: '/invoke/f?a=1', body: CONTENT });
    expect([answer.status, answer.body === CONTENT]).toEqual([201, true]);
    expect(answer.headers).toMatchObject({ 'x-saw': 'PUT /base/invoke/f?a=1', 'x-two': 'a, b' });
  });

  test('on a unix socket; with no header of one hop, and no body where there is none', async () => {
    const url = await server((request, response) => {
      response.writeHead(200, { 'Keep-Alive': 'x', Connection: 'close, X-Hop', 'X-Hop': '1' });
      response.end(JSON.stringify(request.rawHeaders));
    }, file('.sock'));
    const { ask } = await front([await runner('--http', url)]);
    const headers = { Connection: 'keep-alive, X-Own', 'X-Own': '1', TE: 'trailers', 'X-B': '2' };
    const answer = await ask({ method: 'GET', headers });
    const saw = (JSON.parse(answer.body) as string[]).map((text) => text.toLowerCase());
    expect(saw.filter((_, index) => index % 2 === 0).sort()).toEqual([
      'connection',
      'fn-call-id',
      'host',
      'x-b',
    ]);
    expect(saw[saw.indexOf('connection') + 1]).toBe('close');
    expect(answer.headers['x-hop']).toBeUndefined();
  });

  test('a body without an announced length is sent in chunks, whatever the method', async () => {
    const url = await server(echo);
    const { ask } = await front([await runner('--http', url)]);
    const headers = { 'Transfer-Encoding': 'chunked' };
    const answer = await ask({ method: 'DELETE', body: CONTENT, headers });
    expect(answer.body === CONTENT).toBe(true);
  });
});

test('HEAD, and statuses without a body', async () => {
  const url = await server((request, response) => {
    const status = Number(new URL(request.url ?? '', 'http://a').searchParams.get('s'));
    response.writeHead(status, { 'X-A': '1' }).end();
  });
  const { ask } = await front([await runner('--http', url)]);
  for (const status of [200, 204, 304, 404, 503]) {
    for (const method of ['HEAD', 'GET']) {
      const answer = await ask({ method, path: `/invoke/f?s=${status}` });
      expect([answer.status, answer.headers['x-a'], answer.body]).toEqual([status, '1', '']);
    }
  }
});

describe('limits', () => {
  test('a body over the limit is 413, a response over it 502', async () => {
    const limits = ['--body-max', '1000', '--response-max', '1000'];
    const { ask } = await front([await runner('--command', 'head -c 1001 /dev/zero', ...limits)]);
    expect((await ask({ body: 'x'.repeat(1001) })).status).toBe(413);
    expect((await ask({ body: 'x' })).status).toBe(502);
  });

  test('more memory than the runner has is 400, and nothing starts', async () => {
    const one = await runner('--command', 'cat', '--memory', '127');
    const { ask } = await front([one]);
    expect((await ask()).status).toBe(400);
    expect(one.log()).toEqual([]);
  });
});

test('many calls, of whom some are left: each starts at most once, and every start ends', async () => {
  const fleet = [await runner('--module', 'docs/examples/echo.mjs', '--slots', '2')];
  fleet.push(await runner('--command', 'cat', '--slots', '2'));
  const { ask, open } = await front(fleet);
  const calls = [...Array(120).keys()].map(async (index) => {
    const body = `${index} ${'x'.repeat(index * 100)}`;
    if (index % 5 > 0) return (await ask({ body })).body === body;
    const asking = open().on('error', () => undefined);
    asking.end(body, () => asking.destroy());
    return true;
  });
  expect((await Promise.all(calls)).filter((same) => !same)).toEqual([]);
  await Promise.all(fleet.map((one) => one.stop()));
  const log = fleet.flatMap((one) => one.log());
  const starts = log.flatMap((line) => (line.kind === 'exec-start' ? [line] : []));
  const ends = log.filter((line) => line.kind === 'exec-end').map(({ call }) => call);
  expect(new Set(starts.map(({ call }) => call)).size).toBe(starts.length);
  expect(ends.sort()).toEqual(starts.map(({ call }) => call).sort());
  expect(Math.max(...starts.map(({ active }) => active))).toBeLessThanOrEqual(2);
});

test('a start that cannot be logged does not happen', async () => {
  const one = await runner('--command', 'cat', '--log', '/dev/full');
  const { ask } = await front([one], { placementMs: 300 });
  expect((await ask()).status).toBe(503);
  await one.said('cannot write /dev/full, no space left: no call starts without its line');
});

describe('bad arguments are one line and exit code 1', () => {
  const broken = (): string => file('.mjs', 'export const nothing = 1;');
  test.each<[() => string[], RegExp]>([
    [() => [], /^runner needs exactly one of --http, --module and --command$/],
    [() => ['--http', 'http://a', '--command', 'b'], /^runner needs exactly one of/],
    [() => ['--http', 'ftp://a'], /not http:\/\/host:port, nor unix:/],
    [() => ['--modul', 'a'], /unknown option '--modul' \(Did you mean --module\?\)/],
    [() => ['--module', 'nowhere.mjs'], /^nowhere\.mjs: no such file or directory$/],
    [() => ['--module', 'LICENSE'], /^LICENSE: /],
    [() => ['--module', broken()], /: it exports no function, as default or as handler$/],
    [() => ['--command', 'a', '--slots', '0'], /not from 1 to 1024/],
    [() => ['--command', 'a', '--listen', 'here'], /is not host:port/],
    [() => ['--command', 'a', '--listen', '192.0.2.1:1'], /is beyond loopback: it needs --ca/],
    [
      () => ['--command', 'a', '--listen', '192.0.2.1:1', '--plaintext'],
      /^cannot listen on 192\.0\.2\.1:1: /,
    ],
    [() => ['--command', 'a', '--ca', 'x'], /^--ca, --cert and --key go together$/],
    [() => ['--command', 'a', '--log', '/nowhere/log'], /^\/nowhere\/log: no such file/],
  ])('%#', async (args, line) => {
    const ran = await windtunnel('runner', ...args());
    expect([ran.code, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr.trim()).toMatch(line);
    expect(ran.stderr.trim()).not.toContain('\n');
  });
});
