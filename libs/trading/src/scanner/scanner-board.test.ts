import { calendars } from '@tickwright/market';
import { expect, test } from 'vitest';
import { ALPHA, BETA, EngineRig, configOf, minute, strategyOf } from '../testing/engine-rig.ts';
import { scriptedStrategy } from '../testing/scripted-strategy.ts';
import { ScannerBoard } from './scanner-board.ts';

/** Two instruments, a strategy on the first that needs 2 candles and goes long at minute 1; what it saw is on a board. */
function boardOf(play: (rig: EngineRig) => void): ScannerBoard {
  const parameters = { votes: { [minute(1)]: 'long', [minute(5)]: 'throw' }, warmUp: 2 };
  const rig = new EngineRig([scriptedStrategy()]);
  rig.start(configOf({ strategies: [strategyOf({ use: 'scripted', parameters })] }));
  play(rig);
  const board = new ScannerBoard(calendars);
  for (const [at, output] of rig.outputs.entries()) {
    const event = rig.events[at];
    if (event !== undefined) board.see(event);
    board.record(output);
  }
  for (const state of rig.engine.strategies()) board.strategy(state);
  return board;
}

const DAY_BEFORE = minute(-24 * 60 + 374);

test('a row shows an instrument’s session, its status and its last signal', () => {
  const board = boardOf((rig) => {
    rig.candle(DAY_BEFORE, [98, 99, 97, 98, 500], { phase: 'history' });
    rig.candle(minute(0), [100, 101, 99, 100, 100]);
    rig.candle(minute(1), [100, 104, 100, 102, 300]);
    rig.candle(minute(2), [102, 103, 101, 103, 50], { state: 'forming' });
  });
  const [alpha, beta] = board.rows(minute(2) + 4_000_000);
  expect(alpha).toMatchObject({
    symbol: ALPHA,
    interval: '1m',
    status: 'RUNNING',
    reason: '',
    last_bar_ts: '2026-11-18T03:46:00.000Z',
    last_price: 103,
    change: 5, // from 98, the close of the day before
    change_percent: 5.10204081633,
    volume: 450,
    relative_volume: 1, // 300 over (500 + 100) / 2
    day_open: 100,
    day_high: 104,
    day_low: 99,
    tick_age_ms: 4_000,
    last_signal: { id: 's-1', direction: 'long', confidence: 1, ts: '2026-11-18T03:47:00.000Z' },
    position: '0',
  });
  expect(beta).toMatchObject({
    symbol: BETA,
    status: 'WARMING',
    reason: 'no candle has come yet',
    last_price: null,
  });
});

test('a row tells how far the warm-up is, that data are stale and why, and that its strategy stopped', () => {
  const statusAfter = (play: (rig: EngineRig) => void) => boardOf(play).rows(minute(9))[0];
  const candles = (rig: EngineRig, count: number) => {
    for (let n = 0; n < count; n++) rig.candle(minute(n), [100, 100, 100, 100]);
  };
  expect(statusAfter((rig) => candles(rig, 1))).toMatchObject({
    status: 'WARMING',
    reason: 'scripted@1m: 1 of 2 candles',
  });
  const stale = {
    type: 'data',
    instrument: null,
    change: { kind: 'stale', reason: 'no publish for 9 s' },
  } as const;
  expect(
    statusAfter((rig) => {
      candles(rig, 3);
      rig.feed(stale);
    }),
  ).toMatchObject({ status: 'STALE', reason: 'no publish for 9 s' });
  expect(statusAfter((rig) => candles(rig, 6))).toMatchObject({
    status: 'STOPPED',
    reason: 'scripted@1m: threw at a candle: as the script says',
    position: '10',
  });
});
