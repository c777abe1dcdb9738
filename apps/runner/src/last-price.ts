import type { Candle } from '@tickwright/trading';

/** What the session has traded: by the minutes that were seen of it, and by its day's candle for those before. */
export interface Day {
  readonly openMicros: number;
  open: number;
  high: number;
  low: number;
  /** By the minute's opening: a later look at a minute takes the place of the earlier one. */
  readonly volumes: Map<number, number>;
  /** Traded in minutes that were not seen. */
  unseenVolume: number;
  /** All of it; undefined until it is asked for after a change. */
  volume: number | undefined;
}

/** A candle of a whole day, as the store rolls it up. */
export interface DayCandle {
  readonly instrument: string;
  readonly openTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** The newest price of an instrument. */
export interface Price {
  readonly price: number;
  /** When it was traded, as far as candles tell. */
  readonly micros: number;
  /** The candle it is of, and how often that had changed. */
  readonly openMicros: number;
  readonly version: number;
  day: Day;
  /** Close of the session before; null: not seen. */
  before: number | null;
}

/**
 * When a candle's close was traded: one that has changed since it was told before, not later than it was published. Told
 * for the first time it may be as old as its begin while it forms, and as its end when it has closed.
 */
export function tradedMicros(
  candle: Candle,
  known: Price | undefined,
  publishedMicros: number | undefined,
): number {
  const { openMicros, closeMicros, version, close } = candle;
  const isClosed = candle.state !== 'forming';
  const isSame = known?.openMicros === openMicros;
  // Filled in where nothing was traded.
  if (known !== undefined && version === 0) return known.micros;
  if (isSame && (version <= known.version || (isClosed && close === known.price))) return known.micros;
  if (isClosed) return closeMicros;
  if (known === undefined || publishedMicros === undefined) return openMicros;
  return Math.min(closeMicros, Math.max(openMicros, publishedMicros));
}

export function newDay(openMicros: number, { open, high, low }: Candle): Day {
  return { openMicros, open, high, low, volumes: new Map(), unseenVolume: 0, volume: undefined };
}

/** Takes a day's own candle: what was traded before the runner looked, and the close before it where that is known. */
export function takeDay(
  price: Price,
  told: { readonly day: DayCandle; readonly before: number | null },
): void {
  const { day } = price;
  const { open, high, low, volume } = told.day;
  day.open = open;
  day.high = Math.max(day.high, high);
  day.low = Math.min(day.low, low);
  // A minute that is published between two looks is seen here and not there, until the next look.
  day.unseenVolume = Math.max(0, volume - seenVolume(day));
  day.volume = undefined;
  price.before = told.before ?? price.before;
}

function seenVolume({ volumes }: Day): number {
  return [...volumes.values()].reduce((sum, each) => sum + each, 0);
}

/** Thousands of rows are made four times a second: a sum over a day's minutes is made when one of them has changed. */
export function volumeOf(day: Day): number {
  day.volume ??= rounded(day.unseenVolume + seenVolume(day));
  return day.volume;
}

/** Without the digits that only float64 has. */
export function rounded(value: number): number {
  return Number(value.toPrecision(12));
}
