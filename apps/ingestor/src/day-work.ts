import type { Clock, Log } from '@tickwright/runtime';
import type { Retention } from '@tickwright/upkeep';
import type { Core } from './core.ts';
import { oldestReceiveMicros } from './ticks/tick-range.ts';

const DAY_MICROS = 86_400_000_000;

/**
 * What is due when a day is over: the live tick file becomes Parquet parts, a day's hours of candles become one file,
 * and what is past its limit goes.
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

  /** Looks what is due and does it. Never rejects: what failed is tried again with the next round. */
  async round(): Promise<void> {
    // Nothing is known of what is stored while the tick file is away.
    if (!this.#core.pipeline.isLive) return;
    try {
      await this.#core.fileGate.run(async () => {
        await this.#seal();
        await this.#finishDays();
        await this.#retention.round();
      });
    } catch (error) {
      this.#log.warn({ error }, 'the work after a day could not be finished; trying again');
    }
  }

  async #seal(): Promise<void> {
    const { tickFile } = this.#core;
    const oldest = await oldestReceiveMicros(tickFile);
    if (oldest === undefined || dayOf(oldest) >= dayOf(this.#clock.nowMicros())) return;
    const { parts } = await tickFile.seal();
    this.#log.info({ parts: parts.length }, 'sealed the ticks of finished days');
  }

  /** Days before today whose hours are all out of memory: nothing will publish one of them again. */
  async #finishDays(): Promise<void> {
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
  }
}

function dayOf(micros: number): number {
  return Math.floor(micros / DAY_MICROS);
}
