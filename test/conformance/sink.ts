/** The laws of PORT Sink: what was written arrives, and a cut is never taken for an end. */
import { strict as assert } from 'node:assert';
import type { Header } from '../../core/runner.js';
import type { Sink } from '../../core/sink.js';
import { pattern } from './bytes.js';
import { law, type Law, type Make, type Rig } from './law.js';

/** What the client at the other end has of its response. */
export interface Got {
  /** 0 while there is none. */
  readonly status: number;
  /** As they came, where the client can tell. */
  readonly headers: readonly Header[] | undefined;
  readonly bytes: number;
  readonly how: 'open' | 'ended' | 'cut';
  /** Whether the body is this one, byte for byte. */
  same(body: Uint8Array): boolean;
}

/** A sink under test with a client behind it, nothing written yet. */
export interface SinkRig extends Rig {
  readonly sink: Sink;
  got(): Got;
  /** Whether the client reads; it does when the law begins. Where the implementation can. */
  reads?(reading: boolean): void;
}

/** More than any socket holds, where nobody reads. */
const FLOOD = 64 * 1024 * 1024;
const CHUNK = 64 * 1024;

const PLAIN: readonly Header[] = [['Content-Type', 'application/octet-stream']];

const sinks = (name: string, holds: (rig: SinkRig) => Promise<void>) => law<SinkRig>(name, holds);

/** Ends the response and counts how often that is told. */
function ending({ sink }: SinkRig): { told: number } {
  const count = { told: 0 };
  sink.end(() => (count.told += 1));
  return count;
}

export const sinkLaws: readonly Law<Make<SinkRig>>[] = [
  sinks('head, bytes and end arrive, and the end is told once', async (rig) => {
    const pieces = [pattern(1), pattern(CHUNK, 2), pattern(3, 3)];
    rig.sink.head(201, PLAIN);
    for (const bytes of pieces) rig.sink.write(bytes);
    const ended = ending(rig);
    await rig.until(() => rig.got().how !== 'open' && ended.told > 0);
    const got = rig.got();
    assert.deepEqual([got.status, got.how], [201, 'ended']);
    assert.ok(got.same(new Uint8Array(Buffer.concat(pieces))));
    await rig.settle();
    assert.equal(ended.told, 1);
  }),

  sinks('a head without bytes is a whole response', async (rig) => {
    rig.sink.head(404, PLAIN);
    const ended = ending(rig);
    await rig.until(() => rig.got().how !== 'open' && ended.told === 1);
    const { status, bytes, how } = rig.got();
    assert.deepEqual([status, bytes, how], [404, 0, 'ended']);
  }),

  sinks('headers that repeat arrive as often, in order', async (rig) => {
    const repeated: readonly Header[] = [
      ['X-A', '1'],
      ['Set-Cookie', 'b=2'],
      ['X-A', '3'],
      ['Set-Cookie', 'a=1'],
    ];
    rig.sink.head(200, [...PLAIN, ...repeated]);
    ending(rig);
    await rig.until(() => rig.got().how !== 'open');
    const { headers } = rig.got();
    if (headers === undefined) return;
    for (const name of ['x-a', 'set-cookie']) {
      const of = (all: readonly Header[]): string[] =>
        all.filter(([one]) => one.toLowerCase() === name).map(([, value]) => value);
      assert.deepEqual(of(headers), of(repeated));
    }
  }),

  sinks('a cut is never an end, wherever it falls', async (rig) => {
    rig.sink.head(200, PLAIN);
    rig.sink.write(pattern(1000));
    await rig.settle();
    rig.sink.cut('the runner broke');
    await rig.until(() => rig.got().how !== 'open');
    assert.equal(rig.got().how, 'cut');
  }),

  sinks('a cut before the head is a cut', async (rig) => {
    rig.sink.cut('no answer');
    await rig.until(() => rig.got().how !== 'open');
    assert.deepEqual([rig.got().how, rig.got().status], ['cut', 0]);
  }),

  sinks('a cut behind the last byte of an announced length is not told as ended', async (rig) => {
    let told = 0;
    rig.sink.head(200, [...PLAIN, ['Content-Length', '2000']]);
    rig.sink.write(pattern(1000));
    rig.sink.cut('short');
    await rig.until(() => rig.got().how !== 'open');
    await rig.settle();
    rig.sink.onDrain(() => (told += 1));
    assert.deepEqual([rig.got().how, told], ['cut', 0]);
  }),

  sinks(
    'a sink that says "enough" says when to go on, to the last listener, and loses nothing',
    async (rig) => {
      const drained = { first: 0, last: 0 };
      rig.sink.onDrain(() => (drained.first += 1));
      rig.sink.onDrain(() => (drained.last += 1));
      rig.sink.head(200, PLAIN);
      rig.reads?.(false);
      const sent: Uint8Array[] = [];
      let more = true;
      while (more && sent.length * CHUNK < FLOOD) {
        const bytes = pattern(CHUNK, sent.length);
        more = rig.sink.write(bytes);
        sent.push(bytes);
      }
      // Who always takes everything has nothing to tell.
      if (!more) {
        assert.equal(drained.last, 0);
        rig.reads?.(true);
        await rig.until(() => drained.last > 0);
        assert.equal(drained.first, 0);
      }
      ending(rig);
      await rig.until(() => rig.got().how !== 'open');
      assert.equal(rig.got().how, 'ended');
      assert.ok(rig.got().same(new Uint8Array(Buffer.concat(sent))));
    },
  ),
];
