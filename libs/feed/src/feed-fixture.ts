import { randomUUID } from 'node:crypto';
import type { InstrumentKey } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { KEYS, SentState, feedCandle, instrumentTable, tickBatch } from './receiver/lossy-line-fixture.ts';
import type { FeedCandle, FeedEvent } from './feed-event.ts';
import { FeedAddressTakenError } from './feed-errors.ts';
import { FeedReceiver } from './receiver/feed-receiver.ts';
import type { FeedReceiverOptions } from './receiver/receiver-options.ts';
import { FeedSender } from './sender/feed-sender.ts';
import type { FeedSenderOptions } from './sender/sender-options.ts';
import { topics } from './topic.ts';

const nothing = (): void => undefined;
export const quiet = { debug: nothing, info: nothing, warn: nothing, error: nothing } as unknown as Log;
export const [KEY] = KEYS as [InstrumentKey];
const LATE_MS = 20_000;

/** A sender on free ports with a memory of its own. */
export class SendingSide implements AsyncDisposable {
  readonly table = instrumentTable();

  static async open(options: Partial<FeedSenderOptions> = {}, state = new SentState()): Promise<SendingSide> {
    const sender = await FeedSender.bind({
      publish: 'tcp://127.0.0.1:*',
      snapshot: 'tcp://127.0.0.1:*',
      epoch: randomUUID(),
      source: state,
      offsets: () => ({ offset: state.offset, durableOffset: state.durableOffset }),
      heartbeatMs: 50,
      clock: systemClock,
      log: quiet,
      ...options,
    });
    return new SendingSide(sender, state);
  }

  /** On addresses that another has just left: ZeroMQ gives them back a little later. */
  static async again(options: Partial<FeedSenderOptions>, state?: SentState): Promise<SendingSide> {
    const endMs = performance.now() + LATE_MS;
    for (;;) {
      try {
        return await SendingSide.open(options, state);
      } catch (error) {
        if (!(error instanceof FeedAddressTakenError) || performance.now() > endMs) throw error;
        await systemClock.sleep(5);
      }
    }
  }

  private constructor(
    readonly sender: FeedSender,
    readonly state: SentState,
  ) {}

  candle(candle: Pick<FeedCandle, 'openMicros'> & Partial<FeedCandle>): void {
    const made = feedCandle({ ...candle, version: this.state.offset++ });
    this.state.keepCandle(KEY, made);
    this.sender.sendCandles('1m', KEY, [made]);
  }

  /** Ticks whose prices count on from the offset. */
  ticks(count: number): void {
    const rows = Array.from({ length: count }, () => ({ instrument: 0, price: this.state.offset++ }));
    this.sender.sendTicks(tickBatch(rows), this.table);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sender[Symbol.asyncDispose]();
  }
}

/** A receiver and all that it has handed on. */
export class ReceivingSide implements AsyncDisposable {
  readonly events: FeedEvent[] = [];
  readonly receiver: FeedReceiver;
  readonly #done: Promise<unknown>;
  failure: unknown;
  #wake: () => void = nothing;

  constructor(options: Pick<FeedReceiverOptions, 'publish' | 'snapshot'> & Partial<FeedReceiverOptions>) {
    this.receiver = FeedReceiver.connect({
      topics: [topics.candle('1m', KEY), topics.tick(KEY), topics.gap(KEY)],
      history: 100,
      clock: systemClock,
      log: quiet,
      ...options,
    });
    this.#done = this.#read();
  }

  /** Resolves when something that was handed on is as wanted; rejects after a long time. */
  async until(isWanted: (events: readonly FeedEvent[]) => boolean): Promise<void> {
    const endMs = performance.now() + LATE_MS;
    while (!isWanted(this.events)) {
      if (this.failure !== undefined) throw this.failure;
      const leftMs = endMs - performance.now();
      if (leftMs <= 0) {
        const found = { counts: this.receiver.counts, types: this.events.map(({ type }) => type) };
        throw new Error(`what was waited for did not come: ${JSON.stringify(found)}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  hasSeen(type: FeedEvent['type'], times = 1): boolean {
    return this.events.filter((event) => event.type === type).length >= times;
  }

  prices(): number[] {
    return this.events.flatMap((event) => (event.type === 'ticks' ? [...event.ticks.price] : []));
  }

  /** The last of each candle, by open time. */
  candles(): FeedCandle[] {
    const known = new Map<number, FeedCandle>();
    for (const event of this.events) {
      if (event.type === 'candles') for (const candle of event.candles) known.set(candle.openMicros, candle);
      if (event.type === 'gone') for (const { openMicros } of event.candles) known.delete(openMicros);
    }
    return [...known.values()].sort((a, b) => a.openMicros - b.openMicros);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.receiver[Symbol.asyncDispose]();
    await this.#done;
  }

  async #read(): Promise<void> {
    try {
      for await (const event of this.receiver) {
        this.events.push(event);
        this.#wake();
      }
    } catch (error) {
      this.failure = error;
    }
    this.#wake();
  }
}

/** Waits for what is looked at, not for a time. */
export async function eventually(isSo: () => boolean): Promise<void> {
  const endMs = performance.now() + LATE_MS;
  while (!isSo()) {
    if (performance.now() > endMs) throw new Error('it did not come to that');
    await systemClock.sleep(5);
  }
}
