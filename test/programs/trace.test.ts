/** `--trace` of `run` and `report`: viewers of traces open it, of both worlds, within limits. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faultsOf, readTrace, slices, type Trace } from '../../reports/trace.test-support.js';
import { windtunnel } from '../support/cli.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'windtunnel-trace-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (file: string): Trace => readTrace(readFileSync(file, 'utf8'));
const count = ({ traceEvents }: Trace, category: string): number =>
  traceEvents.filter(({ cat }) => cat === category).length;

/** Too many calls, hedges, rounds of asking, a crash, clients that leave. */
const rough = `version: 1
name: rough
seed: 3
calls: 900
arrivals: { kind: poisson, load: 110% }
functions: { hello: { service: { kind: exponential, mean: 100ms }, timeout: 1s, idempotent: true } }
fleet: [{ name: r, count: 4, slots: 4 }]
network: { roundTrip: 1ms }
placement: { budget: 200ms, wait: poll, hedge: on }
clients: { retry: { times: 1, after: 500ms } }
faults: [{ kind: crash, at: 2s, for: 1s, runner: r1 }]
`;

/** Two processes: each takes its time to start. */
const real = `version: 1
name: real
calls: 200
arrivals: { kind: constant, rate: 200/s }
functions: { hello: { service: 5ms } }
fleet: [{ name: r, count: 2, slots: 8 }]
`;

describe('a trace', () => {
  test('of a rough flight keeps to the format, overlaps nothing, and is the same again', async () => {
    const scenario = join(folder, 'rough.yaml');
    writeFileSync(scenario, rough);
    const [one, again] = [join(folder, 'one.json'), join(folder, 'again.json')];
    for (const file of [one, again]) {
      await windtunnel('run', scenario, '--trace', file, '--record', `${file}l`);
    }
    expect(readFileSync(one).equals(readFileSync(again))).toBe(true);
    const told = await windtunnel('report', `${one}l`, '--trace', again);
    expect([told.code, told.stdout]).toEqual([0, `${again}\n`]);
    expect(readFileSync(one).equals(readFileSync(again))).toBe(true);
    const trace = read(one);
    expect(faultsOf(trace)).toEqual([]);
    const hedges = slices(trace.traceEvents).filter(({ name }) => name.startsWith('beside'));
    expect(hedges.length).toBeGreaterThan(0);
    const { callsTraced, callsLeftOut } = trace.otherData.flights[0]!;
    expect([callsTraced, callsLeftOut]).toEqual([count(trace, 'call'), 0]);
  });

  test('of two flights has processes for each, and as many calls as were asked for', async () => {
    const file = join(folder, 'two.json');
    const wanted = ['--placer', 'naive,p2c', '--set', 'calls=300', '--trace-calls', '100'];
    const ran = await windtunnel('run', 'scenarios/steady.yaml', ...wanted, '--trace', file);
    expect(ran.code).toBe(0);
    const trace = read(file);
    expect(faultsOf(trace)).toEqual([]);
    expect(trace.otherData.flights).toMatchObject([
      { placer: 'naive', callsTraced: 100, callsLeftOut: 200 },
      { placer: 'p2c', callsTraced: 100, callsLeftOut: 200 },
    ]);
    expect([count(trace, 'call'), count(trace, 'run')]).toEqual([200, 200]);
  });

  test('of a real flight has what its runners executed, told last; so has its report', async () => {
    const [file, report] = [join(folder, 'grpc.json'), join(folder, 'grpc.html')];
    const scenario = join(folder, 'real.yaml');
    writeFileSync(scenario, real);
    const outputs = ['--trace', file, '--report', report];
    const ran = await windtunnel('run', scenario, '--on', 'grpc', ...outputs);
    expect(ran.code).toBe(0);
    const trace = read(file);
    expect(faultsOf(trace)).toEqual([]);
    expect([count(trace, 'call'), count(trace, 'run')]).toEqual([200, 200]);
    expect(readFileSync(report, 'utf8')).toMatch(/Slowest ok call, [^<]*ran [\d.]+\u202fms on r\d/);
  });

  test.each([
    [['--trace', '-'], /^--trace -: only --json can go to stdout\n$/],
    [['--trace', 'new/'], /^--trace new\/: cannot write, is a directory\n$/],
    [['--trace-calls', '0'], /'--trace-calls <n>' argument '0' is invalid\. not from 1 to 1000000/],
  ])('with %j: one line, exit 1, nothing made', async (options, message) => {
    const before = readdirSync(folder);
    const ran = await windtunnel('run', 'scenarios/steady.yaml', ...options);
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringMatching(message)]);
    expect(readdirSync(folder)).toEqual(before);
  });
});
