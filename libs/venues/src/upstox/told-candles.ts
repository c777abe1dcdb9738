import type { DecoderOptions } from '../decoder.ts';
import type { VenueCandle } from '../history.ts';

type Told = NonNullable<DecoderOptions['onVenueCandle']>;

/** Tells each of the venue's candles once, though every frame repeats the last one; and again when it has changed. */
export class ToldCandles {
  readonly #onVenueCandle: Told;
  /** By instrument: the bytes that were looked at last, so that a repeated one costs a comparison. */
  readonly #bytes: Buffer[] = [];
  readonly #candles: (VenueCandle | undefined)[] = [];

  constructor(onVenueCandle: Told) {
    this.#onVenueCandle = onVenueCandle;
  }

  /** Whether the bytes [start, end) are other ones than the instrument's last. */
  isNews(instrument: number, bytes: Buffer, start: number, end: number): boolean {
    const last = this.#bytes[instrument];
    if (last?.length === end - start && last.compare(bytes, start, end) === 0) return false;
    this.#bytes[instrument] = Buffer.from(bytes.subarray(start, end));
    return true;
  }

  /** Undefined: what stood there is no candle. */
  tell(instrument: number, candle: VenueCandle | undefined, offset: number): void {
    const last = this.#candles[instrument];
    if (candle === undefined || (last !== undefined && isSame(last, candle))) return;
    this.#candles[instrument] = candle;
    this.#onVenueCandle(instrument, candle, offset);
  }
}

function isSame(one: VenueCandle, other: VenueCandle): boolean {
  const { openTimeMicros, open, high, low, close, volume } = one;
  return (
    openTimeMicros === other.openTimeMicros &&
    open === other.open &&
    high === other.high &&
    low === other.low &&
    close === other.close &&
    volume === other.volume
  );
}
