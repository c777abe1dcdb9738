import { FeedTicks } from '@tickwright/feed';
import { instrumentKey } from '@tickwright/market';
import { expect, test } from 'vitest';
import { LiveTrades } from './feed-ticks.ts';

const ALPHA = instrumentKey('SIM|ALPHA');
const NOW = 1_763_629_200_000_000;
const COUNT = 4;

/** Ticks whose columns are as given; the rest of each is 0. */
function ticks(rows: readonly { eventTime: number; receiveTime: number; kind?: number }[]): FeedTicks {
  const found = new FeedTicks(rows.length, new ArrayBuffer(8 * 8 * COUNT + 4 * COUNT + 3 * COUNT), 0);
  for (const [at, row] of rows.entries()) {
    found.eventTime[at] = row.eventTime;
    found.receiveTime[at] = row.receiveTime;
    found.kind[at] = row.kind ?? 0;
    found.volume[at] = 1;
    found.price[at] = 100 + at;
  }
  return found;
}

test('trades fill orders; quotes do not, nor does history that was fetched for a gap', () => {
  const rows = [
    { eventTime: NOW, receiveTime: NOW + 50_000 },
    { eventTime: NOW, receiveTime: NOW + 50_000, kind: 2 },
    // Traded ten minutes before it came: the market had gone on by then.
    { eventTime: NOW - 600_000_000, receiveTime: NOW + 60_000 },
    { eventTime: NOW + 1_000, receiveTime: NOW + 70_000 },
  ];
  expect(new LiveTrades(() => true).of(ALPHA, ticks(rows)).map(({ price }) => price)).toEqual([100, 103]);
});

test('a venue whose clock is off is no late one, once it is known', () => {
  const off = 30_000_000;
  const trades = new LiveTrades(() => true);
  const seen = (laterMicros: number): number =>
    trades.of(ALPHA, ticks([{ eventTime: NOW, receiveTime: NOW + off + laterMicros }])).length;
  // The first one may be either.
  expect([seen(0), seen(1_000), seen(600_000_000), seen(2_000)]).toEqual([0, 1, 0, 1]);
});
