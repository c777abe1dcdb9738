import { expect, test } from 'vitest';
import type { RunTree } from '@tickwright/jobs';
import { readableRuns, readableTree } from './jobs-text.ts';

const MICROS = Date.UTC(2026, 10, 20, 12) * 1_000;
const reason = 'GET /api/v3/historicalTrades failed: HTTP 502';
const common = {
  input: null,
  dependsOn: [],
  maxTries: 6,
  enqueuedMicros: MICROS,
  changedMicros: MICROS,
} as const;

const RUN: RunTree = {
  id: 'recovery/2026-11-20T12:00:00.000Z',
  name: 'recovery',
  state: 'failed',
  enqueuedMicros: MICROS,
  counts: { failed: 1 },
  jobs: [
    {
      ...common,
      id: 'recovery/2026-11-20T12:00:00.000Z/SIM|ALPHA',
      run: 'recovery/2026-11-20T12:00:00.000Z',
      key: 'SIM|ALPHA',
      kind: 'recovery.instrument',
      state: 'failed',
      tries: 1,
      failures: 0,
      reason: 'its run history failed',
      runs: [
        {
          id: 'history',
          name: 'history',
          state: 'failed',
          enqueuedMicros: MICROS,
          counts: { failed: 1, skipped: 1 },
          jobs: [
            {
              ...common,
              id: 'a',
              run: 'history',
              key: 'gap 1 chunk 1',
              kind: 'recovery.chunk.simulated',
              state: 'failed',
              tries: 6,
              failures: 6,
              reason,
              runs: [],
            },
            {
              ...common,
              id: 'b',
              run: 'history',
              key: 'gap 1 coverage',
              kind: 'recovery.coverage',
              state: 'skipped',
              tries: 0,
              failures: 0,
              reason: 'it depends on gap 1 chunk 1, which is failed',
              runs: [],
            },
          ],
        },
      ],
    },
  ],
};

test('a run is one line with how much of it is done and what is amiss, in the words of the job that failed', () => {
  const text = readableRuns([RUN], MICROS + 60_000_000);
  expect(text).toContain('recovery/2026-11-20T12:00:00.000Z  failed  0 of 3');
  expect(text).toContain(reason);
  expect(text).not.toContain('its run history failed');
  expect(readableRuns([], MICROS)).toBe('no jobs\n');
});

test('the tree shows each job below what it was expanded from', () => {
  expect(readableTree([RUN]).split('\n')).toEqual([
    'recovery/2026-11-20T12:00:00.000Z  failed  2026-11-20 12:00:00Z',
    '  SIM|ALPHA  failed  its run history failed',
    '    history  failed  2026-11-20 12:00:00Z',
    `      gap 1 chunk 1  failed  6 of 6 tries failed; ${reason}`,
    '      gap 1 coverage  skipped  it depends on gap 1 chunk 1, which is failed',
    '',
  ]);
});
