import type { RejectReason } from './decoder.ts';
import { VenueAnswerError } from './errors.ts';
import type { VenueCandle } from './history.ts';

export const MINUTE_MICROS = 60_000_000;
/** A candle that closed more recently than this may still get its last trades at the venue, and the clocks may differ. */
export const CLOSED_FOR_MICROS = 2_000_000;

/** Half-open, microseconds UTC. */
export interface ToldSpan {
  readonly fromMicros: number;
  readonly toMicros: number;
}

/** The candles of an answer as a fold takes them: they depend on its bytes and its receive time, and on nothing else. */
export interface CandlePage {
  /** Number in the InstrumentTable. */
  readonly instrument: number;
  /** Length of a candle. */
  readonly minutes: number;
  /** Ascending, all of them closed when the answer came. */
  readonly candles: readonly VenueCandle[];
  /** Where the answer told every candle that there is: what has none there had no trade. */
  readonly told: readonly ToldSpan[];
}

/** What stands in the rows of an answer, ascending, or what is wrong with them. */
export interface CandleRead {
  readonly candles: readonly VenueCandle[];
  readonly problems: readonly { readonly reason: RejectReason; readonly row: unknown }[];
}

/** Reads rows; those that do not rise, or fall where the venue tells the newest first, are out of order. */
export function readCandleRows(
  rows: readonly unknown[],
  how: {
    readonly order: 'oldest-first' | 'newest-first';
    readonly read: (row: readonly unknown[]) => VenueCandle | RejectReason;
  },
): CandleRead {
  const candles: VenueCandle[] = [];
  const problems: { reason: RejectReason; row: unknown }[] = [];
  const isNewestFirst = how.order === 'newest-first';
  let before = isNewestFirst ? Infinity : -Infinity;
  for (const row of rows) {
    const candle = Array.isArray(row) ? how.read(row) : 'malformed';
    if (typeof candle === 'string') {
      problems.push({ reason: candle, row });
      continue;
    }
    const { openTimeMicros } = candle;
    if (isNewestFirst ? openTimeMicros >= before : openTimeMicros <= before)
      problems.push({ reason: 'outOfOrder', row });
    else candles.push(candle);
    before = openTimeMicros;
  }
  return { candles: isNewestFirst ? candles.toReversed() : candles, problems };
}

/** All candles of an answer. Throws a VenueAnswerError where any row is none: what is left out could not be told. */
export function requireCandles(read: CandleRead, path: string): VenueCandle[] {
  const [problem] = read.problems;
  if (problem === undefined) return [...read.candles];
  const what = problem.reason === 'outOfOrder' ? 'candles out of order' : `not a candle (${problem.reason})`;
  throw new VenueAnswerError(`GET ${path}: ${what}: ${JSON.stringify(problem.row)?.slice(0, 200)}`);
}

/** A candle's fields as a venue tells them; numbers that it did not tell are NaN. */
export interface ToldCandleFields {
  readonly openTimeMicros: number;
  readonly closeTimeMicros: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volumeText: string;
  /** -1 where the venue does not tell. */
  readonly tradeCount: number;
}

/** Checks that low and high enclose the others, so that columns which changed their places are noticed. */
export function soundCandle(fields: ToldCandleFields, nowMicros: number): VenueCandle | RejectReason {
  const { openTimeMicros, closeTimeMicros, open, high, low, close, volumeText, tradeCount } = fields;
  const isTime = Number.isSafeInteger(openTimeMicros) && openTimeMicros > 0;
  if (!isTime || openTimeMicros % MINUTE_MICROS !== 0 || !(closeTimeMicros > openTimeMicros))
    return 'badTime';
  if (![open, high, low, close].every((price) => price > 0 && price < Infinity)) return 'badPrice';
  if (low > Math.min(open, close) || high < Math.max(open, close)) return 'badPrice';
  const volume = volumeText === '' ? Number.NaN : Number(volumeText);
  if (!(volume >= 0 && volume < Infinity)) return 'badQuantity';
  if (!Number.isSafeInteger(tradeCount) || tradeCount < -1) return 'badQuantity';
  return { ...fields, volume, isClosed: closeTimeMicros <= nowMicros };
}

/** What of a read is closed for long enough when an answer came. */
export function closedCandles(candles: readonly VenueCandle[], receiveMicros: number): VenueCandle[] {
  const last = receiveMicros - CLOSED_FOR_MICROS;
  return candles.filter(({ isClosed, closeTimeMicros }) => isClosed && closeTimeMicros <= last);
}

/** A span cut at what had closed for long enough when the answer came; none when nothing is left. */
export function toldSpan(span: ToldSpan, at: { receiveMicros: number; lengthMicros: number }): ToldSpan[] {
  const { receiveMicros, lengthMicros } = at;
  const closed = Math.floor((receiveMicros - CLOSED_FOR_MICROS) / lengthMicros) * lengthMicros;
  const fromMicros = Math.ceil(span.fromMicros / lengthMicros) * lengthMicros;
  const toMicros = Math.min(span.toMicros, closed);
  return toMicros > fromMicros ? [{ fromMicros, toMicros }] : [];
}
