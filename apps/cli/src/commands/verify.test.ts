import type { CoreVerification } from '@tickwright/ingestor';
import { expect, test } from 'vitest';
import { readable } from './verify.ts';

const at = '2026-11-20T09:15:00.000Z';

function report(options: {
  problems?: number;
  openGaps?: number;
  unfillableGaps?: number;
}): CoreVerification {
  const { problems = 0, openGaps = 0, unfillableGaps = 0 } = options;
  return {
    checked: { instruments: 1, ticks: 1_200, candles: 2, days: 1 },
    problems: Array.from({ length: problems }, (_, index) => ({
      kind: 'candle missing' as const,
      instrument: 'SIM|ALPHA',
      at,
      expected: 'a candle',
      found: 'none',
      message: `candle ${index}`,
    })),
    openGaps: Array.from({ length: openGaps }, (_, index) => `gap ${index}`),
    unfillableGaps,
    knownGaps: [],
    counts: { 'candle missing': problems },
    truncated: false,
    provedTicks: 1_000,
  };
}

test('everything that agrees is said in two lines', () => {
  expect(readable(report({}), 0)).toBe(
    'checked 1,200 ticks (1,000 of them against the journal) and 2 candles of 1 instrument on 1 day\neverything agrees; no open gap\n',
  );
});

test('thousands of differences and gaps fit a screen, are counted, and the verdict comes last', () => {
  const lines = readable(report({ problems: 100, openGaps: 2_000 }), 5_000)
    .trimEnd()
    .split('\n');
  expect(lines.length).toBeLessThan(50);
  expect(lines).toContain('DIFFERS  candle 19');
  expect(lines).toContain('         and 4,980 more (--json)');
  expect(lines).toContain('         and 1,980 more (--json)');
  expect(lines.at(-1)).toBe('5,000 differences; 2,000 open gaps');
});

test('gaps that cannot be filled are not called open', () => {
  expect(readable(report({ openGaps: 5, unfillableGaps: 5 }), 0)).toMatch(
    /\neverything agrees; no open gap, and 5 gaps that cannot be filled\n$/,
  );
  expect(readable(report({ openGaps: 3, unfillableGaps: 1 }), 0)).toMatch(
    /; 2 open gaps, and 1 gap that cannot be filled\n$/,
  );
});

test('one difference is one difference', () => {
  expect(readable(report({ problems: 1, openGaps: 1 }), 1)).toMatch(/\n1 difference; 1 open gap\n$/);
});
