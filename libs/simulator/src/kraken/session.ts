import type { Clock } from '@tickwright/runtime';
import { newestTradeId, tradesBetween } from '../market/newest.ts';
import type { Broadcaster } from '../stream/broadcaster.ts';
import type { Connection } from '../stream/connection.ts';
import { RequestRate } from '../stream/request-rate.ts';
import type { VenueSession } from '../stream/stream-server.ts';
import { TradeRows } from './trade-rows.ts';

const SNAPSHOT_TRADES = 50;
const HEARTBEAT_AFTER_MS = 1_000;

export interface SessionOptions {
  readonly connection: Connection;
  readonly broadcaster: Broadcaster;
  readonly clock: Clock;
  readonly maxMessagesPerSecond: number;
}

interface Asked {
  readonly method: unknown;
  readonly id: { readonly req_id?: unknown };
  readonly channel: unknown;
  readonly symbols: readonly string[];
  readonly hasSnapshot: boolean;
}

/** What a client has asked for on its connection. */
export class KrakenSession implements VenueSession {
  readonly connection: Connection;
  readonly #options: SessionOptions;
  readonly #rate: RequestRate;
  readonly #symbols = new Set<string>();
  #quietSinceMs: number;
  #sentBefore = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.connection = options.connection;
    this.#rate = new RequestRate(options.maxMessagesPerSecond);
    this.#quietSinceMs = options.clock.monotonicMs();
    this.#say({
      channel: 'status',
      type: 'update',
      data: [{ system: 'online', api_version: 'v2', connection_id: 1, version: 'simulated' }],
    });
  }

  noteMessage(nowMs: number): boolean {
    if (!this.#rate.isExceededBy(nowMs)) return true;
    this.connection.refuse('Too many requests');
    return false;
  }

  handle(text: string): void {
    const asked = read(text);
    switch (asked?.method) {
      case 'ping':
        this.#say({ method: 'pong', ...asked.id, ...this.#times() });
        break;
      case 'subscribe':
        for (const symbol of asked.symbols) this.#subscribe(symbol, asked);
        break;
      case 'unsubscribe':
        for (const symbol of asked.symbols) this.#unsubscribe(symbol, asked);
        break;
      default:
        this.#say({ error: 'Malformed request', method: 'error', success: false, ...this.#times() });
    }
  }

  /** A heartbeat when nothing else was sent for a second. */
  age(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const { sentMessages } = this.connection;
    if (sentMessages !== this.#sentBefore) {
      this.#sentBefore = sentMessages;
      this.#quietSinceMs = nowMs;
    } else if (this.#symbols.size > 0 && nowMs - this.#quietSinceMs >= HEARTBEAT_AFTER_MS) {
      this.#quietSinceMs = nowMs;
      this.#say({ channel: 'heartbeat' });
    }
  }

  end(): void {
    for (const symbol of this.#symbols) this.#leave(symbol);
  }

  #subscribe(symbol: string, { id, channel, hasSnapshot }: Asked): void {
    const { broadcaster, clock, connection } = this.#options;
    const instrument = channel === 'trade' ? broadcaster.instrument(symbol) : undefined;
    if (instrument === undefined) return this.#refuse(symbol, id, `Currency pair not supported ${symbol}`);
    if (this.#symbols.has(symbol)) return this.#refuse(symbol, id, 'Already subscribed');
    this.#symbols.add(symbol);
    const result = { channel: 'trade', snapshot: hasSnapshot, symbol };
    this.#say({ method: 'subscribe', ...id, result, success: true, ...this.#times() });
    const afterMs = Math.floor(clock.nowMicros() / 1000);
    if (hasSnapshot) {
      const toId = newestTradeId(instrument, afterMs);
      const trades = tradesBetween(instrument, { fromId: toId - SNAPSHOT_TRADES + 1, toId });
      const told = trades.filter((trade) => !broadcaster.isSkipped(instrument, trade.id));
      if (told.length > 0) connection.answer(new TradeRows(instrument).snapshot(told));
    }
    broadcaster.subscribe(connection, { name: symbol, symbol, kind: 'trade' }, afterMs);
  }

  #unsubscribe(symbol: string, { id }: Asked): void {
    if (!this.#symbols.delete(symbol))
      return this.#refuse(symbol, id, 'Subscription Not Found', 'unsubscribe');
    this.#leave(symbol);
    const result = { channel: 'trade', symbol };
    this.#say({ method: 'unsubscribe', ...id, result, success: true, ...this.#times() });
  }

  #leave(symbol: string): void {
    const { broadcaster, connection } = this.#options;
    broadcaster.unsubscribe(connection, { name: symbol, symbol, kind: 'trade' });
  }

  #refuse(symbol: string, id: Asked['id'], error: string, method = 'subscribe'): void {
    this.#say({ error, method, ...id, success: false, symbol, ...this.#times() });
  }

  #times(): object {
    const time = new Date(this.#options.clock.nowMicros() / 1000).toISOString().replace('Z', '000Z');
    return { time_in: time, time_out: time };
  }

  #say(message: object): void {
    this.connection.answer(JSON.stringify(message));
  }
}

function read(text: string): Asked | undefined {
  try {
    const { method, params, req_id } = Object(JSON.parse(text)) as Record<string, unknown>;
    const { channel, symbol, snapshot } = Object(params) as Record<string, unknown>;
    const symbols = Array.isArray(symbol) ? symbol.filter((each) => typeof each === 'string') : [];
    const id = req_id === undefined ? {} : { req_id };
    return { method, id, channel, symbols, hasSnapshot: snapshot === true };
  } catch {
    return undefined;
  }
}
