/**
 * How the tests run: `npx vitest --config test/vitest.config.ts`, with a path for a part of them.
 */
import { defineConfig } from 'vitest/config';
import type { Reporter } from 'vitest/node';

/** Names what did not run: a skipped test must never look like a passed one. */
const skipped: Reporter = {
  onTestRunEnd(modules) {
    for (const module of modules) {
      for (const test of module.children.allTests('skipped')) {
        const result = test.result();
        const why = result.state === 'skipped' ? (result.note ?? 'no reason given') : '';
        process.stdout.write(`SKIPPED ${module.relativeModuleId}: ${test.fullName}: ${why}\n`);
      }
    }
  },
};

export default defineConfig({
  test: {
    pool: 'forks',
    // One more than the cores that most have: real flights wait more than they work.
    maxWorkers: 3,
    // Real flights start real processes: a busy machine may take its time, and is no failure.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    reporters: ['default', skipped],
    projects: [
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['{core,proto,sim,reports,cli,bench}/**/*.test.ts'],
          // Minutes: `npm run test:browser`.
          exclude: ['reports/browser*.test.ts'],
          // To load the modules again for each file took a third of their time.
          isolate: false,
        },
      },
      {
        extends: true,
        // They start programs and watch the process's own promises: a process to each file.
        test: {
          name: 'whole',
          include: ['test/**/*.test.ts'],
          exclude: ['test/{programs,soak}/**'],
        },
      },
    ],
  },
});
