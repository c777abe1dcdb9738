import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  calendars,
  Deduplicator,
  GapLedger,
  instrumentKey,
  InstrumentTable,
  TickBatch,
} from '@tickwright/market';
import { expect, test } from 'vitest';
import { CoinbaseDecoder } from './decode.ts';
import { coinbaseInstrument } from './instruments.ts';

const beside = fileURLToPath(new URL('../../../../../shared/recordings', import.meta.url));
// oxlint-disable-next-line no-process-env -- tests only: where the recordings are
const file = `${process.env['TICKWRIGHT_RECORDINGS'] ?? beside}/coinbase/COINBASE.ws.28.0`;
const isHere = existsSync(file);
const name = (text: string): string => (isHere ? text : `${text} (skipped: recordings absent)`);

interface Recorded {
  readonly micros: number;
  readonly text: string;
}

function recorded(): Recorded[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line) => {
    const match = /^(\d+\.\d+): (.*)$/.exec(line);
    return match === null ? [] : { micros: Math.floor(Number(match[1]) * 1e6), text: match[2] ?? '' };
  });
}

/** The trades as JSON.parse has them, `product id price size time` a trade: independent of our own reading. */
function plainly(frames: readonly Recorded[]): string[] {
  return frames
    .map(({ text }) => JSON.parse(text) as Record<string, string>)
    .filter(({ type }) => type === 'match' || type === 'last_match')
    .map(
      (t) => `${t['product_id']} ${t['trade_id']} ${Number(t['price'])} ${Number(t['size'])} ${t['time']}`,
    );
}

/** The frames through the real decoder, de-duplicator and ledger. */
function fold(frames: readonly Recorded[]) {
  const table = new InstrumentTable();
  const products = new Set(plainly(frames).map((trade) => trade.slice(0, trade.indexOf(' '))));
  for (const product of products) table.add(coinbaseInstrument(instrumentKey(`COINBASE|${product}`)));
  const gaps = new GapLedger({ instruments: table, calendars });
  const deduplicator = new Deduplicator({ instruments: table, gaps, calendars });
  gaps.attach(deduplicator);
  const decoder = new CoinbaseDecoder(table);
  const batch = new TickBatch(4096);
  const stored: string[] = [];
  for (const [offset, { micros, text }] of frames.entries()) {
    batch.clear();
    decoder.decode(Buffer.from(text), micros, offset, batch);
    deduplicator.accept(batch);
    for (let row = 0; row < batch.count; row++) {
      const time = new Date(batch.eventTime[row] / 1000).toISOString().slice(0, 23);
      const micro = String(batch.eventTime[row] % 1000).padStart(3, '0');
      const product = table.at(batch.instrument[row]).venueSymbol;
      const id = batch.tradeId[row];
      stored.push(`${product} ${id} ${batch.price[row]} ${batch.quantity[row]} ${time}${micro}Z`);
    }
  }
  return { stored, counts: decoder.counts, deduplicator, gaps };
}

test.skipIf(!isHere)(
  name('the recording gives 107 trades, 97 matches and 10 last matches, each once'),
  () => {
    const frames = recorded();
    const { stored, counts, deduplicator, gaps } = fold(frames);
    expect(stored.toSorted()).toEqual(plainly(frames).toSorted());
    expect(new Set(stored).size).toBe(107);
    expect(counts).toMatchObject({ ticks: 107, fallbacks: 0, control: 3 });
    expect(counts.other).toMatchObject({ l2update: 9719, ticker: 107, snapshot: 10 });
    expect(Object.values(counts.rejected).every((count) => count === 0)).toBe(true);
    expect(deduplicator.counts).toMatchObject({ accepted: 107, duplicates: 0 });
    expect(gaps.open().filter(({ cause }) => cause === 'sequence')).toEqual([]);
  },
);

test.skipIf(!isHere)(name('a reconnect in the middle, and everything told twice, stores them once'), () => {
  const frames = recorded();
  // What a venue says after a reconnect: the newest trade of each product once more, as its last match.
  const half = frames.slice(0, frames.length >> 1);
  const newest = new Map<string, string>();
  for (const { text } of half) {
    const { type, product_id: product } = JSON.parse(text) as Record<string, string>;
    if (product !== undefined && (type === 'match' || type === 'last_match')) newest.set(product, text);
  }
  const micros = half.at(-1)?.micros ?? 0;
  const again = [...newest.values()].map((text) => ({
    micros,
    text: text.replace(/"type":"(?:last_)?match"/, '"type":"last_match"'),
  }));
  const { stored, deduplicator } = fold([...half, ...again, ...frames.slice(half.length), ...frames]);
  expect(stored.toSorted()).toEqual(plainly(frames).toSorted());
  expect(deduplicator.counts).toMatchObject({ accepted: 107, duplicates: 107 + again.length });
});
