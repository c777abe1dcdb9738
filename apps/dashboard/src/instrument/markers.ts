import type { Candle, Fill, Signal } from '@tickwright/trading';
import { chartTime } from '../charts/candle-chart.ts';
import type { Marker } from '../charts/candle-chart.ts';
import { compact } from '../format/numbers.ts';
import { themeColor } from '../shell/theme.ts';

/** Signals as arrows, fills as dots, each at the candle it belongs to, in order of time. */
export function markersOf(
  candles: readonly Candle[],
  signals: readonly Signal[],
  fills: readonly Fill[],
): readonly Marker[] {
  const first = candles[0];
  if (first === undefined) return [];
  const candleOf = (micros: number): number =>
    candles.findLast(({ openMicros }) => openMicros <= micros)?.openMicros ?? first.openMicros;
  const marks = [
    ...signals
      .filter(({ candleOpenMicros }) => candleOpenMicros >= first.openMicros)
      .map((signal) => signalMarker(signal, candleOf(signal.candleOpenMicros))),
    ...fills
      .filter(({ marketMicros }) => marketMicros >= first.openMicros)
      .map((fill) => fillMarker(fill, candleOf(fill.marketMicros))),
  ];
  return marks.sort((left, right) => Number(left.time) - Number(right.time));
}

function signalMarker({ direction, id }: Signal, openMicros: number): Marker {
  const isLong = direction === 'long';
  return {
    id,
    time: chartTime(openMicros),
    position: isLong ? 'belowBar' : 'aboveBar',
    shape: direction === 'flat' ? 'square' : isLong ? 'arrowUp' : 'arrowDown',
    color: themeColor(direction === 'flat' ? 'flat' : isLong ? 'up' : 'down'),
    size: 1,
  };
}

function fillMarker({ side, quantity, id }: Fill, openMicros: number): Marker {
  const isBuy = side === 'buy';
  return {
    id,
    time: chartTime(openMicros),
    position: isBuy ? 'belowBar' : 'aboveBar',
    shape: 'circle',
    color: themeColor('accent'),
    text: `${isBuy ? 'B' : 'S'} ${compact(Number(quantity))}`,
    size: 0.6,
  };
}
