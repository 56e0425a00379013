/** Laws of the LB in service: a real process, real runners, real clients. */
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { start, windtunnel } from './support/cli.js';
import { scenarioOf } from './support/fly.js';
import { ask, configText, startLb, type Lb } from './support/lb.js';
import { serveRunner, type ServedRunner } from './support/served-runner.js';

const WAIT = { timeout: 10_000 };
let folder = '';
let runner: ServedRunner;
const lbs: Lb[] = [];
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'windtunnel-serve-'));
  const { functions } = scenarioOf(RUNNER);
  const shop = functions.map((fn) => ({ ...fn, name: `shop/${fn.name}` }));
  runner = await serveRunner({ functions: [...functions, ...shop] });
});
afterEach(() => {
  for (const { running } of lbs.splice(0)) running.child.kill('SIGKILL');
});
afterAll(async () => {
  await runner.close();
  rmSync(folder, { recursive: true, force: true });
});

const RUNNER = `version: 1
name: served
calls: 1
arrivals: { kind: poisson, rate: 1/s }
functions: { a: { service: 5ms }, b: { service: 5ms }, slow: { service: 1s } }
fleet: [{ name: r, count: 1, slots: 64 }]`;

const one = (): string => `listeners: [{ listen: 127.0.0.1:0 }]
functions: { a: { timeout: 5s } }
groups: { default: { runners: ["${runner.address}"] } }`;

async function serving(text: string, name = 'lb.yaml'): Promise<Lb> {
  const lb = await startLb(at(name), configText(text));
  lbs.push(lb);
  return lb;
}

/** Puts a file in its place at once, as editors and Kubernetes do. */
function put(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

test('a first try needs an address and runners, and serves any function', async () => {
  const args = ['--listen', '127.0.0.1:0', '--runners', runner.address];
  const running = start(['serve', ...args]);
  await running.said('serve: ');
  const url = /serve: (http:\S+),/.exec(running.stderr())?.[1] ?? '';
  expect((await ask(`${url}/invoke/a`)).status).toBe(200);
  expect((await ask(`${url}/nowhere`)).status).toBe(404);
  running.child.kill('SIGINT');
  expect((await running.done).code).toBe(0);
});

test.each<[string, string[], RegExp]>([
  ['neither', [], /^serve needs --config, or --listen and --runners for a first try\n$/],
  ['both', ['--config', 'x', '--listen', '127.0.0.1:1'], /^--config stands alone/],
  ['no file', ['--config', 'no/such.yaml'], /^no\/such\.yaml: no such file or directory\n$/],
])('%s is one line, and exit 1', async (_what, args, message) => {
  const ran = await windtunnel('serve', ...args);
  expect([ran.code, ran.stdout]).toEqual([1, '']);
  expect(ran.stderr).toMatch(message);
});

test('an address that is taken is one line, and nothing stays open', async () => {
  const lb = await serving(one());
  const taken = lb.url.replace('http://', '');
  writeFileSync(at('taken.yaml'), configText(one().replace('127.0.0.1:0', taken)));
  const ran = await windtunnel('serve', '--config', at('taken.yaml'));
  expect([ran.code, ran.stderr]).toEqual([
    1,
    `${taken}: listen EADDRINUSE: address already in use ${taken}\n`,
  ]);
});

describe('in service', () => {
  test('it answers, and operators see what it believes and holds', async () => {
    const lb = await serving(one());
    const answers = await Promise.all(Array.from({ length: 20 }, () => lb.ask({ body: 'ping' })));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect((await lb.look('/healthz')).body).toBe('ok\n');
    expect((await lb.look('/readyz')).status).toBe(200);
    const runners = JSON.parse((await lb.look('/debug/runners')).body) as unknown[];
    expect(runners).toMatchObject([{ runner: runner.address, state: 'open', inFlight: 0 }]);
    const { held } = JSON.parse((await lb.look('/debug')).body) as { held: object };
    expect(Object.values(held)).toEqual([0, 0, 0, 0, 0, 0]);
    expect((await lb.look('/metrics')).body).toContain('fn_lb_placer_');
    expect((await lb.look('/other')).status).toBe(404);
    expect((await ask(`${lb.admin}/metrics`, { method: 'POST' })).status).toBe(405);
    expect(await lb.stop()).toBe(0);
  });

  test('a runner that is not there is said to be so, and why', async () => {
    const lb = await serving(one().replace(runner.address, '127.0.0.1:1'));
    const [said] = JSON.parse((await lb.look('/debug/runners')).body) as { why: string }[];
    expect(said).toMatchObject({ runner: '127.0.0.1:1', state: 'unready' });
    expect(said?.why).toContain('ECONNREFUSED');
  });

  test('paths of its own lead to functions, apps have theirs', async () => {
    const lb = await serving(`${one()}
apps: { shop: { functions: { a: {} }, routes: { /pay: a } } }
routes: [{ path: /api/*, function: a }, { path: /api/none, function: shop/a }]`);
    const status = async (path: string): Promise<number> => (await lb.ask({ path })).status;
    expect(
      await Promise.all(['/api', '/api/x?y', '/t/shop/pay', '/r/shop/pay'].map(status)),
    ).toEqual(Array(4).fill(200));
    expect(await Promise.all(['/apix', '/r/shop/other', '/invoke/b'].map(status))).toEqual(
      Array(3).fill(404),
    );
  });

  test('a line a call goes to the log, without its path', async () => {
    const log = at('access.log');
    const lb = await serving(`${one()}\nlog: { file: ${log} }`);
    await lb.ask({ path: '/invoke/a?token=secret', headers: { authorization: 'secret' } });
    await vi.waitFor(() => expect(readFileSync(log, 'utf8')).toContain('"outcome":"ok"'), WAIT);
    const text = readFileSync(log, 'utf8');
    expect(JSON.parse(text.trim())).toMatchObject({
      msg: 'call',
      fn: 'a',
      status: 200,
      attempts: 1,
    });
    expect(text).not.toContain('secret');
    renameSync(log, `${log}.1`);
    lb.running.child.kill('SIGHUP');
    await vi.waitFor(() => expect(readFileSync(log, 'utf8')).toContain('configuration'), WAIT);
    await lb.ask();
    await vi.waitFor(() => expect(readFileSync(log, 'utf8')).toContain('"outcome":"ok"'), WAIT);
  });

  test('a disk that is full costs lines of the log, and no call', async () => {
    const lb = await serving(`${one()}\nlog: { file: /dev/full }`);
    await lb.ask();
    await lb.running.said('log /dev/full: cannot write, no space left');
    for (let i = 0; i < 5; i++) expect((await lb.ask()).status).toBe(200);
    expect(await lb.metric('log_lines_lost')).toBeGreaterThan(0);
    expect(lb.running.stderr().match(/cannot write/g)).toHaveLength(1);
  });
});

describe('a reload', () => {
  test('is taken up when the file changes; a broken one changes nothing, and is said', async () => {
    const lb = await serving(one());
    const file = at('lb.yaml');
    expect((await lb.ask({ path: '/invoke/b' })).status).toBe(404);
    const next = one().replace('functions: {', 'functions: { b: {},');
    put(file, configText(next));
    await vi.waitFor(async () => expect(await lb.metric('config_version')).toBe(2), WAIT);
    expect((await lb.ask({ path: '/invoke/b' })).status).not.toBe(404);
    put(file, configText(next.replace('functions:', 'functons:')));
    await vi.waitFor(async () => expect(await lb.metric('config_refused')).toBe(1), WAIT);
    expect([await lb.metric('config_version'), (await lb.ask()).status]).toEqual([2, 200]);
    put(file, configText(next.replace('5s', '6s')));
    lb.running.child.kill('SIGHUP');
    await vi.waitFor(async () => expect(await lb.metric('config_version')).toBe(3), WAIT);
    await lb.stop();
    expect((await lb.running.done).stdout).toMatch(
      /refused: .*lb\.yaml:6:1: functons: unknown key, did you mean \\"functions\\"\?/,
    );
  });

  test('opens what is new before it ends what is gone, and keeps calls in flight', async () => {
    const lb = await serving(one());
    const file = at('lb.yaml');
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await lb.ask({ agent });
    const taken = lb.url.replace('http://', '');
    put(file, configText(one().replace('[{ listen: 127.0.0.1:0 }]', `[{ listen: ${taken} }]`)));
    // The address is its own: it cannot be opened beside the one that port 0 got.
    await vi.waitFor(async () => expect(await lb.metric('config_refused')).toBe(1), WAIT);
    expect((await lb.ask({ agent })).status).toBe(200);
    agent.destroy();
  });

  test('follows a file of runners, and keeps the last good one', async () => {
    const second = await serveRunner();
    const runners = at('runners.json');
    const naming = (...targets: string[]): void => put(runners, JSON.stringify([{ targets }]));
    naming(runner.address);
    const lb = await serving(one().replace(/runners: .*\]/, `file: runners.json`));
    const known = async (): Promise<unknown> =>
      (
        JSON.parse((await lb.look('/debug/runners')).body) as { runner: string; state: string }[]
      ).map((one) => `${one.runner} ${one.state}`);
    await vi.waitFor(async () => expect(await known()).toEqual([`${runner.address} open`]), WAIT);
    naming(second.address, '10.0.0.1:9190');
    await vi.waitFor(async () => expect(await known()).toEqual([`${second.address} open`]), WAIT);
    put(runners, '[');
    await lb.running.said('the last good list holds');
    expect((await lb.ask()).status).toBe(200);
    await lb.stop();
    expect((await lb.running.done).stdout).toContain('10.0.0.1:9190 is beyond loopback');
    await second.close();
  });
});

describe('SIGTERM', () => {
  test('with calls in flight answers them, closes their connections, and ends with 0', async () => {
    const lb = await serving(one().replace('functions: {', 'functions: { slow: {},'));
    const agent = new Agent({ keepAlive: true });
    const calls = Array.from({ length: 10 }, () => lb.ask({ agent, path: '/invoke/slow' }));
    await vi.waitFor(async () => expect(await lb.metric('calls')).toBe(10), WAIT);
    const code = lb.stop();
    const answers = await Promise.all(calls);
    expect(answers.map(({ status, headers }) => [status, headers.connection])).toEqual(
      Array(10).fill([200, 'close']),
    );
    expect(await code).toBe(0);
    agent.destroy();
  });

  test('is not ready at once, still serves while it waits, and a second one ends it', async () => {
    const text = configText(one()).replace('wait: 0ms', 'wait: 10m');
    const lb = await startLb(at('w.yaml'), text);
    lbs.push(lb);
    lb.running.child.kill('SIGTERM');
    await vi.waitFor(async () => expect((await lb.look('/readyz')).status).toBe(503), WAIT);
    const agent = new Agent({ keepAlive: true });
    const answer = await lb.ask({ agent });
    expect([answer.status, answer.headers.connection]).toEqual([200, 'close']);
    agent.destroy();
    expect(await lb.stop()).toBe(130);
  });

  test('with a client that never ends forces it at the grace limit', async () => {
    const lb = await startLb(at('g.yaml'), configText(one()).replace('grace: 10s', 'grace: 300ms'));
    lbs.push(lb);
    const socket = connect(Number(new URL(lb.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('POST /invoke/a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf');
    await vi.waitFor(async () => expect(await lb.metric('calls')).toBe(1), WAIT);
    expect(await lb.stop()).toBe(0);
    socket.destroy();
  });
});

test('what would be used can be printed, defaults and all', async () => {
  writeFileSync(at('p.yaml'), configText(one()));
  const ran = await windtunnel('serve', '--config', at('p.yaml'), '--print-config');
  expect([ran.code, ran.stderr]).toEqual([0, '']);
  expect(ran.stdout).toContain('headersTimeout: 10000');
  expect(ran.stdout).toContain('policy: p2c');
});
