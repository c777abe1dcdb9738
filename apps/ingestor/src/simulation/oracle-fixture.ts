import { MINUTE_MICROS } from '@tickwright/market';
import type { Gap } from '@tickwright/market';
import type { Trade } from '../core-fixture.ts';
import { nameOf } from './candle-store-fixture.ts';
import type { PublishedCandle } from './candle-store-fixture.ts';
import type { StoredTick } from './tick-store-fixture.ts';

/** The rule for a trade from the future: further ahead of our clock than this it is no tick (libs/market, tick-faults). */
const MAX_AHEAD_MICROS = 60_000_000;
const UNITS = 1e8;

interface Frame {
  readonly receiveMicros: number;
  readonly bytes: Buffer;
  readonly told: readonly Trade[];
  /** Keys of the instruments that it describes. */
  readonly describes: readonly string[];
}

interface ExpectedTick {
  readonly key: string;
  readonly offset: number;
  readonly trade: Trade;
}

export interface ExpectedCandle {
  readonly instrument: string;
  readonly openTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly tradeCount: number;
  /** The newest offset of its ticks. */
  readonly newestOffset: number;
}

/** What must have come of the frames that were appended, told as plainly as can be: each id once, as it came first. */
export class Oracle {
  /** The trades in the frame that is appended next: the decoder is not asked. */
  told: readonly Trade[] = [];
  /** Every frame below was called durable at some moment. */
  durable = 0;
  readonly #frames: (Frame | undefined)[] = [];
  readonly #ticks: ExpectedTick[] = [];
  readonly #offsetOf = new Map<string, Map<number, number>>();
  /** A trade of an instrument that no frame before it describes is no tick: a crash may take that frame and leave later ones. */
  readonly #described = new Set<string>();
  #newestMicros = -1;

  get nextOffset(): number {
    return this.#frames.length;
  }

  get tickCount(): number {
    return this.#ticks.length;
  }

  /** A frame was appended, with what was told for it. */
  took(frame: { receiveMicros: number; bytes: Uint8Array }): void {
    const { receiveMicros, bytes } = frame;
    const copy = Buffer.from(bytes);
    const taken = { receiveMicros, bytes: copy, told: this.told, describes: describedIn(copy) };
    this.told = [];
    this.#fold(this.#frames.push(taken) - 1, taken);
  }

  /** A frame as it was written; undefined when there is none, or a crash took it. */
  frame(offset: number): Buffer | undefined {
    return this.#frames[offset]?.bytes;
  }

  /** Keeps the frames of these offsets alone, and what comes of them: a crash took the others, none of them durable. */
  keep(offsets: ReadonlySet<number>): void {
    this.#frames.length = Math.max(-1, ...offsets) + 1;
    this.#ticks.length = 0;
    this.#offsetOf.clear();
    this.#described.clear();
    this.#newestMicros = -1;
    for (const [offset, frame] of this.#frames.entries()) {
      if (!offsets.has(offset)) this.#frames[offset] = undefined;
      else if (frame !== undefined) this.#fold(offset, frame);
    }
  }

  /** What is wrong with ticks that were stored as those of a span of offsets. */
  wrongWith(added: readonly StoredTick[], span: { from: number; to: number }): string | undefined {
    const expected = this.#ticks
      .filter(({ offset }) => offset >= span.from && offset < span.to)
      .map(({ key, offset, trade }) => tickText(key, offset, trade));
    const found = added.map((tick) => storedText(tick));
    const at = expected.findIndex((text, row) => text !== found[row]);
    if (at < 0 && found.length === expected.length) return undefined;
    const row = at < 0 ? expected.length : at;
    return `stored as ticks of [${span.from}, ${span.to}): ${found[row] ?? 'nothing'} instead of ${expected[row] ?? 'nothing'}`;
  }

  /** 1m candles of the ticks below an offset, by instrument and open time. */
  candles(below: number): Map<string, ExpectedCandle> {
    const minutes = new Map<string, ExpectedTick[]>();
    for (const tick of this.#ticks) {
      if (tick.offset >= below) break;
      const { timeMicros } = tick.trade;
      const name = nameOf({ instrument: tick.key, openTime: timeMicros - (timeMicros % MINUTE_MICROS) });
      const members = minutes.get(name);
      if (members === undefined) minutes.set(name, [tick]);
      else members.push(tick);
    }
    return new Map([...minutes].map(([name, ticks]) => [name, candleOf(ticks)]));
  }

  /** Ids that lie between accepted ones and were not accepted, by the frames below an offset, and that no gap names. */
  unnamedHoles(below: number, gaps: readonly Gap[]): string[] {
    const unnamed: string[] = [];
    for (const [key, known] of this.#offsetOf) {
      const ids = [...known].filter(([, offset]) => offset < below).map(([id]) => id);
      ids.sort((a, b) => a - b);
      const named = gaps.filter(({ instrument, state }) => instrument === key && state !== 'filled');
      for (let at = 1; at < ids.length; at += 1) {
        for (let id = ids[at - 1] + 1; id < ids[at]; id += 1) {
          const gap = named.find(
            ({ fromId, toId }) => fromId >= 0 && fromId <= id && (toId < 0 || toId >= id),
          );
          if (gap === undefined) unnamed.push(`${key} ${id}`);
          else if (gap.toId < 0) break;
          else id = gap.toId;
        }
      }
    }
    return unnamed;
  }

  #fold(offset: number, { receiveMicros, told, describes }: Frame): void {
    for (const key of describes) this.#described.add(key);
    for (const trade of told) {
      const key = `BINANCE|${trade.symbol}`;
      if (!this.#described.has(key)) continue;
      const known = this.#ids(key);
      // Ahead of the clock is ahead of what the venue itself has told, too: the clock may have been set back.
      const present = Math.max(receiveMicros, this.#newestMicros);
      if (known.has(trade.id) || trade.timeMicros - present > MAX_AHEAD_MICROS) continue;
      this.#newestMicros = Math.max(this.#newestMicros, trade.timeMicros);
      known.set(trade.id, offset);
      this.#ticks.push({ key, offset, trade });
    }
  }

  #ids(key: string): Map<number, number> {
    const known = this.#offsetOf.get(key);
    if (known !== undefined) return known;
    const made = new Map<number, number>();
    this.#offsetOf.set(key, made);
    return made;
  }
}

const DESCRIBES = Buffer.from('{"type":"instruments"');

function describedIn(bytes: Buffer): string[] {
  if (!bytes.subarray(0, DESCRIBES.length).equals(DESCRIBES)) return [];
  const { rows } = JSON.parse(bytes.toString()) as { rows: { key: string }[] };
  return rows.map(({ key }) => key);
}

/** What is different between a candle as it should be and as it is; undefined when nothing is. */
export function candleDifference(
  expected: ExpectedCandle,
  found: Omit<ExpectedCandle, 'newestOffset'> | PublishedCandle | undefined,
): string | undefined {
  if (found === undefined) return `no candle ${nameOf(expected)}`;
  for (const name of ['open', 'high', 'low', 'close', 'volume', 'tradeCount'] as const) {
    if (expected[name] !== found[name])
      return `${nameOf(expected)}: ${name} ${found[name]} instead of ${expected[name]}`;
  }
  return undefined;
}

function candleOf(ticks: readonly ExpectedTick[]): ExpectedCandle {
  const inOrder = ticks.toSorted(
    (a, b) => a.trade.timeMicros - b.trade.timeMicros || a.trade.id - b.trade.id,
  );
  const prices = inOrder.map(({ trade }) => Number(trade.price));
  const { timeMicros } = inOrder[0].trade;
  // Quantities have eight decimals: their digits without the point are units.
  const units = inOrder.reduce((sum, { trade }) => sum + Number(trade.quantity.replace('.', '')), 0);
  return {
    instrument: inOrder[0].key,
    openTime: timeMicros - (timeMicros % MINUTE_MICROS),
    open: prices[0],
    high: Math.max(...prices),
    low: Math.min(...prices),
    close: prices[prices.length - 1],
    volume: units / UNITS,
    tradeCount: inOrder.length,
    newestOffset: Math.max(...ticks.map(({ offset }) => offset)),
  };
}

function tickText(key: string, offset: number, { id, price, quantity, timeMicros }: Trade): string {
  return `${key} ${id} at offset ${offset}: ${Number(quantity)} at ${Number(price)}, ${timeMicros}`;
}

function storedText(tick: StoredTick): string {
  const { instrument, tradeId, offset, quantity, price, eventTime } = tick;
  return `${instrument} ${tradeId} at offset ${offset}: ${quantity} at ${price}, ${eventTime}`;
}
