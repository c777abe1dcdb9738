import type { VenueCandle } from '../history.ts';
import { millisToMicros } from './times.ts';
import { integerOf, parseOhlc } from './parse.ts';
import type { Ohlc } from './parse.ts';

const MINUTE_MICROS = 60_000_000;
/** In a feed: the last minute that is over. */
const LAST_MINUTE = 'I1';

/** The last completed minute among a feed's candles, as the venue encodes it; undefined where there is none. */
export function lastMinuteOf(ohlc: readonly Ohlc[] = []): Ohlc | undefined {
  return ohlc.findLast((one) => one.interval === LAST_MINUTE);
}

/** A candle from its bytes in a frame; undefined for one that cannot be. */
export function readMinute(bytes: Buffer): VenueCandle | undefined {
  const ohlc = parseOhlc(bytes);
  return ohlc?.interval === LAST_MINUTE ? minuteCandle(ohlc) : undefined;
}

/** A candle with prices above 0, a time and a whole volume; undefined for any other. */
export function minuteCandle(ohlc: Ohlc): VenueCandle | undefined {
  const { open, high, low, close } = ohlc;
  const openTimeMicros = millisToMicros(integerOf(ohlc.ts));
  const volume = integerOf(ohlc.vol);
  const arePrices = [open, high, low, close].every((price) => price > 0 && price < Infinity);
  const isWhole = openTimeMicros >= 0 && openTimeMicros % MINUTE_MICROS === 0 && volume >= 0;
  if (!arePrices || !isWhole || high < low) return undefined;
  return {
    openTimeMicros,
    closeTimeMicros: openTimeMicros + MINUTE_MICROS,
    open,
    high,
    low,
    close,
    volumeText: String(volume),
    volume,
    tradeCount: -1,
    isClosed: true,
  };
}
