import { NO_ADDED_DAYS, addCalendarDays } from '@tickwright/market';
import { afterEach, expect, test } from 'vitest';
import { HOUR, Rig, START, instrumentsOf, removeFolders, trades } from './core-fixture.ts';
import { rebuildDifferingHours } from './repair/rebuilt-candles.ts';
import { mismatches, verifyCore } from './verification/verify-core.ts';

const signal = AbortSignal.timeout(600_000);
const NSE = instrumentsOf(['BINANCE|BTCUSDT']).map((instrument) => ({ ...instrument, calendar: 'nse' }));

afterEach(async () => {
  addCalendarDays({ nse: NO_ADDED_DAYS });
  await removeFolders();
});

/** A store whose instrument trades as the NSE does. */
async function opened(dataDir?: string): Promise<Rig> {
  const rig = await Rig.open({ keys: [], ...(dataDir !== undefined && { dataDir }) });
  rig.core.register(NSE);
  return rig;
}

test('ticks of a session that nobody knew make their candles once its day is added and the store repaired', async () => {
  let dataDir: string;
  {
    await using rig = await opened();
    ({ dataDir } = rig);
    await rig.core.begin();
    // 15:30 and 20:30 in India, after the regular close: no candles. The older hour is not in memory later on.
    await rig.live(trades(1, 120));
    await rig.live(trades(121, 120, { timeMicros: START + 5 * HOUR }));
    await rig.settle();
  }
  {
    await using rig = await opened(dataDir);
    const report = await verifyCore(rig.core, signal);
    expect(report.checked).toMatchObject({ ticks: 240, candles: 0 });
    expect(mismatches(report)).toBe(0);
  }
  const sessions = ['09:15-15:30', '15:30-21:30'];
  addCalendarDays({ nse: { years: [], days: [{ date: '2024-08-08', reason: 'this test', sessions }] } });
  {
    await using rig = await opened(dataDir);
    const report = await verifyCore(rig.core, signal);
    expect(report.counts).toEqual({ 'candle missing': 4 });
    // As doctor --repair does it: first what is in memory, then all that is older.
    await rig.settle();
    expect(await rebuildDifferingHours(rig.core, signal)).toEqual([
      { segment: 'BINANCE', hourMicros: START },
    ]);
  }
  await using rig = await opened(dataDir);
  const report = await verifyCore(rig.core, signal);
  expect(report.checked).toMatchObject({ ticks: 240, candles: 4 });
  expect(mismatches(report)).toBe(0);
});
