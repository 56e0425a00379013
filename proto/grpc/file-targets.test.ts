/** Laws of runners that a file names: the last good list holds, and what is wrong is said. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import type { Target } from '../../core/discovery.js';
import { fileTargets, readTargets } from './file-targets.js';

describe('a file_sd text', () => {
  it('names runners, with the labels that mean something here', () => {
    const text = JSON.stringify([
      { targets: ['a:1', '10.0.0.1:9190'] },
      { targets: ['[::1]:3'], labels: { weight: '2', name: 'runner.test', zone: 'eu' } },
      { targets: ['b:2'], labels: { group: 'gpu' } },
    ]);
    expect(readTargets(text, 'default')).toEqual([
      { id: 'a:1', group: 'default', weight: 1 },
      { id: '10.0.0.1:9190', group: 'default', weight: 1 },
      { id: '[::1]:3', group: 'default', weight: 2, name: 'runner.test' },
    ]);
    expect(readTargets(text, 'gpu')).toHaveLength(4);
    expect(readTargets('- targets: [a:1]\n', 'x')).toEqual([{ id: 'a:1', group: 'x', weight: 1 }]);
    expect(readTargets('[]', 'x')).toEqual([]);
  });

  it.each([
    ['', 'not a list of { targets, labels }'],
    ['{', 'no YAML or JSON, Flow map'],
    ['a: &a [*a]', 'no YAML or JSON, '],
    ['[1]', '[0]: not a mapping with targets'],
    ['[{"target": []}]', '[0].target: unknown key, known here: targets, labels'],
    ['[{"targets": "a:1"}]', '[0].targets: not a list of host:port'],
    ['[{"targets": ["a:1"]}, {"targets": ["a:1", "a"]}]', '[1].targets[1]: not host:port'],
    ['[{"targets": ["a:0"]}]', '[0].targets[0]: not host:port'],
    ['[{"targets": ["a:65536"]}]', '[0].targets[0]: not host:port'],
    ['[{"targets": [], "labels": 1}]', '[0].labels: not a mapping'],
    ['[{"targets": [], "labels": {"weight": "0"}}]', '[0].labels.weight: not a number above 0'],
    ['[{"targets": [], "labels": {"name": 7}}]', '[0].labels.name: not a name'],
  ])('%s is an error that says where', (text, error) => {
    expect(readTargets(text, 'default')).toContain(error);
  });
});

describe('a watched file', () => {
  let folder = '';
  let file = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'windtunnel-targets-'));
    file = join(folder, 'runners.json');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (text: string): void => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  const naming = (...targets: string[]): string => JSON.stringify([{ targets }]);

  test('is told when it is good, and keeps the last good list when it is broken or gone', async () => {
    const lists: string[][] = [];
    const problems: string[] = [];
    const following = fileTargets(file, {
      everyMs: 10,
      problem: (text) => problems.push(text),
    }).subscribe((list: Target[]) => lists.push(list.map(({ id }) => id)));
    expect([lists, problems]).toEqual([
      [],
      [`${file}: cannot read, no such file: the last good list holds`],
    ]);
    write(naming('a:1'));
    await vi.waitFor(() => expect(lists).toEqual([['a:1']]), { timeout: 5000 });
    write('[{"targets": ["a"]}]');
    await vi.waitFor(() => expect(problems[1]).toContain('[0].targets[0]: not host:port'), 5000);
    rmSync(file);
    await vi.waitFor(() => expect(problems[2]).toContain('no such file'), { timeout: 5000 });
    write(naming('a:1', 'b:1'));
    await vi.waitFor(() => expect(lists[1]).toEqual(['a:1', 'b:1']), { timeout: 5000 });
    expect(lists).toHaveLength(2);
    following.unsubscribe();
  });

  test('that is too large is not read', () => {
    write(' '.repeat(101));
    const problems: string[] = [];
    const options = { maxBytes: 100, problem: (text: string) => void problems.push(text) };
    fileTargets(file, options).subscribe().unsubscribe();
    expect(problems).toEqual([
      `${file}: 101 bytes, at most 100 are read: the last good list holds`,
    ]);
  });
});
