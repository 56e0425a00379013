/** Laws of a configuration: all that is wrong is said at once, where it is and what was meant. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { balancerDefaults } from '../../core/index.js';
import { CliError } from '../exit.js';
import { quickConfig, readConfig } from './config.js';
import { fieldName, limitsOf } from './limits.js';
import { isLoopback } from './together.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'windtunnel-config-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function reading(text: string, sets: readonly string[] = []) {
  const file = join(folder, 'lb.yaml');
  writeFileSync(file, text);
  return readConfig(file, sets);
}

/** What is said of it, without the folder. */
function errorsOf(text: string, sets: readonly string[] = []): string[] {
  try {
    reading(text, sets);
    return [];
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return error.lines.map((line) => line.replace(`${folder}/`, ''));
  }
}

const GOOD = `version: 1
listeners: [{ listen: 127.0.0.1:8080 }]
functions: { echo: { timeout: 5s } }
groups: { default: { runners: ["127.0.0.1:9190"] } }
`;

describe('a good one', () => {
  it('has every default, and an id of its own', () => {
    const config = reading(GOOD);
    expect(config).toMatchObject({
      admin: { listen: '127.0.0.1:9901' },
      drain: { wait: 5000, grace: 30_000 },
      edge: { headersTimeout: 10_000, connectionsMax: 20_000, headersMax: 16_384 },
      groups: { default: { policy: 'p2c' } },
      functions: { echo: { timeout: 5000, group: 'default', memory: 128 } },
    });
    expect(config.id).toMatch(/^lb-.*-\d+$/);
  });

  it('sees its files from where it is', () => {
    const { listeners, groups, log } = reading(`version: 1
listeners: [{ listen: 0.0.0.0:1, tls: { cert: c.pem, key: /k.pem } }]
groups: { default: { file: r.json, tls: { ca: ca.pem } } }
log: { file: ../lb.log }`);
    expect(listeners[0]?.tls).toMatchObject({ cert: join(folder, 'c.pem'), key: '/k.pem' });
    expect(groups['default']?.file).toBe(join(folder, 'r.json'));
    expect(groups['default']?.tls).toMatchObject({ ca: join(folder, 'ca.pem') });
    expect(log.file).toBe(join(folder, '../lb.log'));
  });

  it('takes overrides, and the first try needs none', () => {
    expect(reading(GOOD, ['drain.grace=7s']).drain.grace).toBe(7000);
    expect(quickConfig('127.0.0.1:1', ['127.0.0.1:2']).functions).toHaveProperty('*');
  });
});

it('says all that is wrong at once, each on a line of its own', () => {
  const text = `version: 1
listners: []
listeners: [{ listen: 8080 }, { listen: 0.0.0.0:80 }]
functions: { echo: { timeout: 5, group: defualt } }
groups: { default: { policy: p3c, runners: ["127.0.0.1:1", "127.0.0.1:1"] } }
limits: { inFlightMx: 1, bodyMax: 6 }
routes: [{ path: /x, function: ecko }]`;
  expect(errorsOf(text)).toEqual([
    'lb.yaml:2:1: listners: unknown key, did you mean "listeners"?',
    'lb.yaml:3:23: listeners[0].listen: expected host:port, such as 127.0.0.1:8080, got 8080',
    'lb.yaml:3:31: listeners[1]: beyond loopback it needs tls, or tls: off to go without',
    expect.stringContaining('functions.echo.timeout: expected a duration such as "40ms"'),
    'lb.yaml:4:41: functions.echo.group: no group is named "defualt", did you mean "default"?',
    expect.stringContaining('groups.default.policy: expected one of'),
    'lb.yaml:5:60: groups.default.runners[1]: 127.0.0.1:1 is in group default already',
    'lb.yaml:6:11: limits.inFlightMx: unknown key, did you mean "inFlightMax"?',
    expect.stringContaining('limits.bodyMax: expected a size such as "256B"'),
    expect.stringContaining(
      'routes[0].function: no function is named "ecko", did you mean "echo"?',
    ),
  ]);
});

test.each<[string, string, RegExp]>([
  [
    'neither runners nor a file',
    'groups: { default: {} }',
    /needs either runners or a file.*has neither/,
  ],
  ['runners and a file', 'groups: { default: { runners: [], file: x } }', /has both/],
  [
    'plaintext beyond loopback',
    'groups: { default: { runners: ["10.0.0.1:1"] } }',
    /a runner beyond loopback needs tls, or tls: off/,
  ],
  [
    'a certificate without its key',
    'groups: { default: { runners: [], tls: { ca: a, cert: b } } }',
    /cert and key go together/,
  ],
  ['one address twice', 'admin: { listen: 127.0.0.1:8080 }', /8080 is taken by listeners\[0\]/],
  ['a star within a path', 'routes: [{ path: /a*b, function: echo }]', /"\*" stands at the end/],
  [
    'a path twice',
    'routes: [{ path: /a, function: echo }, { path: /a, function: echo }]',
    /already/,
  ],
  [
    'an app of any function',
    'apps: { a: { functions: { "*": {} } } }',
    /an app names its functions/,
  ],
  [
    'a route of an app to nothing',
    'apps: { a: { functions: { b: {} }, routes: { /x: c } } }',
    /no function of the app/,
  ],
])('%s is an error', (_what, line, message) => {
  const key = line.slice(0, line.indexOf(':'));
  const others = GOOD.split('\n').filter((one) => !one.startsWith(`${key}:`));
  expect(errorsOf([...others, line].join('\n')).join('\n')).toMatch(message);
});

test('every option of the balancer is a field, by its name, and none twice', () => {
  const names = Object.keys(balancerDefaults).filter(
    (name) => !['idPrefix', 'closeGraceMs'].includes(name),
  );
  const fields = names.map(fieldName);
  expect(new Set(fields).size).toBe(names.length);
  const { limits } = reading(
    `${GOOD}limits: { placement: 2s, bodyMax: 1MiB, headHold: 7ms, headHoldBytes: 1KiB, wait: poll }`,
  );
  expect(limitsOf(limits)).toEqual({
    placementMs: 2000,
    bodyMaxBytes: 1_048_576,
    headHoldMs: 7,
    headHoldBytes: 1024,
    wait: 'poll',
  });
});

test('any text is read or refused in lines, and never throws anything else', () => {
  const words = fc.constantFrom(
    ...GOOD.split(/\s+/),
    'tls: off',
    '*',
    '[',
    '{',
    '- ',
    '&a',
    '\n',
    '"',
  );
  fc.assert(
    fc.property(fc.array(words, { maxLength: 30 }), (parts) => {
      for (const line of errorsOf(parts.join(' '))) expect(line).not.toContain('\n');
    }),
    { numRuns: 200 },
  );
});

test.each([
  ['127.0.0.1:1', true],
  ['127.8.9.1:1', true],
  ['localhost:1', true],
  ['[::1]:1', true],
  ['127.0.0.1.evil.test:1', false],
  ['0.0.0.0:1', false],
  ['10.0.0.1:1', false],
])('%s stays on this machine: %s', (address, stays) => {
  expect(isLoopback(address)).toBe(stays);
});
