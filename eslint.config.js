/**
 * What the compiler cannot say about a line. Laws about files and folders (who imports whom, words
 * that read real time, length) are in test/tidy.test.ts.
 */
import { defineConfig } from 'eslint/config';
import rxjsX from 'eslint-plugin-rxjs-x';
import tseslint from 'typescript-eslint';

/** The product's code that must not know real time; its tests may. */
const PURE = ['core/**/*.ts', 'proto/**/*.ts', 'sim/**/*.ts'];
const TESTS = ['**/*.test.ts', '**/*.test.rig.ts', '**/*.test-support.ts', 'test/**/*.ts'];

const ban = (importNames, message) => ({ name: 'rxjs', importNames, message });

const RXJS_BANS = [
  ban(
    'timer interval delay delayWhen debounce debounceTime throttle throttleTime audit auditTime'
      .concat(' sample sampleTime bufferTime windowTime timeout timeoutWith timestamp timeInterval')
      .split(' '),
    'It reads the real clock when its scheduler is forgotten: use clock.after() or endBy().',
  ),
  ban(
    [
      'ReplaySubject',
      'shareReplay',
      'publishReplay',
      'share',
      'publish',
      'multicast',
      'connectable',
    ],
    'Nobody in the product shares a stream: each subscription is a new engagement.',
  ),
  ban(
    ['retry', 'repeat', 'retryWhen', 'repeatWhen'],
    'A NACK is a value and placement offers it elsewhere; with a number these wait on the real clock.',
  ),
  ban(
    ['asyncScheduler', 'asapScheduler', 'queueScheduler', 'animationFrameScheduler'].concat(
      ['async', 'asap', 'animationFrame', 'animationFrames'],
      ['VirtualTimeScheduler', 'VirtualAction'],
    ),
    'Time comes from the Clock port: clock.after(), or asScheduler(clock).',
  ),
  ban(
    ['firstValueFrom', 'lastValueFrom'],
    'No promise in the product: subscribe, and hand the subscription to your teardown.',
  ),
];

const SYNTAX = [
  {
    selector: 'ExportDefaultDeclaration, ExportSpecifier[exported.name="default"]',
    message: 'No default exports: a thing has one name everywhere.',
  },
  { selector: 'TSEnumDeclaration', message: 'No enums: a union of strings.' },
  { selector: 'Decorator', message: 'No decorators.' },
];

/** `array[index]!` is how index arithmetic reads under noUncheckedIndexedAccess; elsewhere it hides. */
const NON_NULL = {
  selector:
    'TSNonNullExpression:not([expression.type="MemberExpression"][expression.computed=true])',
  message: 'No `!` except after an index: narrow it, or make the illegal state untypable.',
};

/** Measured: a fifth of a flight's time. Why, and how to say it instead: docs/decisions, 14. */
const BORN_OLD = {
  selector: 'AssignmentExpression[left.type="MemberExpression"][right.type=/Function/]',
  message: 'V8 makes a function old at birth that is written where it is assigned: name it first.',
};

export default defineConfig(
  { ignores: ['dist/', 'out/', 'proto/generated/descriptor.ts'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  { files: ['**/*.ts'], extends: [tseslint.configs.strictTypeChecked, rxjsX.configs.strict] },
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      eqeqeq: 'error',
      'prefer-const': 'error',
      'no-restricted-syntax': ['error', ...SYNTAX, NON_NULL],

      // `return out.complete()` and `() => work()` end a branch in one line; nothing reads the void.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // Numbers in texts are what error messages and SVG are made of.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // It does not see that a callback changes a field, nor that a caller may write JavaScript.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // NON_NULL above is the same law with its one exception.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Code points are what we mean; and protobufjs's `decode` has no type of its own to infer.
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // grpc-js types statuses as an enum; on the wire, and in our ports, they are numbers.
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
    },
  },
  {
    // Their types are what their values infer: writing them out would say everything twice.
    files: ['reports/calls.ts', 'sim/scenario/fields.ts'],
    rules: { '@typescript-eslint/explicit-module-boundary-types': 'off' },
  },
  {
    files: PURE,
    ignores: TESTS,
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: [
            ...RXJS_BANS,
            ...['timers', 'node:timers', 'timers/promises', 'node:timers/promises'].map((name) => ({
              name,
              message: 'Time comes from the Clock port.',
            })),
          ],
        },
      ],
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...SYNTAX, NON_NULL, BORN_OLD],
    },
  },
  {
    files: TESTS,
    rules: {
      // A test that would read undefined fails, which is all that can be asked of it.
      'no-restricted-syntax': ['error', ...SYNTAX],
      // An error that no test expects fails the run by itself.
      'rxjs-x/no-ignored-error': 'off',
      'rxjs-x/no-implicit-any-catch': 'off',
      // `gate.close()` begins at once, subscribed or not, and its tests say so.
      'rxjs-x/no-floating-observables': 'off',
      // Globals are compared with themselves to see that a flight puts them back.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  // Tools read their configuration from a default export.
  { files: ['*.config.js', 'test/**/*.config.ts'], rules: { 'no-restricted-syntax': 'off' } },
);
