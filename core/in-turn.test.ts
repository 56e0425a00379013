/** Laws of what is done in turn: each once, in the order of its coming, and none within another. */
import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { inTurn } from './in-turn.js';

test('what comes while something is done is done after it, in order, and once', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat(3), { maxLength: 4 }), { maxLength: 6 }), (trees) => {
      let next = 0;
      let depth = 0;
      let deepest = 0;
      const came: number[] = [];
      const done: number[] = [];
      const add = (children: readonly number[]): void => {
        const id = (next += 1);
        came.push(id);
        turn({ id, children });
      };
      const turn = inTurn<{ id: number; children: readonly number[] }>(({ id, children }) => {
        depth += 1;
        deepest = Math.max(deepest, depth);
        done.push(id);
        for (const child of children) add(Array.from({ length: child }, () => 0));
        depth -= 1;
      });
      for (const tree of trees) add(tree);
      expect(done).toEqual(came);
      expect(deepest).toBeLessThanOrEqual(1);
    }),
  );
});

it('goes on after work that throws, and leaves nothing of it behind', () => {
  const done: string[] = [];
  const turn = inTurn<string>((item) => {
    if (item === 'bad') throw new Error('boom');
    done.push(item);
  });
  expect(() => turn('bad')).toThrow('boom');
  turn('good');
  expect(done).toEqual(['good']);
});
