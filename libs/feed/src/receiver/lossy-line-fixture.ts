import type { FeedCandle, FeedEvent } from '../feed-event.ts';
import type { Question } from '../wire/dialogue.ts';
import { encodeQuestion } from '../wire/dialogue.ts';
import { epochBytes, stampMessage } from '../wire/header.ts';
import { Sending, senderCounts } from '../sender/sending.ts';
import type { FeedLimits, SnapshotSource } from '../sender/sender-options.ts';
import { InstrumentTable, TickBatch, instrumentKey, splitKey } from '@tickwright/market';
import type { Gap, InstrumentKey } from '@tickwright/market';
import { topics } from '../topic.ts';
import { FeedSync } from './feed-sync.ts';
import type { FeedReceiverCounts } from './receiver-options.ts';

export const KEYS = ['SIM|A', 'SIM|A/B'].map((key) => instrumentKey(key));
export const MINUTE = 60_000_000;

export function feedCandle(
  fields: Partial<FeedCandle> & Pick<FeedCandle, 'openMicros' | 'version'>,
): FeedCandle {
  return {
    closeMicros: fields.openMicros + MINUTE,
    open: 1,
    high: 2,
    low: 0.5,
    close: fields.version,
    volume: 3,
    tradeCount: 1,
    isClosed: false,
    isComplete: true,
    revision: 0,
    source: 'ticks',
    ...fields,
  };
}

export function instrumentTable(keys: readonly InstrumentKey[] = KEYS): InstrumentTable {
  const table = new InstrumentTable();
  for (const key of keys) {
    const names = { key, ...splitKey(key), venueSymbol: key };
    table.add({ ...names, priceDecimals: 2, quantityDecimals: 2, calendar: 'always' });
  }
  return table;
}

/** A batch with a tick for each number: its instrument, and its price. */
export function tickBatch(rows: readonly { instrument: number; price: number }[]): TickBatch {
  const batch = new TickBatch(Math.max(1, rows.length));
  for (const [row, { instrument, price }] of rows.entries()) {
    batch.instrument[row] = instrument;
    batch.price[row] = price;
    batch.offset[row] = price;
    batch.tradeId[row] = -1;
  }
  batch.count = rows.length;
  return batch;
}

export function feedGap(fields: Partial<Gap> & Pick<Gap, 'id' | 'instrument' | 'version'>): Gap {
  return {
    fromMicros: 1,
    toMicros: -1,
    fromId: -1,
    toId: -1,
    cause: 'disconnect',
    state: 'open',
    openedOffset: fields.version,
    openedMicros: 2,
    ...fields,
  };
}

/** A sender's memory: 1m candles and gaps of each instrument, and the offset of its journal. */
export class SentState implements SnapshotSource {
  offset = 1;
  /** What a restart finds at least. */
  durableOffset = 1;
  readonly candles = new Map<InstrumentKey, Map<number, FeedCandle>>();
  readonly gaps = new Map<InstrumentKey, Map<string, Gap>>();
  readonly #log: { readonly version: number; readonly apply: (state: SentState) => void }[] = [];

  constructor() {
    for (const key of KEYS) {
      this.candles.set(key, new Map());
      this.gaps.set(key, new Map());
    }
  }

  *topics(): Generator<string> {
    for (const key of KEYS) yield* [topics.candle('1m', key), topics.gap(key), topics.tick(key)];
  }

  state(topic: string, history: number): ReturnType<SnapshotSource['state']> {
    for (const key of KEYS) {
      const candles = [...(this.candles.get(key)?.values() ?? [])].sort(
        (a, b) => a.openMicros - b.openMicros,
      );
      if (topic === topics.candle('1m', key)) return { kind: 'candles', candles: candles.slice(-history) };
      if (topic === topics.gap(key))
        return { kind: 'gaps', gaps: [...(this.gaps.get(key)?.values() ?? [])].filter(isUnfilled) };
    }
    return undefined;
  }

  keepCandle(key: InstrumentKey, candle: FeedCandle): void {
    this.#log.push({ version: candle.version, apply: (state) => state.keepCandle(key, candle) });
    this.candles.get(key)?.set(candle.openMicros, candle);
  }

  keepGap(key: InstrumentKey, gap: Gap): void {
    this.#log.push({ version: gap.version, apply: (state) => state.keepGap(key, gap) });
    this.gaps.get(key)?.set(gap.id, gap);
  }

  /** The state that a restart finds: all changes before an offset. */
  rolledBack(offset: number): SentState {
    const state = new SentState();
    state.offset = offset;
    state.durableOffset = offset;
    for (const { version, apply } of this.#log) if (version < offset) apply(state);
    return state;
  }
}

export function isUnfilled({ state }: Gap): boolean {
  return state !== 'filled';
}

export function receiverCounts(): FeedReceiverCounts {
  return {
    messages: 0,
    bytes: 0,
    ticks: 0,
    candles: 0,
    duplicates: 0,
    early: 0,
    lost: 0,
    replayed: 0,
    missed: 0,
    topicSnapshots: 0,
    resyncs: 0,
    outdated: 0,
    malformed: 0,
    overrun: 0,
    unanswered: 0,
    stale: 0,
    heartbeats: 0,
  };
}

/** A sender and a receiver with a line between that does as it is told: each published message is put on `wire`. */
export class LossyLine {
  readonly events: FeedEvent[] = [];
  readonly counts = receiverCounts();
  readonly wire: [topic: string, message: Buffer][] = [];
  readonly questions: Question[] = [];
  /** Given by the sender, not yet arrived. */
  readonly answers: Buffer[][] = [];
  readonly sync: FeedSync;
  /** Of each epoch, by topic, the price of every tick in order of sending. */
  readonly sentTicks = new Map<string, Map<string, number[]>>();
  nowMs = 0;
  hasRoom = true;
  epoch = '';
  sent: SentState;
  sending: Sending;
  readonly #limits: FeedLimits;
  readonly #table = instrumentTable();
  #epochs = 0;

  constructor(options: { limits?: FeedLimits; history?: number } = {}) {
    this.#limits = options.limits ?? {};
    this.sent = new SentState();
    this.sending = this.#start();
    this.sync = new FeedSync({
      prefixes: [...KEYS.flatMap((key) => [topics.candle('1m', key), topics.gap(key)]), topics.tick()],
      history: options.history ?? 100,
      counts: this.counts,
      monotonicMs: () => this.nowMs,
      emit: (event) => this.events.push(event),
      ask: (question) => this.questions.push(question),
      hasRoom: () => this.hasRoom,
    });
  }

  /** The sender comes back with what was on disk: all before an offset, whose number is given anew. */
  restart(offset: number): void {
    if (offset < this.sent.durableOffset) throw new RangeError('what was durable cannot be lost');
    this.sent = this.sent.rolledBack(offset);
    this.sending = this.#start();
  }

  candle(key: InstrumentKey, candle: Omit<Parameters<typeof feedCandle>[0], 'version'>): void {
    const made = feedCandle({ ...candle, version: this.sent.offset++ });
    this.sent.keepCandle(key, made);
    this.sending.sendCandles('1m', key, [made]);
  }

  gap(key: InstrumentKey, gap: Pick<Gap, 'id' | 'state'>): void {
    const made = feedGap({ ...gap, instrument: key, version: this.sent.offset++ });
    this.sent.keepGap(key, made);
    this.sending.sendGaps(key, [made]);
  }

  tick(instrument: number): void {
    const price = this.sent.offset++;
    const sent = this.sentTicks.get(this.epoch) ?? new Map<string, number[]>();
    this.sentTicks.set(this.epoch, sent);
    const name = topics.tick(KEYS[instrument]);
    sent.set(name, [...(sent.get(name) ?? []), price]);
    this.sending.sendTicks(tickBatch([{ instrument, price }]), this.#table);
  }

  /** Brings a message of the wire to the receiver. */
  arrive(at = 0): void {
    const [found] = this.wire.splice(at, 1);
    if (found !== undefined) this.sync.message(...found);
  }

  /** The sender answers the oldest question. */
  answer(): void {
    const question = this.questions.shift();
    if (question === undefined) return;
    const asked = encodeQuestion(question);
    const epoch = epochBytes(this.epoch);
    stampMessage(asked, {
      epoch,
      sequence: 0,
      offset: 0,
      durableOffset: 0,
      sendMicros: 0,
      isSnapshot: false,
    });
    this.answers.push(this.sending.answerTo(asked));
  }

  /** The oldest answer arrives. */
  arriveAnswer(): void {
    const answer = this.answers.shift();
    if (answer !== undefined) this.sync.answer(answer);
  }

  /** The line is good from here on, and some heartbeats come by. */
  heal(): void {
    this.hasRoom = true;
    while (this.wire.length > 0) this.arrive();
    for (let beat = 0; beat < 5; beat += 1) {
      this.sending.sendHeartbeat();
      for (let turn = 0; turn < 400 && this.#isBusy; turn += 1) {
        this.arrive();
        this.answer();
        this.arriveAnswer();
      }
      this.nowMs += 2_000;
      this.sync.next();
    }
  }

  get #isBusy(): boolean {
    return this.wire.length + this.questions.length + this.answers.length > 0;
  }

  #start(): Sending {
    this.#epochs += 1;
    this.epoch = `00000000-0000-4000-8000-${String(this.#epochs).padStart(12, '0')}`;
    return new Sending({
      epoch: this.epoch,
      source: this.sent,
      counts: senderCounts(),
      offsets: () => ({ offset: this.sent.offset, durableOffset: this.sent.durableOffset }),
      limits: this.#limits,
      clock: { nowMicros: () => 0 },
      publish: (topic, message) => this.wire.push([topic.toString(), message]),
    });
  }
}
