import type { Clock } from '@tickwright/runtime';
import type { Core } from '../core.ts';

/** One that does not tick is warmed up without its first tick. */
const FIRST_TICK_MS = 30_000;

/** The instruments that have never ticked when this process first saw them: what was before is asked of the venue, once. */
export class NewInstruments {
  readonly #clock: Clock;
  readonly #core: Core;
  readonly #seenMs = new Map<string, number>();
  #known = 0;

  constructor(parts: { clock: Clock; core: Core }) {
    this.#clock = parts.clock;
    this.#core = parts.core;
    // Before a stream is connected, where what is stored is known already.
    if (parts.core.pipeline.isLive) this.#look();
  }

  /** Those whose time has come, with the time of their first tick, or of now where none came. */
  due(): Map<string, number> {
    this.#look();
    const { instruments, pipeline } = this.#core;
    const found = new Map<string, number>();
    for (const [key, seenMs] of this.#seenMs) {
      const tickMicros = pipeline.deduplicator.lastEventMicros(instruments.indexOf(key));
      if (tickMicros >= 0) found.set(key, tickMicros);
      else if (this.#clock.monotonicMs() - seenMs >= FIRST_TICK_MS) found.set(key, this.#clock.nowMicros());
    }
    return found;
  }

  begun(key: string): void {
    this.#seenMs.delete(key);
  }

  #look(): void {
    const { instruments, pipeline } = this.#core;
    for (; this.#known < instruments.size; this.#known += 1) {
      const { key } = instruments.at(this.#known);
      const isNew = pipeline.deduplicator.lastEventMicros(this.#known) < 0;
      if (isNew) this.#seenMs.set(key, this.#clock.monotonicMs());
    }
  }
}
