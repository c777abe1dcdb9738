import { instrumentKey, InstrumentTable, TickBatch } from '@tickwright/market';
import { catalogue } from '@tickwright/venues';

/** Distinct frames, decoded over and over: more than any branch predictor or cache remembers. */
const FRAMES = 20_000;
const INSTRUMENTS = 200;
const ROUNDS = 7;
const ROUND_MS = 500;

export interface DecodeFigures {
  readonly frameBytes: number;
  /** Frames a second, median, slowest and fastest round. */
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** JSON.parse of the same frames, a second, for the ratio. */
  readonly jsonParse: number;
}

/** How fast Binance's combined trade frames become ticks in a batch, one thread. */
export function run(): DecodeFigures {
  const venue = catalogue.venue('binance');
  const table = new InstrumentTable();
  const keys = Array.from({ length: INSTRUMENTS }, (_, i) => `BINANCE|S${String(i).padStart(3, '0')}USDT`);
  for (const key of keys) table.add(venue.instrument(instrumentKey(key)));
  const frames = makeFrames(table);
  const decoder = venue.createDecoder(table);
  const batch = new TickBatch(8192);
  const decodeAll = (): void => {
    for (let i = 0; i < FRAMES; i++) {
      if (batch.count === 4096) batch.clear();
      decoder.decode(frames[i], 1, i, batch);
    }
  };
  const rates = measure(decodeAll).toSorted((a, b) => a - b);
  const parsed = measure(() => {
    for (const frame of frames) JSON.parse(frame.toString());
  }).toSorted((a, b) => a - b);
  if (decoder.counts.fallbacks > 0) throw new Error('the scanner did not know its own frames');
  return {
    frameBytes: Math.round(frames.reduce((sum, frame) => sum + frame.length, 0) / FRAMES),
    median: rates[ROUNDS >> 1],
    min: rates[0],
    max: rates[ROUNDS - 1],
    jsonParse: parsed[ROUNDS >> 1],
  };
}

function makeFrames(table: InstrumentTable): Buffer[] {
  const pool = Buffer.alloc(FRAMES * 256);
  let at = 0;
  return Array.from({ length: FRAMES }, (_, i) => {
    const symbol = table.at(i % INSTRUMENTS).venueSymbol;
    const time = 1723161255342 + i;
    const price = (60000 + (i % 997) / 100).toFixed(8);
    const quantity = ((1 + ((i * 7919) % 100000)) / 100000).toFixed(8);
    const text = `{"stream":"${symbol.toLowerCase()}@trade","data":{"e":"trade","E":${time + 1},"s":"${symbol}","t":${3735683259 + i},"p":"${price}","q":"${quantity}","T":${time},"m":${i % 2 === 0},"M":true}}`;
    // Frames lie one behind the other, as in the chunks that a socket gives.
    const length = pool.write(text, at);
    at += length;
    return pool.subarray(at - length, at);
  });
}

/** Runs by CPU time: what else the machine does then matters little. */
function measure(once: () => void): number[] {
  once();
  return Array.from({ length: ROUNDS }, () => {
    const start = process.cpuUsage();
    let rounds = 0;
    let spentMicros = 0;
    while (spentMicros < ROUND_MS * 1000) {
      once();
      rounds++;
      const { user, system } = process.cpuUsage(start);
      spentMicros = user + system;
    }
    return (rounds * FRAMES * 1_000_000) / spentMicros;
  });
}
