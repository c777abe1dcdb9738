import type { FaultControl } from '../faults/fault-control.ts';
import { fraction, hashPair, hashWide } from '../market/hash.ts';
import type { SimulatedInstrument } from '../market/instruments.ts';
import type { SimulatorStats } from '../stats.ts';
import { Channel } from './channel.ts';
import type { Client } from './client.ts';
import { feedEntry, feedFrame, marketInfoFrame } from './feed-messages.ts';
import type { Mode } from './feed-messages.ts';
import type { Hours } from './hours.ts';

/** Orders folded in one step: about 2 ms. */
const ORDERS_A_STEP = 10_000;
/** So often an instrument without a trade is told of with another depth. */
const DEPTH_ONLY = 1 / 8;

export interface MarketOptions {
  readonly instruments: readonly SimulatedInstrument[];
  readonly hours: Hours;
  readonly conflateMs: number;
  readonly faults: FaultControl;
  readonly stats: SimulatorStats;
  readonly nowMs: number;
}

/**
 * Streams the market conflated: at each moment of a grid that all share, an instrument that traded since the moment before
 * is told of once, with its last trade and the session's volume. Who subscribes gets a snapshot of the last moment first.
 */
export class Market {
  readonly #options: MarketOptions;
  readonly #bySymbol: ReadonlyMap<string, SimulatedInstrument>;
  readonly #channels = new Map<string, Channel>();
  /** Those that do not stand at the last moment yet. */
  readonly #opened = new Set<Channel>();
  readonly #clients = new Set<Client>();
  /** The moment that was told last. */
  #toldMs: number;
  #isOpen: boolean;

  constructor(options: MarketOptions) {
    this.#options = options;
    this.#bySymbol = new Map(options.instruments.map((each) => [each.symbol, each]));
    this.#toldMs = Math.floor(options.nowMs / options.conflateMs) * options.conflateMs;
    this.#isOpen = options.hours.isOpen(this.#toldMs);
  }

  /** The instrument of a key such as `NSE_EQ|ALPHA`, whatever its segment. */
  instrumentOf(key: string): SimulatedInstrument | undefined {
    return this.#bySymbol.get(key.slice(key.indexOf('|') + 1));
  }

  join(client: Client): void {
    this.#clients.add(client);
    client.deliver(marketInfoFrame(this.#isOpen, this.#toldMs));
  }

  leave(client: Client): void {
    this.#clients.delete(client);
  }

  /** One step towards a time; answers whether it is reached. */
  stepTowards(nowMs: number): boolean {
    const { conflateMs, faults, hours } = this.#options;
    this.#open();
    if (!this.#advance(this.#toldMs)) return false;
    for (const channel of this.#opened) channel.fresh = 0;
    this.#opened.clear();
    this.#tellSnapshots();
    const nextMs = this.#toldMs + conflateMs;
    if (nextMs > nowMs - (faults.current.delay?.ms ?? 0)) return true;
    if (!this.#advance(nextMs)) return false;
    this.#toldMs = nextMs;
    // Before the exchange is said to have closed: its last trades are of the session.
    this.#tell();
    if (hours.isOpen(nextMs) !== this.#isOpen) {
      this.#isOpen = !this.#isOpen;
      for (const client of this.#clients) client.deliver(marketInfoFrame(this.#isOpen, nextMs));
    }
    return false;
  }

  /** Channels for what is subscribed, and none for what no longer is. */
  #open(): void {
    const wanted = new Set([...this.#clients].flatMap((client) => [...client.keys.keys()]));
    for (const key of this.#channels.keys()) if (!wanted.has(key)) this.#channels.delete(key);
    for (const key of wanted) {
      const instrument = this.instrumentOf(key);
      if (instrument === undefined || this.#channels.has(key)) continue;
      const channel = new Channel(instrument, this.#options.hours);
      this.#channels.set(key, channel);
      this.#opened.add(channel);
    }
  }

  #advance(toMs: number): boolean {
    for (const channel of this.#channels.values()) if (!channel.advance(toMs, ORDERS_A_STEP)) return false;
    return true;
  }

  #tellSnapshots(): void {
    for (const client of this.#clients) {
      const keys = client.takeUntold().filter((key) => this.#channels.has(key));
      if (keys.length === 0) continue;
      const entries = keys.map((key) => this.#entry(key, client.keys.get(key) ?? 'ltpc'));
      client.deliver(feedFrame('initial_feed', entries, this.#toldMs));
    }
  }

  /** One frame a client: what changed at this moment, each instrument and mode encoded once. */
  #tell(): void {
    const changed = [...this.#channels].filter(([key, channel]) => this.#changed(key, channel));
    const encoded = new Map<string, Uint8Array>();
    for (const client of this.#clients) {
      const entries: Uint8Array[] = [];
      for (const [key] of changed) {
        const mode = client.keys.get(key);
        if (mode === undefined) continue;
        const name = `${mode} ${key}`;
        const entry = encoded.get(name) ?? this.#entry(key, mode);
        encoded.set(name, entry);
        entries.push(entry);
      }
      if (entries.length > 0) client.deliver(feedFrame('live_feed', entries, this.#toldMs));
    }
  }

  #changed(key: string, channel: Channel): boolean {
    if (!this.#isOpen) return false;
    const chance = fraction(hashWide(hashPair(channel.instrument.hash, 0x0dd5), this.#toldMs));
    if (channel.fresh === 0) return chance < DEPTH_ONLY && !key.includes('_INDEX|');
    // What is left out here the next update's volume shows.
    const { skipIds } = this.#options.faults.current;
    if (skipIds !== null && chance < skipIds.probability) {
      this.#options.stats.skipped += 1;
      return false;
    }
    channel.fresh = 0;
    return true;
  }

  #entry(key: string, mode: Mode): Uint8Array {
    const channel = this.#channels.get(key);
    if (channel === undefined) throw new RangeError(`no channel for ${key}`);
    return feedEntry(key, channel, { mode, salt: Math.floor(this.#toldMs / this.#options.conflateMs) });
  }
}
