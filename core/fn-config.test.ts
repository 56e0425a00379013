/** Laws of the original's environment: honoured name by name, and all that is wrong at once. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fnNames, readFnConfig, type FnConfig, type FnEnvironment } from './fn-config.js';
import { fnName } from './fn-names.js';
import { resolveOptions } from './options.js';

const MIB6 = 6 * 1024 * 1024;
/** The least that is a configuration. */
const LEAST = {
  FN_MAX_REQUEST_SIZE: String(MIB6),
  FN_MAX_RESPONSE_SIZE: String(MIB6),
  FN_RUNNER_ADDRESSES: 'a:9190,b:9190',
};

const config = (more: FnEnvironment = {}): FnConfig => {
  const read = readFnConfig({ ...LEAST, ...more });
  if (!read.ok) throw new Error(read.errors.join('\n'));
  return read.config;
};
const errors = (more: FnEnvironment): readonly string[] => {
  const read = readFnConfig({ ...LEAST, ...more });
  return read.ok ? [] : read.errors;
};
const LONGEST = 24 * 24 * 3600 * 1000;

/** The variables of the original's load balancer and agent. */
const ALL = `
FN_NODE_TYPE FN_RUNNER_API_URL FN_RUNNER_ADDRESSES FN_PLACER FN_PORT FN_GRPC_PORT FN_DB_URL
FN_MQ_URL FN_NODE_CERT FN_NODE_CERT_KEY FN_NODE_CERT_AUTHORITY FN_LOG_LEVEL FN_LOG_DEST
FN_LOG_PREFIX FN_ZIPKIN_URL FN_JAEGER_URL FN_API_CORS_* FN_PROCESS_COLLECTOR_LIST
FN_MAX_REQUEST_SIZE FN_MAX_RESPONSE_SIZE FN_CALL_END_TIMEOUT_MSECS FN_MAX_CALL_END_STACKING
FN_ENABLE_NB_RESOURCE_TRACKER FN_FREEZE_IDLE_MSECS FN_EJECT_IDLE_MSECS FN_HOT_POLL_MSECS
FN_HOT_LAUNCHER_TIMEOUT_MSECS FN_ASYNC_CHEW_POLL_MSECS FN_MAX_LOG_SIZE_BYTES
FN_MAX_TOTAL_CPU_MCPUS FN_MAX_TOTAL_MEMORY_BYTES FN_MAX_FS_SIZE_MB FN_DOCKER_NETWORKS
FN_EXPERIMENTAL_PREFORK_POOL_SIZE FN_EXPERIMENTAL_PREFORK_IMAGE FN_EXPERIMENTAL_PREFORK_CMD
FN_EXPERIMENTAL_PREFORK_USE_ONCE FN_EXPERIMENTAL_PREFORK_NETWORKS`
  .trim()
  .split(/\s+/);

describe('the names', () => {
  it('are all those of the original, each once and with a reason', () => {
    expect(fnNames.map(({ name }) => name).sort()).toEqual([...ALL].sort());
    for (const { why } of fnNames) expect(why).not.toBe('');
    expect(Object.isFrozen(fnNames) && fnNames.every(Object.isFrozen)).toBe(true);
  });

  it('that say how they begin stand for all that begin like it', () => {
    expect(fnName('FN_API_CORS_ORIGINS')?.treatment).toBe('out');
    expect(fnName('FN_API')).toBe(undefined);
    expect(fnName('FN_PORTS')).toBe(undefined);
  });
});

describe('a configuration', () => {
  it('is the defaults of the original where nothing else is set', () => {
    expect(config()).toEqual({
      options: {
        bodyMaxBytes: MIB6,
        responseMaxBytes: MIB6,
        callEndTimeoutMs: 600_000,
        callEndBacklogMax: 8192,
      },
      runners: ['a:9190', 'b:9190'],
      placer: 'naive',
      listenPort: 8080,
      logLevel: 'info',
      tls: undefined,
      apiUrl: undefined,
      notes: [],
    });
  });

  it('takes an empty value for none', () => {
    const empty = Object.fromEntries(
      ALL.filter((name) => !Object.hasOwn(LEAST, name)).map((name) => [name, '']),
    );
    expect(config(empty)).toEqual(config());
  });

  it.each<[FnEnvironment, object]>([
    [{ FN_PLACER: 'ch' }, { placer: 'hash' }],
    [{ FN_PLACER: 'CH' }, { placer: 'naive' }],
    [{ FN_PORT: '80' }, { listenPort: 80 }],
    [{ FN_PORT: '0' }, { listenPort: 0 }],
    [{ FN_NODE_TYPE: 'lb' }, {}],
    [{ FN_LOG_LEVEL: 'DEBUG' }, { logLevel: 'debug' }],
    [{ FN_LOG_LEVEL: 'warning' }, { logLevel: 'warn' }],
    [{ FN_LOG_LEVEL: 'panic' }, { logLevel: 'fatal' }],
    [{ FN_RUNNER_API_URL: 'http://api:8080' }, { apiUrl: 'http://api:8080' }],
    [{ FN_RUNNER_ADDRESSES: '[::1]:1' }, { runners: ['[::1]:1'] }],
    [
      { FN_NODE_CERT: 'c', FN_NODE_CERT_KEY: 'k', FN_NODE_CERT_AUTHORITY: 'a' },
      { tls: { certFile: 'c', keyFile: 'k', authorityFile: 'a' } },
    ],
  ])('reads %j', (env, expected) => {
    expect(config(env)).toMatchObject(expected);
  });

  it.each([
    ['FN_MAX_REQUEST_SIZE', '1', { bodyMaxBytes: 1 }],
    ['FN_MAX_RESPONSE_SIZE', '00012', { responseMaxBytes: 12 }],
    ['FN_MAX_RESPONSE_SIZE', '18446744073709551615', { responseMaxBytes: Number.MAX_SAFE_INTEGER }],
    ['FN_MAX_CALL_END_STACKING', '7', { callEndBacklogMax: 7 }],
    ['FN_CALL_END_TIMEOUT_MSECS', '+5', { callEndTimeoutMs: 5 }],
    // Disabled there; here the longest that anything may take.
    ['FN_CALL_END_TIMEOUT_MSECS', '-1', { callEndTimeoutMs: LONGEST }],
    ['FN_CALL_END_TIMEOUT_MSECS', '9223372036854775807', { callEndTimeoutMs: LONGEST }],
    ['FN_CALL_END_TIMEOUT_MSECS', '-9223372036854775808', { callEndTimeoutMs: LONGEST }],
  ])('makes of %s=%s an option that a balancer takes', (name, value, expected) => {
    const { options } = config({ [name]: value });
    expect(options).toMatchObject(expected);
    expect(resolveOptions(options)).toMatchObject(options);
  });

  it('says which of what is set changes nothing, though it might be thought to', () => {
    const { notes } = config({
      FN_LOG_DEST: 'udp://logs:514',
      FN_API_CORS_ORIGINS: '*',
      FN_PLACR: 'ch',
      FN_HOT_POLL_MSECS: '5',
      PATH: '/bin',
    });
    expect(notes).toEqual([
      'FN_API_CORS_ORIGINS changes nothing: this edge serves calls and has no API for browsers',
      'FN_LOG_DEST changes nothing: logs go to standard error, to be collected there',
      'FN_PLACR is not known here and changes nothing',
    ]);
  });
});

describe('what is wrong', () => {
  it.each<[FnEnvironment, string]>([
    [
      { FN_MAX_REQUEST_SIZE: '' },
      'lb-agent requires MaxRequestSize limit: FN_MAX_REQUEST_SIZE is not set',
    ],
    [
      { FN_MAX_RESPONSE_SIZE: '0' },
      'lb-agent requires MaxResponseSize limit: FN_MAX_RESPONSE_SIZE is 0',
    ],
    [
      { FN_MAX_REQUEST_SIZE: '6MB' },
      'error invalid FN_MAX_REQUEST_SIZE=6MB: not a whole number from 0 up',
    ],
    [
      { FN_MAX_REQUEST_SIZE: '-1' },
      'error invalid FN_MAX_REQUEST_SIZE=-1: not a whole number from 0 up',
    ],
    [
      { FN_MAX_REQUEST_SIZE: '18446744073709551616' },
      'error invalid FN_MAX_REQUEST_SIZE=18446744073709551616: out of range',
    ],
    [
      { FN_MAX_CALL_END_STACKING: '0' },
      'error invalid FN_MAX_CALL_END_STACKING=0: a limit must not be 0',
    ],
    [
      { FN_CALL_END_TIMEOUT_MSECS: '-0' },
      'error invalid FN_CALL_END_TIMEOUT_MSECS=-0: a limit must not be 0',
    ],
    [
      { FN_CALL_END_TIMEOUT_MSECS: '10m' },
      'error invalid FN_CALL_END_TIMEOUT_MSECS=10m: not whole milliseconds',
    ],
    [
      { FN_CALL_END_TIMEOUT_MSECS: '9223372036854775808' },
      'error invalid FN_CALL_END_TIMEOUT_MSECS=9223372036854775808: out of range',
    ],
    [{ FN_EJECT_IDLE_MSECS: '0' }, 'error invalid FN_EJECT_IDLE_MSECS=0: must not be 0'],
    [
      { FN_MAX_LOG_SIZE_BYTES: '9223372036854775808' },
      'error invalid FN_MAX_LOG_SIZE_BYTES=9223372036854775808: out of range',
    ],
    [{ FN_PORT: '65536' }, 'error invalid FN_PORT=65536: not a port up to 65535'],
    [{ FN_GRPC_PORT: 'x' }, 'error invalid FN_GRPC_PORT=x: not a whole number from 0 up'],
    [{ FN_NODE_TYPE: 'full' }, 'error invalid FN_NODE_TYPE=full: this is an lb'],
    [
      { FN_DB_URL: 'mysql://u:secret@h' },
      'NuLB nodes must not be configured with a datastore: FN_DB_URL is set',
    ],
    [
      { FN_MQ_URL: 'redis://:secret@h' },
      'NuLB nodes must not be configured with a message queue: FN_MQ_URL is set',
    ],
    [
      { FN_LOG_LEVEL: 'toString' },
      'error invalid FN_LOG_LEVEL=toString: none of panic, fatal, error, warn, warning, info, debug, trace',
    ],
    [{ FN_RUNNER_API_URL: 'api:secret@h' }, 'FN_RUNNER_API_URL is no http(s) URL'],
    [{ FN_RUNNER_ADDRESSES: '' }, 'No FN_RUNNER_ADDRESSES provided for an Fn NuLB node.'],
    [{ FN_RUNNER_ADDRESSES: 'a:1, b:1' }, 'error invalid FN_RUNNER_ADDRESSES= b:1: not host:port'],
    [{ FN_RUNNER_ADDRESSES: 'a:1,' }, 'error invalid FN_RUNNER_ADDRESSES=: not host:port'],
    [
      { FN_RUNNER_ADDRESSES: 'a:0' },
      'error invalid FN_RUNNER_ADDRESSES=a:0: not a port from 1 to 65535',
    ],
    [{ FN_RUNNER_ADDRESSES: 'a:1,b:1,a:1' }, 'error invalid FN_RUNNER_ADDRESSES=a:1: listed twice'],
    [
      { FN_RUNNER_ADDRESSES: Array(10_001).fill('a:1').join(',') },
      'FN_RUNNER_ADDRESSES: 10001 runners are too many, most 10000',
    ],
  ])('%j is one line that names it', (env, expected) => {
    expect(errors(env)).toEqual([expected]);
  });

  it('is told all at once', () => {
    const read = readFnConfig({ FN_PORT: 'x', FN_NODE_CERT: 'c', FN_LOG_LEVEL: 'loud' });
    expect(read.ok ? [] : read.errors.map((line) => /FN_\w+/.exec(line)?.[0])).toEqual([
      'FN_PORT',
      'FN_MAX_REQUEST_SIZE',
      'FN_MAX_RESPONSE_SIZE',
      'FN_RUNNER_ADDRESSES',
      'FN_LOG_LEVEL',
      'FN_NODE_CERT_KEY',
      'FN_NODE_CERT_AUTHORITY',
    ]);
  });

  it('of many addresses is told of the first twenty', () => {
    const lines = errors({ FN_RUNNER_ADDRESSES: Array(30).fill('nowhere').join(',') });
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toBe('FN_RUNNER_ADDRESSES: and 10 more like these');
  });

  it('is one line each and no long one, whatever the values', () => {
    const env = fc.record(
      Object.fromEntries(ALL.map((name) => [name, fc.string({ unit: 'binary', maxLength: 120 })])),
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(env, (given) => {
        const read = readFnConfig(given);
        for (const line of read.ok ? read.config.notes : read.errors) {
          expect(line).toMatch(/^[^\0-\x1f\x7f-\x9f\u2028\u2029]{1,250}$/);
        }
        if (read.ok) expect(resolveOptions(read.config.options)).toMatchObject(read.config.options);
      }),
      { numRuns: 50 },
    );
  });
});
