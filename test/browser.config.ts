/** Reports in a real browser, and pictures of them in out/screenshots. `npm run test:browser`. */
import { defineConfig } from 'vitest/config';
import config from './vitest.config.js';

const { projects: _, ...shared } = config.test ?? {};

// One at a time: what they wait for is painted, and a busy machine paints late.
const one = { maxWorkers: 1, fileParallelism: false };
export default defineConfig({
  test: { ...shared, ...one, include: ['reports/browser*.test.ts'] },
});
