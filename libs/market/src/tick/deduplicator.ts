import { CoverageColumns } from './coverage-columns.ts';
import type { LostIds } from './coverage-reader.ts';
import type { CoverageRow } from './coverage-row.ts';
import type { Arrival, HoleListener } from '../gap/hole-listener.ts';
import type { IdRange } from './id-ranges.ts';
import type { InstrumentTable } from '../instrument.ts';
import { SkewMeter } from './skew-meter.ts';
import type { Calendars } from '../session/session-calendar.ts';
import { IdSpace, TickKind, type TickBatch } from './tick-batch.ts';
import { MAX_AHEAD_MICROS, faultOf, type TickFault } from './tick-faults.ts';
import type { VolumeCounts } from './unnumbered-ticks.ts';

/** What became of the ticks, counted by reason since the start. Rejected ids stay uncovered and become holes. */
export interface DeduplicatorCounts extends VolumeCounts, Record<TickFault, number> {
  accepted: number;
  duplicates: number;
  /** Ticks whose ids are of another space than the one that stands, or that have none where others have. */
  otherIdSpace: number;
}

/** `aside`: a quote, accepted, that says nothing of coverage. */
type Verdict = 'accepted' | 'aside' | 'rejected';

/** For what is taken in again, and was counted when it came. */
const uncounted = (): VolumeCounts => ({ decreasingVolume: 0, gapIncreases: 0, outsideSession: 0 });

function arrivalOf(batch: TickBatch, row: number): Arrival {
  return {
    id: batch.tradeId[row],
    eventMicros: batch.eventTime[row],
    receiveMicros: batch.receiveTime[row],
    offset: batch.offset[row],
  };
}

/**
 * Lets each tick through once, and knows which ids are missing. A pure fold of the rows in arrival order: how they are
 * cut into batches changes nothing. One id space stands for an instrument, the first that is seen.
 */
export class Deduplicator {
  readonly counts: DeduplicatorCounts = {
    accepted: 0,
    duplicates: 0,
    otherIdSpace: 0,
    badTime: 0,
    futureEvents: 0,
    badPrice: 0,
    badQuantity: 0,
    badId: 0,
    decreasingVolume: 0,
    gapIncreases: 0,
    outsideSession: 0,
  };
  readonly #gaps: HoleListener;
  readonly #state: CoverageColumns;
  readonly #skew: SkewMeter;
  #newestFound = -1;

  constructor(options: { instruments: InstrumentTable; gaps: HoleListener; calendars: Calendars }) {
    this.#gaps = options.gaps;
    this.#state = new CoverageColumns(options);
    this.#skew = new SkewMeter(options.instruments);
  }

  /**
   * Judges rows [0, count) in order, closes the holes of the rejected ones in place (count shrinks) and sets the volume
   * of conflated ticks and quotes. Tells the listener of holes on the way.
   *
   * Hot path, measured by scripts/bench/deduplicate.ts: the next id of an instrument costs a comparison with what is
   * expected, without a call or an object. Everything else goes through `#judge`.
   */
  accept(batch: TickBatch): void {
    const state = this.#state;
    state.grow();
    const { next, space, lastEvent, lastReceive, changed } = state.columns;
    const { instrument, eventTime, receiveTime, price, quantity, tradeId, idSpace, count } = batch;
    const skew = this.#skew.open();
    let kept = 0;
    for (let row = 0; row < count; row++) {
      const at = instrument[row];
      const id = tradeId[row];
      const event = eventTime[row];
      const receive = receiveTime[row];
      if (
        id === next[at] &&
        idSpace[row] === space[at] &&
        event > 0 &&
        event - receive <= MAX_AHEAD_MICROS &&
        price[row] > 0 &&
        price[row] < Infinity &&
        quantity[row] >= 0 &&
        quantity[row] < Infinity
      ) {
        next[at] = id + 1;
        if (event > lastEvent[at]) lastEvent[at] = event;
      } else {
        const verdict = this.#judge(batch, row);
        if (verdict === 'rejected') continue;
        if (verdict === 'accepted' && event > lastEvent[at]) lastEvent[at] = event;
      }
      skew.add(at, receive - event);
      lastReceive[at] = receive;
      changed[at] = 1;
      if (kept !== row) batch.moveRow(row, kept);
      kept++;
    }
    batch.count = kept;
    this.counts.accepted += kept;
  }

  /** Takes in ticks that were stored as accepted: sets the state, emits, counts and reports nothing. */
  restore(batch: TickBatch): void {
    const state = this.#state;
    state.grow();
    const { lastEvent, lastReceive, firstEvent, space, changed } = state.columns;
    for (let row = 0; row < batch.count; row++) {
      const at = batch.instrument[row];
      const event = batch.eventTime[row];
      lastReceive[at] = batch.receiveTime[row];
      changed[at] = 1;
      if (batch.kind[row] === TickKind.quote) {
        if (batch.cumulativeVolume[row] >= 0) state.unnumbered(at).observe(batch, row, uncounted());
        continue;
      }
      if (batch.idSpace[row] !== IdSpace.none) {
        if (space[at] === IdSpace.none) space[at] = batch.idSpace[row];
        const ranges = state.rangesOf(at);
        if (!ranges.add(batch.tradeId[row]).isNew) continue;
        state.expect(at);
        if (batch.tradeId[row] === ranges.low) firstEvent[at] = event;
      } else {
        this.#restoreUnnumbered(batch, row);
      }
      if (event > lastEvent[at]) lastEvent[at] = event;
    }
  }

  /** The newest eventTime of the instrument's trades and conflated ticks, or -1. */
  lastEventMicros(instrument: number): number {
    return this.#state.columns.lastEvent[instrument] ?? -1;
  }

  /** The receiveTime of the instrument's last accepted tick, or -1. */
  lastReceiveMicros(instrument: number): number {
    return this.#state.columns.lastReceive[instrument] ?? -1;
  }

  /** The instrument's newest covered id, or -1. */
  lastTradeId(instrument: number): number {
    return this.#state.rangesOf(instrument).high;
  }

  /** The instrument's oldest covered id, or -1. */
  firstTradeId(instrument: number): number {
    return this.#state.rangesOf(instrument).low;
  }

  /** The `IdSpace` that stands for the instrument, or none. */
  idSpace(instrument: number): number {
    return this.#state.columns.space[instrument] ?? IdSpace.none;
  }

  /** Whether all ids of [fromId, toId] are covered. */
  covers(instrument: number, fromId: number, toId: number): boolean {
    return this.#state.rangesOf(instrument).covers(fromId, toId);
  }

  /** The ids missing between the instrument's oldest and newest. */
  holes(instrument: number): IdRange[] {
    return this.#state.rangesOf(instrument).holes();
  }

  /** The ids of [fromId, toId] that are not covered. */
  holesWithin(instrument: number, fromId: number, toId: number): IdRange[] {
    return this.#state.rangesOf(instrument).holesWithin(fromId, toId);
  }

  /** Makes ids missing again that were stored and are lost, so that history can bring them back. */
  uncover(instrument: number, { fromId, toId, offset, receiveMicros }: LostIds): void {
    const ranges = this.#state.rangesOf(instrument);
    const givenUp = ranges.remove(fromId, toId < 0 ? ranges.high : toId);
    this.#state.expect(instrument);
    this.#state.touch(instrument);
    for (const [from, to] of givenUp)
      this.#gaps.givenUp(instrument, { fromId: from, toId: to, offset, receiveMicros });
  }

  /** Has the listener told of every accepted tick of the instrument, until `unwatch`. */
  watch(instrument: number): void {
    this.#state.watch(instrument, 1);
  }

  unwatch(instrument: number): void {
    this.#state.watch(instrument, 0);
  }

  /** Ticks of the instrument are missing from now on: the next increase of cumulative volume belongs to the gap. */
  gapOpened(instrument: number): void {
    this.#state.unnumbered(instrument).gapOpened();
    this.#state.touch(instrument);
  }

  /** The instrument's subscription is confirmed: sessions that open later are seen whole. */
  seenSince(instrument: number, micros: number): void {
    this.#state.unnumbered(instrument).seenSince(micros);
    this.#state.touch(instrument);
  }

  /** Volume of the instrument that went to gaps, since this object exists. */
  gapVolume(instrument: number): number {
    return this.#state.unnumbered(instrument).gapVolume;
  }

  /** receiveTime - eventTime of a segment's ticks, smoothed, microseconds; undefined before the first one. */
  skewMicros(segment: string): number | undefined {
    return this.#skew.micros(segment);
  }

  /** The state as of now: of what changed since the last such call, or of all instruments. */
  snapshot(options: { changedOnly: boolean }): CoverageRow[] {
    return this.#state.snapshot(options);
  }

  /** Sets instruments to a stored state. Rows of instruments that are not in the table yet wait for them. */
  load(rows: readonly CoverageRow[]): void {
    this.#state.load(rows);
  }

  #judge(batch: TickBatch, row: number): Verdict {
    if (batch.kind[row] === TickKind.notice) {
      this.#notice(batch, row);
      return 'rejected';
    }
    const event = batch.eventTime[row];
    const isAhead = event - batch.receiveTime[row] > MAX_AHEAD_MICROS;
    const fault = faultOf(batch, row, isAhead ? this.#newestFor(event) : -1);
    if (fault !== undefined) {
      this.counts[fault]++;
      return 'rejected';
    }
    if (batch.kind[row] === TickKind.quote) {
      batch.volume[row] = 0;
      if (batch.cumulativeVolume[row] >= 0) {
        this.#state.unnumbered(batch.instrument[row]).observe(batch, row, this.counts);
      }
      return 'aside';
    }
    return batch.idSpace[row] === IdSpace.none
      ? this.#judgeUnnumbered(batch, row)
      : this.#judgeNumbered(batch, row);
  }

  /** The newest event accepted of any instrument; one that was found before where it will do for the event. */
  #newestFor(event: number): number {
    if (event - this.#newestFound <= MAX_AHEAD_MICROS) return this.#newestFound;
    for (const last of this.#state.columns.lastEvent) if (last > this.#newestFound) this.#newestFound = last;
    return this.#newestFound;
  }

  /** The venue's newest id: what lies between it and ours is missing, though no tick shows it. */
  #notice(batch: TickBatch, row: number): void {
    const at = batch.instrument[row];
    const arrival = arrivalOf(batch, row);
    const { space, lastEvent } = this.#state.columns;
    const high = this.#state.rangesOf(at).high;
    const { id, eventMicros, offset, receiveMicros } = arrival;
    const presentMicros = Math.max(receiveMicros, this.#newestFor(eventMicros));
    const isSound = id <= Number.MAX_SAFE_INTEGER && eventMicros - presentMicros <= MAX_AHEAD_MICROS;
    // Before the first tick nothing is missing after one.
    if (!isSound || high < 0 || id <= high || space[at] !== batch.idSpace[row]) return;
    const fromMicros = lastEvent[at];
    const toMicros = Math.max(fromMicros, eventMicros);
    this.#gaps.ahead(at, { fromId: high + 1, toId: id, fromMicros, toMicros, offset, receiveMicros });
  }

  #judgeNumbered(batch: TickBatch, row: number): Verdict {
    const at = batch.instrument[row];
    const { space, firstEvent, lastEvent } = this.#state.columns;
    if (space[at] === IdSpace.none) space[at] = batch.idSpace[row];
    if (space[at] !== batch.idSpace[row]) {
      this.counts.otherIdSpace++;
      return 'rejected';
    }
    const arrival = arrivalOf(batch, row);
    const ranges = this.#state.rangesOf(at);
    const { isNew, opened, givenUp } = ranges.add(arrival.id);
    if (!isNew) {
      this.counts.duplicates++;
      return 'rejected';
    }
    this.#state.expect(at);
    if (lastEvent[at] < 0) this.#gaps.first(at, arrival);
    if (opened !== undefined) this.#hole(at, arrival, opened);
    else if (arrival.id < ranges.high) this.#gaps.covered(at, arrival);
    if (givenUp !== undefined) {
      const { offset, receiveMicros } = arrival;
      this.#gaps.givenUp(at, { fromId: givenUp[0], toId: givenUp[1], offset, receiveMicros });
    }
    if (this.#state.isWatched(at)) this.#gaps.ticked(at, arrival);
    if (arrival.id === ranges.low) firstEvent[at] = arrival.eventMicros;
    return 'accepted';
  }

  #judgeUnnumbered(batch: TickBatch, row: number): Verdict {
    const at = batch.instrument[row];
    const { space, lastEvent } = this.#state.columns;
    if (space[at] !== IdSpace.none) {
      this.counts.otherIdSpace++;
      return 'rejected';
    }
    const ticks = this.#state.unnumbered(at);
    if (ticks.isRepeat(batch, row)) {
      this.counts.duplicates++;
      return 'rejected';
    }
    ticks.remember(batch, row);
    const arrival = arrivalOf(batch, row);
    if (batch.kind[row] === TickKind.conflated) {
      const cumulativeVolume = batch.cumulativeVolume[row];
      batch.volume[row] = ticks.volumeOf({ eventMicros: arrival.eventMicros, cumulativeVolume }, this.counts);
    }
    if (lastEvent[at] < 0) this.#gaps.first(at, arrival);
    if (this.#state.isWatched(at)) this.#gaps.ticked(at, arrival);
    return 'accepted';
  }

  #hole(at: number, arrival: Arrival, [fromId, toId]: IdRange): void {
    const { firstEvent, lastEvent } = this.#state.columns;
    const { offset, receiveMicros, eventMicros } = arrival;
    const neighbour = arrival.id > toId ? lastEvent[at] : firstEvent[at];
    const fromMicros = Math.min(neighbour, eventMicros);
    const toMicros = Math.max(neighbour, eventMicros);
    this.#gaps.hole(at, { fromId, toId, fromMicros, toMicros, offset, receiveMicros });
  }

  #restoreUnnumbered(batch: TickBatch, row: number): void {
    const ticks = this.#state.unnumbered(batch.instrument[row]);
    if (ticks.isRepeat(batch, row)) return;
    ticks.remember(batch, row);
    if (batch.kind[row] !== TickKind.conflated) return;
    const tick = { eventMicros: batch.eventTime[row], cumulativeVolume: batch.cumulativeVolume[row] };
    ticks.volumeOf(tick, uncounted());
  }
}
