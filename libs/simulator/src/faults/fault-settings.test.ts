import { describe, expect, test } from 'vitest';
import { parseFaults } from './fault-settings.ts';
import { FaultsError, NO_FAULTS } from './faults.ts';

describe('fault settings', () => {
  test('leave everything off that is not named, or named off', () => {
    expect(parseFaults({})).toEqual(NO_FAULTS);
    expect(parseFaults({ drop: false, mute: null, duplicate: 0, close24h: false })).toEqual(NO_FAULTS);
  });

  test('take true, a number, or some fields', () => {
    const faults = parseFaults({
      drop: { everyMs: 5000 },
      mute: { forMs: 1000 },
      delay: 250,
      duplicate: 0.5,
      reorder: true,
      close24h: true,
      serverShutdown: 9000,
    });
    expect(faults).toEqual({
      ...NO_FAULTS,
      dropConnection: { everyMs: 5000 },
      mute: { everyMs: 120_000, forMs: 1000 },
      delay: { ms: 250 },
      duplicate: { probability: 0.5 },
      reorder: { probability: 0.01 },
      closeAfterMs: 86_400_000,
      serverShutdown: { everyMs: 9000, graceMs: 5000 },
    });
  });

  test.each([
    { explode: true },
    { duplicate: 1.5 },
    { duplicate: 'often' },
    { delay: -1 },
    { drop: { every: 5 } },
    { mute: { everyMs: 100, forMs: 100 } },
    { close24h: 'soon' },
  ])('are refused when wrong: %o', (settings) => {
    expect(() => parseFaults(settings)).toThrow(FaultsError);
  });
});
