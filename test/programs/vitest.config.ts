/** What the program does to files, threads and processes. `npm run test:programs`. */
import { defineConfig } from 'vitest/config';
import config from '../vitest.config.js';

const { projects: _, ...shared } = config.test ?? {};

export default defineConfig({ test: { ...shared, include: ['test/programs/**/*.test.ts'] } });
