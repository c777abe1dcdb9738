import type { Clock, Log } from '@tickwright/runtime';
import type { Retention } from '@tickwright/upkeep';
import type { Core } from './core.ts';
import { oldestReceiveMicros } from './ticks/tick-range.ts';

const DAY_MICROS = 86_400_000_000;
/** Ticks that no end of day has sealed, as where a calendar knows no sessions any more, are sealed at this age. */
const UNSEALED_MAX_MICROS = 3 * DAY_MICROS;

/**
 * What is done with a day that is over: the live tick file becomes Parquet parts, a day's hours of candles become one
 * file, and what is past its limit goes. The end of day says when the first two are due; limits hold all the time.
 * Decided by the time at which ticks were received, never by what an old event time says.
 */
export class DayWork {
  readonly #core: Core;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #retention: Retention;

  constructor(parts: { core: Core; retention: Retention; clock: Clock; log: Log }) {
    this.#core = parts.core;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#retention = parts.retention;
  }

  /** Holds the limits. Never rejects: what failed is tried again with the next round. */
  async round(): Promise<void> {
    // Nothing is known of what is stored while the tick file is away.
    if (!this.#core.pipeline.isLive) return;
    try {
      await this.sealReceivedBefore(this.#clock.nowMicros() - UNSEALED_MAX_MICROS);
      await this.prune();
    } catch (error) {
      this.#log.warn({ error }, 'the limits could not be held; trying again');
    }
  }

  /**
   * Seals the live tick file if it holds anything that was received before the time. Done again for the same time it does
   * nothing: what is live then came later. Resolves to the number of parts made.
   */
  sealReceivedBefore(micros: number): Promise<number> {
    return this.#core.fileGate.run(async () => {
      const { tickFile } = this.#core;
      const oldest = await oldestReceiveMicros(tickFile);
      if (oldest === undefined || oldest >= micros) return 0;
      const { parts } = await tickFile.seal();
      this.#log.info({ parts: parts.length }, 'sealed the ticks of finished days');
      return parts.length;
    });
  }

  /**
   * Makes one file of each day before today whose hours are all out of memory: nothing will publish one of them again.
   * Resolves to the days that were finished.
   */
  finishDays(): Promise<string[]> {
    return this.#core.fileGate.run(async () => {
      const { candleFiles, pipeline } = this.#core;
      const today = dayOf(this.#clock.nowMicros());
      const due = new Map<string, { segment: string; date: string }>();
      for (const piece of await candleFiles.list()) {
        const day = Math.floor(Date.parse(`${piece.date}T00:00:00Z`) * 1_000);
        const isOver = dayOf(day) < today && day + DAY_MICROS <= pipeline.candles.floorMicros;
        if (piece.kind === 'hour' && isOver) due.set(`${piece.segment} ${piece.date}`, piece);
      }
      for (const { segment, date } of due.values()) {
        await candleFiles.finishDay(segment, date);
        this.#log.info({ segment, date }, 'put the candles of a finished day into one file');
      }
      return [...due.keys()];
    });
  }

  /** Removes what is past its limit. */
  async prune(): Promise<void> {
    await this.#core.fileGate.run(() => this.#retention.round());
  }
}

function dayOf(micros: number): number {
  return Math.floor(micros / DAY_MICROS);
}
