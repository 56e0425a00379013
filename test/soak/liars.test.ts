/**
 * Runners that lie, behind the LB in service: their clients get a failure or an answer that is cut
 * where all can see it, never a short one that looks whole; memory stays bounded, nothing is held
 * afterwards, and the honest runner of the same group answers as ever.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request, type IncomingMessage } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { encodeRunnerMessage } from '../../proto/codec.js';
import type { RunnerMessage } from '../../proto/wire.js';
import { OK, piece } from '../conformance/wire-rig.js';
import { utf8 } from '../support/calls.js';
import { answerOf, type Answer } from '../support/edge.js';
import { memoryOf } from '../support/cli.js';
import { createFlood } from '../support/flood.js';
import { configText, startLb, type Lb } from '../support/lb.js';
import { createRoguePeer, framed, sends, type Rogue, type RoguePeer } from '../support/rogue.js';
import { serveRunner, type ServedRunner } from '../support/served-runner.js';

const WAIT = { timeout: 20_000 };
/** What the honest one answers. */
const HONEST_BYTES = 20 * 1024;
/** More than is held back for a true status. */
const MUCH = new Uint8Array(20_000);
/** Of memory; 10 MiB are measured. */
const PEAK_MORE = 64 * 1024 * 1024;

let folder = '';
let honest: ServedRunner;
let rogue: RoguePeer;
let lb: Lb | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'windtunnel-liars-'));
  honest = await serveRunner();
  rogue = await createRoguePeer();
});
afterEach(() => void lb?.running.child.kill('SIGKILL'));
afterAll(async () => {
  rogue.close();
  await honest.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The LB before both of them, once it is connected to them. */
async function serving(liar: string): Promise<Lb> {
  const text = configText(`listeners: [{ listen: 127.0.0.1:0 }]
functions: { a: { timeout: 2s } }
groups: { default: { policy: naive, runners: ["${liar}", "${honest.address}"] } }
limits: { responseMax: 1MiB }
log: { access: off }`);
  const one = await startLb(join(folder, 'lb.yaml'), text);
  lb = one;
  await vi.waitFor(async () => {
    const known = JSON.parse((await one.look('/debug/runners')).body) as { state: string }[];
    expect(known.map(({ state }) => state)).toEqual(['open', 'open']);
  }, WAIT);
  return one;
}

/** The most memory that its process ever had. */
const peakOf = ({ running }: Lb): number => memoryOf(running.child.pid, 'VmHWM');

/** One call after the other on a connection that is kept. */
async function call(one: Lb, agent: Agent): Promise<Answer> {
  const asking = request(`${one.url}/invoke/a`, { method: 'POST', agent });
  asking.end('ping');
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  return answerOf(response);
}

/** How a client sees the end of an answer that was not the honest one's. */
type Seen = 'cut' | 502 | 504;
const seen = ({ status, aborted }: Answer): unknown => (aborted ? 'cut' : status);

/** Calls until both of them were asked, the liar as often as it is let; all of it is judged. */
async function judge(liar: { readonly address: string; readonly asked: number }, expected: Seen) {
  const one = await serving(liar.address);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const before = peakOf(one);
  const counts = { lied: 0, honest: 0 };
  for (let i = 0; i < 8 || counts.lied === 0 || counts.honest < 3; i++) {
    const { asked } = liar;
    const answer = await call(one, agent);
    if (liar.asked > asked) {
      expect(seen(answer)).toBe(expected);
      counts.lied += 1;
    } else {
      expect([seen(answer), answer.bytes]).toEqual([200, HONEST_BYTES]);
      counts.honest += 1;
    }
    expect(peakOf(one) - before).toBeLessThan(PEAK_MORE);
    expect(i).toBeLessThan(50);
  }
  agent.destroy();
  await vi.waitFor(async () => expect(await one.held()).toEqual([0, 0, 0, 0, 0, 0]), WAIT);
  expect(await one.stop()).toBe(0);
}

const all = (...messages: readonly RunnerMessage[]): Buffer =>
  Buffer.concat(messages.map((one) => framed(encodeRunnerMessage(one, 'head'))));
const start = (...headers: [string, string][]): RunnerMessage => ({
  kind: 'start',
  status: 200,
  headers: [['Content-Type', 'a/b'], ...headers],
});
const PONG = piece(utf8('pong'));
const RESPONSE = { ':status': 200, 'content-type': 'application/grpc' };

/** Begins an answer with these bytes; what follows is the stream's. */
const begins =
  (bytes: Uint8Array, then: (stream: ServerHttp2Stream) => void): Rogue =>
  (stream) => {
    stream.respond(RESPONSE, { waitForTrailers: true });
    // Who would send none says so by leaving; here it is for who ends.
    stream.on('wantTrailers', () => stream.close());
    stream.write(bytes, () => then(stream));
  };

function endless(bytes: Uint8Array): Rogue {
  return begins(all(start()), (stream) => {
    const pour = (): void => {
      while (!stream.destroyed && stream.write(bytes));
    };
    stream.on('drain', pour);
    pour();
  });
}

/** A byte a second, of bytes that begin with these. */
const drips = (at: Uint8Array, rest: (n: number) => Uint8Array): Rogue =>
  begins(at, (stream) => {
    let n = 0;
    const timer = setInterval(() => stream.write(rest(n++)), 1000);
    stream.once('close', () => clearInterval(timer));
  });

const many = Array.from({ length: 5000 }, (_, i): [string, string] => [`x-${i}`, 'x'.repeat(50)]);
const slowly = all(start(), PONG, OK);

test.each<[string, Rogue, Seen]>([
  ['garbage frames', sends(framed(new Uint8Array([0x1a, 0xff]))), 502],
  ['noise', sends(Buffer.alloc(100_000, 0xa5)), 502],
  ['more headers than anybody reads', sends(all(start(...many), PONG, OK)), 502],
  ['an endless body', endless(all(piece(MUCH))), 'cut'],
  ['an endless message', endless(Buffer.concat([Buffer.from('00ffffffff', 'hex'), MUCH])), 502],
  ['200, then a reset', begins(all(start(), piece(MUCH)), (stream) => stream.close(2)), 'cut'],
  ['200, then a connection that is gone', begins(all(start(), piece(MUCH)), gone), 'cut'],
  [
    'no verdict and no trailers',
    begins(all(start(), piece(MUCH)), (stream) => stream.end()),
    'cut',
  ],
  ['a length too small', sends(all(start(['Content-Length', '2']), PONG, OK)), 502],
  [
    'a length too small, seen late',
    sends(all(start(['Content-Length', '20001']), piece(MUCH), PONG, OK)),
    'cut',
  ],
  ['a length too big', sends(all(start(['Content-Length', '99']), PONG, OK)), 502],
  [
    'a length too big, seen late',
    sends(all(start(['Content-Length', '99999']), piece(MUCH), OK)),
    'cut',
  ],
  ['a byte of the body a second', drips(all(start()), () => all(piece(utf8('x')))), 'cut'],
  [
    'a byte of the protocol a second',
    drips(slowly.subarray(0, 1), (n) => slowly.subarray(n + 1, n + 2)),
    504,
  ],
])('%s', async (_what, plays, expected) => {
  rogue.plays(plays);
  await judge(rogue, expected);
});

function gone(stream: ServerHttp2Stream): void {
  stream.session?.destroy();
}

test('headers without an end', async () => {
  const flood = await createFlood();
  await judge(flood, 502);
  // It was not read for as long as it liked to send.
  expect(flood.sent).toBeLessThan(flood.asked * 64 * 1024 * 1024);
  flood.close();
});
