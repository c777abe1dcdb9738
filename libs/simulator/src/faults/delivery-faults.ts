import type { FaultControl } from './fault-control.ts';
import type { Random } from './random.ts';
import { makeRubbish, type Rubbish } from './rubbish.ts';
import type { SimulatorStats } from '../stats.ts';

/** What a message becomes on its way to one connection. Randomness of its own, so that connections differ. */
export class DeliveryFaults {
  readonly #control: FaultControl;
  readonly #random: Random;
  readonly #stats: SimulatorStats;
  readonly #makeRubbish: (random: Random, message: string) => Rubbish;
  /** Messages that wait for the next one of their stream: at most one a stream. */
  readonly #held = new Map<string, string>();

  /** `rubbish`: what it is in this protocol; default JSON that is none, in Binance's manner. */
  constructor(options: {
    control: FaultControl;
    random: Random;
    stats: SimulatorStats;
    rubbish?: (random: Random, message: string) => Rubbish;
  }) {
    this.#control = options.control;
    this.#random = options.random;
    this.#stats = options.stats;
    this.#makeRubbish = options.rubbish ?? makeRubbish;
  }

  /** Whether a message would pass untouched. */
  get isOff(): boolean {
    const { duplicate, reorder, rubbish } = this.#control.current;
    return duplicate === null && reorder === null && rubbish === null && this.#held.size === 0;
  }

  /** Passes one message of a stream to `send`, none, or several. */
  pass(stream: string, message: string, send: (text: Rubbish) => void): void {
    const { duplicate, reorder, rubbish } = this.#control.current;
    const held = this.#held.get(stream);
    if (held === undefined && this.#happens(reorder)) {
      this.#held.set(stream, message);
      return;
    }
    send(message);
    if (held !== undefined) {
      this.#held.delete(stream);
      this.#stats.reordered += 1;
      send(held);
    }
    if (this.#happens(duplicate)) {
      this.#stats.duplicated += 1;
      send(message);
    }
    if (this.#happens(rubbish)) {
      this.#stats.rubbish += 1;
      send(this.#makeRubbish(this.#random, message));
    }
  }

  /** Passes on what waits for a next message that will not come: the stream is unsubscribed. */
  release(stream: string, send: (text: string) => void): void {
    const held = this.#held.get(stream);
    this.#held.delete(stream);
    if (held !== undefined) send(held);
  }

  #happens(fault: { readonly probability: number } | null): boolean {
    return fault !== null && this.#random() < fault.probability;
  }
}
