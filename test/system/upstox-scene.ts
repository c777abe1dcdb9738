// The Upstox venue against the simulated one, over real sockets, on one manual clock: what a stream tells goes through the
// decoder, the de-duplicator, the gap ledger and the candle builder, as in the ingestor.
import { setTimeout as realSleep } from 'node:timers/promises';
import {
  calendars,
  CandleBuilder,
  Deduplicator,
  GapLedger,
  instrumentKey,
  InstrumentTable,
  TickBatch,
  TickKind,
} from '@tickwright/market';
import type { ControlEvent, Instrument } from '@tickwright/market';
import { ManualClock } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { generateTrades, startSimulator } from '@tickwright/simulator';
import type { Simulator, SimulatorOptions } from '@tickwright/simulator';
import { catalogue } from '@tickwright/venues';
import type {
  Decoder,
  FrameSink,
  History,
  Stream,
  StreamOptions,
  TokenSource,
  VenueCandle,
} from '@tickwright/venues';

export const SILENT_LOG: Log = { debug() {}, info() {}, warn() {}, error() {} };
/** A Wednesday, 09:13:55 in India: so long before the open that the session counts as seen whole. */
export const BEFORE_OPEN = Date.UTC(2026, 6, 1, 3, 43, 55) * 1000;
export const OPEN = Date.UTC(2026, 6, 1, 3, 45) * 1000;
export const MARKET = { seed: 7, instruments: ['ALPHA', 'BRAVO', 'CHARLIE'], ratePerSecond: 60 };

/** A token that a test changes. */
export class TestTokens implements TokenSource {
  readonly refusals: string[] = [];
  readonly #listeners = new Set<() => void>();
  value: string | undefined;

  constructor(value: string | undefined) {
    this.value = value;
  }

  async read(): Promise<string | undefined> {
    return this.value;
  }

  refused(token: string): void {
    this.refusals.push(token);
  }

  onRenewed(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  renew(value: string): void {
    this.value = value;
    for (const listener of this.#listeners) listener();
  }
}

export interface SceneOptions {
  readonly keys?: readonly string[];
  readonly startMicros?: number;
  readonly simulator?: Partial<SimulatorOptions>;
  readonly stream?: Partial<StreamOptions>;
  /** Connect by the redirect instead of by an authorized address. */
  readonly isByRedirect?: boolean;
}

export class UpstoxScene implements FrameSink, AsyncDisposable {
  readonly table = new InstrumentTable();
  readonly events: string[] = [];
  readonly minutes: { key: string; candle: VenueCandle }[] = [];
  readonly tokens = new TestTokens('token-one');
  rightToken = 'token-one';
  frames = 0;
  readonly clock: ManualClock;
  readonly simulator: Simulator;
  readonly stream: Stream;
  readonly decoder: Decoder;
  readonly deduplicator: Deduplicator;
  readonly candles: CandleBuilder;
  readonly #gaps: GapLedger;
  readonly #batch = new TickBatch(8192);
  readonly #volume: number[] = [];
  readonly #last: number[] = [];
  readonly #before: number[] = [];
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #offset = 0;

  private constructor(options: SceneOptions, parts: { clock: ManualClock; simulator: Simulator }) {
    this.clock = parts.clock;
    this.simulator = parts.simulator;
    const { clock, table, tokens } = this;
    const venue = catalogue.venue('upstox');
    const keys = options.keys ?? MARKET.instruments.map((name) => `NSE_EQ|${name}`);
    const instruments = keys.map((key) => venue.instrument(instrumentKey(key)));
    for (const instrument of instruments) table.add(instrument);
    this.#gaps = new GapLedger({ instruments: table, calendars });
    this.deduplicator = new Deduplicator({ instruments: table, gaps: this.#gaps, calendars });
    this.#gaps.attach(this.deduplicator);
    this.candles = new CandleBuilder({ instruments: table, calendars, memoryHours: 3 });
    this.decoder = venue.createDecoder(table, {
      onVenueCandle: (number, candle) => this.minutes.push({ key: table.at(number).key, candle }),
    });
    this.stream = venue.createStream({
      instruments,
      streamKind: 'trade',
      restUrl: this.simulator.url.rest,
      ...(options.isByRedirect === true ? { wsUrl: this.simulator.url.ws } : {}),
      tokens,
      sink: this,
      clock,
      log: SILENT_LOG,
      calendars,
      random: () => 0.5,
      lastTickMicros: (key) => Math.max(0, this.deduplicator.lastReceiveMicros(table.indexOf(key))),
      ...options.stream,
    });
    this.#running = this.stream.run(this.#stop.signal);
  }

  static async open(options: SceneOptions = {}): Promise<UpstoxScene> {
    const clock = new ManualClock({ startMicros: options.startMicros ?? BEFORE_OPEN });
    const right: { scene: UpstoxScene | undefined } = { scene: undefined };
    const simulator = await startSimulator({
      ...MARKET,
      port: 0,
      protocol: 'upstox',
      clock,
      log: SILENT_LOG,
      ...options.simulator,
      upstox: { token: () => right.scene?.rightToken ?? 'token-one', ...options.simulator?.upstox },
    });
    const scene = new UpstoxScene(options, { clock, simulator });
    right.scene = scene;
    return scene;
  }

  message(_connection: string, receiveTimeMicros: number, bytes: Buffer): void {
    this.frames++;
    this.#batch.clear();
    this.decoder.decode(bytes, receiveTimeMicros, this.#offset++, this.#batch);
    this.deduplicator.accept(this.#batch);
    this.candles.fold(this.#batch);
    const { instrument, volume, cumulativeVolume, kind, count } = this.#batch;
    for (let row = 0; row < count; row++) {
      const number = instrument[row];
      if (kind[row] === TickKind.conflated) this.#volume[number] = (this.#volume[number] ?? 0) + volume[row];
      // Before the open the venue tells of the session before.
      if (this.#batch.eventTime[row] < OPEN) this.#before[number] = this.deduplicator.gapVolume(number);
      else this.#last[number] = Math.max(this.#last[number] ?? 0, cumulativeVolume[row]);
    }
  }

  control(connection: string, event: ControlEvent): void {
    const detail = 'instruments' in event ? ` ${event.instruments.length}` : '';
    this.events.push(`${connection} ${event.type}${detail}`);
    this.#gaps.control(event, { receiveMicros: this.clock.nowMicros(), offset: this.#offset++ });
  }

  /** Volume in candles, volume that went to gaps, and the venue's own sum, by instrument. */
  accounts(): { key: string; traded: number; missed: number; told: number }[] {
    return this.table.list().map(({ key }, number) => ({
      key,
      traded: this.#volume[number] ?? 0,
      missed: this.deduplicator.gapVolume(number) - (this.#before[number] ?? 0),
      told: this.#last[number] ?? 0,
    }));
  }

  states(): Record<string, string> {
    return Object.fromEntries(this.stream.states().map(({ instrument, state }) => [instrument, state]));
  }

  history(): History {
    const { restUrl, tokens, clock } = {
      restUrl: this.simulator.url.rest,
      tokens: this.tokens,
      clock: this.clock,
    };
    return catalogue.venue('upstox').history({ restUrl, tokens, clock, log: SILENT_LOG, onAnswer: () => {} });
  }

  /** Lets time pass step by step, real sockets getting their turns. */
  async until(isSo: () => boolean, stepMs = 100): Promise<void> {
    for (let i = 0; i < 20_000; i++) {
      if (isSo()) return;
      await this.clock.advance(stepMs);
      await realSleep(1);
    }
    throw new Error(`it never was so: ${isSo.toString()}\n${this.events.slice(-20).join('\n')}`);
  }

  async pass(ms: number, stepMs = 100): Promise<void> {
    const end = this.clock.monotonicMs() + ms;
    await this.until(() => this.clock.monotonicMs() >= end, stepMs);
  }

  /** A promise that needs time to pass. */
  async during<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const over = work.finally(() => (isOver = true));
    void over.catch(() => {});
    await this.until(() => isOver, 20);
    return await over;
  }

  /** Quantities of the script's trades in [from, to), in the venue's whole units. */
  scripted(symbol: string, fromMicros: number, toMicros: number, market = MARKET): number {
    const decimals = this.simulator.instruments.find((one) => one.symbol === symbol)?.quantityDecimals ?? 0;
    let units = 0;
    for (const { quantity } of generateTrades({ ...market, instrument: symbol, fromMicros, toMicros })) {
      units += Math.round(Number(quantity) * 10 ** decimals);
    }
    return units;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    let isOver = false;
    void this.#running.catch(() => {}).then(() => (isOver = true));
    await this.until(() => isOver);
    let isStopped = false;
    void this.simulator.stop().then(() => (isStopped = true));
    await this.until(() => isStopped);
  }
}

export function instrumentsOf(...keys: string[]): Instrument[] {
  return keys.map((key) => catalogue.venue('upstox').instrument(instrumentKey(key)));
}
