import { FrameKind, encodeControl } from '@tickwright/market';
import type { ControlEvent } from '@tickwright/market';
import type { Journal } from '@tickwright/journal';
import { JournalFullError } from '@tickwright/journal';
import type { Clock, Log } from '@tickwright/runtime';
import type { Decoder, FrameSink } from '@tickwright/venues';
import type { Pipeline } from './pipeline.ts';

/** The source under which the service's own events are journaled. */
const OWN = 'tickwright';

export interface JournalSinkOptions {
  readonly venue: string;
  readonly journal: Journal;
  readonly pipeline: Pipeline;
  readonly clock: Clock;
  readonly log: Log;
}

/** Where a venue's stream delivers: every frame is journaled, then folded, in one synchronous step and in order. */
export class JournalSink implements FrameSink {
  readonly counts = { messages: 0, bytes: 0, answers: 0, controls: 0, refused: 0 };
  lastFrameMicros = 0;
  readonly #options: JournalSinkOptions;
  readonly #decoder: Decoder;
  readonly #sources = new Map<string, number>();
  /** The source of the frame before: a burst comes over one connection, and no string is built for its frames. */
  #lastConnection = '';
  #lastKind: FrameKind = FrameKind.control;
  #lastSource = -1;
  #isSettleDue = false;

  constructor(options: JournalSinkOptions) {
    this.#options = options;
    this.#decoder = options.pipeline.fold.decoder(options.venue);
  }

  /** Hot path. */
  message(connection: string, receiveMicros: number, bytes: Buffer): void {
    const { pipeline, venue } = this.#options;
    const offset = this.#append(connection, FrameKind.message, receiveMicros, bytes);
    if (offset === undefined) return;
    if (pipeline.isLive) pipeline.fold.message(venue, this.#decoder, receiveMicros, offset, bytes);
    else this.#putOff(connection, FrameKind.message, { receiveMicros, offset, bytes });
    this.lastFrameMicros = receiveMicros;
    this.counts.messages += 1;
    this.counts.bytes += bytes.length;
    if (!this.#isSettleDue) this.#settleSoon();
  }

  answer(connection: string, receiveMicros: number, bytes: Buffer): void {
    const { pipeline, venue } = this.#options;
    const offset = this.#append(connection, FrameKind.answer, receiveMicros, bytes);
    if (offset === undefined) return;
    if (pipeline.isLive) pipeline.fold.answer(venue, this.#decoder, receiveMicros, offset, bytes);
    else this.#putOff(connection, FrameKind.answer, { receiveMicros, offset, bytes });
    this.counts.answers += 1;
    if (!this.#isSettleDue) this.#settleSoon();
  }

  control(connection: string, event: ControlEvent): void {
    const { pipeline, clock } = this.#options;
    const receiveMicros = clock.nowMicros();
    const bytes = Buffer.from(encodeControl(event));
    const offset = this.#append(connection, FrameKind.control, receiveMicros, bytes);
    if (offset === undefined) return;
    if (pipeline.isLive) pipeline.fold.control(event, receiveMicros, offset);
    else this.#putOff(connection, FrameKind.control, { receiveMicros, offset, bytes });
    this.counts.controls += 1;
  }

  #putOff(
    connection: string,
    kind: FrameKind,
    frame: { receiveMicros: number; offset: number; bytes: Buffer },
  ): void {
    const source = { venue: this.#options.venue, connection, kind };
    this.#options.pipeline.unfolded.add({ ...frame, source });
  }

  /** Journals a frame. Past the journal's hard limit, with the sockets already paused, a frame is refused and counted; its ids show as a gap. */
  #append(connection: string, kind: FrameKind, receiveMicros: number, bytes: Buffer): number | undefined {
    try {
      return this.#options.journal.append(this.#source(connection, kind), receiveMicros, bytes);
    } catch (error) {
      if (!(error instanceof JournalFullError)) throw error;
      this.counts.refused += 1;
      if (this.counts.refused === 1)
        this.#options.log.error({ error }, 'the journal cannot take more frames');
      return undefined;
    }
  }

  #source(connection: string, kind: FrameKind): number {
    if (connection === this.#lastConnection && kind === this.#lastKind) return this.#lastSource;
    const name = `${kind} ${connection}`;
    let source = this.#sources.get(name);
    if (source === undefined) {
      source = this.#options.journal.source({ venue: this.#options.venue, connection, kind });
      this.#sources.set(name, source);
    }
    this.#lastConnection = connection;
    this.#lastKind = kind;
    this.#lastSource = source;
    return source;
  }

  /** What one turn of the event loop received is folded once, at its end. */
  #settleSoon(): void {
    this.#isSettleDue = true;
    setImmediate(() => {
      this.#isSettleDue = false;
      this.#options.pipeline.settle();
    });
  }
}

/** Journals and folds an event of the service itself. */
export function recordOwnEvent(
  parts: { journal: Journal; pipeline: Pipeline; clock: Clock },
  event: ControlEvent,
): void {
  const { journal, pipeline, clock } = parts;
  const receiveMicros = clock.nowMicros();
  const source = { venue: OWN, connection: 'service', kind: FrameKind.control };
  const bytes = Buffer.from(encodeControl(event));
  const offset = journal.append(journal.source(source), receiveMicros, bytes);
  if (pipeline.isLive) pipeline.fold.control(event, receiveMicros, offset);
  else pipeline.unfolded.add({ source, receiveMicros, offset, bytes });
}
