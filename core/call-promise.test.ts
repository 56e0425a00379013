/** Laws of the promise door: an answer is whole or it throws, and leaving reaches the function. */
import { getEventListeners } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { turn } from '../test/conformance/law.js';
import { text, utf8 } from '../test/support/calls.js';
import {
  DONE,
  START,
  breaks,
  data,
  failure,
  hangs,
  ok,
  says,
} from '../test/support/scripted-runner.js';
import { createService, type Service } from '../test/support/service.js';
import { MS, SECOND, advance, drain } from '../test/support/virtual.js';
import { call, type Answer, type CallRequest } from './call-promise.js';

const HELLO = { fn: 'hello' };
const why = new Error('why');

/** Runs the service's clock until the promise has settled. */
async function settled<T>(service: Service, promise: Promise<T>): Promise<T> {
  let open = true;
  const done = (): void => void (open = false);
  promise.then(done, done);
  for (let turns = 0; open && turns < 1000; turns++) {
    advance(service.clock, MS);
    await turn();
  }
  return promise;
}

/** What a body says until it ends or throws. */
async function read(answer: Answer): Promise<string[]> {
  const seen: string[] = [];
  try {
    for await (const chunk of answer.body) seen.push(text(chunk));
    return [...seen, 'end'];
  } catch (error) {
    return [...seen, String(error)];
  }
}

describe('an answer', () => {
  it('is there at its head, and says how it ended', async () => {
    const service = createService({ runners: [[ok()]] });
    const asked = { ...HELLO, id: 'mine', headers: [['a', 'b']], body: 'ping' } as const;
    const answer = await settled(service, call(service.balancer, asked));
    expect(answer.status).toBe(200);
    expect(new Headers(answer.headers as [string, string][]).get('fn-call-id')).toBe('mine');
    expect(await answer.text()).toBe('pong');
    expect(await answer.verdict).toEqual({ outcome: 'ok', code: '', status: 200, bytesOut: 4 });
    const [seen] = service.runners[0]?.engaged ?? [];
    expect(text(seen?.body ?? utf8(''))).toBe('ping');
    expect(seen?.offered).toMatchObject({
      method: 'POST',
      url: '/',
      spec: { headers: [['a', 'b']] },
    });
    expect(service.idle()).toBe(true);
  });

  it.each([
    ['404 of nobody', { fn: 'nobody' }, 404, 'unknown_function'],
    ['503 without a runner', HELLO, 503, 'not_placed'],
    ['413 of a body too large', { ...HELLO, body: 'x'.repeat(11) }, 413, 'body_too_large'],
    ['500 of no function', {}, 500, 'no_request'],
  ])('is an error of the balancer as well: %s', async (_name, asked, status, code) => {
    const service = createService({ options: { bodyMaxBytes: 10, placementMs: 5 } });
    const answer = await settled(service, call(service.balancer, asked));
    expect(answer.status).toBe(status);
    expect(await answer.verdict).toMatchObject({ status, code });
    expect(JSON.parse(await answer.text())).toHaveProperty('message');
    drain(service.clock);
    expect(service.idle()).toBe(true);
  });

  it.each([
    ['by a broken runner', breaks(START, data('one'), data('two')), 'broken'],
    ['by a failed verdict', says(START, data('one'), data('two'), failure(500)), 'failed'],
  ])('that is cut is read as far as it came, and throws: %s', async (_name, script, code) => {
    const service = createService({ runners: [[script]], options: { headHoldMs: 1 } });
    const answer = await settled(service, call(service.balancer, HELLO));
    advance(service.clock, SECOND);
    expect(await read(answer)).toEqual(['one', 'two', expect.stringMatching(/the answer was cut/)]);
    expect(await answer.verdict).toMatchObject({ code, status: 200 });
  });

  it('is read once: a second reader must not take nothing for the whole', async () => {
    const service = createService({ runners: [[ok()]] });
    const answer = await settled(service, call(service.balancer, HELLO));
    expect(await answer.bytes()).toEqual(utf8('pong'));
    await expect(answer.text()).rejects.toThrow('read once');
  });

  it('that nobody reads slows its function, and is cut when its time is over', async () => {
    const piece = data('x'.repeat(10));
    const script = says(START, ...Array.from({ length: 9 }, () => piece), DONE);
    const options = { headHoldMs: 1, absorbMaxBytes: 20, clientIdleMs: 5000 };
    const service = createService({ runners: [[script]], options });
    const calling = call(service.balancer, HELLO, { holdMaxBytes: 15 });
    const answer = await settled(service, calling);
    advance(service.clock, SECOND);
    // 20 here, the other 70 with the balancer.
    expect(service.balancer.held.responseBytes).toBe(70);
    expect(service.runners[0]?.engaged[0]?.offered.valve.open).toBe(false);
    advance(service.clock, 5 * SECOND);
    expect(await answer.verdict).toMatchObject({ outcome: 'canceled', code: 'client_idle' });
    expect(service.idle()).toBe(true);
    expect((await read(answer)).at(-1)).toMatch('took nothing for 5000 ms');
  });

  it('that is read slowly arrives whole, and opens the valve again', async () => {
    const pieces = Array.from({ length: 9 }, (_, index) => `${index}`.repeat(10));
    const script = says(START, ...pieces.map((piece) => data(piece)), DONE);
    const options = { headHoldMs: 1, absorbMaxBytes: 20 };
    const service = createService({ runners: [[script]], options });
    const answer = await settled(service, call(service.balancer, HELLO, { holdMaxBytes: 15 }));
    advance(service.clock, SECOND);
    expect(await read(answer)).toEqual([...pieces, 'end']);
    expect(service.runners[0]?.engaged[0]?.offered.valve.open).toBe(true);
    expect(await answer.verdict).toMatchObject({ outcome: 'ok', bytesOut: 90 });
    expect(service.idle()).toBe(true);
  });
});

describe('who leaves', () => {
  const half = hangs(START, data('half'));

  it('before the start has the reason, and there was no call', async () => {
    const service = createService({ runners: [[ok()]] });
    const signal = AbortSignal.abort(why);
    await expect(call(service.balancer, HELLO, { signal })).rejects.toBe(why);
    expect([service.probed, getEventListeners(signal, 'abort')]).toEqual([[], []]);
  });

  it.each(['signal', 'loop', 'cancel', 'waiting'] as const)(
    'within the body cancels the function: %s',
    async (way) => {
      const service = createService({ runners: [[half]], options: { headHoldMs: 1 } });
      const leaving = new AbortController();
      const { signal } = leaving;
      const answer = await settled(service, call(service.balancer, HELLO, { signal }));
      expect(service.runners[0]?.open).toBe(1);
      if (way === 'cancel') answer.cancel();
      const body = answer.body[Symbol.asyncIterator]();
      if (way === 'signal') {
        const reading = [body.next(), body.next(), body.next()];
        leaving.abort(why);
        const ends = await Promise.allSettled([...reading, body.next()]);
        expect(
          ends.map((end) => (end.status === 'rejected' ? (end.reason as Error) : end.status)),
        ).toEqual(['fulfilled', why, why, why]);
      } else if (way === 'loop') {
        for await (const chunk of { [Symbol.asyncIterator]: () => body }) {
          expect(text(chunk)).toBe('half');
          break;
        }
      } else if (way === 'waiting') {
        await body.next();
        const waiting = body.next();
        await body.return?.();
        expect(await waiting).toEqual({ done: true, value: undefined });
      }
      await expect(body.next()).rejects.toThrow();
      expect(service.runners[0]?.engaged[0]?.canceledAt).not.toBe(undefined);
      expect(await answer.verdict).toMatchObject({ outcome: 'canceled', code: 'canceled' });
      expect(service.story()).toMatch(/end:canceled:canceled$/);
      expect([service.idle(), getEventListeners(signal, 'abort')]).toEqual([true, []]);
    },
  );

  it('before the head has the reason, and the function is canceled', async () => {
    const service = createService({ runners: [[hangs()]] });
    const leaving = new AbortController();
    const calling = call(service.balancer, HELLO, { signal: leaving.signal });
    advance(service.clock, SECOND);
    leaving.abort(why);
    await expect(calling).rejects.toBe(why);
    expect(service.runners[0]?.engaged[0]?.canceledAt).toBe(service.clock.now());
    expect(service.idle()).toBe(true);
  });

  it('after the end changes nothing, and the signal holds nothing', async () => {
    const service = createService({ runners: [[ok()]] });
    const leaving = new AbortController();
    const { signal } = leaving;
    const answer = await settled(service, call(service.balancer, HELLO, { signal }));
    expect(getEventListeners(signal, 'abort').length).toBe(1);
    await answer.bytes();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    leaving.abort(why);
    answer.cancel();
    expect(await answer.verdict).toMatchObject({ outcome: 'ok' });
  });

  it('without a look at body or verdict leaves no rejection behind', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    for (const script of [half, breaks(START, data('half'))]) {
      const service = createService({ runners: [[script]], options: { headHoldMs: 1 } });
      const leaving = new AbortController();
      await settled(service, call(service.balancer, HELLO, { signal: leaving.signal }));
      advance(service.clock, SECOND);
      leaving.abort(why);
    }
    for (let turns = 0; turns < 5; turns++) await turn();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});

describe('a body', () => {
  async function* chunks(...pieces: readonly unknown[]): AsyncGenerator<Uint8Array> {
    for (const piece of pieces) {
      await turn();
      if (piece instanceof Error) throw piece;
      yield piece as Uint8Array;
    }
  }
  const factory = { bytes: 4, chunks: () => [utf8('pi'), utf8('ng')] };

  it.each<[string, CallRequest['body'], string]>([
    ['bytes', utf8('ping'), 'ping'],
    ['text', 'pïng', 'pïng'],
    ['a factory', factory, 'ping'],
    ['a generator', chunks(utf8('pi'), utf8('ng')), 'ping'],
    ['a Node stream', Readable.from([Buffer.from('pi'), Buffer.from('ng')]), 'ping'],
    ['a web stream', new Blob(['ping']).stream() as AsyncIterable<Uint8Array>, 'ping'],
    ['nothing', undefined, ''],
  ])('reaches the function: %s', async (_name, body, whole) => {
    const service = createService({ runners: [[ok()]] });
    const asked = { ...HELLO, ...(body === undefined ? {} : { body }) };
    const answer = await settled(service, call(service.balancer, asked));
    expect(await answer.text()).toBe('pong');
    expect(text(service.runners[0]?.engaged[0]?.body ?? utf8('?'))).toBe(whole);
    expect(service.idle()).toBe(true);
  });

  it('that throws rejects the call with what it threw', async () => {
    const service = createService({ runners: [[ok()]] });
    const body = chunks(utf8('pi'), why);
    await expect(settled(service, call(service.balancer, { ...HELLO, body }))).rejects.toBe(why);
    expect(service.story()).toMatch(/end:failed:body_broken$/);
    expect(service.idle()).toBe(true);
  });

  it('of anything but bytes is a TypeError', async () => {
    const service = createService({ runners: [[ok()]] });
    const calling = call(service.balancer, { ...HELLO, body: chunks('ping') });
    await expect(settled(service, calling)).rejects.toThrow(TypeError);
  });

  it('that is not read to its end is left: a generator ends, a Node stream lives on', async () => {
    const service = createService({ options: { bodyMaxBytes: 3 } });
    let ended = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          await turn();
          yield utf8('ping');
        }
      } finally {
        ended = true;
      }
    }
    const stream = new PassThrough();
    stream.write('ping');
    for (const body of [endless(), stream]) {
      const answer = await settled(service, call(service.balancer, { ...HELLO, body }));
      expect(answer.status).toBe(413);
    }
    expect([ended, stream.destroyed]).toEqual([true, false]);
  });

  it('that stalls does not hold up who leaves', async () => {
    const service = createService();
    const leaving = new AbortController();
    const stream = new PassThrough();
    const calling = call(service.balancer, { ...HELLO, body: stream }, { signal: leaving.signal });
    await turn();
    leaving.abort(why);
    await expect(calling).rejects.toBe(why);
    expect(service.idle()).toBe(true);
  });
});

it('a probe that throws is the rejection of the call that it was told of', async () => {
  const probe = (): void => {
    throw why;
  };
  const service = createService({ runners: [[ok()]], parts: { probe } });
  await expect(call(service.balancer, HELLO)).rejects.toBe(why);
});
