import type { StrategyState } from '@tickwright/trading';
import { element, fill } from '../dom/element.ts';
import { UNKNOWN } from '../format/numbers.ts';
import { dateAndTime, hourAndMinute } from '../format/times.ts';
import { instrumentColumn } from '../paper/columns.ts';
import { zone } from '../shell/clock.ts';
import type { Column, Tone } from '../table/column.ts';

export const STATUS_TONES: Readonly<Record<string, Tone>> = {
  running: '',
  warming: 'muted',
  disabled: 'muted',
  stopped: 'bad',
};

export const STATE_COLUMNS: readonly Column<StrategyState>[] = [
  instrumentColumn(),
  {
    id: 'status',
    title: 'State',
    text: ({ status }) => status,
    tone: ({ status }) => STATUS_TONES[status] ?? '',
  },
  {
    id: 'warm',
    title: 'Candles',
    hint: 'Closed candles seen, of those needed to be warm',
    text: ({ candles, warmUp }) => `${candles} of ${warmUp}`,
    paint: (cell, { candles, warmUp, instrument }) => {
      const isWarm = candles >= warmUp;
      const bar = element('progress', {
        max: Math.max(1, warmUp),
        value: candles,
        'aria-label': `Warm-up of ${instrument}`,
      });
      fill(cell, isWarm ? null : bar, isWarm ? `${candles}` : ` ${candles} of ${warmUp}`);
    },
  },
  {
    id: 'last',
    title: 'Last candle',
    hides: 3,
    text: ({ lastCandleMicros }) =>
      lastCandleMicros === null ? UNKNOWN : hourAndMinute(lastCandleMicros / 1_000, zone()),
    hover: ({ lastCandleMicros }) =>
      lastCandleMicros === null ? 'none yet' : dateAndTime(lastCandleMicros / 1_000, zone()),
  },
  { id: 'signal', title: 'Last signal', hides: 3, text: ({ lastSignalId }) => lastSignalId ?? UNKNOWN },
  {
    id: 'reason',
    title: 'Why',
    hides: 2,
    text: ({ reason }) => reason,
    hover: ({ reason }) => reason,
    tone: () => 'muted',
  },
];
