/** Laws of mutual TLS between an LB and its runners, over real sockets, with real certificates. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createSystemClock } from '../core/clock.js';
import type { Runner, RunnerStatus } from '../core/runner.js';
import { watchCertificates, type Certificates } from '../proto/grpc/certificates.js';
import { grpcRunner, type GrpcRunnerOptions } from '../proto/grpc/pool.js';
import { createAuthority, noOpenssl, type Authority } from './support/certificates.js';
import { serveRunner } from './support/served-runner.js';

const clock = createSystemClock();
const WAIT = { timeout: 10_000 };
const opened: Runner[] = [];
const closing: (() => unknown)[] = [];
let folder = '';
let ours: Authority;
let theirs: Authority;
const problems: string[] = [];
const options = { everyMs: 10, problem: (text: string): void => void problems.push(text) };

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'windtunnel-tls-'));
  if (noOpenssl !== undefined) return;
  ours = createAuthority(folder, 'ours');
  theirs = createAuthority(folder, 'theirs');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach((context) => {
  if (noOpenssl !== undefined) context.skip(noOpenssl);
  problems.splice(0);
});
afterEach(async () => {
  for (const runner of opened.splice(0)) runner.cut();
  for (const close of closing.splice(0)) await close();
});

function watched(
  by: Authority,
  file: string,
  how?: Parameters<Authority['issue']>[1],
): Certificates {
  const certificates = watchCertificates({ ca: by.ca, ...by.issue(file, how) }, options);
  closing.push(() => certificates.close());
  return certificates;
}

async function runnerWith(certificates: Certificates): Promise<string> {
  const served = await serveRunner({ credentials: certificates.serverCredentials() });
  closing.push(served.close);
  return served.address;
}

function dial(address: string, given: Partial<GrpcRunnerOptions>): Runner {
  const runner = grpcRunner(clock, address, { ...given, reconnectMinMs: 20, reconnectMaxMs: 50 });
  opened.push(runner);
  return runner;
}

/** What a runner says when asked how it is: its status, or why not. */
const asked = (runner: Runner): Promise<RunnerStatus | string> =>
  new Promise((resolve) => {
    runner.status().subscribe({ next: resolve, error: (error: Error) => resolve(error.message) });
  });

describe('between an LB and its runner', () => {
  test('who knows each other is connected, by address or by the name that was pinned', async () => {
    const address = await runnerWith(watched(ours, 'runner', { names: ['runner.test'] }));
    const lb = watched(ours, 'lb').channelCredentials();
    const [plain, pinned] = [
      dial(address, { credentials: lb }),
      dial(address, { credentials: lb, tlsName: 'runner.test' }),
    ];
    await vi.waitFor(() => expect([plain.ready, pinned.ready]).toEqual([true, true]), WAIT);
  });

  test.each<[string, () => [Certificates, Partial<GrpcRunnerOptions>], RegExp]>([
    [
      'a runner of another authority',
      () => [
        watched(theirs, 'stranger'),
        { credentials: watched(ours, 'lb').channelCredentials() },
      ],
      /unable to verify the first certificate|self-signed|unable to get local issuer/,
    ],
    [
      'a runner of another name',
      () => [
        watched(ours, 'other', { names: ['other.test'] }),
        { credentials: watched(ours, 'lb').channelCredentials(), tlsName: 'runner.test' },
      ],
      /does not match certificate's altnames/,
    ],
    [
      'a runner whose certificate has expired',
      () => [
        watched(ours, 'old', { days: -1 }),
        { credentials: watched(ours, 'lb').channelCredentials() },
      ],
      /certificate has expired/,
    ],
    [
      'an LB of another authority',
      () => {
        const lb = watchCertificates({ ca: ours.ca, ...theirs.issue('lb2') }, options);
        closing.push(() => lb.close());
        return [watched(ours, 'runner'), { credentials: lb.channelCredentials() }];
      },
      /UNAVAILABLE|unknown ca|14: |ECONNRESET/,
    ],
    [
      'an LB without a certificate',
      () => {
        const lb = watchCertificates({ ca: ours.ca }, options);
        closing.push(() => lb.close());
        return [watched(ours, 'runner'), { credentials: lb.channelCredentials() }];
      },
      /certificate required|14: /,
    ],
    ['an LB without TLS', () => [watched(ours, 'runner'), {}], /14: /],
  ])('%s is refused, and it is said why', async (_what, parties, reason) => {
    const [server, client] = parties();
    const runner = dial(await runnerWith(server), client);
    await vi.waitFor(async () => expect(await asked(runner)).toMatch(reason), WAIT);
    expect(runner.ready).toBe(false);
  });

  test('a certificate that is replaced is used from the next connection on', async () => {
    const [first, second] = [ours.issue('first'), theirs.issue('second')];
    const files = { ca: ours.ca, cert: join(folder, 'live.pem'), key: join(folder, 'live.key') };
    const put = (issued: typeof first): void => {
      copyFileSync(issued.cert, files.cert);
      copyFileSync(issued.key, files.key);
    };
    put(second);
    const server = watchCertificates(files, options);
    closing.push(() => server.close());
    const address = await runnerWith(server);
    const runner = dial(address, { credentials: watched(ours, 'lb').channelCredentials() });
    await vi.waitFor(async () => expect(await asked(runner)).toMatch(/certificate|issuer/), WAIT);
    put(first);
    await vi.waitFor(() => expect(runner.ready).toBe(true), WAIT);
    // Broken files change nothing for those who connect from now on.
    writeFileSync(files.key, 'no key');
    await vi.waitFor(
      () => expect(problems.join()).toContain('the last good certificates hold'),
      WAIT,
    );
    const next = dial(address, { credentials: watched(ours, 'lb').channelCredentials() });
    await vi.waitFor(() => expect(next.ready).toBe(true), WAIT);
    put(first);
  });
});

test('without files, or with files that do not fit, nothing starts', () => {
  const [one, other] = [ours.issue('one'), ours.issue('other')];
  const missing = join(folder, 'missing.pem');
  expect(() => watchCertificates({ ca: missing }, options)).toThrow(
    `${missing}: cannot read, no such file`,
  );
  expect(() => watchCertificates({ ca: ours.ca, cert: one.cert, key: other.key }, options)).toThrow(
    /key values mismatch/,
  );
  expect(() => watchCertificates({ ca: one.key }, options)).toThrow(
    `${one.key}: holds no certificate`,
  );
});

test('an authority that is cut off in the middle changes nothing', async () => {
  const whole = readFileSync(ours.ca, 'utf8');
  const ca = join(folder, 'live-ca.pem');
  writeFileSync(ca, whole);
  const certificates = watchCertificates({ ca }, options);
  closing.push(() => certificates.close());
  for (const [broken, why] of [
    [whole.slice(0, 300), 'a certificate is cut off'],
    [`${whole}${whole.slice(0, 300)}`, 'a certificate is cut off'],
    [whole.replace('-----\n', '-----\nAAAA'), 'a certificate cannot be read'],
  ] as const) {
    writeFileSync(ca, broken);
    await vi.waitFor(() => expect(problems.join()).toContain(why), WAIT);
    expect(certificates.now.ca).toBe(whole);
    problems.splice(0);
  }
});

test('a channel of grpc-js that trusts nobody connects to nobody', async () => {
  const address = await runnerWith(watched(ours, 'runner'));
  const runner = dial(address, { credentials: credentials.createSsl() });
  await vi.waitFor(async () => expect(await asked(runner)).toMatch(/issuer|certificate/), WAIT);
});
