/**
 * The canary: a program with a bug in it, so that the alarm is heard. A failing seed fails `check`
 * with its exit code, leaves a capsule that fails again, and shrinks; without the bug it is
 * cured.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { start, windtunnel, type Ran } from '../support/cli.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'windtunnel-canary-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The program, its threads too, with a mutant in place. */
const spoiled = (mutant: string, ...args: string[]): Promise<Ran> =>
  start(args, { MUTANT: mutant, NODE_OPTIONS: '--import ./dist/test/mutants/register.js' }).done;

interface Small {
  readonly plan: readonly unknown[];
  readonly scenario: { readonly faults: readonly unknown[] };
  readonly digest: string;
}

test('a broken law fails check, and comes back as one line to replay', async () => {
  const mutant = 'retry-after-commit';
  const found = await spoiled(
    mutant,
    'check',
    '--seeds',
    '4..5',
    '--jobs',
    '1',
    '--capsules',
    folder,
  );
  expect(found.code).toBe(3);
  expect(found.stdout).toMatch(/^swarm seed 4: broken: /m);
  expect(found.stdout).toMatch(/^swarm seed 4: replay: windtunnel check --seeds 4$/m);
  expect(found.stdout).toMatch(/1 of 2 seeds FAILED, in one way\n$/);
  const capsule = join(folder, 'swarm-4.json');
  expect(found.stdout).toContain(`swarm seed 4: capsule: ${capsule}\n`);

  const again = await spoiled(mutant, 'replay', capsule);
  expect(again.code).toBe(3);
  expect(again.stdout).toMatch(/^replay: fails in the same way, digest [\da-f]{16} as before$/m);

  const small = join(folder, 'small.json');
  const shrunk = await spoiled(mutant, 'shrink', capsule, '--out', small);
  expect([shrunk.code, shrunk.stderr.includes('internal')]).toEqual([3, false]);
  const { plan, scenario } = JSON.parse(readFileSync(small, 'utf8')) as Small;
  expect(plan.length).toBeLessThanOrEqual(10);
  expect(scenario.faults.length).toBeLessThanOrEqual(3);
  const smaller = await spoiled(mutant, 'replay', small);
  expect(smaller.code).toBe(3);
  expect(smaller.stdout).toMatch(/^replay: fails in the same way, digest [\da-f]{16} as before$/m);

  const cured = await windtunnel('replay', small);
  expect([cured.code, /^replay: fails no more, /m.test(cured.stdout)]).toEqual([0, true]);
});

test('a call that never ends has an exit code of its own', async () => {
  const found = await spoiled(
    'call-deadline-missing',
    'check',
    '--seeds',
    '3',
    '--capsules',
    folder,
  );
  expect(found.code).toBe(4);
  expect(found.stdout).toMatch(/^swarm seed 3: stuck: call \S+ never ended/m);
});

test('what makes the twins differ has an exit code of its own', async () => {
  const found = await spoiled(
    'headers-lost-in-bytes',
    'check',
    '--seeds',
    '1',
    '--capsules',
    folder,
  );
  expect(found.code).toBe(5);
  expect(found.stdout).toMatch(/^swarm seed 1: not deterministic: event \d+: /m);
});
