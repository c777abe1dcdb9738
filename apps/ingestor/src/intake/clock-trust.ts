import type { Clock, Log } from '@tickwright/runtime';

/** The wall clock may drift from the monotonic one by so much between two looks; more is a step. */
const STEP_MICROS = 1_000_000;
/** Looks that lie further apart mean that the process was stopped: what came meanwhile is still to be read. */
const AWAY_MS = 2_000;
/** After a step, or after being stopped, nothing is said of the clock for so long. */
const HOLD_MS = 2_000;
/** Where no tick comes that could contradict it, a stepped clock is taken for right after so long. */
const UNCONTRADICTED_MS = 60_000;
/** Ticks that were received so recently are evidence. */
const FRESH_MICROS = 5_000_000;
/** The venue's time and ours may differ by so much. */
const MAX_LAG_MICROS = 60_000_000;

/** When an instrument's ticks happened and when they came. */
export interface TickTimes {
  lastEventMicros(instrument: number): number;
  lastReceiveMicros(instrument: number): number;
}

/**
 * Whether the wall clock may close candles. Clock frames close candles that no later trade closes, so a clock that is an
 * hour ahead would close every candle before its trades come. It is doubted when it was stepped against the monotonic
 * clock, and while the venue's times contradict it; candles then close by the venue's times alone.
 */
export class ClockTrust {
  readonly #clock: Clock;
  readonly #log: Log;
  #offsetMicros: number;
  #lookedMs: number;
  #isTrusted = true;
  /** Monotonic; a step or a stop that no tick has confirmed or contradicted since. */
  #doubtedMs = Number.NEGATIVE_INFINITY;
  #holdUntilMs = Number.NEGATIVE_INFINITY;

  constructor(parts: { clock: Clock; log: Log }) {
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#lookedMs = parts.clock.monotonicMs();
    this.#offsetMicros = parts.clock.nowMicros() - this.#lookedMs * 1_000;
  }

  /** One look at the clocks and at `instruments` instruments; whether the wall clock is to be believed now. */
  look(ticks: TickTimes, instruments: number): boolean {
    const nowMs = this.#clock.monotonicMs();
    const nowMicros = this.#clock.nowMicros();
    this.#noteStep(nowMs, nowMicros);
    const isTrusted = nowMs >= this.#holdUntilMs && this.#agrees({ nowMs, nowMicros, ticks, instruments });
    if (isTrusted !== this.#isTrusted && nowMs >= this.#holdUntilMs) this.#tell(isTrusted);
    return isTrusted;
  }

  #noteStep(nowMs: number, nowMicros: number): void {
    const offsetMicros = nowMicros - nowMs * 1_000;
    const isStep = Math.abs(offsetMicros - this.#offsetMicros) > STEP_MICROS;
    if (isStep || nowMs - this.#lookedMs > AWAY_MS) this.#holdUntilMs = nowMs + HOLD_MS;
    if (isStep) this.#doubtedMs = nowMs;
    this.#offsetMicros = offsetMicros;
    this.#lookedMs = nowMs;
  }

  #agrees(look: { nowMs: number; nowMicros: number; ticks: TickTimes; instruments: number }): boolean {
    const { nowMs, nowMicros, ticks, instruments } = look;
    let least = Infinity;
    for (let at = 0; at < instruments; at += 1) {
      const received = ticks.lastReceiveMicros(at);
      // What was received before a step has another scale: it lies in the future or long ago.
      if (received > nowMicros || received < nowMicros - FRESH_MICROS) continue;
      least = Math.min(least, Math.abs(received - ticks.lastEventMicros(at)));
    }
    if (least === Infinity) return nowMs - this.#doubtedMs > UNCONTRADICTED_MS;
    return least <= MAX_LAG_MICROS;
  }

  #tell(isTrusted: boolean): void {
    this.#isTrusted = isTrusted;
    if (isTrusted) this.#log.info({}, "the clock agrees with the venue's again");
    else
      this.#log.warn(
        {},
        "the clock was stepped or is not the venue's: candles close by the venue's time alone; set the clock right",
      );
  }
}
