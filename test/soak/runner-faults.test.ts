/** `windtunnel runner` when things go wrong: full, canceled, late, crashing, slow, drained. */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { LogLine } from '../../cli/runner/slots.js';
import { processesLeft } from '../support/cli.js';
import { answerOf } from '../support/edge.js';
import { createStage, until, type Front, type RealRunner } from '../support/real-runner.js';

const { file, runner, front, server } = createStage();

/** A shell's way to wait for a file. */
const waitFor = (path: string): string => `while [ ! -e ${path} ]; do sleep 0.02; done`;

const outcomes = (log: readonly LogLine[]): string[] =>
  log.flatMap((line) => (line.kind === 'exec-end' ? [line.outcome] : []));

const startsOf = (one: RealRunner): string[] =>
  one.log().flatMap((line) => (line.kind === 'exec-start' ? [line.call] : []));

/** Sends a call, and waits until it has started on the runner. */
async function begun({ open }: Front, one: RealRunner, body = ''): Promise<ClientRequest> {
  const before = startsOf(one).length;
  const asking = open();
  asking.on('error', () => undefined).end(body);
  await until(() => startsOf(one).length > before);
  return asking;
}

test('a full runner NACKs, the call goes to the next one, and each starts once', async () => {
  const go = file('.go');
  const command = `${waitFor(go)}; cat`;
  const both = [await runner('--command', command, '--slots', '1')];
  both.push(await runner('--command', command, '--slots', '1'));
  const { ask, probed } = await front(both);
  const answers = ['a', 'b', 'c'].map((body) => ask({ body }));
  await until(() => both.every((one) => startsOf(one).length === 1));
  // The third found both of them full.
  await until(() => probed.some((event) => event.kind === 'nack' && event.reason === 'busy'));
  writeFileSync(go, '');
  const bodies = (await Promise.all(answers)).map(({ body }) => body);
  expect(bodies).toEqual(['a', 'b', 'c']);
  expect(both.flatMap(startsOf).sort()).toEqual(['lb0-1', 'lb0-2', 'lb0-3']);
});

describe('a client that leaves', () => {
  test('ends the command with all of its processes, and frees its slot', async () => {
    const one = await runner('--command', 'sleep 1000 | sleep 1000', '--slots', '1');
    const asking = await begun(await front([one]), one);
    asking.destroy();
    await until(() => outcomes(one.log())[0] === 'canceled');
    await until(() => processesLeft().join() === String(one.child.pid));
  });

  test('ends a thread that does not notice; the next call has a new one', async () => {
    const module = file(
      '.mjs',
      `let calls = 0;
      export default ({ body }) => { calls++; while (body.length > 0); return String(calls); };`,
    );
    const one = await runner('--module', module, '--slots', '1');
    const fleet = await front([one]);
    expect((await fleet.ask()).body).toBe('1');
    (await begun(fleet, one, 'loop')).destroy();
    expect((await fleet.ask()).body).toBe('1');
    expect(outcomes(one.log())).toEqual(['ok', 'canceled', 'ok']);
  });

  test('is told by the signal to a handler that listens, whose thread stays', async () => {
    const module = file(
      '.mjs',
      `let calls = 0;
      export default ({ body, signal }) => {
        calls++;
        if (body.length === 0) return String(calls);
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve('')));
      };`,
    );
    const one = await runner('--module', module, '--slots', '1');
    const fleet = await front([one]);
    (await begun(fleet, one, 'wait')).destroy();
    await until(() => outcomes(one.log())[0] === 'canceled');
    expect((await fleet.ask()).body).toBe('2');
  });

  test('aborts the HTTP request', async () => {
    let closed = 0;
    const url = await server((_, response) => void response.on('close', () => (closed += 1)));
    const one = await runner('--http', url);
    (await begun(await front([one]), one)).destroy();
    await until(() => closed === 1 && outcomes(one.log())[0] === 'canceled');
  });
});

const forever: readonly [string, () => Promise<string[]>][] = [
  ['command', () => Promise.resolve(['--command', 'sleep 1000'])],
  [
    'module',
    () => Promise.resolve(['--module', file('.mjs', 'export default () => { for (;;); }')]),
  ],
  ['http', async () => ['--http', await server(() => undefined)]],
];

test.each(forever)('a %s that takes too long is 504, and its slot is free', async (_, kind) => {
  const one = await runner(...(await kind()), '--timeout', '0.3', '--slots', '1');
  const { ask } = await front([one]);
  expect((await ask()).status).toBe(504);
  expect((await ask()).status).toBe(504);
  await until(() => outcomes(one.log()).length === 2);
  expect(outcomes(one.log())).toEqual(['expired', 'expired']);
});

/** More than is held back for a true status. */
const MUCH = 200_000;

describe('a crash', () => {
  const crashing: readonly [string, () => Promise<string[]>][] = [
    ['command', () => Promise.resolve(['--command', `head -c ${MUCH} /dev/zero; kill -9 $$`])],
    [
      'thread',
      () => {
        const text = `export default () => ({ body: (function* () {
          yield 'x'.repeat(${MUCH});
          process.exit(0);
        })() });`;
        return Promise.resolve(['--module', file('.mjs', text)]);
      },
    ],
    [
      'http',
      async () => {
        const url = await server((_, response) => {
          response.write('x'.repeat(MUCH), () => response.destroy());
        });
        return ['--http', url];
      },
    ],
  ];
  test.each(crashing)('of a %s within its answer cuts the answer', async (_, kind) => {
    const one = await runner(...(await kind()));
    const { ask } = await front([one]);
    const answer = await ask();
    expect([answer.status, answer.aborted]).toEqual([200, true]);
    expect(outcomes(one.log())).toEqual(['failed']);
    expect((await ask()).aborted).toBe(true);
  });

  const mute: readonly [string, () => Promise<string[]>][] = [
    ['command', () => Promise.resolve(['--command', 'kill -9 $$'])],
    [
      'thread',
      () => {
        const text = 'export default () => new Promise(() => setTimeout(() => { throw 1; }, 1));';
        return Promise.resolve(['--module', file('.mjs', text)]);
      },
    ],
    ['http', async () => ['--http', await server((request) => request.destroy())]],
  ];
  test.each(mute)('of a %s before its answer is 502, and not tried again', async (_, kind) => {
    const one = await runner(...(await kind()));
    const { ask } = await front([one]);
    expect((await ask()).status).toBe(502);
    expect(startsOf(one)).toEqual(['lb0-1']);
  });
});

test('an HTTP server that is down is a NACK: the call runs elsewhere, nothing started', async () => {
  const down = await runner('--http', `unix:${file('.sock')}`);
  const alone = await front([down], { placementMs: 300 });
  expect((await alone.ask()).status).toBe(503);
  const up = await runner('--command', 'cat');
  const { ask } = await front([down, up]);
  expect((await ask({ body: 'x' })).body).toBe('x');
  expect(down.log()).toEqual([]);
  await down.said(`cannot connect to unix:`);
});

describe('an answer', () => {
  test('is sent as it comes', async () => {
    const go = file('.go');
    const one = await runner('--command', `printf first; ${waitFor(go)}; printf last`);
    const asking = await begun(await front([one]), one);
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    const [first] = (await once(response, 'data')) as [Buffer];
    writeFileSync(go, '');
    expect([first.toString(), (await answerOf(response)).body]).toEqual(['first', 'last']);
  });

  const PIECES = 500;
  const PIECE = 64 * 1024;
  const counting = file('.count', '0');
  const writing: readonly [string, () => Promise<string[]>][] = [
    [
      'command',
      () => {
        const piece = file('.piece', 'x'.repeat(PIECE));
        const loop = `i=0; while [ $i -lt ${PIECES} ]; do cat ${piece}; i=$((i+1));`;
        return Promise.resolve(['--command', `${loop} echo $i > ${counting}; done`]);
      },
    ],
    [
      'module',
      () => {
        const text = `import { writeFileSync } from 'node:fs';
          export default () => ({ body: (function* () {
            for (let i = 1; i <= ${PIECES}; i++) {
              writeFileSync(${JSON.stringify(counting)}, String(i));
              yield 'x'.repeat(${PIECE});
            }
          })() });`;
        return Promise.resolve(['--module', file('.mjs', text)]);
      },
    ],
    [
      'http',
      async () => {
        const url = await server((_, response) => {
          let written = 0;
          const write = (): void => {
            while (written < PIECES) {
              written += 1;
              writeFileSync(counting, String(written));
              if (!response.write('x'.repeat(PIECE))) return void response.once('drain', write);
            }
            response.end();
          };
          write();
        });
        return ['--http', url];
      },
    ],
  ];
  test.each(writing)('of a %s waits for a client that does not read', async (_, kind) => {
    writeFileSync(counting, '0');
    const most = { responseMaxBytes: PIECES * PIECE };
    const one = await runner(...(await kind()), '--response-max', String(PIECES * PIECE));
    const asking = await begun(await front([one], most), one);
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    let last = '';
    let same = 0;
    await until(() => {
      const count = readFileSync(counting, 'utf8');
      same = count === last ? same + 1 : 0;
      last = count;
      return same === 30;
    });
    expect(Number(last)).toBeLessThan(PIECES / 2);
    const { body, aborted } = await answerOf(response);
    expect([body.length, aborted]).toEqual([PIECES * PIECE, false]);
  });
});

describe('a signal', () => {
  test('drains: what runs ends, what comes is NACKed, and the exit code is 0', async () => {
    const go = file('.go');
    const leaving = await runner('--command', `${waitFor(go)}; cat`);
    const staying = await runner('--command', 'cat');
    const fleet = await front([leaving]);
    const asking = fleet.ask({ body: 'in flight' });
    await until(() => startsOf(leaving).length === 1);
    const both = await front([leaving, staying]);
    leaving.child.kill('SIGTERM');
    await leaving.said('draining, 1 call in flight');
    for (let i = 0; i < 4; i++) expect((await both.ask({ body: 'x' })).body).toBe('x');
    expect(startsOf(leaving)).toHaveLength(1);
    expect(both.probed).toContainEqual(
      expect.objectContaining({ kind: 'nack', reason: 'draining', runner: leaving.address }),
    );
    writeFileSync(go, '');
    expect(await asking).toMatchObject({ status: 200, body: 'in flight' });
    expect(await leaving.done).toMatchObject({ code: 0, stderr: '' });
  });

  test('cuts at the grace limit what does not end', async () => {
    const one = await runner('--command', 'sleep 1000', '--grace', '0.3');
    const fleet = await front([one]);
    const asking = fleet.ask();
    await until(() => startsOf(one).length === 1);
    const { code, stdout } = await one.stop();
    expect([code, stdout]).toEqual([0, expect.stringContaining('1 call cut after the grace')]);
    expect((await asking).status).toBe(502);
    expect(outcomes(one.log())).toEqual(['canceled']);
  });

  test('the second one ends it at once, its command as well', async () => {
    const one = await runner('--command', 'sleep 1000 | sleep 1000');
    const fleet = await front([one]);
    const asking = await begun(fleet, one);
    one.child.kill('SIGINT');
    await one.said('draining, 1 call in flight');
    one.child.kill('SIGINT');
    expect((await one.done).code).toBe(130);
    asking.destroy();
    await until(() => processesLeft().length === 0);
  });
});
