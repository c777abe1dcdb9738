import type { CandleImport, ImportedCandle } from '@tickwright/venues';
import { CandleFileFormatError } from './candle-file-error.ts';

const NEEDED = ['open_time', 'open', 'high', 'low', 'close', 'volume'] as const;
const MINUTE_MICROS = 60_000_000;
const DECIMAL = /^\d+(?:\.\d+)?$/;

/**
 * One-minute candles with a header: `open_time` (ISO 8601, UTC unless it names a zone), `open`, `high`, `low`, `close`,
 * `volume` and, where it is there, `trade_count`; other columns are passed over. What `tickwright candles --csv` prints
 * has other names for its times. Nothing is said of minutes without a row. Errors: CandleFileFormatError.
 */
export function readCsvCandles(file: { path: string; text: string }, instrument: string): CandleImport {
  const [header = '', ...lines] = file.text.split(/\r?\n/);
  const names = header.split(',').map((name) => name.trim());
  const missing = NEEDED.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw new CandleFileFormatError(`${file.path}:1`, `has no column ${missing.join(', ')}`);
  }
  const candles: ImportedCandle[] = [];
  for (const [at, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const cells = line.split(',');
    const candle = candleOf((name) => cells[names.indexOf(name)]?.trim() ?? '');
    const place = `${file.path}:${at + 2}`;
    if (candle === undefined) throw new CandleFileFormatError(place, `no candle: "${line.slice(0, 80)}"`);
    if (candle.openTimeMicros <= (candles.at(-1)?.openTimeMicros ?? -1)) {
      throw new CandleFileFormatError(place, `not later than the candle before it: "${line.slice(0, 80)}"`);
    }
    candles.push(candle);
  }
  const [first] = candles;
  const atMicros = first?.openTimeMicros ?? 0;
  return { instrument, minutes: 1, fromMicros: atMicros, toMicros: atMicros, candles };
}

function candleOf(cell: (name: string) => string): ImportedCandle | undefined {
  const time = cell('open_time');
  const zoned = /(?:Z|[+-]\d{2}:?\d{2})$/.test(time) ? time : `${time.replace(' ', 'T')}Z`;
  const openTimeMicros = Date.parse(zoned) * 1_000;
  if (!(openTimeMicros % MINUTE_MICROS === 0)) return undefined;
  const texts = ['open', 'high', 'low', 'close', 'volume'].map(cell);
  if (!texts.every((text) => DECIMAL.test(text))) return undefined;
  const [open = 0, high = 0, low = 0, close = 0] = texts.map(Number);
  if (low <= 0 || low > Math.min(open, close) || high < Math.max(open, close)) return undefined;
  const count = cell('trade_count');
  if (count !== '' && !/^\d+$/.test(count)) return undefined;
  return {
    openTimeMicros,
    open,
    high,
    low,
    close,
    volume: texts[4] ?? '0',
    ...(count === '' ? {} : { tradeCount: Number(count) }),
  };
}
