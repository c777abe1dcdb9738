import { defineConfig } from 'vitest/config';
import { CountingReporter } from './vitest-reporter.ts';

/** Tests of parts, in this process: files that share one have the modules loaded once, which is half of their time. */
const PARTS = ['libs/*/src/**/*.test.ts', 'apps/{ingestor,runner,dashboard}/src/**/*.test.ts'];
/** Of these, what looks at the process itself, or ends what a process keeps. */
const OWN = [
  'libs/database/src/**/*.test.ts',
  'libs/runtime/src/**/*.test.ts',
  'apps/ingestor/src/thread-budget.test.ts',
  'apps/ingestor/src/http/ingestor-state.test.ts',
];
const NO_TESTS = ['**/node_modules/**', '**/dist/**'];

// Tests read the sources of the workspace packages, never their build: a stale dist can then not hide a failure.
export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  resolve: { conditions: ['@tickwright/source'] },
  ssr: { resolve: { conditions: ['@tickwright/source', 'node', 'import', 'default'] } },
  test: {
    projects: [
      {
        extends: true,
        test: { name: 'parts', include: PARTS, exclude: [...NO_TESTS, ...OWN], isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'whole',
          include: [...OWN, 'apps/cli/src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: NO_TESTS,
        },
      },
    ],
    pool: 'forks',
    reporters: [
      process.env['CI'] === 'true' ? ['default', { summary: false }] : 'default',
      new CountingReporter(),
    ],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
