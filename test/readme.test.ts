/** What README.md prints of a flight is what a flight prints. Runs `dist/`, as a reader would. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('..', import.meta.url).pathname;
const readme = readFileSync(`${root}README.md`, 'utf8');
const printed = [...readme.matchAll(/```text\n([^]*?)\n```/g)].map(([, block]) => block);

/** Wall time is the machine's; where the report went is the command's. */
const timeless = (text: string): string =>
  text.replace(/ in [\d.]+\sm?s$/m, '').replace(/\n(?:report: .*)?$/, '');

function fly(...args: string[]): string {
  const program = [`${root}dist/cli/index.js`, 'run', 'scenarios/first-flight.yaml', ...args];
  try {
    return execFileSync(process.execPath, program, { cwd: root, encoding: 'utf8' });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

test('the first flight', () => {
  expect(timeless(printed[0] ?? '')).toBe(timeless(fly()));
});

test('and the same without retry', () => {
  const lines = fly('--set', 'placement.retry=off').split('\n');
  const shown = lines.filter((line) => /^(?:✗ first| {2}calls| {2}attempts)/.test(line));
  expect(printed[1]).toBe(shown.join('\n'));
});
