/**
 * The laws of the house about whole files: who imports whom, which words stand where, how long a
 * file is. Each takes sources and returns what breaks it, one line each, with what to do instead.
 */
import { posix } from 'node:path';
import { folderOf, isTest, type Import, type Source } from './source.js';
import { BANNED, type Ban } from './words.js';

/** The only files that touch sockets, promises and real time; of a file with names, only those. */
export const RIM: readonly { readonly path: RegExp; readonly only?: readonly string[] }[] = [
  { path: /^core\/http\.ts$/ },
  {
    path: /^core\/clock\.ts$/,
    only: ['LONGEST_WAIT_MS', 'createSystemClock', 'SystemDate', 'isoDate'],
  },
  { path: /^core\/call-promise\.ts$/ },
  { path: /^proto\/grpc\// },
  { path: /^cli\// },
];

/** They hold nothing but the shapes of what others implement. */
const PORTS = /^(?:core\/(?:call|pool|probe|record|runner|sink)|proto\/(?:executor|wire))\.ts$/;

/** It sets traps on the words, so it has to name them. */
const NAMES_THE_WORDS = 'sim/tripwires.ts';

const PRODUCT = /^(?:core|proto|sim|reports|cli)\//;
const PURE = /^(?:core|proto|sim)\//;
const LINES_MAX = 300;
const WIDTH_MAX = 100;

const isProduct = ({ path }: Source): boolean => PRODUCT.test(path) && !isTest(path);
const isGenerated = ({ path }: Source): boolean => path === 'proto/generated/descriptor.ts';

/** Lines of a file that belong to the rim: 0 for a file that flies. */
export function rimLines(source: Source): number {
  const total = lineCount(source.text);
  return [...Array(total).keys()].filter((line) => inRim(source, line + 1)).length;
}

function inRim({ path, statements }: Source, line: number): boolean {
  const rim = RIM.find((one) => one.path.test(path));
  if (rim?.only === undefined) return rim !== undefined;
  return rim.only.some((name) => {
    const [first, last] = statements.get(name) ?? [0, -1];
    return line >= first && line <= last;
  });
}

export const lineCount = (text: string): number => text.replace(/\n$/, '').split('\n').length;

/** `path:line: word: replacement` for each line of `text` that holds a banned word. */
export function wordsIn(path: string, text: string, bans: readonly Ban[]): string[] {
  return text.split('\n').flatMap((line, index) =>
    bans.flatMap(({ word, instead }) => {
      const hit = word.exec(line);
      return hit === null ? [] : [`${path}:${index + 1}: "${hit[0]}": use ${instead}`];
    }),
  );
}

/** No real time, chance or promise outside the rim. */
export function realWorld(sources: readonly Source[]): string[] {
  return sources.filter(isPure).flatMap((source) => {
    const lines = source.code.split('\n');
    const flying = lines.map((line, index) => (inRim(source, index + 1) ? '' : line));
    return wordsIn(source.path, flying.join('\n'), BANNED);
  });
}

const isPure = (source: Source): boolean =>
  isProduct(source) && PURE.test(source.path) && source.path !== NAMES_THE_WORDS;

/** Why `path` may not import `from`; undefined if it may. */
function forbidden(path: string, { from, typesOnly }: Import): string | undefined {
  const folder = folderOf(path);
  const target = folderOf(from);
  if (isTest(from) || target === 'test') return 'the product knows no tests';
  if (target === 'cli' && folder !== 'cli') return 'nothing imports cli';
  if (PORTS.test(path) && !typesOnly) return 'a port imports types only';
  if (path.startsWith('core/placers/') && /^rxjs/.test(from)) return 'a placer owns no time';
  if (PURE.test(path) && !inRimWhole(path) && path !== NAMES_THE_WORDS) {
    if (from.startsWith('node:') && !typesOnly) return 'only the rim touches the system';
    if (from.startsWith('@grpc/')) return 'only proto/grpc touches sockets';
  }
  const door = path === 'proto/index.ts';
  if (from.startsWith('proto/grpc/') && !/^(?:proto\/grpc|cli)\//.test(path) && !door) {
    return 'sockets stay behind the Wire port of proto/wire.ts';
  }
  if (!/^(?:core|proto|sim|reports|scenarios|bench)$/.test(target)) return undefined;
  const known: Record<string, readonly string[]> = {
    core: ['core'],
    proto: ['core', 'proto'],
    sim: ['core', 'proto', 'sim'],
    reports: ['core', 'reports'],
    cli: ['core', 'proto', 'sim', 'reports', 'cli'],
  };
  if (known[folder]?.includes(target) !== true) {
    return `${folder} knows only ${known[folder]?.join(', ') ?? 'itself'}`;
  }
  if (folder === 'reports' && target === 'core' && !typesOnly) return 'reports takes types only';
  if (folder === 'sim' && from === 'proto/index.ts') return 'that door opens sockets too';
  return undefined;
}

const inRimWhole = (path: string): boolean =>
  RIM.some((rim) => rim.only === undefined && rim.path.test(path));

/** sim → core ← proto, and the rest of the direction of imports. */
export function direction(sources: readonly Source[]): string[] {
  return sources.filter(isProduct).flatMap(({ path, imports }) =>
    imports.flatMap((one) => {
      const why = forbidden(path, one);
      return why === undefined ? [] : [`${path}:${one.line}: imports ${one.from}: ${why}`];
    }),
  );
}

/**
 * A file is one subject and at most 300 lines, of at most 100 characters where it holds no text: a
 * message is better whole, for it is what one searches for.
 */
export function size(sources: readonly Source[]): string[] {
  return sources
    .filter((source) => !isGenerated(source))
    .flatMap(({ path, text, textLines }) => {
      const count = lineCount(text);
      const long = `${path}:${LINES_MAX}: ${count} lines, at most ${LINES_MAX}: cut it by subject`;
      const wide = text.split('\n').flatMap((line, index) => {
        const where = `${path}:${index + 1}: ${line.length} characters`;
        return line.length > WIDTH_MAX && !textLines.has(index + 1)
          ? [`${where}, at most ${WIDTH_MAX}: break the line`]
          : [];
      });
      return count > LINES_MAX ? [long, ...wide] : wide;
    });
}

/** A name says what a file is about; these say only that nobody knew. */
export function names(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => /(?:^|\/)(?:utils?|helpers?|common|misc|types)[./]/.test(path))
    .map(({ path }) => `${path}:1: name it after its one subject`);
}

/** A thing has one name everywhere. Only tools read a default export of ours. */
export function defaults(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => !path.endsWith('.config.ts'))
    .flatMap(({ path, code }) =>
      wordsIn(path, code, [
        { word: /\bexport default\b|\bas default\b/, instead: 'a named export' },
      ]),
    );
}

/** Each product file says first what it is. */
export function openings(sources: readonly Source[]): string[] {
  return sources
    .filter((source) => isProduct(source) || folderOf(source.path) === 'bench')
    .filter(({ text }) => !/^(?:#!.*\n)?\/\*\*/.test(text))
    .map(({ path }) => `${path}:1: begin with one sentence of what it is and what it is not`);
}

/** Every file is imported, or is an entry: `dist/<path>.js` stands in package.json or a source. */
export function dead(sources: readonly Source[], packageJson: string): string[] {
  const used = new Set<string>();
  const ofTests = (path: string): boolean => isTest(path) || folderOf(path) === 'test';
  for (const { path, imports } of sources) {
    // What only tests import is theirs, and is named so.
    for (const { from } of imports) if (!ofTests(path) || ofTests(from)) used.add(from);
  }
  const texts = [packageJson, ...sources.map(({ text }) => text)].join('\n');
  return sources
    .filter(({ path }) => !/\.test\.ts$|\.config\.ts$/.test(path) && !used.has(path))
    .filter(({ path }) => !texts.includes(`dist/${path.replace(/\.ts$/, '.js')}`))
    .map(({ path }) => `${path}:1: nothing of the product imports it: use it, or remove it`);
}

/** No test runs alone, and one that does not run says why on its line or the one above. */
export function skips(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => isTest(path))
    .flatMap(({ path, text, code }) => {
      const lines = text.split('\n');
      return code.split('\n').flatMap((line, index) => {
        const where = `${path}:${index + 1}`;
        if (/\.only\b/.test(line)) return [`${where}: ".only": run one by its name with -t`];
        // `context.skip('why')` brings its reason along.
        if (!/\b(?:test|it|describe)\.(?:skip|skipIf|runIf|todo)\b/.test(line)) return [];
        const said = [lines[index - 1], lines[index]].some((near) => /\/\/|\*/.test(near ?? ''));
        return said ? [] : [`${where}: a test that may not run: say why in a comment above`];
      });
    });
}

/** Relative links of a document, pictures included, whose target is not in the repository. */
export function brokenLinks(path: string, text: string, files: readonly string[]): string[] {
  return text.split('\n').flatMap((line, index) =>
    [...line.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].flatMap(([, target = '']) => {
      if (/^[a-z]+:/.test(target)) return [];
      const file = posix.join(posix.dirname(path), target);
      const there = files.some(
        (one) => one === file || one.startsWith(`${file.replace(/\/$/, '')}/`),
      );
      return there ? [] : [`${path}:${index + 1}: no file ${file}`];
    }),
  );
}
