/**
 * The original's environment → a configuration of this load balancer as plain data, or everything
 * that is wrong with it. It opens nothing and reads no environment but the one it is given.
 */
import { readAddress } from './address.js';
import { LONGEST_MS } from './deadline.js';
import { fnName, fnNames, type FnName } from './fn-names.js';
import type { BalancerOptions } from './options.js';

export { fnNames, type FnName, type Treatment } from './fn-names.js';

export type FnEnvironment = Readonly<Record<string, string | undefined>>;

/** Names of the certificates' files; all three are there, or none is. */
export interface FnTls {
  readonly certFile: string;
  readonly keyFile: string;
  readonly authorityFile: string;
}

export interface FnConfig {
  readonly options: Pick<
    BalancerOptions,
    'bodyMaxBytes' | 'responseMaxBytes' | 'callEndTimeoutMs' | 'callEndBacklogMax'
  >;
  /** `host:port` each, in their order; no two are the same. */
  readonly runners: readonly string[];
  readonly placer: 'naive' | 'hash';
  /** 0 takes a free one. */
  readonly listenPort: number;
  readonly logLevel: LogLevel;
  /** Towards the runners; undefined is plaintext. */
  readonly tls: FnTls | undefined;
  /** Handed through for a DataAccess that asks an API node; nothing here does. */
  readonly apiUrl: string | undefined;
  /** A line for each variable that is set and changes nothing, though it may be thought to. */
  readonly notes: readonly string[];
}

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';

export type FnConfigResult =
  | { readonly ok: true; readonly config: FnConfig }
  | { readonly ok: false; readonly errors: readonly string[] };

const UINT_MAX = 18_446_744_073_709_551_615n;
const INT_MAX = 9_223_372_036_854_775_807n;
const PORT_MAX = 65_535;
/** Runners of one list: every round goes over all of them. */
const RUNNERS_MAX = 10_000;
/** Lines about one variable, and characters of a value that are shown. */
const LINES_MAX = 20;
const SHOWN_MAX = 80;

/**
 * Reads the FN_ variables. All errors at once, one line each; an empty value is the default.
 * @example
 * const read = readFnConfig(process.env);
 * if (!read.ok) throw new Error(read.errors.join('\n'));
 */
export function readFnConfig(env: FnEnvironment): FnConfigResult {
  const errors: string[] = [];
  for (const entry of fnNames) errors.push(...judge(entry, env[entry.name] ?? ''));
  errors.push(...judgeNode(env));
  const config: FnConfig = {
    options: {
      bodyMaxBytes: bytes(env, 'FN_MAX_REQUEST_SIZE', 'MaxRequestSize', errors),
      responseMaxBytes: bytes(env, 'FN_MAX_RESPONSE_SIZE', 'MaxResponseSize', errors),
      callEndTimeoutMs: above0(env, 'FN_CALL_END_TIMEOUT_MSECS', 600_000, errors),
      callEndBacklogMax: above0(env, 'FN_MAX_CALL_END_STACKING', 8192, errors),
    },
    runners: readRunners(env['FN_RUNNER_ADDRESSES'] ?? '', errors),
    placer: env['FN_PLACER'] === 'ch' ? 'hash' : 'naive',
    listenPort: number(env, 'FN_PORT') ?? 8080,
    logLevel: readLogLevel(env['FN_LOG_LEVEL'] ?? '', errors),
    tls: readTls(env, errors),
    apiUrl: readApiUrl(env['FN_RUNNER_API_URL'] ?? '', errors),
    notes: notesOf(env),
  };
  return errors.length > 0 ? { ok: false, errors } : { ok: true, config };
}

/** `error invalid NAME=VALUE`, as the original says it, on one line whatever the value. */
function invalid(name: string, value: string): string {
  const shown = value.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, '?');
  const cut = shown.length > SHOWN_MAX ? `${shown.slice(0, SHOWN_MAX)}…` : shown;
  return `error invalid ${name}=${cut}`;
}

/** What makes no load balancer. URLs of stores may hold passwords: they are not shown. */
function judgeNode(env: FnEnvironment): string[] {
  const errors: string[] = [];
  const type = env['FN_NODE_TYPE'] ?? '';
  if (type !== '' && type !== 'lb') errors.push(`${invalid('FN_NODE_TYPE', type)}: this is an lb`);
  const must = 'NuLB nodes must not be configured with a';
  if (env['FN_DB_URL']) errors.push(`${must} datastore: FN_DB_URL is set`);
  if (env['FN_MQ_URL']) errors.push(`${must} message queue: FN_MQ_URL is set`);
  return errors;
}

/** Whether a value is of its kind, for the names without effect too: the original minds as well. */
function judge({ name, kind }: FnName, value: string): string[] {
  if (kind === 'text' || value === '') return [];
  const signed = kind === 'ms';
  const wrong = (why: string): string[] => [`${invalid(name, value)}: ${why}`];
  if (!(signed ? /^[+-]?\d{1,40}$/ : /^\d{1,40}$/).test(value)) {
    return wrong(signed ? 'not whole milliseconds' : 'not a whole number from 0 up');
  }
  const amount = BigInt(value.replace('+', ''));
  if (signed && (amount > INT_MAX || amount < -INT_MAX - 1n)) return wrong('out of range');
  if (name === 'FN_MAX_LOG_SIZE_BYTES' && amount > INT_MAX) return wrong('out of range');
  if (amount > UINT_MAX) return wrong('out of range');
  if (kind === 'port' && amount > PORT_MAX) return wrong(`not a port up to ${PORT_MAX}`);
  if (name === 'FN_EJECT_IDLE_MSECS' && amount === 0n) return wrong('must not be 0');
  return [];
}

/** A value that `judge` has found to be a number; undefined where there is none. */
function number(env: FnEnvironment, name: string): number | undefined {
  const value = env[name] ?? '';
  if (!/^[+-]?\d+$/.test(value)) return undefined;
  const amount = Number(value);
  if (fnName(name)?.kind !== 'ms') return Math.min(amount, Number.MAX_SAFE_INTEGER);
  // "Disabled" comes to the longest, as all has an end here.
  return amount < 0 ? LONGEST_MS : Math.min(amount, LONGEST_MS);
}

/** A size that must be there; the text is the original's. */
function bytes(env: FnEnvironment, name: string, limit: string, errors: string[]): number {
  const value = env[name] ?? '';
  const amount = number(env, name);
  if (value === '') errors.push(`lb-agent requires ${limit} limit: ${name} is not set`);
  else if (amount === 0) errors.push(`lb-agent requires ${limit} limit: ${name} is 0`);
  return amount ?? 0;
}

function above0(env: FnEnvironment, name: string, missing: number, errors: string[]): number {
  const amount = number(env, name);
  if (amount === 0) errors.push(`${invalid(name, env[name] ?? '')}: a limit must not be 0`);
  return amount ?? missing;
}

/** The original trims nothing, so blanks are errors here and no part of a name. */
function readRunners(value: string, errors: string[]): readonly string[] {
  const name = 'FN_RUNNER_ADDRESSES';
  if (value === '') errors.push(`No ${name} provided for an Fn NuLB node.`);
  if (value === '') return [];
  const addresses = value.split(',');
  const bad: string[] = [];
  if (addresses.length > RUNNERS_MAX) {
    errors.push(`${name}: ${addresses.length} runners are too many, most ${RUNNERS_MAX}`);
    return [];
  }
  const seen = new Set<string>();
  for (const address of addresses) {
    const port = readAddress(address)?.port;
    if (port === undefined) bad.push(`${invalid(name, address)}: not host:port`);
    else if (port < 1 || port > PORT_MAX) {
      bad.push(`${invalid(name, address)}: not a port from 1 to ${PORT_MAX}`);
    } else if (seen.has(address)) bad.push(`${invalid(name, address)}: listed twice`);
    seen.add(address);
  }
  errors.push(...bad.slice(0, LINES_MAX));
  if (bad.length > LINES_MAX) errors.push(`${name}: and ${bad.length - LINES_MAX} more like these`);
  return addresses;
}

const LEVELS: Readonly<Record<string, LogLevel>> = {
  panic: 'fatal',
  fatal: 'fatal',
  error: 'error',
  warn: 'warn',
  warning: 'warn',
  info: 'info',
  debug: 'debug',
  trace: 'trace',
};

function readLogLevel(value: string, errors: string[]): LogLevel {
  if (value === '') return 'info';
  const name = value.toLowerCase();
  const level = Object.hasOwn(LEVELS, name) ? LEVELS[name] : undefined;
  if (level !== undefined) return level;
  const known = Object.keys(LEVELS).join(', ');
  errors.push(`${invalid('FN_LOG_LEVEL', value)}: none of ${known}`);
  return 'info';
}

/** A part of them would be plaintext where somebody meant to have TLS. */
function readTls(env: FnEnvironment, errors: string[]): FnTls | undefined {
  const names = ['FN_NODE_CERT', 'FN_NODE_CERT_KEY', 'FN_NODE_CERT_AUTHORITY'] as const;
  const [certFile, keyFile, authorityFile] = names.map((name) => env[name] ?? '');
  const missing = names.filter((name) => (env[name] ?? '') === '');
  if (missing.length === names.length) return undefined;
  for (const name of missing) errors.push(`${name} is not set, as ${names.join(', ')} must all be`);
  if (!certFile || !keyFile || !authorityFile) return undefined;
  return { certFile, keyFile, authorityFile };
}

function readApiUrl(value: string, errors: string[]): string | undefined {
  if (value === '') return undefined;
  // It may hold a password, too.
  if (!/^https?:\/\/[^\s/?#]/.test(value)) errors.push('FN_RUNNER_API_URL is no http(s) URL');
  return value;
}

function notesOf(env: FnEnvironment): string[] {
  const notes: string[] = [];
  for (const name of Object.keys(env).sort()) {
    if (!name.startsWith('FN_') || (env[name] ?? '') === '') continue;
    const entry = fnName(name);
    if (entry === undefined) notes.push(`${name} is not known here and changes nothing`);
    else if (entry.treatment === 'out') notes.push(`${name} changes nothing: ${entry.why}`);
  }
  return notes;
}
