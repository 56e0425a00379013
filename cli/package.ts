/** The package that this program is of: its folder, its version, and its commit. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's own folder: two above `dist/cli`, one above `cli` in the sources. */
export const packageRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(from: string): string {
  try {
    readFileSync(join(from, 'package.json'));
    return from;
  } catch {
    return findRoot(dirname(from));
  }
}

export const version: string = (
  JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }
).version;

let known: string | undefined;

/** The commit of a checkout; '' for an installed package. */
export function commitHere(): string {
  return (known ??= commitOf(packageRoot));
}

function commitOf(root: string): string {
  try {
    const told = execFileSync('git', ['rev-parse', '--show-toplevel', '--short', 'HEAD'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5_000,
    });
    const [folder, commit] = told.toString().trim().split('\n');
    return folder === root && commit !== undefined ? commit : '';
  } catch {
    return '';
  }
}
