import { calendars } from '@tickwright/market';
import { expect, test } from 'vitest';
import { OPEN, configOf } from '../testing/engine-rig.ts';
import { rehearse } from './rehearsal.ts';

test.each(['ticks', 'candles'] as const)(
  'a rehearsal goes the whole way from candle to fill, with fills on %s, so that the first real one is not the first',
  (on) => {
    const { fills, instruments, ...rest } = configOf();
    const config = {
      ...rest,
      instruments: instruments.map((rules) => ({ ...rules, fees: 'nse-intraday' })),
      fills: { ...fills, on },
    };

    const outputs = rehearse({ config, calendars, fromMicros: OPEN });

    const signals = outputs.flatMap((output) => output.signals);
    const filled = outputs.flatMap((output) => output.fills);
    expect(signals.length).toBeGreaterThanOrEqual(200);
    expect(filled.length).toBeGreaterThanOrEqual(200);
    expect(new Set(filled.map(({ side }) => side))).toEqual(new Set(['buy', 'sell']));
    expect(filled.every(({ fees }) => Number(fees) > 0)).toBe(true);
    expect(outputs.flatMap((output) => output.closedTrades).length).toBeGreaterThanOrEqual(80);
  },
);

test('limits of the account do not keep a rehearsal from its end', () => {
  const { risk, ...rest } = configOf();
  const config = { ...rest, risk: { ...risk, maxOrdersPerDay: 1 } };
  expect(() => rehearse({ config, calendars, fromMicros: OPEN })).not.toThrow();
});
