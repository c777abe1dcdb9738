import { ToldBy, VenueRowKind, spanRow } from '@tickwright/market';
import type { InstrumentTable, StandInSpan, VenueRow } from '@tickwright/market';
import { decodeImport } from '@tickwright/venues';
import type {
  CandlePage,
  CandleRead,
  Decoder,
  DecoderOptions,
  RejectReason,
  VenueCandle,
} from '@tickwright/venues';

/** A candle that is told before its time by more than the clocks may differ is none that has closed. */
const AHEAD_MICROS = 60_000_000;
const MINUTE_MICROS = 60_000_000;

/** Where a frame came from that tells of the venue's candles. */
interface Frame {
  readonly receiveMicros: number;
  readonly offset: number;
}

/** Collects what one frame tells of the venue's own candles, as rows that are stored and folded. */
export class VenueRows {
  /** For decoders. */
  readonly listeners: Required<Pick<DecoderOptions, 'onVenueCandle' | 'onCandlePage'>>;
  /** Receive time of the frame that is being decoded. */
  receiveMicros = 0;
  #rows: VenueRow[] = [];

  constructor() {
    this.listeners = {
      onVenueCandle: (instrument, candle, offset) => this.#streamed(instrument, candle, offset),
      onCandlePage: (page, offset) =>
        this.#page(page, { by: ToldBy.answer, receiveMicros: this.receiveMicros, offset }),
    };
  }

  get count(): number {
    return this.#rows.length;
  }

  take(): VenueRow[] {
    const rows = this.#rows;
    if (rows.length > 0) this.#rows = [];
    return rows;
  }

  /** Spans for which recovery says that the venue's candles stand; both ends of theirs are inclusive. */
  standIns(spans: readonly StandInSpan[], instruments: InstrumentTable, frame: Frame): void {
    for (const [index, span] of spans.entries()) {
      const instrument = instruments.indexOf(span.instrument);
      if (instrument < 0) continue;
      const { fromMicros } = span;
      const times = { fromMicros, toMicros: span.toMicros + 1 };
      const kind = VenueRowKind.standIn;
      this.#rows.push(spanRow({ instrument, kind, minutes: 1, ...times, by: ToldBy.fold, ...frame, index }));
    }
  }

  /** An imported frame: whole or not at all. False when it was refused; the decoder counts why. */
  imported(bytes: Buffer, instruments: InstrumentTable, decoder: Decoder, frame: Frame): boolean {
    const reject = (reason: RejectReason): false => {
      decoder.counts.rejected[reason] += 1;
      return false;
    };
    const found = decodeImport(bytes, frame.receiveMicros);
    if (found === undefined) return reject('malformed');
    const { told, read } = found;
    const instrument = instruments.indexOf(told.instrument);
    if (instrument < 0) return reject('unknownInstrument');
    for (const { reason } of read.problems) reject(reason);
    if (read.problems.length > 0) return false;
    decoder.counts.candles += read.candles.length;
    const { minutes, fromMicros, toMicros } = told;
    this.#page(pageOf(read, { instrument, minutes, fromMicros, toMicros }), { by: ToldBy.import, ...frame });
    return true;
  }

  #streamed(instrument: number, candle: VenueCandle, offset: number): void {
    const { receiveMicros } = this;
    if (candle.closeTimeMicros > receiveMicros + AHEAD_MICROS) return;
    this.#rows.push(
      candleRow(
        { instrument, minutes: 1, candle },
        { by: ToldBy.stream, receiveMicros, offset, index: this.count },
      ),
    );
  }

  #page({ instrument, minutes, candles, told }: CandlePage, frame: Frame & { by: VenueRow['by'] }): void {
    for (const candle of candles)
      this.#rows.push(candleRow({ instrument, minutes, candle }, { ...frame, index: this.count }));
    for (const { fromMicros, toMicros } of told)
      this.#rows.push(
        spanRow({
          instrument,
          kind: VenueRowKind.answered,
          minutes,
          fromMicros,
          toMicros,
          ...frame,
          index: this.count,
        }),
      );
  }
}

function pageOf(
  read: CandleRead,
  told: { instrument: number; minutes: number; fromMicros: number; toMicros: number },
): CandlePage {
  const { instrument, minutes, fromMicros, toMicros } = told;
  const candles = read.candles.filter(({ isClosed }) => isClosed);
  return { instrument, minutes, candles, told: toMicros > fromMicros ? [{ fromMicros, toMicros }] : [] };
}

function candleRow(
  { instrument, minutes, candle }: { instrument: number; minutes: number; candle: VenueCandle },
  place: Pick<VenueRow, 'by' | 'receiveMicros' | 'offset' | 'index'>,
): VenueRow {
  const { openTimeMicros, open, high, low, close, volume, tradeCount } = candle;
  return {
    instrument,
    kind: VenueRowKind.candle,
    minutes,
    fromMicros: openTimeMicros,
    toMicros: openTimeMicros + minutes * MINUTE_MICROS,
    open,
    high,
    low,
    close,
    volume,
    tradeCount,
    ...place,
  };
}
