/** Laws of consistent hashing, and the original's numbers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testCall } from '../../test/support/calls.js';
import { standingOf } from '../../test/conformance/standing.js';
import { ok, scriptedRunner } from '../../test/support/scripted-runner.js';
import { createVirtualClock } from '../../test/support/virtual.js';
import type { Order } from '../placer.js';
import type { Standing } from '../standing.js';
import { hash, jump, keyHash } from './hash.js';
import { siphash24 } from './siphash.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('SipHash-2-4', () => {
  it.each([
    ['', '1e924b9d737700d7'],
    ['Hello world', 'c9e8a3021f3822d9'],
    ['12345678123', '0f95d77ccdb0649f'],
  ])('of "%s" with a zero key is %s', (text, hex) => {
    expect(siphash24(0n, 0n, bytes(text)).toString(16).padStart(16, '0')).toBe(hex);
  });
});

const VECTORS: readonly (readonly [string, string, string, number, number])[] = [
  ['', '4dccf8f6e62ea9ad', '0 0 2 2 2 2 6 6 6 6', 21, 354],
  ['/', 'c4ef3f885f5650c8', '0 0 0 3 3 3 3 3 3 3', 58, 716],
  ['/hello', 'f6df78ffb09b6785', '0 0 0 0 0 0 0 0 0 9', 86, 350],
  ['/foo/bar', 'c36a8c757a8f0ca1', '0 0 0 3 3 3 3 3 8 8', 56, 345],
  ['/myroute', 'a76d0f49f6f74a1c', '0 0 2 2 2 2 2 2 2 2', 65, 665],
  ['01D1H0PNWANG8G00RZJ0000003', '6b214049aa0e910a', '0 0 2 2 2 2 6 6 6 6', 62, 760],
];

describe('the start of a function', () => {
  it.each(VECTORS)('"%s" is the original\'s', (key, hex, small, hundred, thousand) => {
    const hashed = keyHash(key);
    expect(hashed.toString(16)).toBe(hex);
    const starts = Array.from({ length: 10 }, (_, index) => jump(hashed, index + 1));
    expect(starts.join(' ')).toBe(small);
    expect([jump(hashed, 100), jump(hashed, 1000)]).toEqual([hundred, thousand]);
  });

  it('moves with one runner more only to the new one', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
        fc.integer({ min: 1, max: 300 }),
        (key, count) => {
          const [before, after] = [jump(key, count), jump(key, count + 1)];
          expect(after === before || after === count).toBe(true);
        },
      ),
    );
  });

  it('is none of no runners', () => expect(jump(1n, 0)).toBe(-1));

  it("is never the second runner: the price of being the original's to the number", () => {
    const starts = new Set(
      Array.from({ length: 500 }, (_, index) => jump(keyHash(`f${index}`), 5)),
    );
    expect([...starts].sort()).toEqual([0, 2, 3, 4]);
  });

  it('exists for the key at which the original divides by zero', () => {
    // The key whose first step is 0: minus the inverse of the multiplier, by Newton's iteration.
    const multiplier = 2862933555777941757n;
    let inverse = multiplier;
    for (let i = 0; i < 6; i++) inverse = BigInt.asUintN(64, inverse * (2n - multiplier * inverse));
    const key = BigInt.asUintN(64, -inverse);
    expect(BigInt.asUintN(64, key * multiplier + 1n)).toBe(0n);
    expect([jump(key, 1), jump(key, 50)]).toEqual([0, 0]);
  });
});

describe('its order', () => {
  const clock = createVirtualClock();
  const fleet = (count: number): Standing[] =>
    Array.from({ length: count }, (_, index) =>
      standingOf(scriptedRunner(clock, `r${index}`, [ok()])),
    );
  const all = (order: Order): string[] => {
    const ids: string[] = [];
    for (let next = order.next(); next !== undefined; next = order.next()) ids.push(next.runner.id);
    return ids;
  };
  const callOf = (id: string) => testCall(clock, { fn: { id } });

  it('is every runner once, from the start onwards, each round and on every LB the same', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 0, max: 40 }), (id, count) => {
        const runners = fleet(count);
        const [one, other] = [hash(), hash()];
        const rounds = [one, one, other].map((placer) => all(placer.order(callOf(id), runners, 0)));
        const start = count === 0 ? 0 : jump(keyHash(id), count);
        const expected = runners.map((_, index) => `r${(start + index) % count}`);
        for (const round of rounds) expect(round).toEqual(expected);
      }),
    );
  });

  it('follows the fleet as it grows and shrinks', () => {
    const placer = hash();
    const firsts = [3, 10, 3].map(
      (n) => placer.order(callOf('/hello'), fleet(n), 0).next()?.runner.id,
    );
    expect(firsts).toEqual(['r0', 'r9', 'r0']);
  });

  it('tells the same name in two apps apart, by its id', () => {
    expect(keyHash('a/f')).not.toBe(keyHash('b/f'));
  });

  it('remembers a bounded number of functions', () => {
    const placer = hash();
    const runners = fleet(2);
    for (let i = 0; i < 10_050; i++) placer.order(callOf(`f${i}`), runners, 0);
    expect(all(placer.order(callOf('f1'), runners, 0))).toHaveLength(2);
  });
});
