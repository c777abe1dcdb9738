import type { CoverageReader } from '../tick/coverage-reader.ts';
import type { ControlEvent } from '../frame.ts';
import type { FrameTime, Gap, GapCause, GapSpan, GapState, MutableGap } from './gap.ts';
import { GapRows } from './gap-rows.ts';
import { lostSince, startGapOf } from './gap-span.ts';
import { advance, attachBelow, cover, end, giveUp } from './gap-coverage.ts';
import type { Arrival, Hole, HoleListener } from './hole-listener.ts';
import type { InstrumentTable } from '../instrument.ts';
import type { Calendars, SessionCalendar } from '../session/session-calendar.ts';
import { ToldIds } from './told-ids.ts';
import { SubscriptionLines, type Absence, type LedgerMemory } from './subscription-lines.ts';

/**
 * Which spans of time lack ticks: a pure fold of control events and of what the de-duplicator reports. The control
 * events and the batches must be given in journal order. The de-duplicator and the ledger refer to each other: make
 * the ledger, then the de-duplicator with it as listener, then attach.
 */
export class GapLedger implements HoleListener {
  /** `unregistered`: control events for an instrument that is not in the table; it can have no ticks and no gaps. */
  readonly counts = { unregistered: 0 };
  readonly #instruments: InstrumentTable;
  readonly #calendars: Calendars;
  #reader: CoverageReader | undefined;
  readonly #rows = new GapRows();
  readonly #told = new ToldIds(this.#rows);
  readonly #lines = new SubscriptionLines();
  // By instrument key: the gap that lasts.
  readonly #lasting = new Map<string, MutableGap>();

  constructor(options: { instruments: InstrumentTable; calendars: Calendars }) {
    this.#instruments = options.instruments;
    this.#calendars = options.calendars;
  }

  attach(reader: CoverageReader): void {
    this.#reader = reader;
    for (const key of this.#lasting.keys()) this.#watch(key);
    for (const { key } of this.#instruments.list()) this.#recall(key);
  }

  control(event: ControlEvent, frame: FrameTime): void {
    switch (event.type) {
      case 'started':
        this.#lines.restart(event.previous === 'crashed' ? 'crash' : 'start');
        for (const key of this.#lasting.keys()) this.#lines.of(key).isDown = true;
        break;
      case 'disconnected':
      case 'paused': {
        const cause = event.type === 'paused' ? 'disk' : 'disconnect';
        for (const key of event.instruments) this.#lose(key, { cause, isDown: true }, frame);
        break;
      }
      case 'stale':
        for (const key of event.instruments) this.#lose(key, { cause: 'stale', isDown: false }, frame);
        break;
      case 'requested':
        for (const key of event.instruments) this.#request(key, frame);
        break;
      case 'acknowledged':
        for (const key of event.instruments) this.#acknowledge(key, frame);
        break;
      case 'resumed':
        for (const key of event.instruments) this.#lines.of(key).isDown = false;
        break;
      case 'removed':
        for (const key of event.instruments) this.#remove(key, frame);
        break;
      case 'lost':
        for (const span of event.spans) this.#rows.open({ ...span, cause: 'disk' }, frame);
        break;
      case 'clock':
      case 'connected':
      case 'stopped':
      case 'refused':
      case 'instruments':
        break;
    }
    this.#lines.alive(frame.receiveMicros);
  }

  first(instrument: number, arrival: Arrival): void {
    const { key } = this.#instruments.at(instrument);
    const line = this.#lines.of(key);
    if (!line.expectsFirst) return;
    line.expectsFirst = false;
    const calendar = this.#calendarOf(instrument);
    const span = startGapOf(arrival, { calendar, seenSinceMicros: line.seenSinceMicros });
    if (span !== undefined) this.#rows.open({ instrument: key, cause: 'start', ...span }, arrival);
  }

  hole(instrument: number, found: Hole): void {
    const { key } = this.#instruments.at(instrument);
    const hole = this.#told.beyond(key, found);
    if (hole === undefined) return;
    const lasting = this.#lasting.get(key);
    if (lasting !== undefined && lasting.fromId === hole.fromId && !this.#lines.of(key).isDown) {
      const toMicros = Math.max(lasting.fromMicros, hole.toMicros);
      this.#rows.change(lasting, { toId: hole.toId, toMicros }, hole.offset);
      this.#endWatch(instrument, key);
      return;
    }
    if (attachBelow(this.#rows, key, hole)) return;
    const { fromMicros, toMicros, fromId, toId } = hole;
    this.#rows.open({ instrument: key, cause: 'sequence', fromMicros, toMicros, fromId, toId }, hole);
  }

  ahead(instrument: number, found: Hole): void {
    const { key } = this.#instruments.at(instrument);
    const hole = this.#told.beyond(key, found);
    const lasting = this.#lasting.get(key);
    if (hole === undefined) return;
    if (lasting === undefined) this.#told.open(key, hole);
    else {
      // While the line is down, or where the lasting gap begins elsewhere, that gap stands for the ids.
      if (this.#lines.of(key).isDown || lasting.fromId !== hole.fromId) return;
      const toMicros = Math.max(lasting.fromMicros, hole.toMicros);
      this.#rows.change(lasting, { toId: hole.toId, toMicros }, hole.offset);
      this.#told.note(key, hole);
      this.#endWatch(instrument, key);
    }
    this.#read().watch(instrument);
  }

  covered(instrument: number, arrival: Arrival): void {
    const { key } = this.#instruments.at(instrument);
    cover(this.#rows, {
      key,
      arrival,
      missing: (from, to) => this.#read().holesWithin(instrument, from, to),
    });
  }

  givenUp(instrument: number, range: Pick<Hole, 'fromId' | 'toId' | 'offset' | 'receiveMicros'>): void {
    giveUp(this.#rows, this.#instruments.at(instrument).key, range);
  }

  ticked(instrument: number, arrival: Arrival): void {
    const { key } = this.#instruments.at(instrument);
    if (this.#told.isTold(key, arrival)) this.covered(instrument, arrival);
    this.#told.caughtUp(key, this.#read().lastTradeId(instrument));
    const gap = this.#lasting.get(key);
    if (gap === undefined) return this.#endWatch(instrument, key);
    // An older id, or a tick without one, says nothing of what comes after the newest id.
    if (gap.fromId >= 0 && arrival.id < gap.fromId) return;
    const { isDown, seenSinceMicros } = this.#lines.of(key);
    if (isDown) return advance(this.#rows, gap, arrival);
    this.#endWatch(instrument, key);
    const isCovered = gap.fromId >= 0 && this.#read().covers(instrument, gap.fromId, arrival.id);
    end(this.#rows, gap, { arrival, isCovered, seenSinceMicros, calendar: this.#calendarOf(instrument) });
  }

  /** The rows that changed since the last call, as copies. A row that came and went unread may be left out. */
  takeChanges(): Gap[] {
    return this.#rows.takeChanges();
  }

  /** Grows with every change of a row: for a follower that compares `list` with what it knows. */
  get changeCount(): number {
    return this.#rows.changeCount;
  }

  /** Per instrument, the span that holds every change of completeness since the last call. */
  changedSpans(): GapSpan[] {
    return [...this.#rows.takeSpans()]
      .map(([key, span]) => ({ instrument: this.#instruments.indexOf(key), ...span }))
      .filter(({ instrument }) => instrument >= 0);
  }

  /** Whether any gap that is not filled touches [fromMicros, toMicros). */
  overlaps(instrument: number, fromMicros: number, toMicros: number): boolean {
    return this.#rows
      .of(this.#instruments.at(instrument).key)
      .some((gap) => gap.fromMicros < toMicros && (gap.toMicros < 0 || gap.toMicros >= fromMicros));
  }

  /** The gaps that may still be filled: open or filling. */
  open(): Gap[] {
    return this.list().filter(({ state }) => state === 'open' || state === 'filling');
  }

  /** All gaps that are not filled and the last filled ones, in order of opening. */
  list(): Gap[] {
    return this.#rows.list().map((gap) => ({ ...gap }));
  }

  /**
   * Recovery's verdict on a gap. A gap that lasts and is called filled or unfillable ends at the frame's time. Returns
   * false when no unfilled gap has the id: it was filled, or merged, in between.
   */
  resolve(verdict: { id: string; state: GapState; reason: string }, frame: FrameTime): boolean {
    const gap = this.#rows.find(verdict.id);
    if (gap === undefined) return false;
    const isFinal = verdict.state === 'filled' || verdict.state === 'unfillable';
    if (isFinal && gap.toMicros < 0) {
      const toMicros = Math.max(gap.fromMicros, frame.receiveMicros);
      this.#rows.change(gap, { toMicros }, frame.offset);
      const instrument = this.#instruments.indexOf(gap.instrument);
      if (instrument >= 0) this.#endWatch(instrument, gap.instrument);
      else this.#lasting.delete(gap.instrument);
    }
    if (verdict.state === 'filled') this.#rows.fill(gap, verdict.reason, frame.offset);
    else this.#rows.change(gap, { state: verdict.state, reason: verdict.reason }, frame.offset);
    return true;
  }

  /** The state beside the gaps, for `load`. */
  memory(): LedgerMemory {
    return this.#lines.memory();
  }

  /** Sets the ledger, which must be new, to a stored state, as of the offset of the fold. */
  load(gaps: readonly Gap[], memory?: LedgerMemory): void {
    this.#rows.load(gaps);
    if (memory !== undefined) this.#lines.load(memory);
    for (const { instrument } of gaps) {
      this.#recall(instrument);
      const lasting = this.#rows.of(instrument).find((gap) => gap.toMicros < 0);
      if (lasting === undefined) continue;
      this.#lasting.set(instrument, lasting);
      this.#watch(instrument);
    }
  }

  #lose(key: string, loss: { cause: GapCause; isDown: boolean }, frame: FrameTime): void {
    const instrument = this.#instruments.indexOf(key);
    if (instrument < 0) return this.#skip();
    const line = this.#lines.of(key);
    line.seenSinceMicros = -1;
    if (loss.isDown) line.isDown = true;
    this.#read().gapOpened(instrument);
    this.#begin(instrument, { cause: loss.cause, aliveMicros: frame.receiveMicros }, frame);
  }

  #request(key: string, frame: FrameTime): void {
    const instrument = this.#instruments.indexOf(key);
    if (instrument < 0) return this.#skip();
    const line = this.#lines.of(key);
    const { absence } = line;
    line.isDown = false;
    line.absence = undefined;
    // An instrument that was registered after the state was loaded.
    this.#recall(key);
    if (this.#lasting.has(key)) this.#read().watch(instrument);
    if (this.#read().lastEventMicros(instrument) < 0) {
      if (line.expectsFirst) return;
      line.expectsFirst = true;
      this.#read().gapOpened(instrument);
    } else if (absence !== undefined) {
      line.seenSinceMicros = -1;
      this.#read().gapOpened(instrument);
      this.#begin(instrument, absence, frame);
    }
  }

  #acknowledge(key: string, frame: FrameTime): void {
    this.#request(key, frame);
    const instrument = this.#instruments.indexOf(key);
    const line = this.#lines.of(key);
    if (instrument < 0 || line.seenSinceMicros >= 0) return;
    line.seenSinceMicros = frame.receiveMicros;
    this.#read().seenSince(instrument, frame.receiveMicros);
  }

  #remove(key: string, frame: FrameTime): void {
    const instrument = this.#instruments.indexOf(key);
    if (instrument < 0) return this.#skip();
    const line = this.#lines.of(key);
    const lasting = this.#lasting.get(key);
    if (lasting !== undefined) {
      const toMicros = Math.max(lasting.fromMicros, frame.receiveMicros);
      this.#rows.change(lasting, { toMicros }, frame.offset);
      this.#endWatch(instrument, key);
    }
    line.expectsFirst = false;
    line.seenSinceMicros = -1;
    line.absence = { cause: 'start', aliveMicros: frame.receiveMicros };
  }

  /** Opens a gap that lasts, unless one does, or there never was a tick to miss others after. */
  #begin(instrument: number, absence: Absence, frame: FrameTime): void {
    const { key } = this.#instruments.at(instrument);
    const reader = this.#read();
    const lastMicros = reader.lastEventMicros(instrument);
    if (this.#lasting.has(key) || lastMicros < 0) return;
    const lastId = Math.max(reader.lastTradeId(instrument), this.#told.lastId(key));
    const fromId = lastId < 0 ? -1 : lastId + 1;
    // A gap that was closed without knowing its last id goes on: its ids are missing once, not twice.
    const again = this.#rows.of(key).find((gap) => fromId >= 0 && gap.fromId === fromId && gap.toId < 0);
    if (again !== undefined) {
      this.#rows.change(again, { toMicros: -1 }, frame.offset);
      this.#lasting.set(key, again);
    } else {
      const aliveMicros = Math.max(absence.aliveMicros, reader.lastReceiveMicros(instrument));
      const fromMicros = lostSince({ lastMicros, aliveMicros }, this.#calendarOf(instrument));
      const gap = this.#rows.open({ instrument: key, cause: absence.cause, fromMicros, fromId }, frame);
      this.#lasting.set(key, gap);
    }
    reader.watch(instrument);
  }

  #endWatch(instrument: number, key: string): void {
    this.#lasting.delete(key);
    if (!this.#told.has(key)) this.#read().unwatch(instrument);
  }

  /** Ids that were told and have not come, of an instrument whose stored gaps or ids have just become known. */
  #recall(key: string): void {
    const instrument = this.#instruments.indexOf(key);
    if (instrument < 0 || this.#reader === undefined) return;
    this.#told.recall(key, this.#reader.lastTradeId(instrument));
    if (this.#told.has(key)) this.#reader.watch(instrument);
  }

  #watch(key: string): void {
    const instrument = this.#instruments.indexOf(key);
    if (instrument >= 0) this.#reader?.watch(instrument);
  }

  #skip(): void {
    this.counts.unregistered++;
  }

  #calendarOf(instrument: number): SessionCalendar {
    return this.#calendars(this.#instruments.at(instrument).calendar);
  }

  #read(): CoverageReader {
    if (this.#reader === undefined)
      throw new RangeError('the gap ledger needs a de-duplicator: attach one first');
    return this.#reader;
  }
}
