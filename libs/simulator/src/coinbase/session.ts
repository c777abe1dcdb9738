import type { Clock } from '@tickwright/runtime';
import { newestTradeId, tradesBetween } from '../market/newest.ts';
import type { SimulatedInstrument } from '../market/instruments.ts';
import type { Broadcaster } from '../stream/broadcaster.ts';
import type { Connection } from '../stream/connection.ts';
import { RequestRate } from '../stream/request-rate.ts';
import type { VenueSession } from '../stream/stream-server.ts';
import { readRequest, type ProductChannel } from './control-request.ts';
import { MatchMessages } from './match-messages.ts';

const SUBSCRIBE_WITHIN_MS = 5_000;
const HEARTBEAT_EVERY_MS = 1_000;
/** Looked back at most so far for a trade that is not skipped. */
const LOOK_BACK = 100;

export interface SessionOptions {
  readonly connection: Connection;
  readonly broadcaster: Broadcaster;
  readonly clock: Clock;
  readonly maxMessagesPerSecond: number;
}

/** What a client has asked for on its connection: channels, and of each the products. */
export class CoinbaseSession implements VenueSession {
  readonly connection: Connection;
  readonly #options: SessionOptions;
  readonly #rate: RequestRate;
  readonly #channels = new Map<string, Set<string>>();
  readonly #openedMs: number;
  #beatMs: number;
  #hasSubscribed = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.connection = options.connection;
    this.#rate = new RequestRate(options.maxMessagesPerSecond);
    this.#openedMs = options.clock.monotonicMs();
    this.#beatMs = this.#openedMs;
  }

  noteMessage(nowMs: number): boolean {
    if (!this.#rate.isExceededBy(nowMs)) return true;
    this.connection.refuse('Too many requests');
    return false;
  }

  handle(text: string): void {
    const { broadcaster } = this.#options;
    const request = readRequest(text, (product) => broadcaster.has(product));
    if ('reason' in request) {
      this.#say({ type: 'error', message: request.message, reason: request.reason });
      return;
    }
    const isSubscribing = request.type === 'subscribe';
    const fresh = request.wanted.filter((each) => this.#has(each) !== isSubscribing);
    for (const each of fresh) this.#change(each, isSubscribing);
    this.#say({ type: 'subscriptions', channels: this.#list() });
    if (!isSubscribing) return;
    this.#hasSubscribed = true;
    for (const { channel, product } of fresh) if (channel === 'matches') this.#follow(product);
  }

  /** Heartbeats and tickers, once a second; and the end of a client that asks for nothing. */
  age(): void {
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    if (!this.#hasSubscribed && nowMs - this.#openedMs >= SUBSCRIBE_WITHIN_MS) {
      this.connection.refuse('subscribe within 5 seconds');
      return;
    }
    if (nowMs - this.#beatMs < HEARTBEAT_EVERY_MS) return;
    this.#beatMs = nowMs;
    for (const product of this.#channels.get('heartbeat') ?? []) this.#beat(product);
    for (const product of this.#channels.get('ticker') ?? []) this.#tick(product);
  }

  end(): void {
    for (const product of this.#channels.get('matches') ?? []) this.#leave(product);
  }

  /** The newest id that has been streamed, the skipped ones too: they are what a heartbeat is for. */
  #beat(product: string): void {
    const instrument = this.#instrument(product);
    if (instrument === undefined) return;
    const { toldMs } = this.#options.broadcaster;
    const lastTradeId = newestTradeId(instrument, toldMs);
    this.connection.answer(new MatchMessages(instrument).heartbeat({ lastTradeId, nowMs: toldMs }));
  }

  #tick(product: string): void {
    const instrument = this.#instrument(product);
    const trade =
      instrument === undefined ? undefined : this.#lastTrade(instrument, this.#options.broadcaster.toldMs);
    if (instrument === undefined || trade === undefined) return;
    this.connection.answer(new MatchMessages(instrument).ticker(trade));
  }

  /** The trade before the subscription, then every later one. */
  #follow(product: string): void {
    const { broadcaster, clock, connection } = this.#options;
    const instrument = this.#instrument(product);
    if (instrument === undefined) return;
    const afterMs = Math.floor(clock.nowMicros() / 1000);
    const last = this.#lastTrade(instrument, afterMs);
    if (last !== undefined) connection.answer(new MatchMessages(instrument).lastMatch(last));
    broadcaster.subscribe(connection, { name: product, symbol: product, kind: 'trade' }, afterMs);
  }

  #leave(product: string): void {
    const { broadcaster, connection } = this.#options;
    broadcaster.unsubscribe(connection, { name: product, symbol: product, kind: 'trade' });
  }

  #lastTrade(instrument: SimulatedInstrument, ms: number) {
    const toId = newestTradeId(instrument, ms);
    const trades = tradesBetween(instrument, { fromId: toId - LOOK_BACK, toId });
    return trades.findLast(({ id }) => !this.#options.broadcaster.isSkipped(instrument, id));
  }

  #has({ channel, product }: ProductChannel): boolean {
    return this.#channels.get(channel)?.has(product) === true;
  }

  #change({ channel, product }: ProductChannel, isSubscribing: boolean): void {
    const products = this.#channels.get(channel) ?? new Set();
    this.#channels.set(channel, products);
    if (isSubscribing) products.add(product);
    else products.delete(product);
    if (products.size === 0) this.#channels.delete(channel);
    if (!isSubscribing && channel === 'matches') this.#leave(product);
  }

  #list(): object[] {
    return [...this.#channels].map(([name, products]) => ({ name, product_ids: [...products] }));
  }

  #instrument(product: string): SimulatedInstrument | undefined {
    return this.#options.broadcaster.instrument(product);
  }

  #say(message: object): void {
    this.connection.answer(JSON.stringify(message));
  }
}
