import { setTimeout as realSleep } from 'node:timers/promises';
import {
  calendars,
  Deduplicator,
  GapLedger,
  instrumentKey,
  InstrumentTable,
  TickBatch,
} from '@tickwright/market';
import { ManualClock } from '@tickwright/runtime';
import { generateTrades, startSimulator } from '@tickwright/simulator';
import type { Faults, MarketOptions, ProtocolName, SimulatedTrade, Simulator } from '@tickwright/simulator';
import { catalogue, RateLimitedError, VenueUnreachableError } from '@tickwright/venues';
import type { Decoder, FrameSink, History, Stream, Venue } from '@tickwright/venues';

const log = { debug() {}, info() {}, warn() {}, error() {} };
const NOON = Date.UTC(2026, 6, 1, 12);
const CAPACITY = 8_192;

/** How a tick reads, whoever tells it. */
function told(trade: { price: number; quantity: number; side: number; eventMicros: number }): string {
  return `${trade.side === 1 ? 'buy' : 'sell'} ${trade.quantity} at ${trade.price} at ${trade.eventMicros}`;
}

/**
 * A venue on real sockets, its stream, and behind it the real decoder, de-duplicator and ledger; time moves when it is
 * told to. What the venue tells is a function of the seed, so everything stored can be compared with the script.
 */
export class LiveVenue implements AsyncDisposable {
  readonly clock = new ManualClock({ startMicros: NOON * 1000 });
  readonly table = new InstrumentTable();
  readonly ledger = new GapLedger({ instruments: this.table, calendars });
  readonly deduplicator = new Deduplicator({ instruments: this.table, gaps: this.ledger, calendars });
  readonly venue: Venue;
  readonly market: MarketOptions & { readonly instruments: readonly string[] };
  readonly decoder: Decoder;
  /** Stored ticks by instrument number: id, and how it reads. */
  readonly stored = new Map<number, Map<number, string>>();
  twice = 0;
  readonly #batch = new TickBatch(CAPACITY);
  readonly #stop = new AbortController();
  #offset = 0;
  #simulator: Simulator | undefined;
  #stream: Stream | undefined;
  #history: History | undefined;
  #running: Promise<void> = Promise.resolve();

  private constructor(protocol: ProtocolName, symbols: readonly string[]) {
    this.venue = catalogue.venue(protocol);
    this.market = { seed: 42, instruments: symbols, ratePerSecond: 60 };
    for (const symbol of symbols) {
      this.table.add(this.venue.instrument(instrumentKey(`${this.venue.segment}|${symbol}`)));
    }
    this.ledger.attach(this.deduplicator);
    this.decoder = this.venue.createDecoder(this.table);
  }

  static async start(
    protocol: ProtocolName,
    symbols: readonly string[],
    faults: Partial<Faults> = {},
  ): Promise<LiveVenue> {
    const live = new LiveVenue(protocol, symbols);
    await live.#start(protocol, faults);
    return live;
  }

  get simulator(): Simulator {
    if (this.#simulator === undefined) throw new Error('not started');
    return this.#simulator;
  }

  get stream(): Stream {
    if (this.#stream === undefined) throw new Error('not started');
    return this.#stream;
  }

  get history(): History {
    if (this.#history === undefined) throw new Error('not started');
    return this.#history;
  }

  /** Lets market time pass, sockets getting their turns. */
  async pass(ms: number): Promise<void> {
    const endMs = this.clock.monotonicMs() + ms;
    while (this.clock.monotonicMs() < endMs) await this.#step();
  }

  async until(isSo: () => boolean): Promise<void> {
    for (let steps = 0; steps < 4_000; steps++) {
      if (isSo()) return;
      await this.#step();
    }
    throw new Error(`it never was so: ${isSo.toString()}`);
  }

  /** The promise's value; time passes meanwhile. */
  async during<T>(promise: Promise<T>): Promise<T> {
    const done = { isOver: false };
    const end = (): void => {
      done.isOver = true;
    };
    promise.then(end, end);
    while (!done.isOver) await this.#step();
    return promise;
  }

  /** The script of an instrument from the first to the last stored tick. */
  script(instrument: number): Map<number, string> {
    const ids = [...(this.stored.get(instrument)?.keys() ?? [])];
    const [first, last] = [Math.min(...ids), Math.max(...ids)];
    const symbol = this.table.at(instrument).venueSymbol;
    const span = { fromMicros: (NOON - 60_000) * 1000, toMicros: this.clock.nowMicros() };
    const trades = [...generateTrades({ ...this.market, instrument: symbol, ...span })];
    const wanted = trades.filter(({ id }) => id >= first && id <= last);
    return new Map(wanted.map((trade) => [trade.id, scripted(trade)]));
  }

  /** Ids of the script between the first and the last stored one that are not stored. */
  missing(instrument: number): number[] {
    const stored = this.stored.get(instrument);
    return [...this.script(instrument).keys()].filter((id) => stored?.has(id) !== true);
  }

  /** Stored ticks that are not what the script says of their id. */
  different(instrument: number): number[] {
    const script = this.script(instrument);
    return [...(this.stored.get(instrument) ?? [])].flatMap(([id, text]) =>
      script.get(id) === text ? [] : id,
    );
  }

  /** The script's one-minute candles: open time, open, high, low, close, volume to six decimals. */
  scriptedCandles(symbol: string, span: { fromMicros: number; toMicros: number }): (number | string)[][] {
    const candles = new Map<number, number[]>();
    for (const trade of generateTrades({ ...this.market, instrument: symbol, ...span })) {
      const open = Math.floor(trade.timeMs / 60_000) * 60_000_000;
      const price = Number(trade.price);
      const candle = candles.get(open) ?? [price, price, price, price, 0];
      const [first = 0, high = 0, low = 0, , volume = 0] = candle;
      const folded = [
        first,
        Math.max(high, price),
        Math.min(low, price),
        price,
        volume + Number(trade.quantity),
      ];
      candles.set(open, folded);
    }
    return [...candles].map(([open, [o = 0, h = 0, l = 0, c = 0, v = 0]]) => [
      open,
      o,
      h,
      l,
      c,
      v.toFixed(6),
    ]);
  }

  /** Whether an open gap names the id. */
  isListed(instrument: number, id: number): boolean {
    const { key } = this.table.at(instrument);
    return this.ledger
      .open()
      .some(
        (gap) =>
          gap.instrument === key && gap.fromId >= 0 && gap.fromId <= id && (gap.toId < 0 || id <= gap.toId),
      );
  }

  /** Asks the venue's history for the span of each instrument's gaps; again when the venue is asked too much. */
  async heal(): Promise<void> {
    for (const instrument of this.table.list()) {
      const gaps = this.ledger.open().filter(({ fromId, toId, ...gap }) => {
        return gap.instrument === instrument.key && fromId >= 0 && toId >= 0;
      });
      if (gaps.length === 0) continue;
      const ask = {
        instrument,
        streamKind: 'trade' as const,
        fromId: Math.min(...gaps.map(({ fromId }) => fromId)),
        toId: Math.max(...gaps.map(({ toId }) => toId)),
        fromMicros: Math.min(...gaps.map(({ fromMicros }) => fromMicros)),
      };
      const filled = await this.during(this.#patiently(() => this.history.fillTrades(ask)));
      if (!filled.isComplete) throw new Error(`not filled: ${JSON.stringify(filled)}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.during(this.#running);
    await this.during(this.simulator.stop());
  }

  async #start(protocol: ProtocolName, faults: Partial<Faults>): Promise<void> {
    const { clock } = this;
    this.#simulator = await startSimulator({ ...this.market, protocol, port: 0, clock, log, faults });
    const { ws, rest } = this.#simulator.url;
    this.#stream = this.venue.createStream({
      instruments: this.table.list(),
      streamKind: 'trade',
      wsUrl: ws,
      sink: this.#sink(),
      clock,
      log,
      calendars,
      lastTickMicros: (key) => Math.max(0, this.deduplicator.lastReceiveMicros(this.table.indexOf(key))),
      limits: { backoffMinMs: 50, backoffMaxMs: 400, requestSpacingMs: 20 },
    });
    this.#history = this.venue.history({
      restUrl: rest,
      clock,
      log,
      onAnswer: (bytes, micros) =>
        this.#take((batch) => this.decoder.decodeAnswer(bytes, micros, this.#offset++, batch)),
    });
    this.#running = this.#stream.run(this.#stop.signal);
    this.#running.catch(() => undefined);
  }

  #sink(): FrameSink {
    return {
      message: (_connection, micros, bytes) =>
        this.#take((batch) => this.decoder.decode(bytes, micros, this.#offset++, batch)),
      control: (_connection, event) =>
        this.ledger.control(event, { receiveMicros: this.clock.nowMicros(), offset: this.#offset++ }),
    };
  }

  #take(decode: (batch: TickBatch) => unknown): void {
    const batch = this.#batch;
    batch.clear();
    decode(batch);
    this.deduplicator.accept(batch);
    for (let row = 0; row < batch.count; row++) {
      const instrument = batch.instrument[row];
      const ticks = this.stored.get(instrument) ?? new Map<number, string>();
      this.stored.set(instrument, ticks);
      if (ticks.has(batch.tradeId[row])) this.twice++;
      const [price, quantity, side] = [batch.price[row], batch.quantity[row], batch.side[row]];
      ticks.set(batch.tradeId[row], told({ price, quantity, side, eventMicros: batch.eventTime[row] }));
    }
  }

  async #patiently<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (error instanceof RateLimitedError) await this.clock.sleep(error.retryAfterMs);
        else if (!(error instanceof VenueUnreachableError)) throw error;
      }
    }
  }

  async #step(): Promise<void> {
    await this.clock.advance(40);
    await realSleep(1);
  }
}

function scripted({ price, quantity, isBuyerMaker, timeMs }: SimulatedTrade): string {
  const side = isBuyerMaker ? 2 : 1;
  return told({ price: Number(price), quantity: Number(quantity), side, eventMicros: timeMs * 1000 });
}
