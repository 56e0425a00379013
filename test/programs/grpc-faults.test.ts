/** Faults of one real runner on top of each other: what a restart must not undo, or invent. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FlightEvent } from '../../core/record.js';
import { windtunnel } from '../support/cli.js';
import { byCall, only } from '../support/fly.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'windtunnel-faults-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function fly(name: string, text: string): Promise<readonly FlightEvent[]> {
  const scenario = join(folder, `${name}.yaml`);
  const record = join(folder, `${name}.jsonl`);
  writeFileSync(scenario, `version: 1\nname: ${name}\n${text}`);
  const ran = await windtunnel('run', scenario, '--on', 'grpc', '--record', record);
  expect([ran.code, ran.stderr.split('\n').filter((line) => !line.startsWith(name))]).toEqual([
    0,
    [''],
  ]);
  const lines = readFileSync(record, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as FlightEvent);
}

test('a runner that crashes while it is slow is slow when it is back, and itself afterwards', async () => {
  const events = await fly(
    'slow-crash',
    `calls: 320
arrivals: { kind: constant, rate: 40/s }
functions: { a: { service: 40ms } }
fleet: [{ name: r, count: 1, slots: 128 }]
faults:
  - { kind: slow, at: 200ms, for: 6300ms, runner: r, factor: 5 }
  - { kind: crash, at: 500ms, for: 100ms, runner: r }
`,
  );
  const from = only(events, 'fault')[0]?.at ?? 0;
  const starts = byCall(only(events, 'exec-start'));
  const took = only(events, 'exec-end')
    .filter((end) => end.outcome === 'ok')
    .map((end) => {
      const startedAt = starts.get(end.call)?.[0]?.at ?? 0;
      return { afterMs: (startedAt - from) / 1000, ms: (end.at - startedAt) / 1000 };
    });
  // A process on a busy machine may take seconds to come back.
  const back = took.filter(({ afterMs }) => afterMs > 500 && afterMs < 6_200);
  const healed = took.filter(({ afterMs }) => afterMs > 6_400);
  expect(back.length).toBeGreaterThan(10);
  for (const { ms } of back) expect(ms).toBeGreaterThanOrEqual(200);
  expect(healed.length).toBeGreaterThan(10);
  for (const { ms } of healed) expect(ms).toBeGreaterThanOrEqual(40);
  expect(Math.min(...healed.map(({ ms }) => ms))).toBeLessThan(200);
});

test('a runner that is killed again before it is up is no broken law', async () => {
  const events = await fly(
    'twice',
    `calls: 200
arrivals: { kind: constant, rate: 100/s }
functions: { a: { service: 5ms } }
fleet: [{ name: r, count: 3, slots: 16 }]
faults:
  - { kind: crash, at: 300ms, for: 50ms, runner: r1 }
  - { kind: crash, at: 400ms, for: 50ms, runner: r1 }
`,
  );
  expect(events.at(-1)).toMatchObject({ kind: 'landed', violations: [], stuck: [] });
});
