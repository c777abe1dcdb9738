import type { Instrument } from '@tickwright/market';
import type { Clock, Log } from '@tickwright/runtime';
import type { Lane } from './lane.ts';
import type { Link } from './link.ts';
import type { StreamLimits } from '../limits.ts';
import type { Subscription, Subscriptions } from './subscriptions.ts';
import type { FrameSink, OpenSessions } from '../venue.ts';
import { isMute, judgeInstrument, learned, staleAfterMs } from './watchdog.ts';
import type { Habit } from './watchdog.ts';

/** Wall and monotonic clock may drift apart by so much between two looks; more is a step. */
const STEP_MICROS = 1_000_000;

export interface WatchOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: StreamLimits;
  readonly calendars: OpenSessions;
  readonly sink: FrameSink;
  readonly subscriptions: Subscriptions;
  readonly lanes: readonly Lane[];
  lastTickMicros(key: string): number;
}

/**
 * Looks at the data of every lane again and again, while sockets are judged by their pings: teaches itself how often
 * each instrument ticks, tells the quiet from the stale, asks for stale ones again, and ends connections that are mute.
 * A venue that is closed, by its calendar or by what it says itself, is never judged.
 */
export class Watch {
  readonly #options: WatchOptions;
  /** When each lane was last replaced for a stale instrument, monotonic ms. */
  readonly #handedOverMs = new Map<Lane, number>();
  #resumedMicros = 0;
  /** Wall time less monotonic time at the last look, microseconds. */
  #offsetMicros: number;

  constructor(options: WatchOptions) {
    this.#options = options;
    // From the start on: a step before the first look misleads as any other.
    this.#offsetMicros = this.#offsetAt(options.clock.nowMicros());
  }

  /** After a pause silence counts from now on. */
  resumed(): void {
    this.#resumedMicros = this.#options.clock.nowMicros();
  }

  look(): void {
    const nowMicros = this.#options.clock.nowMicros();
    this.#noteStep(nowMicros);
    for (const lane of this.#options.lanes) {
      const link = lane.current;
      if (link !== undefined && link.settledMs >= 0) this.#lookAt(lane, link, nowMicros);
    }
  }

  #lookAt(lane: Lane, link: Link, nowMicros: number): void {
    const { limits, calendars, subscriptions, log } = this.#options;
    const habits: Habit[] = [];
    const past = (micros: number): number => (micros > nowMicros ? 0 : micros);
    let sinceMicros = Math.max(past(link.lastDataMicros), past(link.settledMicros), this.#resumedMicros);
    const open: { subscription: Subscription; openMicros: number }[] = [];
    for (const instrument of lane.instruments()) {
      const subscription = subscriptions.get(instrument.key);
      if (subscription === undefined || subscription.ackMicros === 0) continue;
      const openMicros = openSince(link, calendars(instrument.calendar).sessionAt(nowMicros)?.openMicros);
      this.#learn(subscription, openMicros ?? Infinity);
      if (openMicros === undefined) {
        if (subscription.ticksSeen > 0 || subscription.state === 'stale')
          subscriptions.enter(subscription, 'quiet');
        continue;
      }
      habits.push(subscription.habit);
      sinceMicros = Math.max(sinceMicros, openMicros);
      open.push({ subscription, openMicros });
    }
    const silentMs = (nowMicros - sinceMicros) / 1000;
    if (isMute({ silentMs, habits, limits })) {
      log.warn({ connection: link.name, silentMs }, 'the connection is alive but carries no data');
      lane.cut('mute');
      return;
    }
    this.#judge(lane, open, nowMicros);
  }

  /** Takes note of a tick that came since the last look. */
  #learn(subscription: Subscription, openMicros: number): void {
    const lastMicros = this.#options.lastTickMicros(subscription.instrument.key);
    const beforeMicros = subscription.tickMicros;
    if (lastMicros === beforeMicros) return;
    subscription.tickMicros = lastMicros;
    if (lastMicros < subscription.ackMicros) return;
    subscription.ticksSeen++;
    // A night, a pause or an outage is no gap of the instrument's own.
    const sinceMicros = Math.max(openMicros, subscription.ackMicros, this.#resumedMicros);
    if (beforeMicros < sinceMicros || beforeMicros > lastMicros) return;
    subscription.habit = learned(subscription.habit, (lastMicros - beforeMicros) / 1000);
  }

  #judge(
    lane: Lane,
    open: readonly { subscription: Subscription; openMicros: number }[],
    nowMicros: number,
  ): void {
    const { limits, subscriptions, sink } = this.#options;
    const stale: Instrument[] = [];
    const back: string[] = [];
    for (const { subscription, openMicros } of open) {
      const { instrument, habit, ticksSeen, ackMicros, tickMicros } = subscription;
      const seenMicros = tickMicros > nowMicros ? 0 : tickMicros;
      const sinceMicros = Math.max(seenMicros, ackMicros, openMicros, this.#resumedMicros);
      const silentMs = (nowMicros - sinceMicros) / 1000;
      const wasStale = subscription.state === 'stale';
      // Only a tick ends it: where one session follows the other, a new one must not hide it.
      const isStillStale = wasStale && tickMicros <= subscription.sinceMicros;
      const state = isStillStale ? 'stale' : judgeInstrument({ ticksSeen, habit, silentMs }, limits);
      if (state === 'stale' && !wasStale) stale.push(instrument);
      if (state !== 'stale' && wasStale) back.push(instrument.key);
      const silence = `no tick for ${Math.round(silentMs / 1000)} s in session`;
      subscriptions.enter(subscription, state, state === 'stale' ? silence : undefined);
      if (state === 'stale' && silentMs > 2 * staleAfterMs(habit, limits)) this.#replace(lane);
    }
    const connection = lane.current?.name ?? lane.name;
    if (back.length > 0) sink.control(connection, { type: 'resumed', instruments: back });
    if (stale.length === 0) return;
    const keys = stale.map(({ key }) => key);
    this.#options.log.warn({ connection, instruments: keys.slice(0, 20), count: keys.length }, 'stale');
    sink.control(connection, { type: 'stale', instruments: keys });
    lane.refresh(stale);
  }

  /**
   * A wall clock that was stepped says nothing of silence: it counts from now on, and times noted before the step that
   * now lie in the future are of now.
   */
  #noteStep(nowMicros: number): void {
    const offsetMicros = this.#offsetAt(nowMicros);
    const before = this.#offsetMicros;
    this.#offsetMicros = offsetMicros;
    if (Math.abs(offsetMicros - before) < STEP_MICROS) return;
    this.#resumedMicros = nowMicros;
    for (const subscription of this.#options.subscriptions.all()) {
      subscription.ackMicros = Math.min(subscription.ackMicros, nowMicros);
      subscription.sinceMicros = Math.min(subscription.sinceMicros, nowMicros);
    }
  }

  #offsetAt(nowMicros: number): number {
    return nowMicros - this.#options.clock.monotonicMs() * 1000;
  }

  /** Asking again did not help: another connection may, and costs nothing, because the new one comes first. */
  #replace(lane: Lane): void {
    const nowMs = this.#options.clock.monotonicMs();
    const lastMs = this.#handedOverMs.get(lane) ?? -Infinity;
    if (nowMs - lastMs < this.#options.limits.staleHandoverMs) return;
    this.#handedOverMs.set(lane, nowMs);
    lane.handOver('stale');
  }
}

/** Since when data are to be expected; undefined while the venue is closed, by its calendar or by its own word. */
function openSince(link: Link, openMicros: number | undefined): number | undefined {
  if (openMicros === undefined || !link.isVenueOpen) return undefined;
  return Math.max(openMicros, link.reopenedMicros);
}
