import type { JournalSink } from '../intake/journal-sink.ts';
import { KEYS, START, SYMBOLS, answerOf, messageOf } from '../core-fixture.ts';
import type { Trade } from '../core-fixture.ts';
import type { Oracle } from './oracle-fixture.ts';
import type { World } from './world-fixture.ts';

/** Where a seed's venue is rough, as shares of trades. */
export interface VenueFaults {
  readonly lost: number;
  readonly doubled: number;
  readonly swapped: number;
  readonly late: number;
}

const LATE_MAX = 40;
const ANSWER_ROWS_MAX = 20;

interface Connection {
  readonly name: string;
  isOpen: boolean;
  isAcknowledged: boolean;
  /** What is on its way to us. */
  outbox: Trade[];
}

/** A venue that trades by the world's chance, and the two connections over which it tells of it. */
export class SimulatedVenue {
  readonly #world: World;
  readonly #oracle: Oracle;
  readonly #faults: VenueFaults;
  readonly #trades = new Map<string, Trade[]>(SYMBOLS.map((symbol) => [symbol, []]));
  readonly #connections: Connection[] = ['ws-1', 'ws-2'].map((name) => newConnection(name));
  #late: Trade[] = [];

  constructor(world: World, oracle: Oracle, faults: VenueFaults) {
    this.#world = world;
    this.#oracle = oracle;
    this.#faults = faults;
  }

  /** The other side is gone: connections end, and nobody hears of it. */
  lostClient(): void {
    for (const each of this.#connections) Object.assign(each, newConnection(each.name));
  }

  /** Trades happen, and are put on their way where somebody listens. */
  trade(count: number): void {
    for (let made = 0; made < count; made += 1) {
      const trade = this.#next();
      for (const each of this.#connections) if (each.isOpen) this.#send(each, trade);
    }
  }

  /** One read of a socket: a few messages at once. */
  deliver(sink: JournalSink): void {
    const ready = this.#connections.filter(({ isOpen, outbox }) => isOpen && outbox.length > 0);
    if (ready.length === 0) return;
    const connection = this.#world.pick(ready);
    const trades = connection.outbox.splice(0, this.#world.between(1, 8));
    this.#world.say(`${connection.name}: ${trades.map(({ symbol, id }) => `${symbol} ${id}`).join(', ')}`);
    for (const trade of trades) this.#message(sink, connection.name, messageOf(trade), [trade]);
  }

  /** Something that is no trade, or no longer one. */
  rubbish(sink: JournalSink): void {
    const open = this.#connections.find(({ isOpen }) => isOpen);
    if (open === undefined) return;
    const whole = messageOf({ symbol: 'BTCUSDT', id: 7, price: '1', quantity: '1', timeMicros: START });
    const kind = this.#world.pick(['cut', 'noise', 'reply', 'unknown', 'badPrice']);
    this.#world.say(`${open.name}: rubbish, ${kind}`);
    const bytes = {
      cut: whole.subarray(0, this.#world.between(1, whole.length - 1)),
      noise: Buffer.from(Array.from({ length: 40 }, () => this.#world.between(0, 255))),
      reply: Buffer.from('{"result":null,"id":3}'),
      unknown: messageOf({ symbol: 'XYZUSDT', id: 7, price: '1', quantity: '1', timeMicros: START }),
      badPrice: messageOf({ symbol: 'BTCUSDT', id: 7, price: '-1', quantity: '1', timeMicros: START }),
    }[kind];
    if (bytes !== undefined) this.#message(sink, open.name, bytes, []);
  }

  /** A REST answer over a range of ids, new ones and old ones. */
  answer(sink: JournalSink): void {
    const symbol = this.#world.pick(SYMBOLS);
    const all = this.#trades.get(symbol) ?? [];
    if (all.length === 0) return;
    const from = this.#world.between(0, all.length - 1);
    const rows = all.slice(from, from + this.#world.between(1, ANSWER_ROWS_MAX));
    this.#world.say(`rest: ${symbol} ${rows[0].id} and ${rows.length - 1} more`);
    this.#answer(sink, symbol, rows);
  }

  /** All there ever was, once more: nothing of it may count twice, and nothing is missing afterwards. */
  *everything(sink: JournalSink): Generator<() => void> {
    for (const [symbol, all] of this.#trades) {
      for (let from = 0; from < all.length; from += ANSWER_ROWS_MAX) {
        yield () => this.#answer(sink, symbol, all.slice(from, from + ANSWER_ROWS_MAX));
      }
    }
  }

  /** A connection opens, is acknowledged, or ends. */
  change(sink: JournalSink): void {
    const connection = this.#world.pick(this.#connections);
    if (!connection.isOpen) this.#open(sink, connection);
    else if (!connection.isAcknowledged) this.#acknowledge(sink, connection);
    else this.#end(sink, connection);
  }

  /** At least one connection tells trades. */
  listen(sink: JournalSink): void {
    if (this.#connections.some(({ isOpen }) => isOpen)) return;
    this.#open(sink, this.#connections[0]);
    this.#acknowledge(sink, this.#connections[0]);
  }

  stale(sink: JournalSink): void {
    const open = this.#connections.find(({ isOpen }) => isOpen);
    if (open === undefined) return;
    this.#world.say(`${open.name}: stale`);
    sink.control(open.name, { type: 'stale', instruments: [this.#world.pick(KEYS)] });
  }

  /** Late trades arrive at last. */
  sendLate(): void {
    const open = this.#connections.find(({ isOpen }) => isOpen);
    if (open === undefined) return;
    open.outbox.push(...this.#late.splice(0, this.#world.between(1, 5)));
  }

  #open(sink: JournalSink, connection: Connection): void {
    this.#world.say(`${connection.name} opens`);
    const isAlone = this.#connections.every(({ isOpen }) => !isOpen);
    connection.isOpen = true;
    sink.control(connection.name, { type: 'connected', url: 'ws://simulation' });
    if (isAlone) sink.control(connection.name, { type: 'requested', instruments: KEYS });
  }

  #acknowledge(sink: JournalSink, connection: Connection): void {
    this.#world.say(`${connection.name} is acknowledged`);
    connection.isAcknowledged = true;
    sink.control(connection.name, { type: 'acknowledged', instruments: KEYS });
  }

  #end(sink: JournalSink, connection: Connection): void {
    this.#world.say(`${connection.name} ends`);
    Object.assign(connection, newConnection(connection.name));
    const isLast = this.#connections.every(({ isOpen }) => !isOpen);
    const reason = 'a simulation';
    if (isLast) sink.control(connection.name, { type: 'disconnected', reason, instruments: KEYS });
  }

  #message(sink: JournalSink, connection: string, bytes: Buffer, trades: readonly Trade[]): void {
    this.#oracle.told = trades;
    sink.message(connection, this.#world.clock.nowMicros(), bytes);
    this.#oracle.told = [];
  }

  #answer(sink: JournalSink, symbol: string, rows: readonly Trade[]): void {
    this.#oracle.told = rows;
    sink.answer('rest', this.#world.clock.nowMicros(), answerOf(symbol, rows));
    this.#oracle.told = [];
  }

  #next(): Trade {
    const symbol = this.#world.pick(SYMBOLS);
    const all = this.#trades.get(symbol) ?? [];
    const trade = {
      symbol,
      id: 1_000 + all.length,
      price: (this.#world.between(1, 1_000_000) / 100).toFixed(2),
      quantity: (this.#world.between(1, 2_000_000_000) / 1e8).toFixed(8),
      timeMicros: START + Math.floor(this.#world.elapsedMicros / 1_000) * 1_000,
    };
    all.push(trade);
    return trade;
  }

  #send({ outbox }: Connection, trade: Trade): void {
    const { lost, doubled, swapped, late } = this.#faults;
    if (this.#world.chance(lost)) return;
    if (this.#world.chance(late)) {
      if (this.#late.length < LATE_MAX) this.#late.push(trade);
      return;
    }
    outbox.push(trade);
    if (this.#world.chance(doubled)) outbox.push(trade);
    const last = outbox.length - 1;
    if (last > 0 && this.#world.chance(swapped))
      [outbox[last - 1], outbox[last]] = [outbox[last], outbox[last - 1]];
  }
}

function newConnection(name: string): Connection {
  return { name, isOpen: false, isAcknowledged: false, outbox: [] };
}
