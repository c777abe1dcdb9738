// The venue's own candles in tests: answers of Binance's klines, and the rule by which they stand, told as plainly as it
// can be. Not exported by the package.
import { join } from 'node:path';
import { FrameKind, decodeControl } from '@tickwright/market';
import { readJournal } from '@tickwright/journal';
import type { Core } from './core.ts';
import { MINUTE } from './core-fixture.ts';
import { journaledTrades, plainCandles } from './candles/plain-candles-fixture.ts';
import type { PlainCandle } from './candles/plain-candles-fixture.ts';

export interface Kline {
  readonly openTime: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
  readonly trades: number;
}

/** A kline that traded, like the one before it but for what is told. */
export function kline(told: Partial<Kline> & { readonly openTime: number }): Kline {
  return { open: '10.5', high: '12', low: '9.25', close: '11', volume: '5.00000001', trades: 7, ...told };
}

/** An answer of /klines, to the span of its rows unless told otherwise. */
export function klinesOf(
  symbol: string,
  rows: readonly Kline[],
  span?: { from: number; to: number },
): Buffer {
  const from = span?.from ?? rows[0]?.openTime ?? 0;
  const to = span?.to ?? (rows.at(-1)?.openTime ?? 0) + MINUTE;
  const query = `symbol=${symbol}&interval=1m&startTime=${from / 1_000}&endTime=${to / 1_000 - 1}&limit=1000`;
  const body = rows.map((row) => {
    const { openTime, open, high, low, close, volume, trades } = row;
    return [
      openTime / 1_000,
      open,
      high,
      low,
      close,
      volume,
      (openTime + MINUTE) / 1_000 - 1,
      '0',
      trades,
      '0',
      '0',
      '0',
    ];
  });
  return Buffer.from(`/api/v3/klines?${query}\n${JSON.stringify(body)}`);
}

export interface SourcedCandle extends PlainCandle {
  readonly source: number;
  readonly isComplete: boolean;
}

interface Told {
  /** By instrument and minute, as told last. */
  readonly klines: Map<string, Kline>;
  readonly standIns: { instrument: string; fromMicros: number; toMicros: number }[];
  /** When the first tick of an instrument was, in the order of the journal. */
  readonly firstTicks: Map<string, number>;
}

/** What the frames of a journal say beside trades, read as JSON. */
async function journaled(dataDir: string): Promise<Told> {
  const told: Told = { klines: new Map(), standIns: [], firstTicks: new Map() };
  const seen = (symbol: string, micros: number): void => {
    const key = `BINANCE|${symbol}`;
    if (!told.firstTicks.has(key)) told.firstTicks.set(key, micros);
  };
  for await (const block of readJournal({ directory: join(dataDir, 'journal') })) {
    for (let frame = 0; frame < block.count; frame += 1) {
      const bytes = block.bytes.subarray(block.start[frame], block.end[frame]);
      const kind = block.sources[block.source[frame]]?.kind;
      if (kind === FrameKind.control) {
        const event = decodeControl(bytes);
        if (event.type === 'stand-in') told.standIns.push(...event.spans);
        continue;
      }
      const text = bytes.toString();
      if (kind === FrameKind.message) {
        const { s, T } = JSON.parse(text).data;
        seen(s, T * 1_000);
        continue;
      }
      const [path = '', body = ''] = [text.slice(0, text.indexOf('\n')), text.slice(text.indexOf('\n') + 1)];
      const symbol = new URLSearchParams(path.slice(path.indexOf('?') + 1)).get('symbol') ?? '';
      const rows: unknown[][] & { time: number }[] = JSON.parse(body);
      if (path.includes('/historicalTrades')) {
        for (const row of rows) seen(symbol, row.time * 1_000);
        continue;
      }
      for (const [openMs, open, high, low, close, volume, , , trades] of rows as unknown as string[][]) {
        const openTime = Number(openMs) * 1_000;
        const row = { openTime, open, high, low, close, volume, trades: Number(trades) };
        told.klines.set(`BINANCE|${symbol} ${openTime}`, row);
      }
    }
  }
  return told;
}

/** The candles that should be published: those of the trades, and the venue's own where trades do not cover. */
export async function sourcedCandles(core: Core): Promise<SourcedCandle[]> {
  const { klines, standIns, firstTicks } = await journaled(core.dataDir);
  const ticks = new Map(
    plainCandles(await journaledTrades(core.dataDir)).map((one) => [
      `${one.instrument} ${one.openTime}`,
      one,
    ]),
  );
  const candles: SourcedCandle[] = [];
  for (const name of new Set([...ticks.keys(), ...klines.keys()])) {
    const [instrument = '', time] = name.split(' ');
    const openTime = Number(time);
    const isGap = core.pipeline.gaps.overlaps(
      core.instruments.indexOf(instrument),
      openTime,
      openTime + MINUTE,
    );
    const isStoodIn = standIns.some(
      (span) =>
        span.instrument === instrument && span.fromMicros < openTime + MINUTE && span.toMicros >= openTime,
    );
    const ofTicks = ticks.get(name);
    const own = klines.get(name);
    const isUnseen = openTime < (firstTicks.get(instrument) ?? Infinity);
    const isUncovered = isGap || isStoodIn || (ofTicks === undefined && isUnseen);
    if (own !== undefined && isTradedKline(own) && isUncovered)
      candles.push({ instrument, openTime, ...numbersOf(own), source: 1, isComplete: true });
    else if (ofTicks !== undefined) candles.push({ ...ofTicks, source: 0, isComplete: !isGap });
  }
  return candles.toSorted(inKeyOrder);
}

function isTradedKline({ volume, trades, open, close, high, low }: Kline): boolean {
  return Number(volume) > 0 || trades > 0 || Number(high) !== Number(low) || Number(open) !== Number(close);
}

function numbersOf({
  open,
  high,
  low,
  close,
  volume,
  trades,
}: Kline): Omit<PlainCandle, 'instrument' | 'openTime'> {
  const [o, h, l, c, v] = [open, high, low, close, volume].map(Number);
  return { open: o, high: h, low: l, close: c, volume: v, tradeCount: trades };
}

export function inKeyOrder(a: PlainCandle, b: PlainCandle): number {
  return a.instrument < b.instrument ? -1 : a.instrument > b.instrument ? 1 : a.openTime - b.openTime;
}
