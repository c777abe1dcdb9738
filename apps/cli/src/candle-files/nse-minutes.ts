import { calendars } from '@tickwright/market';
import type { CandleImport, ImportedCandle } from '@tickwright/venues';
import { CandleFileFormatError } from './candle-file-error.ts';

const COLUMNS = 6;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Prices are whole ten-thousandths of a rupee. */
const PRICE_SCALE = 10_000;
const DATE = /(?:^|[^0-9])(\d{4})(\d{2})(\d{2})(?:[^0-9]|$)/;

/**
 * One day of NSE one-minute candles as QuantConnect/Lean keeps them: a file named by its date, of rows
 * `milliseconds since midnight in India, open, high, low, close, volume` with prices times 10,000; a minute without a
 * trade has no row. The file tells the whole day. Errors: CandleFileFormatError.
 */
export function readNseMinutes(
  file: { path: string; name: string; text: string },
  instrument: string,
): CandleImport {
  const { fromMicros, toMicros } = calendars('nse').spanOf(dateIn(file));
  const candles: ImportedCandle[] = [];
  for (const [at, line] of file.text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const candle = candleOf(line, fromMicros);
    const place = `${file.path}:${at + 1}`;
    if (candle === undefined) throw new CandleFileFormatError(place, `no candle: "${line.slice(0, 80)}"`);
    if (candle.openTimeMicros <= (candles.at(-1)?.openTimeMicros ?? -1)) {
      throw new CandleFileFormatError(place, `not later than the candle before it: "${line.slice(0, 80)}"`);
    }
    candles.push(candle);
  }
  return { instrument, minutes: 1, fromMicros, toMicros, candles };
}

/** In the file's own name, or in that of the archive it lies in. */
function dateIn({ path, name }: { path: string; name: string }): string {
  const [, year, month, day] = DATE.exec(name) ?? DATE.exec(path) ?? [];
  const date = `${year}-${month}-${day}`;
  if (year !== undefined && !Number.isNaN(Date.parse(date))) return date;
  throw new CandleFileFormatError(path, 'has no date YYYYMMDD in its name');
}

function candleOf(line: string, midnightMicros: number): ImportedCandle | undefined {
  const cells = line.split(',').map((cell) => (/^\d+$/.test(cell.trim()) ? Number(cell) : Number.NaN));
  if (cells.length !== COLUMNS || !cells.every(Number.isSafeInteger)) return undefined;
  const [ms = 0, open = 0, high = 0, low = 0, close = 0, volume = 0] = cells;
  if (ms >= DAY_MS || ms % MINUTE_MS !== 0 || low <= 0) return undefined;
  if (low > Math.min(open, close) || high < Math.max(open, close)) return undefined;
  const price = (scaled: number): number => scaled / PRICE_SCALE;
  return {
    openTimeMicros: midnightMicros + ms * 1_000,
    open: price(open),
    high: price(high),
    low: price(low),
    close: price(close),
    volume,
  };
}
