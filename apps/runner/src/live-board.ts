import { randomUUID } from 'node:crypto';
import type { AlertRow, LedgerEntry } from '@tickwright/ledger';
import type { Interval } from '@tickwright/market';
import type { Clock } from '@tickwright/runtime';
import type { DayCandle } from './last-price.ts';
import { ScannerBoard } from './scanner-board.ts';
import type { Engine, EngineConfig, ScannerRow, Signal } from '@tickwright/trading';
import type { SourceEvent, SourceHistoryEvent } from './candle-source/source-event.ts';
import { streamKey } from './candle-source/candle-fold.ts';
import { engineCandle } from './desk/engine-input.ts';
import { RecentEvents } from './recent-events.ts';
import type { LiveEvent } from './recent-events.ts';

/** Closes of each stream that are kept for sparklines. */
const CLOSES = 30;
/** Rows are made anew this often at most, however many ask. */
const ROWS_MS = 200;

/** How far a client has been told. */
export interface BoardCursor {
  events: number;
  /** The round of rows that it was told; -1: none. */
  rows: number;
  positions: string;
  candle: number;
  readonly stream: string | undefined;
  /** The only one whose rows are told; undefined: all are. */
  readonly instrument: string | undefined;
  toldMs: number;
}

/** What a client wants to be told, and from where on. */
export interface BoardBeginning {
  readonly stream?: string | undefined;
  readonly instrument?: string | undefined;
  /** What `rowsCursor` was for the rows that the client has. */
  readonly rowsCursor?: string | undefined;
}

interface TrackedRow {
  readonly row: ScannerRow;
  readonly text: string;
  /** Round in which it changed last. */
  readonly round: number;
}

/** What pages see of the market and the book, live: rows that changed, and what happened, for any number of clients. */
export class LiveBoard {
  readonly #scanner: ScannerBoard;
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #closes = new Map<string, { openTime: number; close: number }[]>();
  readonly #candles = new Map<string, { round: number; data: object }>();
  readonly #events = new RecentEvents();
  /** Rounds are counted by this board alone: those of another run say nothing here. */
  readonly #id = randomUUID();
  #tracked = new Map<string, TrackedRow>();
  #round = 0;
  #candleRound = 0;
  #rowsMs = -Infinity;

  constructor(options: { readonly plan: EngineConfig; readonly engine: Engine; readonly clock: Clock }) {
    this.#scanner = new ScannerBoard(options.plan);
    this.#engine = options.engine;
    this.#clock = options.clock;
  }

  /** The newest days of instruments, oldest first: what was traded before the runner looked. */
  days(candles: readonly DayCandle[]): void {
    this.#scanner.days(candles);
  }

  /** Signals of earlier runs, newest first, as the ledger tells them: chips must not vanish with a restart. */
  recall(signals: readonly Signal[]): void {
    this.#scanner.recall(signals.toReversed());
  }

  /** Everything a source tells, whether the engine wants it or not, and when that was published: prices come from here. */
  seen(events: readonly SourceEvent[], publishedMs?: number): void {
    const publishedMicros = publishedMs === undefined ? undefined : publishedMs * 1_000;
    for (const event of events) {
      if (event.type === 'history') this.#begun(event);
      if (event.type !== 'candle') continue;
      const { candle, interval } = event;
      const key = streamKey(interval, candle.instrument);
      this.#scanner.candle({
        instrument: candle.instrument,
        interval,
        candle: engineCandle(event),
        publishedMicros,
      });
      this.#remember(key, candle);
      if (event.phase === 'missed') continue;
      this.#candleRound += 1;
      const data = { instrument: candle.instrument, interval, candle: engineCandle(event) };
      this.#candles.set(key, { round: this.#candleRound, data });
    }
  }

  /** What was stored. */
  taken(entries: readonly LedgerEntry[]): void {
    for (const { event, output, alerts = [] } of entries) {
      this.#scanner.take(event, output);
      for (const signal of output.signals) this.#events.add('signal', signal);
      for (const { order } of output.orders) this.#events.add('order', order);
      for (const fill of output.fills) this.#events.add('fill', fill);
      for (const trade of output.closedTrades) this.#events.add('trade', trade);
      if (output.account !== null) this.#events.add('account', output.account);
      if (output.equity !== null) this.#events.add('equity', output.equity);
      if (output.strategies.length > 0) this.#events.add('strategies', output.strategies);
      for (const alert of alerts) this.alerted(alert);
    }
  }

  alerted(alert: AlertRow): void {
    const { id, timeMicros, kind, severity, text, instrument = null, strategy = null } = alert;
    const ts = new Date(timeMicros / 1_000).toISOString();
    this.#events.add('notice', {
      id,
      ts,
      code: kind,
      severity,
      text,
      instrument,
      strategy,
      acknowledged: false,
    });
  }

  get hasPrices(): boolean {
    return this.#scanner.hasPrices;
  }

  rows(nowMicros: number): readonly ScannerRow[] {
    return this.#scanner.rows(nowMicros, this.#engine);
  }

  /** The newest closes of a stream, oldest first. */
  closes(instrument: string, interval: Interval): number[] {
    return (this.#closes.get(streamKey(interval, instrument)) ?? []).map(({ close }) => close);
  }

  /** Names how far rows are told that are read after this: a client that has them misses nothing if it is told from here on. */
  rowsCursor(): string {
    this.#track();
    return `${this.#id}.${this.#round}`;
  }

  /** As the scanner begins with it: later rows move its closes on. */
  withCloses(row: ScannerRow): ScannerRow & { readonly spark: readonly number[] } {
    return { ...row, spark: this.closes(row.symbol, row.interval) };
  }

  begin({ stream, instrument, rowsCursor }: BoardBeginning): BoardCursor {
    return {
      events: this.#events.next,
      rows: this.#roundOf(rowsCursor),
      positions: '',
      candle: this.#candleRound,
      stream,
      instrument,
      toldMs: -Infinity,
    };
  }

  #roundOf(cursor = ''): number {
    const round = cursor.startsWith(`${this.#id}.`) ? Number(cursor.slice(this.#id.length + 1)) : -1;
    return Number.isInteger(round) && round >= 0 && round <= this.#round ? round : -1;
  }

  /** What is new for a client, whose cursor moves on. */
  *since(cursor: BoardCursor, topics: ReadonlySet<string>): Generator<LiveEvent> {
    if (topics.has('scanner')) yield* this.#scannerSince(cursor);
    const { events, isWhole } = this.#events.since(cursor.events);
    cursor.events = this.#events.next;
    if (!isWhole) yield { event: 'reset', data: {} };
    for (const event of events) if (topics.has(event.event)) yield event;
    if (topics.has('candle') && cursor.stream !== undefined) {
      const candle = this.#candles.get(cursor.stream);
      if (candle !== undefined && candle.round > cursor.candle) {
        cursor.candle = candle.round;
        yield { event: 'candle', data: candle.data };
      }
    }
    if (topics.has('positions')) yield* this.#positionsSince(cursor);
  }

  *#scannerSince(cursor: BoardCursor): Generator<LiveEvent> {
    const told = this.rowsCursor();
    const isWhole = cursor.rows < 0;
    const changed = [...this.#tracked.values()]
      .filter(({ round, row }) => round > cursor.rows && row.symbol === (cursor.instrument ?? row.symbol))
      .map(({ row }) => row);
    cursor.rows = this.#round;
    if (changed.length === 0 && !isWhole) return;
    const rows = isWhole ? changed.map((row) => this.withCloses(row)) : changed;
    const time = new Date(this.#clock.nowMicros() / 1_000).toISOString();
    yield { event: 'scanner', data: { time, cursor: told, isWhole, rows } };
  }

  *#positionsSince(cursor: BoardCursor): Generator<LiveEvent> {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - cursor.toldMs < 1_000) return;
    cursor.toldMs = nowMs;
    const positions = this.#engine.positions();
    const text = JSON.stringify(positions);
    if (text === cursor.positions) return;
    cursor.positions = text;
    yield { event: 'positions', data: positions };
  }

  #begun({ instrument, interval, candles }: SourceHistoryEvent): void {
    this.#scanner.history({ instrument, interval, candles });
    for (const candle of candles.slice(-CLOSES)) this.#remember(streamKey(interval, instrument), candle);
  }

  /** Looks which rows have changed. The age of a tick changes always and counts for nothing. */
  #track(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#rowsMs < ROWS_MS) return;
    this.#rowsMs = nowMs;
    this.#round += 1;
    const tracked = new Map<string, TrackedRow>();
    for (const row of this.rows(this.#clock.nowMicros())) {
      const key = `${row.interval} ${row.symbol}`;
      const text = JSON.stringify({ ...row, tick_age_ms: 0 });
      const before = this.#tracked.get(key);
      tracked.set(key, before?.text === text ? before : { row, text, round: this.#round });
    }
    this.#tracked = tracked;
  }

  #remember(key: string, { openTime, close }: { readonly openTime: number; readonly close: number }): void {
    const list = this.#closes.get(key) ?? [];
    this.#closes.set(key, list);
    const at = list.findIndex((each) => each.openTime >= openTime);
    if (at < 0) list.push({ openTime, close });
    else if (list[at]?.openTime === openTime) list[at] = { openTime, close };
    else list.splice(at, 0, { openTime, close });
    if (list.length > CLOSES) list.shift();
  }
}
