/** A configuration of `serve`: text in, a checked value out, or every mistake in it. */
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { readStrict } from '../../sim/index.js';
import { CliError } from '../exit.js';
import { readText } from '../files.js';
import { serveFile, type ServeFile } from './format.js';
import { judgeServe } from './together.js';

/** Checked, with all defaults, and with paths from the root. */
export interface ServeConfig extends Omit<ServeFile, 'id'> {
  readonly id: string;
}

const CONFIG_MAX_BYTES = 1024 * 1024;

/** Throws a CliError with all that is wrong with it. */
export function readConfig(file: string, sets: readonly string[] = []): ServeConfig {
  return configOf(readText(file, CONFIG_MAX_BYTES, 'a configuration'), file, sets);
}

/** For a first try: one listener, and runners that any function runs on. */
export function quickConfig(listen: string, runners: readonly string[]): ServeConfig {
  const tls = 'off';
  const text = JSON.stringify({
    version: 1,
    listeners: [{ listen, tls }],
    functions: { '*': {} },
    groups: { default: { runners, tls } },
  });
  return configOf(text, '--listen and --runners', []);
}

function configOf(text: string, file: string, sets: readonly string[]): ServeConfig {
  const read = readStrict(serveFile, text, file, sets, judgeServe);
  if (!read.ok) throw new CliError(read.errors);
  return { ...fromRoot(read.value, dirname(resolve(file))), id: read.value.id ?? idHere() };
}

/** Two LBs must not make up the same call ids: two machines, or two processes of one. */
function idHere(): string {
  const host = hostname()
    .replace(/[^\w-]/g, '-')
    .slice(0, 40);
  return `lb-${host}-${process.pid}`;
}

/** Paths in a file are seen from where the file is. */
function fromRoot(read: ServeFile, folder: string): ServeFile {
  const at = <P extends string | undefined>(path: P): P =>
    (path === undefined ? undefined : resolve(folder, path)) as P;
  const listeners = read.listeners.map(({ listen, tls }) => {
    if (tls === undefined || tls === 'off') return { listen, tls };
    const { cert, key, clientCa } = tls;
    return { listen, tls: { cert: at(cert), key: at(key), clientCa: at(clientCa) } };
  });
  const groups = Object.entries(read.groups).map(([name, group]) => {
    const { tls } = group;
    const files =
      tls === undefined || tls === 'off'
        ? tls
        : { ...tls, ca: at(tls.ca), cert: at(tls.cert), key: at(tls.key) };
    return [name, { ...group, file: at(group.file), tls: files }] as const;
  });
  const log = { ...read.log, file: at(read.log.file) };
  return { ...read, listeners, groups: Object.fromEntries(groups), log };
}
