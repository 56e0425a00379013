/** The committed descriptor is never older than runner.proto. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('the descriptor is what runner.proto generates', () => {
  const generated = execFileSync('node', ['proto/generate.mjs', '--print'], { encoding: 'utf8' });
  expect(readFileSync('proto/generated/descriptor.ts', 'utf8')).toBe(generated);
});
