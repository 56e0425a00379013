/** Processes on one machine that are a function platform: runners, the LB, and what kills them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from 'node:http';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { createAuthority, noOpenssl } from '../support/certificates.js';
import { start, type Running } from '../support/cli.js';
import { configText, startLb, type Lb } from '../support/lb.js';

const WAIT = { timeout: 20_000 };
let folder = '';
const running: Running[] = [];
/** No status: the connection broke within the answer. */
const CUT = 0;
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'windtunnel-platform-'));
});
afterEach(() => {
  for (const { child } of running.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A runner program; resolves with its address once it listens. */
async function runner(listen: string, ...args: string[]): Promise<[Running, string]> {
  const one = start(['runner', '--listen', listen, ...args]);
  running.push(one);
  await one.said('listening on ');
  const port = /listening on \S+:(\d+)/.exec(one.stdout())?.[1] ?? '';
  return [one, `127.0.0.1:${port}`];
}

async function serving(group: string, more = ''): Promise<Lb> {
  const lb = await startLb(
    at('lb.yaml'),
    configText(`listeners: [{ listen: 127.0.0.1:0 }]
functions: { '*': { timeout: 10s } }
groups: { default: ${group} }
${more}`),
  );
  running.push(lb.running);
  return lb;
}

test('a module, a command and the balancer, and a call through all of it', async () => {
  const [module, first] = await runner('127.0.0.1:0', '--module', 'docs/examples/echo.mjs');
  const [command, second] = await runner('127.0.0.1:0', '--command', 'cat');
  const lb = await serving(`{ policy: naive, runners: ["${first}", "${second}"] }`);
  const answers = await Promise.all(
    [1, 2, 3, 4].map(() => lb.ask({ body: 'hello', path: '/invoke/echo' })),
  );
  expect(answers.map(({ status, body }) => [status, body])).toEqual(Array(4).fill([200, 'hello']));
  expect(await lb.stop()).toBe(0);
  for (const { child } of [module, command]) child.kill('SIGTERM');
  expect([(await module.done).code, (await command.done).code]).toEqual([0, 0]);
});

test('over mutual TLS, with the names of the runners pinned', async (context) => {
  if (noOpenssl !== undefined) context.skip(noOpenssl);
  const { ca, issue } = createAuthority(folder, 'ca');
  const [ours, theirs] = [issue('lb'), issue('runner', { names: ['runner.test'] })];
  const tls = ['--ca', ca, '--cert', theirs.cert, '--key', theirs.key];
  const [one, address] = await runner('127.0.0.1:0', '--command', 'tr a-z A-Z', ...tls);
  const files = `ca: ${ca}, cert: ${ours.cert}, key: ${ours.key}`;
  const lb = await serving(`{ runners: ["${address}"], tls: { ${files}, name: runner.test } }`);
  expect((await lb.ask({ body: 'hello' })).body).toBe('HELLO');
  await lb.stop();
  const wrong = await serving(`{ runners: ["${address}"], tls: { ${files}, name: other.test } }`);
  const said = vi.waitFor(async () => {
    const { body } = await wrong.look('/debug/runners');
    expect(body).toMatch(/does not match certificate's altnames/);
  }, WAIT);
  await said;
  one.child.kill('SIGTERM');
  expect((await one.done).code).toBe(0);
});

test('runners that are killed cost the calls that run there, and no call starts twice', async () => {
  const log = (name: string): string[] => ['--log', at(`${name}.jsonl`), '--slots', '4'];
  const work = ['--command', 'sleep 0.05; cat'];
  const names = ['r0', 'r1', 'r2'];
  const fleet = await Promise.all(
    names.map(async (name) => ({ name, is: await runner('127.0.0.1:0', ...work, ...log(name)) })),
  );
  const addresses = fleet.map(({ is }) => is[1]);
  const lb = await serving(`{ runners: ${JSON.stringify(addresses)} }`);
  const agent = new Agent({ keepAlive: true, maxSockets: 6 });
  const statuses: number[] = [];
  let inFlightAtKill = 0;
  let over = false;
  const behave = async (): Promise<void> => {
    while (!over) {
      const asked = lb.ask({ agent, body: 'x', path: '/invoke/work' });
      // Cut, where its answer had begun: never a short one that looks whole.
      statuses.push(
        await asked.then(
          ({ status }) => status,
          () => CUT,
        ),
      );
    }
  };
  const behaving = Promise.all([1, 2, 3, 4, 5, 6].map(behave));
  for (let i = 0; i < 4; i++) {
    const victim = fleet[i % 3];
    if (victim === undefined) throw new Error('no victim');
    await vi.waitFor(() => expect(statuses.length).toBeGreaterThan((i + 1) * 20), WAIT);
    inFlightAtKill += 4;
    victim.is[0].child.kill('SIGKILL');
    await victim.is[0].done;
    victim.is = await runner(victim.is[1], ...work, ...log(victim.name));
  }
  over = true;
  await behaving;
  agent.destroy();
  const failed = statuses.filter((status) => status !== 200);
  // Each was on a runner that was killed: no more than that has slots.
  expect(failed.length).toBeLessThanOrEqual(inFlightAtKill);
  expect(failed.filter((status) => status !== 502 && status !== CUT)).toEqual([]);
  const starts = names.flatMap((name) =>
    readFileSync(at(`${name}.jsonl`), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; call: string })
      .filter(({ kind }) => kind === 'exec-start'),
  );
  expect(starts.length).toBeGreaterThanOrEqual(statuses.length - failed.length);
  expect(new Set(starts.map(({ call }) => call)).size).toBe(starts.length);
});
