import { defineConfig } from 'vitest/config';
import { CountingReporter } from './vitest-reporter.ts';

// Tests read the sources of the workspace packages, never their build: a stale dist can then not hide a failure.
export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  resolve: { conditions: ['@tickwright/source'] },
  ssr: { resolve: { conditions: ['@tickwright/source', 'node', 'import', 'default'] } },
  test: {
    include: ['libs/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
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
