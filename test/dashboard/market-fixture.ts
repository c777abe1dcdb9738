import type { Interval } from '@tickwright/market';
import { instrumentKey } from '@tickwright/market';
import type { Candle, ScannerRow, ScannerStatus } from '@tickwright/trading';

/** Small and fast, and the same in every run. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type MutableRow = { -readonly [Field in keyof ScannerRow]: ScannerRow[Field] } & { spark: number[] };

const NAMES = ['RELIANCE', 'HDFCBANK', 'INFY', 'TCS', 'ITC', 'SBIN', 'LT', 'AXISBANK', 'MARUTI', 'TITAN'];

/** A market of rows as the runner tells them: prices walk, now and then a signal. */
export class MarketFixture {
  readonly rows: MutableRow[] = [];
  readonly #random = random(7);
  #signals = 0;

  constructor(count: number, now = Date.now()) {
    for (let index = 0; index < count; index += 1) this.rows.push(this.#row(index, now));
  }

  /** Moves some prices and gives the rows that changed. */
  step(share: number, now = Date.now()): MutableRow[] {
    const changed: MutableRow[] = [];
    for (const row of this.rows) {
      if (this.#random() > share || row.last_price === null || row.status === 'STOPPED') continue;
      const price = round(row.last_price * (1 + (this.#random() - 0.5) * 0.0008));
      row.last_price = price;
      row.last_price_ts = new Date(now).toISOString();
      row.volume += Math.ceil(this.#random() * 40);
      row.change = round(price - (row.day_open ?? price));
      row.change_percent = ((price - (row.day_open ?? price)) / (row.day_open ?? price)) * 100;
      row.day_high = Math.max(row.day_high ?? price, price);
      row.day_low = Math.min(row.day_low ?? price, price);
      if (this.#random() < 0.0005) row.last_signal = this.#signal(now);
      changed.push(row);
    }
    return changed;
  }

  #row(index: number, now: number): MutableRow {
    const next = this.#random;
    const open = round(20 * 400 ** next());
    const last = round(open * (1 + (next() - 0.48) * 0.06));
    const status: ScannerStatus =
      index % 41 === 40 ? 'STOPPED' : index % 29 === 28 ? 'STALE' : index % 17 === 16 ? 'WARMING' : 'RUNNING';
    const spark: number[] = [];
    for (let at = 0, price = open; at < 30; at += 1)
      spark.push((price = round(price * (1 + (next() - 0.5) * 0.006))));
    spark.push(last);
    const minute = Math.floor(now / 60_000) * 60_000 - 60_000;
    return {
      symbol: instrumentKey(keyOf(index)),
      interval: (['1m', '5m', '15m'] as const)[index % 3] as Interval,
      status,
      reason: REASONS[status],
      last_bar_ts: status === 'WARMING' ? null : new Date(minute).toISOString(),
      last_price: last,
      last_price_ts: new Date(now - next() * 4_000 - (status === 'STALE' ? 95_000 : 0)).toISOString(),
      change: round(last - open),
      change_percent: ((last - open) / open) * 100,
      volume: Math.floor(1_000 * 5_000 ** next()),
      relative_volume: index % 13 === 12 ? null : 0.3 + next() ** 3 * 4,
      day_open: open,
      day_high: Math.max(...spark, last),
      day_low: Math.min(...spark, last),
      tick_age_ms: 0,
      open_gaps: index % 37 === 9 ? 2 : 0,
      last_signal: next() < 0.25 ? this.#signal(now - next() * 7_200_000) : null,
      strategies: [{ id: 'pixityAI_meta@15m', status, reason: REASONS[status] }],
      position: next() < 0.08 ? String(Math.floor(next() * 80) - 30) : '0',
      spark,
    };
  }

  #signal(ms: number): MutableRow['last_signal'] {
    this.#signals += 1;
    const direction = (['long', 'short', 'flat'] as const)[Math.floor(this.#random() * 2.4)] ?? 'long';
    const strategy = ['rsi_reversal@5m', 'pixityAI_meta@15m', 'opening_range@5m'][this.#signals % 3] ?? '';
    return {
      id: `s-${this.#signals}`,
      strategy,
      direction,
      confidence: 0.5 + this.#random() / 2,
      reason: direction === 'long' ? 'RSI 28.4 turned up through 30' : 'price fell through the opening range',
      ts: new Date(ms).toISOString(),
    };
  }
}

const REASONS: Readonly<Record<ScannerStatus, string>> = {
  RUNNING: '',
  WARMING: '12 of 30 candles',
  STALE: 'no tick for 95 s in an open session',
  STOPPED: 'the strategy threw: Cannot read properties of undefined (reading "close")',
};

function keyOf(index: number): string {
  const name = NAMES[index % NAMES.length] ?? '';
  return index < NAMES.length ? `NSE_EQ|${name}` : `NSE_EQ|INE${String(100_000 + index)}01${index % 90}`;
}

function round(value: number): number {
  return Math.round(value * 20) / 20;
}

/** Candles of a random walk, the newest forming. */
export function candlesOf(options: {
  seed: number;
  last: number;
  count: number;
  toMs: number;
  stepMs: number;
}): Candle[] {
  const { seed, last, count, toMs, stepMs } = options;
  const next = random(seed);
  const candles: Candle[] = [];
  let close = last;
  const first = Math.floor(toMs / stepMs) * stepMs;
  for (let at = 0; at < count; at += 1) {
    const open = round(close * (1 + (next() - 0.5) * 0.004));
    const openMicros = (first - at * stepMs) * 1_000;
    candles.push({
      openMicros,
      closeMicros: openMicros + stepMs * 1_000,
      open,
      high: round(Math.max(open, close) * (1 + next() * 0.0015)),
      low: round(Math.min(open, close) * (1 - next() * 0.0015)),
      close,
      volume: Math.floor(500 + next() ** 4 * 20_000),
      tradeCount: 20,
      state: at === 0 ? 'forming' : at % 47 === 5 ? 'revised' : 'closed',
      isComplete: at % 60 < 57,
      version: 1_000_000 - at,
      source: at > count / 2 ? 'venue' : 'ticks',
    });
    close = open;
  }
  return candles.toReversed();
}
