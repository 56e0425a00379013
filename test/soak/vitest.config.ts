/** What takes minutes: processes that are killed, clients that mean harm. `npm run test:soak`. */
import { defineConfig } from 'vitest/config';
import config from '../vitest.config.js';

const { projects: _, ...shared } = config.test ?? {};

export default defineConfig({ test: { ...shared, include: ['test/soak/**/*.test.ts'] } });
