// What the tests of the ledger share: entries made of their numbers. Not part of the build.
import type { Log } from '@tickwright/runtime';
import { decimal } from '@tickwright/trading';
import type { EngineOutput, Fill, Signal, StateRow } from '@tickwright/trading';
import type { LedgerEntry } from './ledger-entry.ts';
import type { LedgerLimits } from './ledger-retention.ts';

const silent = (): void => undefined;
export const quietLog: Log = { debug: silent, info: silent, warn: silent, error: silent };
export const DAY = 86_400_000_000;
export const T0 = 1_763_629_200_000_000;
export const ALPHA = 'SIM|ALPHA' as Signal['instrument'];
export const LIMITS: LedgerLimits = { eventDays: 30, bookDays: 3_650, maxBytes: 1_000_000_000 };

export interface Made {
  readonly timeMicros?: number;
  readonly state?: readonly StateRow[];
  readonly fill?: boolean;
  readonly run?: boolean;
  readonly alert?: string;
}

/** A candle event that caused what it is told to. */
export function entry(seq: number, made: Made = {}): LedgerEntry {
  const timeMicros = made.timeMicros ?? T0 + seq * 1_000_000;
  const output: EngineOutput = {
    seq,
    timeMicros,
    consumed: [{ strategy: 'a', instrument: ALPHA, interval: '1m', openMicros: T0 + seq, version: seq }],
    signals: [],
    suppressed: [],
    orders: [],
    fills: made.fill === true ? [fill(seq, timeMicros)] : [],
    closedTrades: [],
    positions: [],
    account: null,
    equity: null,
    strategies: [],
    notices: [],
    state: made.state ?? [],
  };
  return {
    output,
    event: {
      type: 'candle',
      seq,
      timeMicros,
      instrument: ALPHA,
      interval: '1m',
      phase: 'live',
      candle: {
        openMicros: T0 + seq,
        closeMicros: T0 + seq + 60_000_000,
        open: 1,
        high: 2,
        low: 1,
        close: 2,
        volume: 0.1,
        tradeCount: 3,
        state: 'closed',
        isComplete: true,
        version: seq,
        source: 'ticks',
      },
    },
    ...(made.run === true && {
      run: { runId: `r-${seq}`, seq, timeMicros, mode: 'paper', release: '0', state: { at: seq } },
    }),
    ...(made.alert !== undefined && {
      alerts: [{ id: made.alert, timeMicros, kind: 'signal', severity: 'info', text: `about ${made.alert}` }],
    }),
  };
}

function fill(seq: number, timeMicros: number): Fill {
  return {
    id: `f-${seq}`,
    seq,
    timeMicros,
    marketMicros: timeMicros,
    orderId: `o-${seq}`,
    strategy: 'a',
    instrument: ALPHA,
    side: 'buy',
    quantity: decimal('0.1'),
    price: decimal('100.05'),
    value: decimal('10.005'),
    liquidity: 'taker',
    fees: decimal('0.01'),
    feeLines: [],
    rule: 'open',
    slippage: decimal('0'),
  };
}
