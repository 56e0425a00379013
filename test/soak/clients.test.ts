/** Client programs that people have, against the LB in service: plain conventions of HTTP hold. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  test,
  type TestContext,
} from 'vitest';
import { noOpenssl } from '../support/certificates.js';
import { PLAIN, startWeb, ZIPPED, type Web } from '../support/web-function.js';

let folder = '';
let web: Web;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'windtunnel-clients-'));
  web = await startWeb(folder);
});
afterEach(() => web.nothingIsHeld());
afterAll(async () => {
  await web.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Skips where the program is missing. */
const needs =
  (program: string) =>
  (context: TestContext): void => {
    try {
      execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'pipe' });
    } catch {
      context.skip(`${program} is not installed`);
    }
  };

interface Said {
  readonly code: number | null;
  readonly bytes: Buffer;
  readonly text: string;
  readonly errors: string;
}

/** Runs a program to its end; `onFirst` is told with the first that it prints. */
async function run(
  program: string,
  args: readonly string[],
  onFirst?: (text: string) => void,
): Promise<Said> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, errors]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => {
    if (out.length === 0) onFirst?.(chunk.toString());
    out.push(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  const bytes = Buffer.concat(out);
  return { code, bytes, text: bytes.toString(), errors: Buffer.concat(errors).toString() };
}

const at = (path: string): string => `${web.lb.url}/invoke/${path}`;
/** No client waits for ever. */
const curl = (...args: string[]): Promise<Said> => run('curl', ['-sS', '-m', '60', ...args]);

/** A file of so many bytes, and what `sum` says of it. */
function upload(bytes: number): { readonly file: string; readonly sum: string } {
  const file = join(folder, `upload-${bytes}`);
  const content = Buffer.alloc(bytes, 'some words of no meaning ');
  writeFileSync(file, content);
  return { file, sum: `${bytes} ${createHash('sha256').update(content).digest('hex')}` };
}

describe('curl', () => {
  beforeEach(needs('curl'));

  /** How it speaks to which listener. */
  const spoken: readonly [string, () => readonly [string, readonly string[]]][] = [
    ['HTTP/1.1', () => [web.lb.url, []]],
    ['HTTP/2', () => [web.secure?.url ?? '', ['--http2', '--cacert', web.secure?.ca ?? '']]],
  ];

  test.for(spoken)(
    'has the first byte of an answer before its end: %s',
    async ([what, how], context) => {
      if (what === 'HTTP/2' && noOpenssl !== undefined) context.skip(noOpenssl);
      const [base, options] = how();
      let first = '';
      const args = ['-sSN', '-m', '60', ...options, `${base}/invoke/stream`];
      // It is not over until the client has seen that it began.
      const { code, text } = await run('curl', args, (seen) => {
        first = seen;
        web.release();
      });
      expect([code, first, text]).toEqual([0, 'first ', 'first last']);
    },
  );

  test('asks before a large upload, is told to go on, and all of it arrives', async () => {
    const { file, sum } = upload(2 * 1024 * 1024);
    const ask = ['-v', '--expect100-timeout', '60', '--data-binary', `@${file}`];
    const { code, text, errors } = await curl(...ask, at('sum'));
    expect([code, text]).toEqual([0, sum]);
    expect(errors).toMatch(/^> Expect: 100-continue\r?$/m);
    expect(errors.match(/^< HTTP\/1\.1 \d+/gm)).toEqual(['< HTTP/1.1 100', '< HTTP/1.1 200']);
  });

  test('uploads nothing of what is refused', async () => {
    const { file } = upload(8 * 1024 * 1024);
    const ask = ['-v', '--expect100-timeout', '60', '--data-binary', `@${file}`];
    const { text, errors } = await curl(...ask, '-w', '%{http_code} %{size_upload}', at('sum'));
    expect(text).toMatch(/\n413 0$/);
    expect(errors.match(/^< HTTP\/1\.1 \d+/gm)).toEqual(['< HTTP/1.1 413']);
  });

  test('uploads in chunks of no announced length', async () => {
    const { file, sum } = upload(200_000);
    const chunked = ['-H', 'Transfer-Encoding: chunked', '--data-binary', `@${file}`];
    expect((await curl(...chunked, at('sum'))).text).toBe(sum);
  });

  test('has the same headers for HEAD as for GET, and no body', async () => {
    const headers = ({ text }: Said): string[] =>
      text
        .split('\r\n')
        .filter((line) => line !== '' && !/^(?:date|fn-call-id):/i.test(line))
        .sort();
    const [head, get] = [await curl('-I', at('plain')), await curl('-i', at('plain'))];
    expect(head.code).toBe(0);
    expect(headers(head)).toEqual(headers(get).filter((line) => line !== PLAIN));
    expect(head.text).toContain(`Content-Length: ${PLAIN.length}`);
  });

  test('has an answer in chunks where its length is not known', async () => {
    const asking = run('curl', ['-sSiN', '-m', '60', '--raw', at('stream')], () => web.release());
    expect((await asking).text).toMatch(/^Transfer-Encoding: chunked\r\n[^]*\n0\r\n\r\n$/m);
  });

  test('has what is compressed as it is, and can read it', async () => {
    const raw = await curl('--raw', '-H', 'Accept-Encoding: gzip', at('zip'));
    expect(raw.bytes.equals(ZIPPED)).toBe(true);
    const read = await curl('--compressed', '-D', join(folder, 'head'), at('zip'));
    expect(read.text).toBe(PLAIN);
  });

  test('uses its connection again', async () => {
    const one = [at('plain'), '-o', '/dev/null', '-w', '%{num_connects} '];
    expect((await curl(...one, '--next', '-sS', ...one, '--next', '-sS', ...one)).text).toBe(
      '1 0 0 ',
    );
  });
});

/** How fast it was is worth a look, and nothing that a test could judge. */
const print = (program: string, words: string | undefined): void =>
  void process.stdout.write(`${program}: ${words ?? 'no figure'}\n`);

test('h2load has a 2xx for each of its requests, by ALPN over TLS', async (context) => {
  needs('h2load')(context);
  if (noOpenssl !== undefined) context.skip(noOpenssl);
  const args = ['-n', '500', '-c', '4', '-m', '10', `${web.secure?.url}/invoke/plain`];
  const said = await run('h2load', args);
  const { code } = said;
  // It marks what it deems important, in the middle of words.
  const text = said.text.replace(/\x1b\[\d*m/g, '');
  expect(code).toBe(0);
  expect(text).toContain('Application protocol: h2');
  expect(text).toContain('500 done, 500 succeeded, 0 failed, 0 errored, 0 timeout');
  expect(text).toContain('status codes: 500 2xx, 0 3xx, 0 4xx, 0 5xx');
  print('h2load', /finished in .*/.exec(text)?.[0]);
});

test('wrk sees no error', async (context) => {
  needs('wrk')(context);
  const { code, text } = await run('wrk', ['-d', '2s', '-c', '8', '-t', '2', at('plain')]);
  expect(code).toBe(0);
  expect(Number(/(\d+) requests in/.exec(text)?.[1])).toBeGreaterThan(0);
  expect(text).not.toMatch(/Non-2xx|Socket errors/);
  print('wrk', /Requests\/sec:.*/.exec(text)?.[0]);
});

test('autocannon sees no error, with pipelined requests neither', async () => {
  const program = 'node_modules/autocannon/autocannon.js';
  for (const pipelined of ['1', '4']) {
    const load = ['-d', '2', '-c', '4', '-p', pipelined, '--json', at('plain')];
    const { code, text } = await run(process.execPath, [program, ...load]);
    expect(code).toBe(0);
    const counts = JSON.parse(text) as Record<string, number> & { requests: { average: number } };
    expect(counts).toMatchObject({ errors: 0, timeouts: 0, mismatches: 0, non2xx: 0 });
    expect(counts['2xx']).toBeGreaterThan(0);
    print('autocannon', `${counts.requests.average} requests/sec, ${pipelined} at once`);
  }
});
