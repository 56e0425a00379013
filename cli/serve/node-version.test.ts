/** Laws of the versions of Node that may serve. */
import { expect, test } from 'vitest';
import { judgeNode } from './node-version.js';

test.each([
  ['v18.20.0', 'refused'],
  ['v20.18.9', 'refused'],
  ['v20.19.0', 'risky'],
  ['v20.20.1', 'risky'],
  ['v20.20.2', 'fine'],
  ['v20.21.0', 'fine'],
  ['v22.22.1', 'risky'],
  ['v22.22.2', 'fine'],
  ['v24.14.0', 'risky'],
  ['v24.14.1', 'fine'],
  ['v26.0.0', 'fine'],
  ['nonsense', 'refused'],
])('%s is %s', (version, kind) => {
  const judged = judgeNode(version);
  expect(judged.kind).toBe(kind);
  if (judged.kind !== 'fine') expect(judged.why).toContain(version);
});
