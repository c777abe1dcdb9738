import type { Candle } from '@tickwright/trading';
import type { GapRow } from '../api/answers.ts';
import type { IngestorStatus } from '../api/ingestor-status.ts';
import { byId, fill } from '../dom/element.ts';
import { age, dateAndTime, parseTime } from '../format/times.ts';
import { zone } from '../shell/clock.ts';
import { factList } from '../shell/panel.ts';
import { serverNow } from '../shell/server-time.ts';

const SHOWN_GAPS = 3;

export interface Quality {
  readonly instrument: string;
  readonly lastTick: string | null;
  readonly gaps: readonly GapRow[];
  readonly candles: readonly Candle[];
  /** undefined while the ingestor does not answer. */
  readonly status: IngestorStatus | undefined;
}

type Fact = readonly [name: string, value: string, tone?: string | undefined];

/** What is known of how good the data are: the subscription and the gaps first, for they are what hurts. */
export function showQuality(quality: Quality): void {
  const lastTickMs = parseTime(quality.lastTick);
  fill(
    byId('quality'),
    factList([
      subscription(quality),
      ['Last tick', lastTickMs === undefined ? 'none yet' : `${age(serverNow() - lastTickMs)} ago`],
      ...gapFacts(quality.gaps),
      ['Candles shown', candleText(quality.candles)],
      ...countFacts(quality.status),
    ]),
  );
}

function subscription({ instrument, status }: Quality): Fact {
  if (status === undefined) return ['Subscription', 'not known: the ingestor does not answer', 'bad'];
  const found = status.streams
    ?.flatMap(({ subscriptions }) => subscriptions)
    .find((each) => each.instrument === instrument);
  if (found === undefined) return ['Subscription', 'not subscribed', 'warn'];
  const why = found.reason === undefined ? '' : `: ${found.reason}`;
  return [
    'Subscription',
    `${found.state}${why}`,
    found.state === 'live' ? undefined : found.state === 'quiet' ? 'muted' : 'warn',
  ];
}

function gapFacts(gaps: readonly GapRow[]): Fact[] {
  const open = gaps.filter(({ state }) => state === 'open' || state === 'filling');
  const lost = gaps.filter(({ state }) => state === 'unfillable');
  return [
    open.length === 0 ? ['Gaps', 'none open'] : ['Gaps', `${open.length} open`, 'warn'],
    ...(lost.length > 0 ? [['Unfillable', `${lost.length}: ${lost[0]?.reason ?? ''}`, 'bad'] as const] : []),
    ...open.slice(0, SHOWN_GAPS).map(({ cause, state, fromMicros }): Fact => {
      return [`· ${cause}`, `${state}, from ${dateAndTime(fromMicros / 1_000, zone())}`, 'muted'];
    }),
  ];
}

function candleText(candles: readonly Candle[]): string {
  const count = (is: (candle: Candle) => boolean): number => candles.filter(is).length;
  const incomplete = count(({ isComplete }) => !isComplete);
  const revised = count(({ state }) => state === 'revised');
  const venue = count(({ source }) => source === 'venue');
  return `${candles.length}: ${incomplete} incomplete, ${revised} revised, ${venue} of the venue`;
}

function countFacts(status: IngestorStatus | undefined): Fact[] {
  if (status?.ticks === undefined) return [];
  const { duplicates, outsideSession } = status.ticks;
  const text = `${duplicates} duplicates, ${status.candles?.late ?? 0} late or fetched later, ${outsideSession} out of session`;
  return [['All instruments', text, 'muted']];
}
