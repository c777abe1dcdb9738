import { MINUTE_MICROS, VenueRowKind } from '@tickwright/market';
import type { VenueMinutes, VenueRow } from '@tickwright/market';

/** Half-open, whole minutes, microseconds UTC. */
export interface MinuteSpan {
  readonly fromMicros: number;
  readonly toMicros: number;
}

/** What the venue's own answers say of an instrument's minutes. Lists are ascending. */
export interface VenueCoverage {
  /** Open times of the minutes of which the venue told a candle that traded. */
  readonly candles: readonly number[];
  /** Open times of the minutes that the venue said had no trade: by a flat candle, or by leaving them out of an answer. */
  readonly untraded: readonly number[];
  /** The rest: of these the venue has said nothing yet. Not cut to sessions: the calendar is the caller's. */
  readonly missing: readonly MinuteSpan[];
}

/** Which minutes of [fromMicros, toMicros) the venue has told of. Bounds are whole minutes. */
export function coverageOf(
  span: MinuteSpan,
  told: { readonly minutes: VenueMinutes; readonly spans: readonly VenueRow[] },
): VenueCoverage {
  const { minutes, spans } = told;
  const traded = new Map<number, boolean>();
  for (let row = 0; row < minutes.count; row++)
    traded.set(minutes.openTime[row], minutes.isTraded[row] === 1);
  const answered = spans.filter(
    ({ kind, minutes: length }) => kind === VenueRowKind.answered && length === 1,
  );
  const found = {
    candles: new Array<number>(),
    untraded: new Array<number>(),
    missing: new Array<MinuteSpan>(),
  };
  for (let at = span.fromMicros; at < span.toMicros; at += MINUTE_MICROS) {
    const isTraded = traded.get(at);
    if (isTraded === true) found.candles.push(at);
    else if (
      isTraded === false ||
      answered.some((one) => one.fromMicros <= at && one.toMicros >= at + MINUTE_MICROS)
    )
      found.untraded.push(at);
    else addMinute(found.missing, at);
  }
  return found;
}

function addMinute(spans: MinuteSpan[], at: number): void {
  const last = spans.at(-1);
  if (last?.toMicros === at) spans[spans.length - 1] = { ...last, toMicros: at + MINUTE_MICROS };
  else spans.push({ fromMicros: at, toMicros: at + MINUTE_MICROS });
}
