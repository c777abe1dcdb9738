import { readCandleRows, soundCandle, MINUTE_MICROS } from './candle-page.ts';
import type { CandleRead } from './candle-page.ts';
import { splitAnswer } from './frame-report.ts';
import { parseJson } from './json/json-value.ts';

/** Raised with every change of the form below; frames of another version are refused. */
const VERSION = 1;
const PATH = '/tickwright/candles';
const PREFIX = Buffer.from(`${PATH}?`);

/** A candle of a file, as it is imported. */
export interface ImportedCandle {
  /** Inclusive, microseconds UTC, a whole minute. */
  readonly openTimeMicros: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** As a decimal. */
  readonly volume: number | string;
  readonly tradeCount?: number;
}

/** Candles of one instrument from elsewhere than a venue's own answer. */
export interface CandleImport {
  /** The instrument's key. */
  readonly instrument: string;
  /** Length of a candle. */
  readonly minutes: number;
  /**
   * The span of which the candles tell everything: a minute of it without one had no trade. Half-open; the same moment
   * twice when nothing of the kind is known.
   */
  readonly fromMicros: number;
  readonly toMicros: number;
  /** Ascending. */
  readonly candles: readonly ImportedCandle[];
}

/**
 * The bytes of an answer frame that holds imported candles, to be journaled under the venue's name with the connection
 * `import`. Form, version 1:
 *
 *     /tickwright/candles?v=1&instrument=NSE_EQ%7CINE528G01035&minutes=1&from=1562643900000000&to=1562666400000000
 *     [[1562643900000000,103.25,103.4,103.1,103.35,"120345"],[1562643960000000,103.35,103.4,103.3,103.3,"5120",17]]
 *
 * Rows are open time (microseconds UTC), open, high, low, close, volume as a decimal and, where it is known, the number of
 * trades. At most some thousand candles a frame: a frame is decoded in one go.
 */
export function encodeImport(told: CandleImport): Buffer {
  const { instrument, minutes, fromMicros, toMicros, candles } = told;
  const query = new URLSearchParams({
    v: String(VERSION),
    instrument,
    minutes: String(minutes),
    from: String(fromMicros),
    to: String(toMicros),
  });
  const rows = candles.map(({ openTimeMicros, open, high, low, close, volume, tradeCount }) => {
    const row = [openTimeMicros, open, high, low, close, String(volume)];
    return tradeCount === undefined ? row : [...row, tradeCount];
  });
  return Buffer.from(`${PATH}?${query.toString()}\n${JSON.stringify(rows)}`);
}

/** Whether an answer's bytes are imported candles rather than a venue's. */
export function isImport(bytes: Buffer): boolean {
  return bytes.length > PREFIX.length && bytes.compare(PREFIX, 0, PREFIX.length, 0, PREFIX.length) === 0;
}

/** What such a frame says; undefined for one that is malformed or of another version. */
export function decodeImport(
  bytes: Buffer,
  nowMicros: number,
): { readonly told: Omit<CandleImport, 'candles'>; readonly read: CandleRead } | undefined {
  const answer = splitAnswer(bytes);
  const rows = answer === undefined ? undefined : parseJson(answer.body);
  if (answer === undefined || !Array.isArray(rows)) return undefined;
  const { query } = answer;
  const [version, minutes, fromMicros, toMicros] = ['v', 'minutes', 'from', 'to'].map((name) =>
    Number(query.get(name) ?? Number.NaN),
  );
  const isWhole = [minutes, fromMicros, toMicros].every((value) => Number.isSafeInteger(value) && value >= 0);
  if (version !== VERSION || !isWhole || minutes === 0 || toMicros < fromMicros) return undefined;
  const told = { instrument: query.get('instrument') ?? '', minutes, fromMicros, toMicros };
  return { told, read: readRows(rows, { minutes, nowMicros }) };
}

function readRows(rows: readonly unknown[], told: { minutes: number; nowMicros: number }): CandleRead {
  return readCandleRows(rows, {
    order: 'oldest-first',
    read: (row) => {
      const [openTimeMicros, open, high, low, close, volumeText, tradeCount = -1] = row;
      const prices = { open: number(open), high: number(high), low: number(low), close: number(close) };
      if (typeof volumeText !== 'string') return 'missingField';
      const time = number(openTimeMicros);
      const closeTimeMicros = time + told.minutes * MINUTE_MICROS;
      return soundCandle(
        { openTimeMicros: time, closeTimeMicros, ...prices, volumeText, tradeCount: number(tradeCount) },
        told.nowMicros,
      );
    },
  });
}

const number = (value: unknown): number => (typeof value === 'number' ? value : Number.NaN);
