/** Laws of a reload of the LB in service: whole or not at all, and calls in flight are let be. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { scenarioOf } from './support/fly.js';
import { configText, startLb, type Lb } from './support/lb.js';
import { serveRunner, type ServedRunner } from './support/served-runner.js';

const WAIT = { timeout: 10_000 };
let folder = '';
let runner: ServedRunner;
const lbs: Lb[] = [];
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'windtunnel-reload-'));
  runner = await serveRunner({ functions: scenarioOf(RUNNER).functions });
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
functions: { a: { service: 5ms }, slow: { service: 1s } }
fleet: [{ name: r, count: 1, slots: 64 }]`;

const text = (more = '', listen = '127.0.0.1:0'): string =>
  configText(`listeners: [{ listen: ${listen} }]
functions: { a: { timeout: 5s }, slow: { timeout: 5s } }
groups: { default: { runners: ["${runner.address}"] } }
${more}`);

async function serving(config: string): Promise<Lb> {
  const lb = await startLb(at('lb.yaml'), config);
  lbs.push(lb);
  return lb;
}

/** Hands it another configuration, which it refuses; resolves with why. */
async function refusal(lb: Lb, config: string): Promise<string> {
  const before = await lb.metric('config_refused');
  writeFileSync(at('lb.yaml'), config);
  await vi.waitFor(
    async () => expect(await lb.metric('config_refused')).toBeGreaterThan(before),
    WAIT,
  );
  await vi.waitFor(() => expect(lb.running.stdout()).toContain('configuration refused'), WAIT);
  expect([await lb.metric('config_version'), (await lb.ask()).status]).toEqual([1, 200]);
  return lb.running.stdout();
}

test('what only a restart can change is refused, and said to be so', async () => {
  const listen = (await serving(text())).url.replace('http://', '');
  lbs.splice(0).forEach(({ running }) => running.child.kill('SIGKILL'));
  const lb = await vi.waitFor(() => serving(text('', listen)), WAIT);
  expect(await refusal(lb, text('log: { level: warn }', listen))).toContain(
    'log is changed by a restart only',
  );
  const other = text('', listen).replace('admin: { listen: 127.0.0.1:0 }', 'admin: off');
  expect(await refusal(lb, other)).toContain('admin is changed by a restart only');
  expect(await refusal(lb, text('edge: { linger: 1s }', listen))).toContain(
    `${listen} stays open: its tls and edge are changed by a restart only`,
  );
});

test('a call in flight has its time, however short the grace of a drain is', async () => {
  const short = text().replace('grace: 10s', 'grace: 100ms');
  const lb = await serving(short);
  const slow = lb.ask({ path: '/invoke/slow' });
  await vi.waitFor(async () => expect(await lb.metric('calls')).toBe(1), WAIT);
  writeFileSync(at('lb.yaml'), short.replace('timeout: 5s', 'timeout: 6s'));
  lb.running.child.kill('SIGHUP');
  await vi.waitFor(async () => expect(await lb.metric('config_version')).toBe(2), WAIT);
  expect((await slow).status).toBe(200);
  expect(await lb.stop()).toBe(0);
});

test('a signal without a change keeps what is believed, and its version', async () => {
  const lb = await serving(text());
  expect((await lb.ask()).status).toBe(200);
  for (let i = 0; i < 3; i++) {
    lb.running.child.kill('SIGHUP');
    await vi.waitFor(() => {
      const said = lb.running.stdout().match(/configuration as before/g);
      expect(said).toHaveLength(i + 1);
    }, WAIT);
  }
  expect(await lb.metric('config_version')).toBe(1);
});

test('a file of runners that is missing takes no runner from another group', async () => {
  const groups = `groups: { default: { runners: ["${runner.address}"] }, other: { file: no.json } }`;
  const lb = await serving(text().replace(/groups: .*/, groups));
  expect((await lb.ask()).status).toBe(200);
  writeFileSync(at('no.json'), JSON.stringify([{ targets: ['127.0.0.1:1'] }]));
  await vi.waitFor(async () => {
    expect((await lb.look('/debug/runners')).body).toContain('127.0.0.1:1"');
  }, WAIT);
  expect((await lb.ask()).status).toBe(200);
});

test('no call has the id of one before the restart', async () => {
  const ids = [];
  for (let i = 0; i < 2; i++) {
    const lb = await serving(text());
    ids.push((await lb.ask()).headers['fn-call-id']);
    await lb.stop();
  }
  expect(new Set(ids).size).toBe(2);
});

test('a log that can be written again is, and what was lost is counted', async () => {
  const log = at('lb.log');
  symlinkSync('/dev/full', log);
  const lb = await serving(text(`log: { file: ${log} }`));
  await lb.ask();
  await lb.running.said('cannot write, no space left');
  rmSync(log);
  await vi.waitFor(async () => {
    await lb.ask();
    expect(readFileSync(log, 'utf8')).toContain('"outcome":"ok"');
  }, WAIT);
  await lb.running.said('written again, ');
  expect(await lb.metric('log_lines_lost')).toBeGreaterThan(0);
});

test('who stopped reading the log does not keep it from ending', async () => {
  const lb = await serving(text());
  lb.running.child.stdout?.pause();
  // A pipe holds 64 KiB.
  for (let i = 0; i < 500; i++) await lb.ask();
  const ended = once(lb.running.child, 'exit');
  lb.running.child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});
