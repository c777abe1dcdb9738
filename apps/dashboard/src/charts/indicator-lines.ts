import { bollinger, ema, rsi, vwap } from './indicators.ts';
import type { Bars, Line } from './indicators.ts';

/** An indicator that can be shown: lines over the price, or in a pane of its own. */
export interface Indicator {
  readonly id: string;
  readonly title: string;
  readonly hint: string;
  readonly pane: 'price' | 'own';
  readonly lines: readonly { readonly color: string; readonly values: (bars: Bars) => Line }[];
  /** Levels to draw in a pane of its own. */
  readonly levels?: readonly number[];
}

export const INDICATORS: readonly Indicator[] = [
  {
    id: 'ema9',
    title: 'EMA 9',
    hint: 'Exponential moving average of 9 closes',
    pane: 'price',
    lines: [{ color: '#c2850c', values: ({ close }) => ema(close, 9) }],
  },
  {
    id: 'ema21',
    title: 'EMA 21',
    hint: 'Exponential moving average of 21 closes',
    pane: 'price',
    lines: [{ color: '#8b6bdc', values: ({ close }) => ema(close, 21) }],
  },
  {
    id: 'vwap',
    title: 'VWAP',
    hint: 'Volume-weighted average price since the session’s open',
    pane: 'price',
    lines: [{ color: '#3b82d6', values: vwap }],
  },
  {
    id: 'bands',
    title: 'Bands 20',
    hint: 'Two standard deviations round the average of 20 closes',
    pane: 'price',
    lines: [
      { color: '#8a94a3', values: ({ close }) => bollinger(close, 20).upper },
      { color: '#8a94a3', values: ({ close }) => bollinger(close, 20).lower },
    ],
  },
  {
    id: 'rsi',
    title: 'RSI 14',
    hint: 'Relative strength index of 14 candles',
    pane: 'own',
    lines: [{ color: '#8b6bdc', values: ({ close }) => rsi(close, 14) }],
    levels: [30, 70],
  },
];
